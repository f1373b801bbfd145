//! Fuzzes the entry `settings`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("settings");
