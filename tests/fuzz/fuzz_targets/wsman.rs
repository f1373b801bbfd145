//! Fuzzes the entry `wsman`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("wsman");
