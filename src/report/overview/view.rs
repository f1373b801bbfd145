//! The shapes that templates are handed: everything is a text, a number or a word.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::control::Severity;
use crate::event::Status;
use crate::report::record::Row;
use crate::report::since::Spell;

/// How a control stands on a host, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum Mark {
    /// Not looked at, or failed and tolerated.
    Skipped,
    Ok,
    Changed,
    Waived,
    Unknown,
    Drifted,
    Policy,
    Failed,
    Unreachable,
}

impl Mark {
    pub(in crate::report) fn of(row: &Row) -> Self {
        match row.status {
            _ if row.is_tolerated() => Self::Skipped,
            Status::Ok => Self::Ok,
            Status::Skipped => Self::Skipped,
            Status::Changed => Self::Changed,
            Status::Waived => Self::Waived,
            // Whichever way it would end.
            Status::Unknown if row.is_accepted() => Self::Waived,
            Status::Unknown => Self::Unknown,
            Status::WouldChange => Self::Drifted,
            Status::Overridden => Self::Policy,
            Status::Failed => Self::Failed,
            Status::Unreachable => Self::Unreachable,
        }
    }

    pub(in crate::report) fn is_open(self) -> bool {
        self >= Self::Unknown
    }
}

/// A run as pages show it.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Overview {
    pub(in crate::report) run: RunView,
    pub(in crate::report) totals: Totals,
    pub(in crate::report) controls: Vec<ControlView>,
    pub(in crate::report) controls_left: usize,
    pub(in crate::report) columns: Vec<Column>,
    pub(in crate::report) columns_left: usize,
    pub(in crate::report) hosts: Vec<HostView>,
    pub(in crate::report) hosts_left: Vec<Left>,
    pub(in crate::report) certificates: Certificates,
    /// What differs longest, where a history is kept.
    pub(in crate::report) longest: Vec<LongView>,
    pub(in crate::report) waivers: Vec<WaiverView>,
    pub(in crate::report) waivers_left: usize,
}

/// The run itself.
#[derive(Debug, Default, Serialize)]
pub(in crate::report) struct RunView {
    pub(in crate::report) id: String,
    pub(in crate::report) playbook: String,
    pub(in crate::report) job: Option<String>,
    pub(in crate::report) is_check: bool,
    pub(in crate::report) started: String,
    pub(in crate::report) ended: String,
    pub(in crate::report) took: String,
    pub(in crate::report) stopped: Option<&'static str>,
    pub(in crate::report) version: &'static str,
}

/// Hosts by how they fared.
#[derive(Debug, Default, Serialize)]
pub(in crate::report) struct Totals {
    pub(in crate::report) hosts: usize,
    pub(in crate::report) ok: usize,
    pub(in crate::report) changed: usize,
    pub(in crate::report) drifted: usize,
    pub(in crate::report) failed: usize,
    pub(in crate::report) unreachable: usize,
    /// Interrupted, or never begun.
    pub(in crate::report) undone: usize,
    pub(in crate::report) proven: usize,
    /// Of those that are as they should be, hosts with a deviation that is accepted.
    pub(in crate::report) waived: usize,
    /// Hosts that are not as they should be, or nobody knows.
    pub(in crate::report) attention: usize,
    /// Of a hundred hosts, those that are well; not rounded up to all.
    pub(in crate::report) percent: usize,
}

/// A control over all hosts.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct ControlView {
    pub(in crate::report) id: String,
    pub(in crate::report) title: String,
    pub(in crate::report) severity: &'static str,
    pub(in crate::report) references: Vec<String>,
    /// Hosts by mark.
    pub(in crate::report) counts: BTreeMap<Mark, usize>,
    pub(in crate::report) open: usize,
    pub(in crate::report) hosts: usize,
    #[serde(skip)]
    pub(in crate::report) weight: Severity,
}

/// A column of the table of hosts and controls.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Column {
    pub(in crate::report) id: String,
    pub(in crate::report) title: String,
}

