//! `rdpfix facts`: what hosts are.

use crate::cli::args::FactsArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// See the arguments.
pub fn facts(
    arguments: &FactsArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _ = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
