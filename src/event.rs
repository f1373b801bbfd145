//! Everything that a run can say about itself. Reporters and histories see nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cim::Traffic;
use crate::control::Control;
use crate::control::Standing;
use crate::control::Waiver;
use crate::plan::Outcome;
use crate::proof::Proof;
use crate::proof::Verdict;

/// One thing that happened, in the order in which it happened; events of different hosts interleave.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The first event. A report of a job's turn of two runs hears it more than once: hosts that follow were seen by the run
    /// that was named last, and the end is that of both.
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
        /// The scheduled job that it is a run of.
        job: Option<Arc<str>>,
    },
    /// A host's turn came.
    HostStart {
        /// Inventory name.
        host: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// A wave of hosts is begun; told only when a play has several.
    Wave(Wave),
    /// A task ended on a host.
    Result(TaskResult),
    /// Drift began or ended since the run before; told only where a history is kept, before the host's end.
    Shift(Shift),
    /// A control differs, and since when; told only where a history is kept, for each such control that was looked at,
    /// before the host's end.
    Drift(Drift),
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

/// A control of a host that is not as it was in the run before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Inventory name.
    pub host: Arc<str>,
    /// When it was seen.
    pub at: Timestamp,
    /// The control, see [`TaskResult::control_id`].
    pub control: Arc<str>,
    /// Which way.
    pub turn: Turn,
    /// Since when it had been as it was before.
    pub since: Timestamp,
}

/// A control of a host that differs, this time or still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Inventory name.
    pub host: Arc<str>,
    /// When it was looked at.
    pub at: Timestamp,
    /// The control, see [`TaskResult::control_id`].
    pub control: Arc<str>,
    /// When it was first seen to differ; it has not been seen to be as it should be ever since.
    pub since: Timestamp,
}

/// Which way a control turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// It was as it should be and is not any more.
    Began,
    /// It is as it should be again.
    Ended,
}

/// Whether a run makes changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Look only.
    Check,
    /// Correct what differs.
    Apply,
}

impl RunMode {
    /// The word for people and messages: `audit` or `apply`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "audit",
            Self::Apply => "apply",
        }
    }

    /// The word in records and tables: `check` or `apply`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Apply => "apply",
        }
    }
}

/// Hosts of a play that are worked on together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// When it is begun.
    pub at: Timestamp,
    /// The play's name.
    pub play: Arc<str>,
    /// Which one, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// How many hosts it has.
    pub hosts: usize,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tolerated {
    /// The host has failed.
    #[default]
    No,
    /// `ignore_errors` or `ignore_unreachable`: the host goes on.
    Ignored,
    /// A `rescue` takes over.
    Rescued,
}

/// Whether the differences of a task are shown as unified diffs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Differences {
    /// As the command line says (`--diff`).
    #[default]
    AsAsked,
    /// `diff: true`: in any case.
    Shown,
    /// `diff: false`: in no case.
    Hidden,
}

/// Why a run ended before every host had its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// More hosts failed than were allowed to.
    Budget,
    /// A failure where none was allowed (`any_errors_fatal`).
    Fatal,
    /// `--deadline` passed.
    Deadline,
    /// It was not: hosts were left out because somebody else worked on them.
    Leased,
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
    /// The item of a loop, or its label.
    pub item: Option<Arc<str>>,
    /// How often it was tried, at least 1; more with `until`.
    pub attempts: u32,
    /// What follows from its failure, when it failed.
    pub tolerated: Tolerated,
    /// What `debug`, `assert` or `fail` have to say.
    pub message: Option<Arc<str>>,
    /// The rule that the task checks.
    pub control: Option<Arc<Control>>,
    /// The waiver for this host and control, also one that has expired.
    pub waiver: Option<Arc<Waiver>>,
    /// Whether its differences are shown.
    pub differences: Differences,
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
    /// Time spent on it, without waiting for other hosts.
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
    /// Check mode cannot tell.
    pub unknown: usize,
    /// Failed, and ignored on purpose.
    pub ignored: usize,
    /// Failed, and a `rescue` took over.
    pub rescued: usize,
    /// Differs, and a waiver accepts that; nothing was changed.
    pub waived: usize,
}

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recap {
    /// Hosts that are as they should be.
    pub ok: usize,
    /// Of these, hosts that were changed.
    pub changed: usize,
    /// Of those that are as they should be, hosts that differ where a waiver accepts it.
    pub waived: usize,
    /// Hosts that differ.
    pub drifted: usize,
    /// Hosts without a session.
    pub unreachable: usize,
    /// Hosts on which something failed.
    pub failed: usize,
    /// Hosts that the interruption left undone.
    pub interrupted: usize,
    /// Hosts whose turn never came, because the run was stopped or somebody else worked on them.
    pub not_started: usize,
    /// Why the run was stopped before its end.
    pub stopped: Option<Stopped>,
    /// Hosts whose proof passed.
    pub proven: usize,
    /// Wall time.
    pub duration: Duration,
}

