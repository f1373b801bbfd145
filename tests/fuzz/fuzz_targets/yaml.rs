//! Fuzzes the entry `yaml`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("yaml");
