//! Everything that a run can say about itself. Reporters and, later, histories see nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cim::Traffic;
use crate::plan::Outcome;
use crate::proof::Proof;
use crate::proof::Verdict;

/// One thing that happened, in the order in which it happened; events of different hosts interleave.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The first event.
    RunStart {
        /// ULID of the run.
        run: String,
        /// When.
        at: Timestamp,
        /// Whether changes are made.
        mode: RunMode,
        /// The playbook as the user named it.
        playbook: String,
        /// How many hosts take part.
        hosts: usize,
    },
    /// A host's turn came.
    HostStart {
        /// Inventory name.
        host: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// A task ended on a host.
    Result(TaskResult),
    /// A host is done; nothing more is said about it.
    HostEnd(HostSummary),
    /// The last event.
    RunEnd {
        /// When.
        at: Timestamp,
        /// How it went.
        recap: Recap,
    },
}

/// Whether a run makes changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Look only.
    Check,
    /// Correct what differs.
    Apply,
}

/// How one task ended on one host.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskResult {
    /// Inventory name.
    pub host: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// The play's name.
    pub play: Arc<str>,
    /// The task's name.
    pub task: Arc<str>,
    /// The resource kind: `rdp_listener`.
    pub resource: &'static str,
    /// Which one of that kind: a service name, `RDP-Tcp`.
    pub id: Arc<str>,
    /// Whether it is a handler.
    pub handler: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Time spent on it, waiting included.
    pub duration: Duration,
}

/// How a host fared as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct HostSummary {
    /// Inventory name.
    pub host: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// The worst that happened.
    pub status: HostStatus,
    /// Results by status.
    pub counts: Counts,
    /// What a client outside meets; `None` when nobody looked.
    pub proof: Option<Proof>,
    /// What it cost.
    pub traffic: Traffic,
    /// From the first packet to the last.
    pub duration: Duration,
}

/// The worst that happened on a host, best first.
#[derive(Debug, Clone, PartialEq)]
pub enum HostStatus {
    /// As it should be, before or after changes.
    Ok,
    /// It differs: check mode, or Group Policy owns the rest.
    Drifted,
    /// No session: the reason, and what to do.
    Unreachable {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A task failed, drift was left, or the proof did not pass.
    Failed {
        /// The first reason.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The run was interrupted before the host was done.
    Interrupted,
}

/// Results of a host by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Compliant.
    pub ok: usize,
    /// Corrected.
    pub changed: usize,
    /// Would be corrected.
    pub would_change: usize,
    /// Owned by Group Policy.
    pub overridden: usize,
    /// Failed, or left differing.
    pub failed: usize,
    /// Not looked at.
    pub skipped: usize,
}

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recap {
    /// Hosts that are as they should be.
    pub ok: usize,
    /// Of these, hosts that were changed.
    pub changed: usize,
    /// Hosts that differ.
    pub drifted: usize,
    /// Hosts without a session.
    pub unreachable: usize,
    /// Hosts on which something failed.
    pub failed: usize,
    /// Hosts that the interruption left undone.
    pub interrupted: usize,
    /// Hosts whose proof passed.
    pub proven: usize,
    /// Wall time.
    pub duration: Duration,
}

impl Counts {
    /// Counts one result.
    pub fn add(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Compliant => &mut self.ok,
            Outcome::Drifted(_) => &mut self.would_change,
            Outcome::Changed(_) => &mut self.changed,
            Outcome::Overridden(_) => &mut self.overridden,
            Outcome::Unconverged(_) | Outcome::Failed(_) => &mut self.failed,
            Outcome::Skipped(_) => &mut self.skipped,
        };
        *counter += 1;
    }
}

impl Recap {
    /// Counts a host that is done.
    pub fn add(&mut self, host: &HostSummary) {
        let counter = match host.status {
            HostStatus::Ok => &mut self.ok,
            HostStatus::Drifted => &mut self.drifted,
            HostStatus::Unreachable { .. } => &mut self.unreachable,
            HostStatus::Failed { .. } => &mut self.failed,
            HostStatus::Interrupted => &mut self.interrupted,
        };
        *counter += 1;
        if host.status == HostStatus::Ok && host.counts.changed > 0 {
            self.changed += 1;
        }
        let proven = host
            .proof
            .as_ref()
            .is_some_and(|proof| proof.verdict == Verdict::Proven);
        if proven {
            self.proven += 1;
        }
    }
}
