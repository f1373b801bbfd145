//! What may be typed after `rdpfix serve` and `rdpfix schedule run`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::serve::dashboard::address;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The job file
    #[arg(long, value_name = "FILE")]
    pub jobs: PathBuf,
    /// Where to keep what is found [default: `store` of the job file, else $RDPFIX_HISTORY, else rdpfix/history.db in the folder for states]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// How long runs under way are waited for at the end: `30s`, `5m`
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub drain: String,
    /// Serve the dashboard here: `127.0.0.1:8080`; other addresses than loopback ones need a token
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// The dashboard is also reached under this name; repeat it for more
    #[arg(long, value_name = "NAME", requires = "listen")]
    pub host_name: Vec<String>,
    /// The file with the dashboard's token; else $RDPFIX_DASHBOARD_TOKEN
    #[arg(long, value_name = "FILE", requires = "listen")]
    pub token_file: Option<PathBuf>,
    /// How the service tells what it does, on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t = LogFormat::Human)]
    pub log: LogFormat,
}

/// How the service tells what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Human,
    /// A JSON object a line
    Json,
}

/// Arguments of `schedule run`.
#[derive(Debug, Args)]
pub struct ScheduleRunArguments {
    /// The job
    pub job: String,
    /// The job file
    #[arg(long, value_name = "FILE")]
    pub jobs: PathBuf,
    /// Where to keep what is found [default: as for `serve`]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Wait for the job's own part of its `splay` first
    #[arg(long, conflicts_with = "now")]
    pub splay: bool,
    /// Make changes although no window is open or a blackout forbids them
    #[arg(long)]
    pub now: bool,
    /// How the run is told of, on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t = LogFormat::Human)]
    pub log: LogFormat,
}