/// How a task ended on a host, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Not looked at.
    Skipped,
    /// It differed and was corrected.
    Changed,
    /// It differs, and a waiver accepts that.
    Waived,
    /// Check mode cannot tell.
    Unknown,
    /// It differs, and nothing was done.
    WouldChange,
    /// It differs, and Group Policy owns it.
    Overridden,
    /// It could not be observed or corrected, or still differs.
    Failed,
    /// The host was not there to be looked at.
    Unreachable,
}

impl HostStatus {
    /// The word in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Drifted => "drifted",
            Self::Unreachable { .. } => "unreachable",
            Self::Failed { .. } => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Why, and what to do about it, where the status says so.
    pub fn reason(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Unreachable { reason, hint } | Self::Failed { reason, hint } => {
                (Some(reason), hint.as_deref())
            }
            Self::Ok | Self::Drifted | Self::Interrupted => (None, None),
        }
    }
}

impl Stopped {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Fatal => "fatal",
            Self::Deadline => "deadline",
            Self::Leased => "leased",
        }
    }
}

impl Status {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Changed => "changed",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::WouldChange => "would_change",
            Self::Overridden => "overridden",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

impl TaskResult {
    /// How it ended, in one word.
    pub fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Drifted(_) | Outcome::Overridden(_) if self.is_waived() => Status::Waived,
            Outcome::Compliant => Status::Ok,
            Outcome::Drifted(_) => Status::WouldChange,
            Outcome::Changed(_) => Status::Changed,
            Outcome::Overridden(_) => Status::Overridden,
            Outcome::Failed(failure) if failure.lost_host() => Status::Unreachable,
            Outcome::Unconverged { .. } | Outcome::Failed(_) => Status::Failed,
            Outcome::Skipped(_) => Status::Skipped,
            Outcome::Unknown(_) => Status::Unknown,
        }
    }

    /// Whether a waiver for it holds. Days are those of UTC, the same for every reader.
    pub fn is_waived(&self) -> bool {
        self.waiver
            .as_ref()
            .is_some_and(|waiver| waiver.holds(self.day()))
    }

    /// How it stands with the waiver for it; `None` without one.
    pub fn standing(&self) -> Option<Standing> {
        self.waiver
            .as_ref()
            .map(|waiver| waiver.standing(self.day()))
    }

    fn day(&self) -> Date {
        self.at.to_zoned(TimeZone::UTC).date()
    }

    /// What histories and reports go by: the control's identifier, else the resource with what it is about, as in
    /// `rdp_listener:RDP-Tcp`.
    pub fn control_id(&self) -> Arc<str> {
        match &self.control {
            Some(control) => Arc::clone(&control.id),
            None if self.id.is_empty() => self.resource.into(),
            None => format!("{}:{}", self.resource, self.id).into(),
        }
    }
}

impl Counts {
    /// Counts one result.
    pub fn add(&mut self, outcome: &Outcome, tolerated: Tolerated) {
        let counter = match outcome {
            Outcome::Unconverged { .. } | Outcome::Failed(_) if tolerated == Tolerated::Ignored => {
                &mut self.ignored
            }
            Outcome::Unconverged { .. } | Outcome::Failed(_) if tolerated == Tolerated::Rescued => {
                &mut self.rescued
            }
            Outcome::Unknown(_) => &mut self.unknown,
            Outcome::Compliant => &mut self.ok,
            Outcome::Drifted(_) => &mut self.would_change,
            Outcome::Changed(_) => &mut self.changed,
            Outcome::Overridden(_) => &mut self.overridden,
            Outcome::Unconverged { .. } | Outcome::Failed(_) => &mut self.failed,
            Outcome::Skipped(_) => &mut self.skipped,
        };
        *counter += 1;
    }
}

impl Recap {
    /// Whether something failed, a host could not be reached, or the run was stopped; drift is no failure.
    pub fn has_failed(&self) -> bool {
        self.failed + self.unreachable > 0 || self.stopped.is_some()
    }

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
        if host.status == HostStatus::Ok {
            self.changed += usize::from(host.counts.changed > 0);
            self.waived += usize::from(host.counts.waived > 0);
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
