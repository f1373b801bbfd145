//! `rdpfix probe`: hosts as a client sees them.

use crate::cli::args::ProbeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// Looks at hosts from outside.
pub fn probe(
    arguments: &ProbeArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _nothing_yet = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "not there yet").into())
}
