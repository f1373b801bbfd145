//! Fuzzes the entry `rdp`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("rdp");
