//! Fuzzes the entry `extra_vars`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("extra_vars");
