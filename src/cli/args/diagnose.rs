//! What may be typed after `rdpfix diagnose`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::FleetArguments;

/// What `--help` says at its end.
const EXIT_CODES: &str = "\
Exit codes:
  0  no cause of severity error
  3  at least one cause of severity error
  4  the host answers neither outside nor inside (outranks 3)
  5  bad option or usage, or `--write-playbook` names a file with something else in it
  6  a file is invalid (inventory)
  7  the inventory has no such host
  130, 143  interrupted, terminated";

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct DiagnoseArguments {
    /// The host: a name of the inventory, or any name or address when there is none
    #[arg(value_name = "HOST")]
    pub host: String,
    /// The error code that the client shows: `0x904` or decimal
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    pub code: Option<String>,
    /// The extended error code that the client shows
    #[arg(
        long,
        value_name = "CODE",
        requires = "code",
        allow_hyphen_values = true
    )]
    pub extended: Option<String>,
    /// How to get in
    #[command(flatten)]
    pub fleet: FleetArguments,
    /// Seconds that each view may take
    #[arg(short = 'T', long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
    /// Hours of event logs to read
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub events: u64,
    /// Write the playbook that would mend the host; never over another one
    #[arg(long, value_name = "FILE")]
    pub write_playbook: Option<PathBuf>,
    /// Results as `human` or `jsonl`, each with `:PATH` to write a file
    #[arg(long, value_name = "NAME[:PATH]")]
    pub reporter: Vec<String>,
    /// Say more; repeat for still more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}
