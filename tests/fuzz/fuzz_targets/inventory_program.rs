//! Fuzzes the entry `inventory_program`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("inventory_program");
