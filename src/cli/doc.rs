//! `rdpfix doc`: the reference of a resource.

use crate::cli::args::DocArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;

/// See the arguments.
pub fn doc(arguments: &DocArguments) -> anyhow::Result<ExitStatus> {
    let _ = arguments;
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
