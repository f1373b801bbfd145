//! `rdpfix explain`: what a number means.

use crate::cli::args::ExplainArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// Tells every meaning of a number, likeliest first.
pub fn explain(
    arguments: &ExplainArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _nothing_yet = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "not there yet").into())
}
