//! Fuzzes the entry `rdp_file`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("rdp_file");
