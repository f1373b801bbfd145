//! What may be typed.

use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

mod diagnose;
mod explain;
pub mod history;
mod inventory;
mod language;
mod probe;
pub mod rdp_file;
mod rollout;
mod schedule;
mod serve;
mod vault;
mod waivers;

pub use crate::cli::args::diagnose::DiagnoseArguments;
pub use crate::cli::args::explain::ExplainArguments;
pub use crate::cli::args::history::HistoryArguments;
pub use crate::cli::args::history::HistoryFormat;
pub use crate::cli::args::history::HistoryVerb;
pub use crate::cli::args::inventory::FactsArguments;
pub use crate::cli::args::inventory::InventoryArguments;
pub use crate::cli::args::language::CompletionsArguments;
pub use crate::cli::args::language::DocArguments;
pub use crate::cli::args::language::SchemaArguments;
pub use crate::cli::args::language::SchemaFormat;
pub use crate::cli::args::probe::ProbeArguments;
pub use crate::cli::args::rdp_file::RdpFileVerb;
pub use crate::cli::args::rollout::ListArguments;
pub use crate::cli::args::rollout::RolloutArguments;
pub use crate::cli::args::schedule::ScheduleCheckArguments;
pub use crate::cli::args::schedule::ScheduleInstallArguments;
pub use crate::cli::args::schedule::ScheduleTarget;
pub use crate::cli::args::schedule::ScheduleVerb;
pub use crate::cli::args::serve::LogFormat;
pub use crate::cli::args::serve::ScheduleRunArguments;
pub use crate::cli::args::serve::ServeArguments;
pub use crate::cli::args::vault::CreateArguments;
pub use crate::cli::args::vault::DecryptArguments;
pub use crate::cli::args::vault::EditArguments;
pub use crate::cli::args::vault::EncryptArguments;
pub use crate::cli::args::vault::EncryptStringArguments;
pub use crate::cli::args::vault::KeyArguments;
pub use crate::cli::args::vault::RekeyArguments;
pub use crate::cli::args::vault::VaultFiles;
pub use crate::cli::args::vault::VaultVerb;
pub use crate::cli::args::waivers::WaiversArguments;
use crate::cli::lab::ListenAt;

