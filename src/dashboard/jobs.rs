//! What the dashboard knows about scheduled jobs: plain data, and the one thing that it may ask for.
//!
//! Must not know job files, schedules or how a run is started; the service hands in something that implements [`Jobs`].

use jiff::Timestamp;

use crate::event::RunMode;

/// A scheduled job as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name, which is its place in addresses.
    pub name: String,
    /// When it runs, in words or as written: `every 4 h`, `0 3 * * *`.
    pub cadence: String,
    /// Whether it makes changes.
    pub mode: RunMode,
    /// When it runs next; `None` when it runs on demand only, or is held.
    pub next: Option<Timestamp>,
    /// Since when it has been running; `None` when it is not.
    pub running_since: Option<Timestamp>,
    /// Why it does not run as it should, in a sentence: a mistake in its file, a lock that is held.
    pub trouble: Option<String>,
}

/// What came of asking for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It begins as soon as the service gets to it.
    Accepted,
    /// It is running.
    Running,
    /// There is no job of that name.
    Unknown,
    /// Not now: the job makes changes in its windows only and they are shut, or the service is stopping.
    Refused,
}

/// The service's jobs, as the dashboard sees them. Calls come from any thread and must not wait.
pub trait Jobs: Send + Sync {
    /// All jobs, in the order in which they are shown.
    fn jobs(&self) -> Vec<Job>;

    /// Asks for a run now.
    fn run_now(&self, name: &str) -> Asked;

    /// What keeps the service as a whole from working, in a sentence; `None` when all is well.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// No jobs at all: a dashboard over a history that something else writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJobs;

impl Jobs for NoJobs {
    fn jobs(&self) -> Vec<Job> {
        Vec::new()
    }

    fn run_now(&self, _name: &str) -> Asked {
        Asked::Unknown
    }
}
