//! What may be typed after `rdpfix inventory` and `rdpfix facts`.

use clap::Args;

use crate::cli::args::FleetArguments;

/// Arguments of `inventory`.
#[derive(Debug, Args)]
pub struct InventoryArguments {
    /// What to show
    #[command(flatten)]
    pub shown: InventoryShown,
    /// With --graph: the group to begin with [default: all]
    #[arg(value_name = "GROUP")]
    pub group: Option<String>,
    /// Which inventory
    #[command(flatten)]
    pub fleet: FleetArguments,
    /// With --graph: variables too
    #[arg(long)]
    pub vars: bool,
    /// YAML instead of JSON
    #[arg(short, long)]
    pub yaml: bool,
    /// Variables that win over all others: `k=v`, JSON, or `@file`
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Where the playbook is, for the `group_vars` and `host_vars` beside it [default: the current folder]
    #[arg(long, value_name = "FOLDER")]
    pub playbook_dir: Option<std::path::PathBuf>,
}

/// One of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct InventoryShown {
    /// Everything, in Ansible's shape
    #[arg(long)]
    pub list: bool,
    /// The variables of one host
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The groups as a tree
    #[arg(long)]
    pub graph: bool,
}

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub struct FactsArguments {
    /// Which hosts: a pattern
    #[arg(value_name = "HOST")]
    pub hosts: String,
    /// Which inventory, and how to sign in
    #[command(flatten)]
    pub fleet: FleetArguments,
    /// Seconds that one operation on a host may take
    #[arg(short = 'T', long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
}
