//! Fuzzes the entry `template`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("template");
