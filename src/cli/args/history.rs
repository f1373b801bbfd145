//! What may be typed after `rdpfix history`.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// The history [default: $RDPFIX_HISTORY, else rdpfix/history.db in the folder for states]
    #[arg(long, value_name = "FILE", global = true)]
    pub store: Option<PathBuf>,
    /// As JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Rows of each list at most [default: 20]
    #[arg(short = 'n', long, value_name = "N", global = true)]
    pub limit: Option<usize>,
    /// Only runs of this job, listed or compared by `diff`
    #[arg(long, value_name = "JOB")]
    pub job: Option<String>,
    /// What to look at; the runs when nothing is said
    #[command(subcommand)]
    pub verb: Option<HistoryVerb>,
}

impl HistoryArguments {
    /// Rows of each list at most.
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(20)
    }
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum HistoryVerb {
    /// Show a host: its controls, what they were before, certificates, changes that were made
    Host(HistoryHostArguments),
    /// Show a control: the hosts in each state, and since when
    Control(HistoryControlArguments),
    /// Show what is otherwise after one run than after another; exits 3 when drift began
    Diff(HistoryDiffArguments),
    /// Take away what ended long ago; what is current stays, however old it is
    Prune(HistoryPruneArguments),
    /// Take away everything that is kept of hosts that are gone for good
    Forget(HistoryForgetArguments),
    /// Print everything, for other programs
    Export(HistoryExportArguments),
}

/// Arguments of `history host`.
#[derive(Debug, Args)]
pub struct HistoryHostArguments {
    /// The host as the inventory names it
    pub host: String,
}

/// Arguments of `history control`.
#[derive(Debug, Args)]
pub struct HistoryControlArguments {
    /// The control: `RDP-NLA`, or a resource such as `rdp_listener:RDP-Tcp`
    pub control: String,
    /// Only hosts in this state
    #[arg(long, value_name = "STATE", value_parser = ["compliant", "waived", "unknown", "drift", "overridden", "failed"])]
    pub state: Option<String>,
}

/// Arguments of `history diff`.
#[derive(Debug, Args)]
pub struct HistoryDiffArguments {
    /// A run: the begin of its ULID, `last`, or `last~1` for the one before
    #[arg(value_name = "RUN", default_value = "last~1")]
    pub from: String,
    /// Another run
    #[arg(value_name = "RUN", default_value = "last")]
    pub to: String,
}

/// Arguments of `history prune`.
#[derive(Debug, Args)]
pub struct HistoryPruneArguments {
    /// What ended so long ago: `90d`, `12h`
    #[arg(long, value_name = "TIME")]
    pub older_than: String,
    /// Only say what would be taken away
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `history forget`.
#[derive(Debug, Args)]
pub struct HistoryForgetArguments {
    /// A host as the history names it, or a wildcard: `web1`, `old-*`
    #[arg(value_name = "HOST", required = true)]
    pub hosts: Vec<String>,
    /// Only say what would be taken away
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `history export`.
#[derive(Debug, Args)]
pub struct HistoryExportArguments {
    /// In which format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = HistoryFormat::Jsonl)]
    pub format: HistoryFormat,
}

/// In which format everything is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A JSON object on each line
    Jsonl,
    /// Comma-separated values with a heading (RFC 4180)
    Csv,
}
