//! Scheduled compliance jobs: what is run, when, in which mode, and who is told. [`JobFile`] is what a file says, and
//! [`Job`] answers questions about time.
//!
//! Knows texts and pure arithmetic of time. Must not know what time it is (it comes as an argument), files (paths are
//! only put together), or how anything is run or sent.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::diag::Span;
use crate::event::RunMode;
use crate::syntax::Node;

mod calendar;
mod cron;
pub mod duration;
pub mod keys;
mod notice;
mod order;
mod outlook;
mod places;
mod read;
mod runs;
mod splay;
mod zone;

pub use crate::job::cron::Cron;
pub use crate::job::cron::Days;
pub use crate::job::cron::Fields;
pub use crate::job::cron::NICKNAMES;
pub use crate::job::cron::Unusual;
pub use crate::job::notice::VARIABLES;
pub use crate::job::places::Places;
pub use crate::job::read::parse;
pub use crate::job::runs::Missed;
pub use crate::job::runs::Runs;

/// A whole file of jobs.
#[derive(Debug)]
pub struct JobFile {
    /// The path as the user gave it.
    pub name: String,
    /// `store`: where the history is kept.
    pub store: Option<PathBuf>,
    /// Its jobs, in order; names are unique.
    pub jobs: Vec<Arc<Job>>,
}

/// One job. Relative paths have been put behind the folder of the job file.
#[derive(Debug, Clone)]
pub struct Job {
    /// `name`: letters, digits, `.`, `_` and `-`; histories and units go by it.
    pub name: Arc<str>,
    /// `playbook`.
    pub playbook: PathBuf,
    /// `inventory`, as `--inventory` takes them; at least one.
    pub inventory: Vec<String>,
    /// `limit`: a host pattern.
    pub limit: Option<String>,
    /// `mode`.
    pub mode: Mode,
    /// `cron` or `every`.
    pub schedule: Schedule,
    /// `time_zone`: that of `cron`, windows and blackouts; UTC when nothing is said.
    pub zone: Zone,
    /// `splay`.
    pub splay: Option<Splay>,
    /// `windows`: when changes may be made; empty: always.
    pub windows: Vec<Window>,
    /// `blackouts`: when nothing is changed, windows or not.
    pub blackouts: Vec<Window>,
    /// `deadline`: how long a run may take, retries apart.
    pub deadline: Option<Duration>,
    /// `overlap`.
    pub overlap: Overlap,
    /// `retries`.
    pub retries: Retries,
    /// `missed`.
    pub missed_runs: MissedRuns,
    /// `notify`.
    pub notify: Vec<Webhook>,
    /// `reporters`, as `--reporter` takes them.
    pub reporters: Vec<String>,
    /// `waivers`: the file.
    pub waivers: Option<PathBuf>,
    /// `vault_password_file`.
    pub vault_password_file: Option<PathBuf>,
    /// `connection_password_file`.
    pub connection_password_file: Option<PathBuf>,
    /// Where the job's name stands.
    pub span: Span,
    /// Where its values stand; see [`Job::place`].
    pub places: Places,
}

/// What a job does when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `audit`: looks, and changes nothing.
    Audit,
    /// `apply`: corrects; is not run at all while changes are forbidden.
    Apply,
    /// `audit-then-apply-in-window`: corrects while changes are allowed, and only looks at other times.
    ApplyInWindow,
}

/// When a job is run, splay apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// `cron`: by the clock on the wall of the job's time zone.
    Cron(Box<Cron>),
    /// `every`: by time that passes, counted from 1970-01-01T00:00:00Z, so that restarts shift nothing. At least a second.
    Every(Duration),
}

/// A time zone with its name in the IANA database: `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The name in its official letter case.
    pub name: Arc<str>,
    /// Its rules.
    pub rules: TimeZone,
}

/// `splay`: runs are moved by a part of `up_to` that is always the same for the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splay {
    /// The bound, itself excluded; at least a second.
    pub up_to: Duration,
    /// What is moved.
    pub by: SplayBy,
}

/// What a splay moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplayBy {
    /// `job`: the run as a whole, by the job's name.
    Job,
    /// `host`: each host within the run, by job and host; see [`Job::host_offset`].
    Host,
}

