//! What the service is doing, for whoever shows it: a snapshot that is replaced with each change.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::event::Recap;
use crate::event::RunMode;
use crate::job::Job;
use crate::job::JobFile;
use crate::service::agenda::Cause;
use crate::service::errand::LeftOut;

/// What the service is doing.
#[derive(Debug, Clone)]
pub struct State {
    /// Since when it is up.
    pub started: Timestamp,
    /// Whether it begins runs.
    pub phase: Phase,
    /// The job file, as named.
    pub file: String,
    /// When the jobs were read.
    pub read: Timestamp,
    /// Why a newer job file is not used.
    pub problem: Option<String>,
    /// The jobs, in the order of the file.
    pub jobs: Vec<JobState>,
}

/// Whether runs are begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// They are.
    Up,
    /// Those under way are waited for; no new ones are begun.
    Stopping,
}

/// One job.
#[derive(Debug, Clone)]
pub struct JobState {
    /// The job.
    pub job: Arc<Job>,
    /// When it is run next.
    pub next: Option<Timestamp>,
    /// When a run that failed is tried again.
    pub retry: Option<Timestamp>,
    /// Whether a run waits for the end of the one under way.
    pub queued: bool,
    /// The run under way.
    pub running: Option<Running>,
    /// The last run that ended since the service is up.
    pub last: Option<Last>,
}

/// A run under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Since when.
    pub since: Timestamp,
    /// Whether it makes changes.
    pub mode: RunMode,
    /// Why it is made.
    pub cause: Cause,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Last {
    /// When it ended.
    pub ended: Timestamp,
    /// Whether it made changes.
    pub mode: RunMode,
    /// Its ULID; `None` when it could not begin.
    pub run: Option<String>,
    /// How it went, or why it could not begin.
    pub result: Result<Recap, String>,
    /// Hosts that somebody else was working on.
    pub left_out: Vec<LeftOut>,
}

impl JobState {
    pub(super) fn new(job: &Arc<Job>) -> Self {
        Self {
            job: Arc::clone(job),
            next: None,
            retry: None,
            queued: false,
            running: None,
            last: None,
        }
    }
}

impl State {
    /// A job by its name.
    pub fn job(&self, name: &str) -> Option<&JobState> {
        self.jobs.iter().find(|state| &*state.job.name == name)
    }

    /// The same, to be changed.
    pub(super) fn job_mut(&mut self, name: &str) -> Option<&mut JobState> {
        self.jobs.iter_mut().find(|state| &*state.job.name == name)
    }

    /// Other jobs were read. What is known of those that stay is kept.
    pub(super) fn renew(&mut self, file: &JobFile, now: Timestamp) {
        let mut before = std::mem::take(&mut self.jobs);
        self.read = now;
        self.problem = None;
        for job in &file.jobs {
            let at = before.iter().position(|state| state.job.name == job.name);
            let kept = at.map(|at| before.swap_remove(at));
            self.jobs.push(JobState {
                job: Arc::clone(job),
                ..kept.unwrap_or_else(|| JobState::new(job))
            });
        }
    }
}
