//! `rdpfix schema`: JSON Schemas of the formats.

use std::io::Write;

use crate::cli::args::SchemaArguments;
use crate::cli::args::SchemaFormat;
use crate::cli::exit::ExitStatus;
use crate::schema;

/// Prints the schema of a format.
pub fn schema(arguments: &SchemaArguments) -> anyhow::Result<ExitStatus> {
    let generated = match arguments.format {
        SchemaFormat::Playbook => schema::playbook(),
        SchemaFormat::Inventory => schema::inventory(),
        SchemaFormat::Scenario => schema::scenario(),
        SchemaFormat::Jobs => schema::jobs(),
        SchemaFormat::Waivers => schema::waivers(),
        SchemaFormat::Jsonl => {
            std::io::stdout().write_all(schema::JSONL.as_bytes())?;
            return Ok(ExitStatus::Success);
        }
    };
    let mut text = serde_json::to_vec_pretty(&generated)?;
    text.push(b'\n');
    std::io::stdout().write_all(&text)?;
    Ok(ExitStatus::Success)
}