/// Moments by the clock on the wall. A piece over midnight belongs to the day on which it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// `days`; together with `dates`, either counts. Both empty: every day.
    pub days: Vec<Weekday>,
    /// `dates`, each a day or several, first and last included.
    pub dates: Vec<(Date, Date)>,
    /// `from`: midnight when nothing is said.
    pub from: Time,
    /// `to`, itself excluded: `None` is the end of the day. Not after `from`: of the next day.
    pub to: Option<Time>,
    /// Where it stands.
    pub span: Span,
}

/// What happens when a job's time comes while it still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// `skip`: that time is passed over.
    #[default]
    Skip,
    /// `queue`: it runs once right after.
    Queue,
}

/// `retries`: when a run failed, or hosts were unreachable. Drift is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retries {
    /// How often, at most.
    pub count: u32,
    /// How long after the failed run.
    pub delay: Duration,
}

/// What becomes of times that passed while nothing was there to run the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissedRuns {
    /// `run-once`: one run makes up for all of them.
    #[default]
    RunOnce,
    /// `skip`: they are gone.
    Skip,
}

/// One entry of `notify`: an HTTP POST.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// `url`: `https://…` or `http://…`, without a password in it.
    pub url: String,
    /// `on`; at least one.
    pub on: Vec<Occasion>,
    /// `body`: a template over [`VARIABLES`]; `None`: those variables as JSON.
    pub body: Option<Node>,
    /// `headers`.
    pub headers: Vec<(String, String)>,
    /// `timeout` of one try.
    pub timeout: Duration,
    /// `retries`.
    pub retries: Retries,
    /// `token_env` or `token_file`: where the bearer token is found.
    pub token: Option<TokenSource>,
    /// `proxy`: what it is sent through.
    pub proxy: Proxy,
    /// Where it stands.
    pub span: Span,
}

/// What messages are sent through.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proxy {
    /// What the environment names, if it names any.
    #[default]
    OfEnvironment,
    /// `none`: nothing, whatever the environment names.
    Straight,
    /// The proxy at this address, `http://…` or `https://…`, without a password in it.
    At(String),
}

/// Where a token is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// In this variable of the environment.
    Environment(String),
    /// In this file, white space around it apart.
    File(PathBuf),
}

/// When somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// `drift`: hosts differ that did not in the run before.
    Drift,
    /// `failure`: the run, a task or a connection failed.
    Failure,
    /// `recovery`: the run before failed or found drift, this one did not.
    Recovery,
    /// `always`: after each run.
    Always,
}

/// What a run at some time would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// How the run goes; `None`: it is not run at all.
    pub run: Option<RunMode>,
    /// Why.
    pub reason: Reason,
}

/// Why a run looks, corrects, or is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The job is an audit.
    AuditOnly,
    /// Nothing bounds its changes.
    Unbounded,
    /// One of its windows is open.
    WindowOpen,
    /// None of its windows is open.
    WindowClosed,
    /// A blackout forbids changes.
    Blackout,
}

/// Whether changes may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They may.
    Open {
        /// Until when; `None`: as far as anybody can see.
        until: Option<Timestamp>,
    },
    /// They may not.
    Closed {
        /// Until when; `None`: as far as anybody can see.
        until: Option<Timestamp>,
        /// [`Reason::WindowClosed`] or [`Reason::Blackout`].
        reason: Reason,
    },
}

impl JobFile {
    /// The job of this name.
    pub fn job(&self, name: &str) -> Option<&Arc<Job>> {
        self.jobs.iter().find(|job| &*job.name == name)
    }
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Audit, Self::Apply, Self::ApplyInWindow];

    /// The word in job files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Apply => "apply",
            Self::ApplyInWindow => "audit-then-apply-in-window",
        }
    }
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Drift, Self::Failure, Self::Recovery, Self::Always];

    /// The word in job files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Failure => "failure",
            Self::Recovery => "recovery",
            Self::Always => "always",
        }
    }
}

impl Overlap {
    /// The word in job files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
        }
    }
}

impl Reason {
    /// Why, in words that follow on "audit", "apply" or "not run": `because …`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AuditOnly => "the job is an audit",
            Self::Unbounded => "no window bounds its changes",
            Self::WindowOpen => "a window is open",
            Self::WindowClosed => "no window is open",
            Self::Blackout => "a blackout forbids changes",
        }
    }
}
