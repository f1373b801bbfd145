//! What can be read from a history, as plain data for the command line and the dashboard. Texts of hosts stand in it as
//! the hosts said them: whoever shows them makes them harmless.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;

use crate::history::Detail;
use crate::history::HostState;
use crate::history::Reach;
use crate::history::State;

mod spans;

pub use crate::history::view::spans::ControlSpan;
pub use crate::history::view::spans::ReachSpan;
pub use crate::history::view::spans::Spans;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Its ULID.
    pub run: String,
    /// The job that it was one of.
    pub job: Option<String>,
    /// The playbook as it was named.
    pub playbook: String,
    /// Whether it made changes: `check` or `apply`.
    pub mode: &'static str,
    /// How many hosts it was for.
    pub hosts: u64,
    /// When it started.
    pub started: Timestamp,
    /// Its last sign of life.
    pub heard: Timestamp,
    /// When it ended; `None` while it goes on, and for good when it was killed.
    pub ended: Option<Timestamp>,
    /// How it went, once it has ended.
    pub recap: Option<RecapRow>,
    /// What the run amounts to, 130 when it was cut short; the program may end otherwise when a report fails.
    pub exit_code: Option<u8>,
    /// Controls that began to differ.
    pub began: u64,
    /// Controls that differ no more.
    pub mended: u64,
    /// Properties that it changed.
    pub corrected: u64,
}

/// How a run went; see [`crate::event::Recap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecapRow {
    /// Hosts that are as they should be.
    pub ok: u64,
    /// Of these, hosts that were changed.
    pub changed: u64,
    /// Hosts that differ.
    pub drifted: u64,
    /// Hosts without a session.
    pub unreachable: u64,
    /// Hosts on which something failed.
    pub failed: u64,
    /// Hosts that the interruption left undone.
    pub interrupted: u64,
    /// Hosts whose turn never came.
    pub not_started: u64,
    /// Why it was stopped before its end: `budget`, `fatal`, `deadline`.
    pub stopped: Option<String>,
    /// Hosts whose proof passed.
    pub proven: u64,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

/// How many there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tallies {
    /// As it should be.
    pub compliant: u64,
    /// Accepted by a waiver.
    pub waived: u64,
    /// Check mode could not tell.
    pub unknown: u64,
    /// It differs.
    pub drift: u64,
    /// It differs, and Group Policy owns it.
    pub overridden: u64,
    /// It could not be looked at or corrected.
    pub failed: u64,
}

impl Tallies {
    /// Counts one more.
    pub fn add(&mut self, state: State) {
        self.put(state, self.of(state) + 1);
    }

    /// Sets how many there are in a state.
    pub(super) fn put(&mut self, state: State, number: u64) {
        let counter = match state {
            State::Compliant => &mut self.compliant,
            State::Waived => &mut self.waived,
            State::Unknown => &mut self.unknown,
            State::Drift => &mut self.drift,
            State::Overridden => &mut self.overridden,
            State::Failed => &mut self.failed,
        };
        *counter = number;
    }

    /// How many there are in a state.
    pub fn of(&self, state: State) -> u64 {
        match state {
            State::Compliant => self.compliant,
            State::Waived => self.waived,
            State::Unknown => self.unknown,
            State::Drift => self.drift,
            State::Overridden => self.overridden,
            State::Failed => self.failed,
        }
    }

    /// How many there are in all.
    pub fn total(&self) -> u64 {
        State::ALL.into_iter().map(|state| self.of(state)).sum()
    }
}

/// A control, and how hosts fare with it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlRow {
    /// Its identifier; see [`crate::event::TaskResult::control_id`].
    pub control: String,
    /// What it asks for.
    pub title: Option<String>,
    /// How much it matters.
    pub severity: String,
    /// Where it comes from.
    pub references: Vec<String>,
    /// Hosts by state, those that cannot be reached by their last known one.
    pub hosts: Tallies,
}

/// The whole fleet at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fleet {
    /// When it was looked at.
    pub at: Timestamp,
    /// How many hosts there are.
    pub hosts: u64,
    /// Of these, in each state; every state has an entry.
    pub by_state: BTreeMap<HostState, u64>,
    /// Controls of hosts by state.
    pub cells: Tallies,
    /// Every control, by identifier.
    pub controls: Vec<ControlRow>,
    /// The run that was started last.
    pub last_run: Option<RunRow>,
    /// Certificates that end within thirty days, or have ended.
    pub certificates_expiring: u64,
}

