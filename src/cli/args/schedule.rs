//! What may be typed after `rdpfix schedule`.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;
use jiff::Timestamp;

use crate::cli::args::ScheduleRunArguments;

/// What to do with a job file.
#[derive(Debug, Subcommand)]
pub enum ScheduleVerb {
    /// Check a job file, and tell when its jobs run next and what they do then
    Check(ScheduleCheckArguments),
    /// Run one job now, as the service would; exits as `apply` and `audit` do
    Run(ScheduleRunArguments),
    /// Print what another scheduler needs to run the jobs; nothing is written or changed
    Install(ScheduleInstallArguments),
}

/// Arguments of `schedule check`.
#[derive(Debug, Args)]
pub struct ScheduleCheckArguments {
    /// The job file
    pub file: PathBuf,
    /// How many times to tell of each job
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub runs: usize,
    /// Only this job; may be given several times
    #[arg(long, value_name = "NAME")]
    pub job: Vec<String>,
    /// Tell the times after this moment, such as `2026-03-29T00:00:00Z`, instead of those from now on
    #[arg(long, value_name = "TIME")]
    pub after: Option<Timestamp>,
}

/// Arguments of `schedule install`.
#[derive(Debug, Args)]
pub struct ScheduleInstallArguments {
    /// For which scheduler
    #[arg(value_enum)]
    pub target: ScheduleTarget,
    /// The job file
    pub file: PathBuf,
    /// Only this job; may be given several times
    #[arg(long, value_name = "NAME")]
    pub job: Vec<String>,
    /// Where rdpfix is on the machine that runs the jobs [default: /usr/local/bin/rdpfix, or C:\Program Files\rdpfix\rdpfix.exe for windows-task]
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
    /// Where the job file is on the machine that runs the jobs [default: where it is here, or /etc/rdpfix/NAME for kubernetes]
    #[arg(long, value_name = "PATH")]
    pub jobs_at: Option<String>,
    /// The account that runs the jobs [default: rdpfix, or NETWORK SERVICE for windows-task]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The container's image, for kubernetes [default: rdpfix:VERSION]
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
}

/// A scheduler that others wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScheduleTarget {
    /// Services and timers of systemd, and a unit for the standing service
    Systemd,
    /// Lines for `crontab`
    Cron,
    /// XML for the Windows Task Scheduler, one job at a time
    WindowsTask,
    /// CronJob manifests for Kubernetes
    Kubernetes,
}
