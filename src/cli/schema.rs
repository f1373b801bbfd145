//! `rdpfix schema`: JSON Schemas of the formats.

use crate::cli::args::SchemaArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;

/// See the arguments.
pub fn schema(arguments: &SchemaArguments) -> anyhow::Result<ExitStatus> {
    let _ = arguments;
    Err(Refusal::new(ExitStatus::Internal, "this verb is not there yet").into())
}