/// A host that is shown.
#[derive(Debug, Serialize)]
pub(in crate::report) struct HostView {
    pub(in crate::report) name: String,
    pub(in crate::report) status: &'static str,
    pub(in crate::report) reason: Option<String>,
    pub(in crate::report) hint: Option<String>,
    /// Since when something of it differs, where a history is kept.
    pub(in crate::report) since: Option<String>,
    pub(in crate::report) is_well: bool,
    pub(in crate::report) took: String,
    /// One for each column; nothing where a control is not checked.
    pub(in crate::report) cells: Vec<Option<Cell>>,
    pub(in crate::report) open: usize,
    pub(in crate::report) details: Vec<Detail>,
    pub(in crate::report) details_left: usize,
    #[serde(skip)]
    pub(in crate::report) marks: Vec<(usize, Mark)>,
    #[serde(skip)]
    pub(in crate::report) spells: Vec<(usize, Spell)>,
    #[serde(skip)]
    pub(in crate::report) rank: (u8, usize),
}

/// A control of a host.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Cell {
    pub(in crate::report) mark: Mark,
    /// Since when it differs, where a history is kept.
    pub(in crate::report) since: Option<String>,
}

/// What differs for long.
#[derive(Debug, Serialize)]
pub(in crate::report) struct LongView {
    pub(in crate::report) host: String,
    pub(in crate::report) control: String,
    pub(in crate::report) since: String,
    pub(in crate::report) length: String,
}

/// A result that is shown.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Detail {
    pub(in crate::report) mark: Mark,
    pub(in crate::report) word: &'static str,
    pub(in crate::report) control: String,
    pub(in crate::report) task: String,
    pub(in crate::report) title: Option<String>,
    pub(in crate::report) item: Option<String>,
    pub(in crate::report) severity: &'static str,
    pub(in crate::report) references: Vec<String>,
    pub(in crate::report) differences: Vec<DifferenceView>,
    pub(in crate::report) reason: Option<String>,
    pub(in crate::report) hint: Option<String>,
    pub(in crate::report) message: Option<String>,
    pub(in crate::report) acceptance: Option<String>,
    /// Since when it has differed, or had, where a history is kept.
    pub(in crate::report) since: Option<String>,
    pub(in crate::report) warning: Option<String>,
    pub(in crate::report) at: String,
    pub(in crate::report) took: String,
    pub(in crate::report) attempts: u32,
}

/// A property that is shown.
#[derive(Debug, Serialize)]
pub(in crate::report) struct DifferenceView {
    pub(in crate::report) property: &'static str,
    pub(in crate::report) before: String,
    pub(in crate::report) after: String,
    pub(in crate::report) decided_by: &'static str,
}

/// Hosts that are only counted.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Left {
    pub(in crate::report) status: &'static str,
    pub(in crate::report) count: usize,
}

/// Certificates of all hosts.
#[derive(Debug, Default, Serialize)]
pub(in crate::report) struct Certificates {
    /// How many end within which time, the soonest first.
    pub(in crate::report) spans: Vec<CertificateSpan>,
    /// Those that end first.
    pub(in crate::report) next: Vec<CertificateView>,
    pub(in crate::report) seen: usize,
    pub(in crate::report) unseen: usize,
    #[serde(skip)]
    pub(in crate::report) soonest: Vec<(Timestamp, String, String)>,
}

/// Certificates that end within a time.
#[derive(Debug, Serialize)]
pub(in crate::report) struct CertificateSpan {
    pub(in crate::report) label: &'static str,
    pub(in crate::report) class: &'static str,
    pub(in crate::report) count: usize,
}

/// A certificate that is shown.
#[derive(Debug, Serialize)]
pub(in crate::report) struct CertificateView {
    pub(in crate::report) host: String,
    pub(in crate::report) subject: String,
    pub(in crate::report) until: String,
    pub(in crate::report) days: i64,
    pub(in crate::report) class: &'static str,
    /// Of a hundred, how long its bar is; a year fills it.
    pub(in crate::report) bar: i64,
}

/// A waiver with the hosts on which it was met.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WaiverView {
    pub(in crate::report) control: String,
    pub(in crate::report) owner: String,
    pub(in crate::report) reason: String,
    pub(in crate::report) expires: String,
    pub(in crate::report) standing: &'static str,
    pub(in crate::report) warning: Option<String>,
    pub(in crate::report) hosts: usize,
    pub(in crate::report) example: String,
}
