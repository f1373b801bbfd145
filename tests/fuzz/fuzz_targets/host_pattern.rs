//! Fuzzes the entry `host_pattern`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("host_pattern");
