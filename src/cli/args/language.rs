//! What may be typed after `rdpfix schema`, `completions`, `man` and `doc`.

use clap::Args;
use clap::ValueEnum;

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Which format
    #[arg(value_enum)]
    pub format: SchemaFormat,
}

/// A format that has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// Playbooks
    Playbook,
    /// YAML inventories
    Inventory,
    /// Scenario files of the lab
    Scenario,
    /// Job files
    Jobs,
    /// Waiver files
    Waivers,
    /// Lines that `--reporter jsonl` writes
    Jsonl,
}

/// Arguments of `doc`.
#[derive(Debug, Args)]
pub struct DocArguments {
    /// The resource; without one they are listed
    #[arg(value_name = "RESOURCE")]
    pub resource: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
