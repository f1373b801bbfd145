//! Fuzzes the entry `waivers`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("waivers");
