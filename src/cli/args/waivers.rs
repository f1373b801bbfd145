//! What may be typed after `rdpfix waivers`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::FleetArguments;

/// Arguments of `waivers`.
#[derive(Debug, Args)]
pub struct WaiversArguments {
    /// Waiver files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A playbook that has the controls; may be given several times
    #[arg(short, long, value_name = "PLAYBOOK")]
    pub playbook: Vec<PathBuf>,
    /// Where the hosts are that patterns name
    #[command(flatten)]
    pub fleet: FleetArguments,
}
