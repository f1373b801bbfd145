//! Fuzzes the entry `tls`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("tls");
