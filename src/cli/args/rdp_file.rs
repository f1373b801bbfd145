//! What may be typed after `rdpfix rdp-file`.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

/// What to do with a `.rdp` file.
#[derive(Debug, Subcommand)]
pub enum RdpFileVerb {
    /// Name every setting that is malformed, unknown, contradictory or cannot work; exits 3 when the file cannot work
    Check(RdpFileCheckArguments),
    /// Write a minimal correct file beside it, keeping what is safe
    Clean(RdpFileCleanArguments),
    /// Make a minimal file for a host
    New(RdpFileNewArguments),
}

/// Arguments of `rdp-file check`.
#[derive(Debug, Args)]
pub struct RdpFileCheckArguments {
    /// The file
    pub file: PathBuf,
    /// Probe this host and say what cannot work against it; the file's own address when only the flag is given
    #[arg(long, value_name = "HOST[:PORT]", num_args = 0..=1, default_missing_value = "")]
    pub against: Option<String>,
}

/// Arguments of `rdp-file clean`.
#[derive(Debug, Args)]
pub struct RdpFileCleanArguments {
    /// The file; it is not changed
    pub file: PathBuf,
    /// Where the clean file goes [default: NAME.clean.rdp beside it]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `rdp-file new`.
#[derive(Debug, Args)]
pub struct RdpFileNewArguments {
    /// The host, with `:PORT` when it is not 3389
    #[arg(value_name = "HOST[:PORT]")]
    pub host: String,
    /// The user name to put in
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Where the file goes [default: HOST.rdp]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
