//! Fuzzes the entry `ini_inventory`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("ini_inventory");
