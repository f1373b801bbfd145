//! Fuzzes the entry `credssp`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("credssp");