/// Makes Remote Desktop hosts connectable again and keeps them so.
#[derive(Debug, Parser)]
#[command(
    name = "rdpfix",
    version,
    about,
    max_term_width = 100,
    propagate_version = true
)]
pub struct Arguments {
    /// Colours: `auto` obeys NO_COLOR, CLICOLOR_FORCE and whether it is a terminal
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub color: ColorChoice,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On terminals
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Correct what differs from a playbook, then prove that a client can connect
    Apply(ApplyArguments),
    /// Show what differs from a playbook, change nothing; exits 3 when something does
    Audit(RunArguments),
    /// Look at hosts as a client sees them, without signing in; exits 3 when something keeps clients out, 4 when RDP does not answer
    Probe(ProbeArguments),
    /// Find out why nobody can connect to a host, from outside and, with an inventory, from inside
    Diagnose(DiagnoseArguments),
    /// Tell what an error code, a status or an event means
    Explain(ExplainArguments),
    /// Show what runs have found: runs, hosts, controls, what turned between two runs
    History(HistoryArguments),
    /// Check, clean or make `.rdp` files
    #[command(subcommand)]
    RdpFile(RdpFileVerb),
    /// Check a playbook without connecting anywhere
    Lint(LintArguments),
    /// Run jobs when their time has come, until told to stop
    Serve(ServeArguments),
    /// Jobs that run at their times: check their file, or hand them to another scheduler
    #[command(subcommand)]
    Schedule(ScheduleVerb),
    /// Tell which waivers stand in files and how long they hold, and check them against an inventory and playbooks
    Waivers(WaiversArguments),
    /// Show an inventory as Ansible would: `--list`, `--host HOST` or `--graph`
    Inventory(InventoryArguments),
    /// Show what hosts are, as conditions and templates see it
    Facts(FactsArguments),
    /// Encrypt and decrypt as ansible-vault does
    #[command(subcommand)]
    Vault(VaultVerb),
    /// Tell what a resource does and what may be said of it
    Doc(DocArguments),
    /// Print the JSON Schema of a format, for editors and checkers
    Schema(SchemaArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
    /// Print the manual page
    Man,
    /// Simulated hosts to try playbooks on
    #[command(subcommand)]
    Lab(LabVerb),
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// Show what would change, change nothing
    #[arg(short = 'C', long, visible_aliases = ["dry-run", "noop", "what-if"])]
    pub check: bool,
    /// What `apply` and `audit` share
    #[command(flatten)]
    pub run: RunArguments,
}

/// Which hosts, and how to sign in to them.
#[derive(Debug, Clone, Default, Args)]
pub struct FleetArguments {
    /// Inventory: a file, a folder, a script, a list such as `host1,host2,`, or `lab[:SCENARIO[:N]]`; may be given several times
    #[arg(short, long, value_name = "INVENTORY")]
    pub inventory: Vec<String>,
    /// Narrow the hosts to a pattern
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Sign in as this user where the inventory names none
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Read the password, where the inventory has none, from this file
    #[arg(long, value_name = "FILE")]
    pub connection_password_file: Option<PathBuf>,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
}

/// What `apply` and `audit` share.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArguments {
    /// The playbook
    pub playbook: PathBuf,
    /// Which hosts, and how to sign in
    #[command(flatten)]
    pub fleet: FleetArguments,
    /// How the run goes over its hosts
    #[command(flatten)]
    pub rollout: RolloutArguments,
    /// What to tell instead
    #[command(flatten)]
    pub list: ListArguments,
    /// Check playbook and inventory and do nothing
    #[arg(long)]
    pub syntax_check: bool,
    /// Show differences as unified diffs
    #[arg(short = 'D', long)]
    pub diff: bool,
    /// Hosts in flight at once [default: 256]
    #[arg(short, long, value_name = "N")]
    pub forks: Option<usize>,
    /// Only tasks with one of these tags
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// No tasks with one of these tags
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub skip_tags: Vec<String>,
    /// Variables that win over all others: `k=v`, JSON, or `@file`
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Deviations that are accepted until a day, see docs/reference/waivers.md; may be given several times
    #[arg(long, value_name = "FILE")]
    pub waiver_file: Vec<PathBuf>,
    /// Seconds that one operation on a host may take [default: 30]
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Seconds that one host may take as a whole
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub host_timeout: u64,
    /// How results are told: `human`, `jsonl`, `json`, `junit`, `sarif`, `csv`, `markdown`, `html`, `openmetrics` or `hdf`,
    /// each with `:PATH` to write a file; may be given several times; `list` tells what each is for
    #[arg(long, value_name = "NAME[:PATH]")]
    pub reporter: Vec<String>,
    /// Keep what is found in a history, see `rdpfix history`; so does RDPFIX_HISTORY
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub history: Option<Option<PathBuf>>,
    /// Say more; repeat for still more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub struct LintArguments {
    /// The playbooks
    #[arg(required = true)]
    pub playbooks: Vec<PathBuf>,
    /// Variables that win over all others: `k=v`, JSON, or `@file`
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
}

/// What to do with the lab.
#[derive(Debug, Subcommand)]
pub enum LabVerb {
    /// Run simulated hosts in the foreground; prints `ready` when they listen
    Up(LabUpArguments),
    /// List the scenarios
    List,
}

/// Arguments of `lab up`.
#[derive(Debug, Args)]
pub struct LabUpArguments {
    /// Scenario by name, see `lab list`, or a YAML file that describes the hosts
    #[arg(long, value_name = "NAME|FILE", default_value = "fleet")]
    pub scenario: String,
    /// How many hosts
    #[arg(long, value_name = "N")]
    pub hosts: Option<usize>,
    /// Loopback address to listen on, with a first port if wanted
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub listen: ListenAt,
    /// Write an inventory of the hosts, password included, readable by you only
    #[arg(long, value_name = "FILE")]
    pub write_inventory: Option<PathBuf>,
    /// End after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub time: Option<u64>,
    /// Write a JSON line for each request that a host gets
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