/// Which hosts to read. All that is said has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFilter {
    /// The state as a whole.
    pub state: Option<HostState>,
    /// A part of the name, letter case ignored.
    pub text: Option<String>,
    /// Behind this name: [`HostPage::next`] of the page before.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// A host as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRow {
    /// Inventory name.
    pub host: String,
    /// The worst of its controls, unless it could not be reached or failed.
    pub state: HostState,
    /// Its controls by state.
    pub controls: Tallies,
    /// When it was first tried.
    pub first_seen: Timestamp,
    /// When one of its controls was last seen.
    pub last_seen: Option<Timestamp>,
    /// When it was last tried.
    pub last_tried: Timestamp,
    /// The run that tried it last.
    pub last_run: Option<String>,
    /// Why it failed or could not be reached.
    pub reason: Option<String>,
}

/// Some hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostPage {
    /// By name.
    pub hosts: Vec<HostRow>,
    /// How many there are on all pages.
    pub total: u64,
    /// What the next page is after; `None` on the last.
    pub next: Option<String>,
}

/// Everything about one host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostView {
    /// The host as a whole.
    pub host: HostRow,
    /// Its controls as they are now, worst first.
    pub controls: Vec<Current>,
    /// Intervals that ended, latest first.
    pub past: Vec<Interval>,
    /// How it was reached, latest first.
    pub reach: Vec<ReachInterval>,
    /// Certificates that it has shown, latest first.
    pub certificates: Vec<CertificateRow>,
    /// What was changed on it, latest first.
    pub changes: Vec<ChangeRow>,
}

impl HostView {
    /// Cuts every list that has an order in time; tells whether one of them was longer.
    pub fn cut(&mut self, at_most: usize) -> bool {
        let longest = [
            self.past.len(),
            self.reach.len(),
            self.certificates.len(),
            self.changes.len(),
        ];
        self.past.truncate(at_most);
        self.reach.truncate(at_most);
        self.certificates.truncate(at_most);
        self.changes.truncate(at_most);
        longest.into_iter().any(|length| length > at_most)
    }
}

/// A control of a host as it is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Current {
    /// The control.
    pub control: String,
    /// What it asks for.
    pub title: Option<String>,
    /// How much it matters.
    pub severity: String,
    /// How it is.
    pub state: State,
    /// Since when it has been in this state.
    pub since: Timestamp,
    /// Since when it has been so in every detail.
    pub detail_since: Timestamp,
    /// When it was last seen so.
    pub last_seen: Timestamp,
    /// What is said about it.
    pub detail: Option<Detail>,
}

/// A state that a control of a host was in for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    /// The host.
    pub host: String,
    /// The control.
    pub control: String,
    /// The state.
    pub state: State,
    /// When it was first seen.
    pub since: Timestamp,
    /// When another state was seen; `None` while it holds.
    pub until: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// What is said about it.
    pub detail: Option<Detail>,
}

/// How a host was reached for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReachInterval {
    /// How.
    pub reach: Reach,
    /// When it was first so.
    pub since: Timestamp,
    /// When it was first otherwise; `None` while it holds.
    pub until: Option<Timestamp>,
    /// When it was last so.
    pub last_seen: Timestamp,
    /// Why it was not reached, or failed.
    pub reason: Option<String>,
}

/// A certificate that a host has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateRow {
    /// The host.
    pub host: String,
    /// Subject as one line.
    pub subject: String,
    /// SHA-1 thumbprint, upper-case hex.
    pub thumbprint: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// When it was first shown.
    pub since: Timestamp,
    /// When another one was shown; `None` while it is the host's.
    pub until: Option<Timestamp>,
    /// When it was last shown.
    pub last_seen: Timestamp,
}

/// Some certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificatePage {
    /// Those that end first, first.
    pub certificates: Vec<CertificateRow>,
    /// How many there are on all pages.
    pub total: u64,
}

/// One property that was changed on a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeRow {
    /// The host.
    pub host: String,
    /// The run that changed it.
    pub run: String,
    /// When.
    pub at: Timestamp,
    /// The control.
    pub control: String,
    /// The kind of resource.
    pub resource: String,
    /// The task's name.
    pub task: String,
    /// The property in the playbook's words.
    pub property: String,
    /// What was there before; null for nothing.
    pub before: serde_json::Value,
    /// What is there since.
    pub after: serde_json::Value,
}

/// A control, and hosts that are in a state of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlView {
    /// The control.
    pub control: ControlRow,
    /// Hosts, worst state first, then by name.
    pub hosts: Vec<ControlHost>,
    /// How many there are on all pages.
    pub total: u64,
}

