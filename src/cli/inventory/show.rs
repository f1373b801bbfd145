//! `rdpfix inventory`: shows an inventory in Ansible's shape.

use crate::cli::args::InventoryArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// See the arguments.
pub fn show(
    arguments: &InventoryArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _ = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
