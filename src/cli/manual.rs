//! `rdpfix completions` and `rdpfix man`, made from the table of arguments.

use crate::cli::args::CompletionsArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;

/// See the arguments.
pub fn completions(arguments: &CompletionsArguments) -> anyhow::Result<ExitStatus> {
    let _ = arguments;
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}

/// Prints the manual page.
pub fn man() -> anyhow::Result<ExitStatus> {
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
