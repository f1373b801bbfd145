//! `rdpfix rdp-file`: connection files of mstsc.

use crate::cli::args::RdpFileVerb;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;

/// Checks, cleans or makes a file.
pub fn rdp_file(
    arguments: &RdpFileVerb,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let _nothing_yet = (arguments, environment, talk);
    Err(Refusal::new(ExitStatus::Internal, "not there yet").into())
}
