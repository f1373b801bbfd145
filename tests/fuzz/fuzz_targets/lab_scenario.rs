//! Fuzzes the entry `lab_scenario`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("lab_scenario");
