//! The seams of the service: what it has done by others, and what they answer. Tests have others than the program.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Shift;
use crate::job::Job;
use crate::job::JobFile;
use crate::service::said::Said;

/// One run to make.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The job.
    pub job: Arc<Job>,
    /// Whether changes are made.
    pub mode: RunMode,
    /// Only these hosts; `None`: all that the job has.
    pub only: Option<Vec<Arc<str>>>,
    /// How long hosts are begun, counted from when the errand is taken; `None`: until all are.
    pub deadline: Option<Duration>,
    /// Where it stands in its turn.
    pub position: Position,
}

/// Where a run stands in its turn. Runs of one turn are told in one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// It is the turn.
    Alone,
    /// Another follows when hosts differ; when none follows all the same, [`Executor::conclude`] says so.
    MayBeFollowed,
    /// It follows one that might be followed.
    Follows,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its ULID.
    pub run: String,
    /// The playbook, as runs name it.
    pub playbook: String,
    /// Whether changes were made.
    pub mode: RunMode,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How many hosts took part.
    pub hosts: usize,
    /// Hosts by how they fared.
    pub recap: Recap,
    /// What the run alone would have exited with.
    pub exit_code: u8,
    /// Controls that are not as they were in the run before.
    pub shifts: Vec<Shift>,
    /// Results that a waiver accepts.
    pub waived: usize,
    /// Hosts that differ in something that can be corrected. Where Group Policy owns all that differs, nothing can be.
    pub drifting: Vec<Arc<str>>,
    /// Hosts that failed or could not be reached, with the reason; some of them when there are many.
    pub failures: Vec<(Arc<str>, String)>,
    /// Hosts that somebody else works on.
    pub left_out: Vec<LeftOut>,
}

/// A host that takes no part in a run, because somebody else works on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its inventory name.
    pub host: Arc<str>,
    /// Who works on it.
    pub holder: String,
    /// Until when at most.
    pub until: Timestamp,
}

/// A run that could not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotBegun {
    /// Why, for people; may have several lines.
    pub why: String,
    /// What the run alone would have exited with.
    pub exit_code: u8,
}

/// Makes runs.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Makes one. When `stop` becomes true, it ends after the calls under way.
    async fn run(&self, errand: Errand, stop: watch::Receiver<bool>) -> Result<Report, NotBegun>;

    /// Hears that no run follows one of this job that might have been followed: its report can be written. Gives what the
    /// turn exits with when that fails; `None` when all is well.
    async fn conclude(&self, _job: &Arc<str>) -> Option<u8> {
        None
    }
}

/// What a run exits with that could not be told in every report and in the history; it outranks how hosts fared.
pub const NOT_TOLD: u8 = 1;

/// Why a run has no result after a defect. What a panic says may hold anything, and stands on standard error already.
pub const BROKE_OFF: &str = "the run broke off, which is a defect of rdpfix";

/// What is known of a job's last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    /// When it began.
    pub started: Timestamp,
    /// Whether it ended.
    pub end: LastEnd,
}

/// Whether a job's last run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastEnd {
    /// It did.
    Over,
    /// It did not: the process that made it was killed, or is another one that still makes it.
    Never,
    /// It did not, and neither did the one before it.
    NeverAgain,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Every host is as it should be.
    Good,
    /// Something differs or failed.
    Bad,
}

/// Remembers runs from before the service came up.
pub trait Journal: Send + Sync {
    /// The last run of a job; `None` when there is none, or when nobody can tell.
    fn last(&self, job: &str) -> Option<LastRun>;
    /// How a job stood when that was noted last; `None` when nobody can tell.
    fn standing(&self, job: &str) -> Option<Standing>;
    /// Notes how a job stands. The error is for people.
    fn stands(&self, job: &str, standing: Standing) -> Result<(), String>;
}

/// A run that somebody may have to be told of.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The job.
    pub job: Arc<Job>,
    /// How it went, or why it could not begin.
    pub result: Result<Arc<Report>, NotBegun>,
    /// When.
    pub at: Timestamp,
    /// What the job's standing was before; `None` when nobody knows.
    pub before: Option<Standing>,
    /// What it is now; `None` when the run says nothing about it.
    pub now: Option<Standing>,
    /// What becomes of its failure, when it is one.
    pub failure: Failure,
}

/// What becomes of a failure in a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It is told.
    Told,
    /// It is held back, because the run is tried again and may go better.
    HeldBack,
    /// It was held back, is not tried again after all, and is told now; all else was told before.
    ToldLate,
}

/// Tells others.
pub trait Herald: Send + Sync {
    /// Takes a notice; what it gives back tells it, and is awaited beside everything else.
    fn tell(&self, notice: Notice) -> BoxFuture<'static, ()>;
}

/// Where jobs come from.
pub trait JobSource: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> String;
    /// Whether it is another than when it was read last.
    fn has_changed(&self) -> bool;
    /// Reads it; the error is for people and may have several lines.
    fn read(&self) -> Result<JobFile, String>;
}

/// Hears what the service tells of itself.
pub trait Log: Send + Sync {
    /// Hears it.
    fn say(&self, said: &Said);
}
