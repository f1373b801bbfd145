//! Fuzzes the entry `yaml_inventory`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("yaml_inventory");
