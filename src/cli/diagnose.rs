//! `rdpfix diagnose`: why nobody can connect to a host.

use crate::cli::args::DiagnoseArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// Looks from both sides, ranks causes, prints the playbook that would mend the host.
pub fn diagnose(
    arguments: &DiagnoseArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _nothing_yet = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "not there yet").into())
}
