//! `rdpfix vault`: encrypts and decrypts as ansible-vault does.

use crate::cli::args::VaultVerb;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// See the arguments.
pub fn vault(
    arguments: &VaultVerb,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _ = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
