//! Fuzzes the entry `job_file`.
#![cfg_attr(fuzzing, no_main)]

rdpfix_fuzz::target!("job_file");
