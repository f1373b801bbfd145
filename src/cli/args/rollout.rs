//! How `rdpfix apply` and `rdpfix audit` go over their hosts, and what they only tell.

use std::path::PathBuf;

use clap::Args;

/// How a run goes over its hosts.
#[derive(Debug, Clone, Default, Args)]
pub struct RolloutArguments {
    /// Hosts in waves of these sizes, such as `1,10%,50%`, for plays that say no `serial`
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub serial: Vec<String>,
    /// Stop when more than so many percent of all hosts failed
    #[arg(long, value_name = "PERCENT")]
    pub fail_percent: Option<f64>,
    /// Begin no more hosts after so long: `30m`, `2h`, `90s`
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
    /// Begin at the task of this name
    #[arg(long, value_name = "NAME")]
    pub start_at_task: Option<String>,
    /// Only the hosts of one share: `2/5`; a host is always in the same one
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Only hosts of the last run of this playbook: those that failed or could not be reached (`failure`), or also those whose turn never came or was cut short (`unfinished`)
    #[arg(long, value_name = "WHICH", value_parser = ["failure", "unfinished"])]
    pub rerun: Option<String>,
    /// Write the names of hosts that failed here, for `--limit @FILE`
    #[arg(long, value_name = "FILE")]
    pub retry_file: Option<PathBuf>,
    /// Run notified handlers even on hosts that failed
    #[arg(long)]
    pub force_handlers: bool,
    /// Ask before each task, on one host after the other
    #[arg(long)]
    pub step: bool,
}

/// What to tell instead of doing anything.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = true)]
pub struct ListArguments {
    /// List the hosts of each play and do nothing
    #[arg(long)]
    pub list_hosts: bool,
    /// List the tasks of each play and do nothing
    #[arg(long)]
    pub list_tasks: bool,
    /// List the tags of each play and do nothing
    #[arg(long)]
    pub list_tags: bool,
}