/// How a host fares with a control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlHost {
    /// The host.
    pub host: String,
    /// How it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// When it was last seen so.
    pub last_seen: Timestamp,
    /// What is said about it.
    pub detail: Option<Detail>,
}

/// Every control of every host in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The columns, by identifier.
    pub controls: Vec<String>,
    /// The rows, by name.
    pub hosts: Vec<String>,
    /// The state of each host, as [`HostState::code`].
    #[serde(serialize_with = "digits")]
    pub states: Vec<u8>,
    /// Row by row, one for each control: [`State::code`], or 0 when the host does not have the control. As JSON it is
    /// one text with a digit for each.
    #[serde(serialize_with = "digits")]
    pub cells: Vec<u8>,
    /// The host that the next page is after; `None` on the last.
    pub next: Option<String>,
}

fn digits<S: Serializer>(codes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let text: String = codes
        .iter()
        .map(|code| char::from(b'0'.saturating_add((*code).min(9))))
        .collect();
    serializer.serialize_str(&text)
}

/// Drift on one day of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Which day.
    pub date: Date,
    /// Controls of hosts that differed at its end.
    pub drifting: u64,
    /// That differed when they were looked at for the first time.
    pub found: u64,
    /// That began to differ.
    pub began: u64,
    /// That differed no more, or whose host was forgotten.
    pub ended: u64,
    /// Properties that were changed.
    pub corrected: u64,
}

/// What is otherwise after one run than after another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The earlier run.
    pub from: RunRow,
    /// The later run.
    pub to: RunRow,
    /// By the moment at which each was first seen otherwise.
    pub entries: Vec<DiffEntry>,
    /// What the next page is after; `None` on the last. A page may have few entries and still not be the last.
    pub next: Option<DiffPlace>,
}

/// What is otherwise after one run than after another, put together of pages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The earlier run.
    pub from: RunRow,
    /// The later run.
    pub to: RunRow,
    /// As in [`Diff::entries`].
    pub entries: Vec<DiffEntry>,
    /// Whether there are more entries.
    pub more: bool,
}

/// A place in the order of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffPlace {
    /// The moment, in milliseconds since 1970.
    pub since: i64,
    /// The host's number.
    pub host: i64,
    /// The control's number.
    pub control: i64,
}

/// One control of a host that is, or was meanwhile, otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffEntry {
    /// The host.
    pub host: String,
    /// The control.
    pub control: String,
    /// In which way.
    pub kind: DiffKind,
    /// How it was after the earlier run; `None` when it had not been seen.
    pub was: Option<State>,
    /// How it was after the later run.
    pub is: State,
    /// When it was first seen otherwise.
    pub at: Timestamp,
}

/// In which way a control is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    /// It differs, and did not.
    Began,
    /// It differed, and does not any more.
    Ended,
    /// It is as it was, and was otherwise meanwhile.
    Flapped,
    /// It was seen for the first time.
    Appeared,
    /// It is otherwise, but not in whether it differs.
    Other,
}

impl DiffKind {
    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Ended => "ended",
            Self::Flapped => "flapped",
            Self::Appeared => "appeared",
            Self::Other => "other",
        }
    }
}

/// A waiver that results came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiverRow {
    /// The host pattern.
    pub hosts: String,
    /// The control.
    pub control: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: String,
    /// When it was first met.
    pub first_seen: Timestamp,
    /// When it was last met.
    pub last_seen: Timestamp,
    /// Hosts whose control is waived now by a waiver with this owner, reason and last day.
    pub waived: u64,
}

/// What is known of a job's last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRun {
    /// The run.
    pub run: String,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended; `None` while it goes on, or when it was killed.
    pub ended: Option<Timestamp>,
    /// How many runs in a row before it never ended.
    pub unended_before: u32,
}

/// How a job stands, as far as anybody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStanding {
    /// Every host is as it should be.
    Well,
    /// Something differs or failed.
    Badly,
}

/// What pruning takes away, or would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Runs.
    pub runs: u64,
    /// Intervals that ended.
    pub intervals: u64,
    /// Changes that were made.
    pub changes: u64,
    /// Certificates that hosts show no more.
    pub certificates: u64,
    /// Details that nothing names any more.
    pub details: u64,
}

/// What forgetting hosts takes away, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The hosts.
    pub hosts: Vec<String>,
    /// Their controls as they are now.
    pub controls: u64,
    /// Intervals before, and those in which they were reached or not.
    pub intervals: u64,
    /// Changes that were made on them.
    pub changes: u64,
    /// Certificates that they have shown.
    pub certificates: u64,
    /// Details that nothing names any more.
    pub details: u64,
}
