//! Fuzzes the entry `certificate`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("certificate");
