//! Fuzzes the entry `json`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("json");
