//! Fuzzes the entry `vault`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("vault");
