//! Fuzzes the entry `sealed_body`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("sealed_body");
