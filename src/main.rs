//! The `rdpfix` program: hands the arguments to [`rdpfix::cli::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    rdpfix::cli::run(std::env::args_os()).into()
}
