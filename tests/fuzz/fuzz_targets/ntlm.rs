//! Fuzzes the entry `ntlm`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("ntlm");
