//! Fuzzes the entry `playbook`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("playbook");
