//! What happened, host by host, in texts that are fit for any file: free of secrets and control characters, and bounded.
//!
//! Reports that tell a host as a whole are [`Chapters`]; [`ByHost`] gathers events for them and forgets each host once it
//! is told. Secrets are taken out here (see [`Pen`]), before anything is escaped, because an escaped secret looks like another text.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::control::Severity;
use crate::control::Standing;
use crate::control::Waiver;
use crate::event::Drift;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Shift;
use crate::event::Status;
use crate::event::TaskResult;
use crate::event::Tolerated;
use crate::history::PROOF;
use crate::plan::Change;
use crate::proof::Proof;
use crate::proof::Verdict;
use crate::report::Reporter;
use crate::report::pen::Pen;
use crate::report::since::Spell;
use crate::report::since::Spells;
use crate::report::since::about;
use crate::report::text;
use crate::secret::Hidden;

/// References of a control that are told.
const REFERENCES: usize = 50;
/// Differing properties of one result that are told.
const CHANGES: usize = 100;

/// Actions that look at nothing.
const REMARKS: [&str; 6] = [
    "debug",
    "set_fact",
    "include_vars",
    "include_tasks",
    "import_tasks",
    "meta",
];

/// Where a run stands.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) mode: RunMode,
    pub(super) playbook: String,
    pub(super) job: Option<String>,
    /// How many hosts take part.
    pub(super) hosts: usize,
}

impl Run {
    /// Another run of the same turn is told, too: both together make changes when one of them does.
    pub(super) fn go_on(&mut self, other: &Self) {
        if other.mode == RunMode::Apply {
            self.mode = other.mode;
        }
    }

    /// The word for whether changes are made.
    pub(super) fn mode(&self) -> &'static str {
        self.mode.key()
    }
}

/// One property that differs.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) property: &'static str,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) decided_by: &'static str,
}

/// A waiver as reports tell it.
#[derive(Debug, Clone)]
pub(super) struct Waived {
    pub(super) owner: String,
    pub(super) reason: String,
    pub(super) expires: String,
    pub(super) standing: Standing,
    /// That it ends soon, or has ended.
    pub(super) warning: Option<String>,
}

/// How one task ended on one host.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) at: Timestamp,
    pub(super) play: String,
    pub(super) task: String,
    pub(super) resource: &'static str,
    pub(super) id: String,
    pub(super) item: Option<String>,
    pub(super) handler: bool,
    pub(super) attempts: u32,
    pub(super) status: Status,
    pub(super) tolerated: Tolerated,
    /// See [`TaskResult::control_id`].
    pub(super) control: String,
    /// Whether the playbook names the control.
    pub(super) is_named: bool,
    pub(super) title: Option<String>,
    pub(super) severity: Severity,
    pub(super) references: Vec<String>,
    pub(super) differences: Vec<Difference>,
    pub(super) reason: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) message: Option<String>,
    pub(super) waiver: Option<Waived>,
    /// The time in which its control differed, where a history knows and the result is about it.
    pub(super) spell: Option<Spell>,
    pub(super) duration: Duration,
}

impl Row {
    /// Whether it failed in a way that the playbook puts up with.
    pub(super) fn is_tolerated(&self) -> bool {
        self.tolerated != Tolerated::No
            && matches!(self.status, Status::Failed | Status::Unreachable)
    }

    /// Whether somebody has to do something about it.
    pub(super) fn is_open(&self) -> bool {
        !self.is_tolerated() && !self.is_accepted() && self.status >= Status::Unknown
    }

    /// Whether a waiver accepts what differs, or what check mode cannot tell, whichever way it would end.
    pub(super) fn is_accepted(&self) -> bool {
        let holds = |waiver: &Waived| !matches!(waiver.standing, Standing::Expired { .. });
        match self.status {
            Status::Waived => true,
            Status::Unknown => self.waiver.as_ref().is_some_and(holds),
            _ => false,
        }
    }

    /// Whether it says something about the host's state: neither a handler that had nothing to do, nor a remark of the
    /// playbook that went well.
    pub(super) fn is_check(&self) -> bool {
        let is_idle = self.handler && self.status == Status::Skipped;
        let is_remark = !self.is_named && REMARKS.contains(&self.resource) && !self.is_open();
        !is_idle && !is_remark
    }

    /// The word for how it ended.
    pub(super) fn word(&self) -> &'static str {
        match (self.is_tolerated(), self.tolerated) {
            (true, Tolerated::Ignored) => "ignored",
            (true, Tolerated::Rescued) => "rescued",
            _ => self.status.word(),
        }
    }

    /// What is to be said of it in one line; empty when it is as it should be and has nothing to say.
    pub(super) fn line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.reason.clone());
        parts.extend(
            self.differences
                .iter()
                .map(|one| format!("{}: {} → {}", one.property, one.before, one.after)),
        );
        parts.extend(self.message.clone());
        parts.join("; ")
    }

    /// `accepted by ops until 2026-12-31: old clients`, when it is waived.
    pub(super) fn acceptance(&self) -> Option<String> {
        let waiver = self.waiver.as_ref()?;
        self.is_accepted().then(|| {
            format!(
                "accepted by {} until {}: {}",
                waiver.owner, waiver.expires, waiver.reason
            )
        })
    }
}

/// What a client outside met.
#[derive(Debug, Clone)]
pub(super) struct Met {
    /// Why it does not get through: the catalogue's identifier and what was seen.
    pub(super) refuted: Option<(&'static str, String)>,
    /// Subject, and the last moment of validity.
    pub(super) certificate: Option<(String, Timestamp)>,
    /// The time in which clients did not get through, where a history knows.
    pub(super) spell: Option<Spell>,
}

/// A host that is done.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub(super) name: String,
    pub(super) at: Timestamp,
    /// With texts that are fit.
    pub(super) status: HostStatus,
    /// Why it is not as it should be, though nothing failed.
    pub(super) drift: Option<String>,
    pub(super) proof: Option<Met>,
    pub(super) duration: Duration,
    pub(super) rows: Vec<Row>,
}

impl Finished {
    /// Why it is not as it should be.
    pub(super) fn reason(&self) -> Option<&str> {
        self.status.reason().0.or(self.drift.as_deref())
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> Option<&str> {
        self.status.reason().1
    }

    /// What is wrong with the host beyond its tasks: a rule's identifier and why. The proof is told apart.
    pub(super) fn trouble(&self) -> Option<(&'static str, String)> {
        let (rule, is_failed) = match self.status {
            HostStatus::Unreachable { .. } => ("host-unreachable", false),
            HostStatus::Failed { .. } => ("host-failed", true),
            HostStatus::Ok | HostStatus::Drifted | HostStatus::Interrupted => return None,
        };
        let told = self
            .rows
            .iter()
            .any(|row| row.is_open() && row.status >= Status::Failed);
        let refuted = self
            .proof
            .as_ref()
            .is_some_and(|proof| proof.refuted.is_some());
        let reason = self.reason().unwrap_or_default().to_owned();
        let told_elsewhere = told || (refuted && is_failed);
        (!told_elsewhere).then_some((rule, reason))
    }

    /// The longest time in which something of the host has differed and still does, where a history knows.
    pub(super) fn longest(&self) -> Option<Spell> {
        let proof = self.proof.as_ref().and_then(|proof| proof.spell);
        let spells = self.rows.iter().filter_map(|row| row.spell).chain(proof);
        spells.filter(Spell::lasts).min_by_key(|spell| spell.since)
    }

    /// Whether there is nothing to do about it; what is accepted counts as nothing.
    pub(super) fn is_well(&self) -> bool {
        self.status == HostStatus::Ok && !self.rows.iter().any(Row::is_open)
    }
}

/// A report that tells hosts one after the other.
pub(super) trait Chapters: Send {
    /// The run begins.
    fn begin(&mut self, run: &Run) -> io::Result<()>;
    /// What follows was seen by this run of a job's turn, not by the one before. Nothing for who tells no run apart.
    fn go_on(&mut self, _run: &Run) {}
    /// A host is done; nothing more is said about it.
    fn host(&mut self, host: &Finished) -> io::Result<()>;
    /// The run is over: what is left is written, and flushed.
    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()>;
}

/// Gathers the events of each host until it is done.
pub(super) struct ByHost<C> {
    chapters: C,
    pen: Pen,
    open: HashMap<Arc<str>, Pending>,
    has_begun: bool,
}

/// What is known of a host that is not done.
#[derive(Default)]
struct Pending {
    rows: Vec<Row>,
    spells: Spells,
}

impl<C: Chapters> ByHost<C> {
    pub(super) fn new(chapters: C, hidden: Arc<Hidden>) -> Self {
        Self {
            chapters,
            pen: Pen::new(hidden),
            open: HashMap::new(),
            has_begun: false,
        }
    }

    /// A turn of a job has two runs; the second goes on with what the first one began.
    fn run(&mut self, run: &Run) -> io::Result<()> {
        if self.has_begun {
            self.chapters.go_on(run);
            return Ok(());
        }
        self.has_begun = true;
        self.chapters.begin(run)
    }
}

impl<C: Chapters> Reporter for ByHost<C> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let pen = self.pen.clone();
        match event {
            Event::RunStart {
                run,
                at,
                mode,
                playbook,
                hosts,
                job,
            } => {
                let run = Run {
                    id: pen.name(run),
                    at: *at,
                    mode: *mode,
                    playbook: pen.name(playbook),
                    job: job.as_deref().map(|job| pen.name(job)),
                    hosts: *hosts,
                };
                self.run(&run)
            }
            Event::Result(result) => {
                let row = pen.row(result);
                let pending = self.open.entry(Arc::clone(&result.host)).or_default();
                pending.rows.push(row);
                Ok(())
            }
            Event::Shift(Shift { host, .. }) | Event::Drift(Drift { host, .. }) => {
                if let Some((control, spell)) = Spell::of(event) {
                    let control = pen.name(control);
                    let pending = self.open.entry(Arc::clone(host)).or_default();
                    pending.spells.add(control, spell);
                }
                Ok(())
            }
            Event::HostEnd(summary) => {
                let pending = self.open.remove(&summary.host).unwrap_or_default();
                self.chapters.host(&pen.finished(summary, pending))
            }
            Event::RunEnd { at, recap } => self.chapters.end(*at, recap),
            Event::HostStart { .. } | Event::Wave(_) => Ok(()),
        }
    }
}

/// Puts the spells of a host to the rows that they are about.
fn put_spells(rows: &mut [Row], mut spells: Spells) {
    for (control, spell) in spells.drain() {
        // A handler that is no control of its own only does something.
        let of_control = rows.iter().enumerate().filter(|(_, row)| {
            row.control == control && !row.is_tolerated() && (row.is_named || !row.handler)
        });
        let places = about(spell, of_control.map(|(place, row)| (place, row.status)));
        for place in places {
            if let Some(row) = rows.get_mut(place) {
                row.spell = Some(spell);
            }
        }
    }
}

impl Pen {
    fn row(&self, result: &TaskResult) -> Row {
        let (changes, reason, hint) = text::told(&result.outcome);
        let control = result.control.as_deref();
        Row {
            at: result.at,
            play: self.name(&result.play),
            task: self.name(&result.task),
            resource: result.resource,
            id: self.name(&result.id),
            item: result.item.as_deref().map(|item| self.name(item)),
            handler: result.handler,
            attempts: result.attempts,
            status: result.status(),
            tolerated: result.tolerated,
            control: self.name(&result.control_id()),
            is_named: control.is_some(),
            title: control
                .and_then(|control| control.title.as_deref())
                .map(|title| self.name(title)),
            severity: control.map(|control| control.severity).unwrap_or_default(),
            references: control
                .map(|control| control.references.as_slice())
                .unwrap_or_default()
                .iter()
                .take(REFERENCES)
                .map(|text| self.name(text))
                .collect(),
            differences: changes
                .iter()
                .take(CHANGES)
                .map(|change| self.difference(change))
                .collect(),
            reason: reason.map(|text| self.text(&text)),
            hint: hint.map(|text| self.text(&text)),
            message: result.message.as_deref().map(|text| self.text(text)),
            waiver: result
                .waiver
                .as_deref()
                .map(|waiver| self.waived(waiver, result)),
            spell: None,
            duration: result.duration,
        }
    }

    fn difference(&self, change: &Change) -> Difference {
        Difference {
            property: change.property,
            before: self.value(&change.from),
            after: self.value(&change.to),
            decided_by: change.decided_by.word(),
        }
    }

    fn waived(&self, waiver: &Waiver, result: &TaskResult) -> Waived {
        Waived {
            owner: self.name(&waiver.owner),
            reason: self.text(&waiver.reason),
            expires: waiver.expires.to_string(),
            standing: result.standing().unwrap_or(Standing::Holds),
            warning: text::waiver_warning(result).map(|text| self.text(&text)),
        }
    }

    fn finished(&self, summary: &HostSummary, told: Pending) -> Finished {
        let Pending {
            mut rows,
            mut spells,
        } = told;
        let proof = spells.take(PROOF);
        put_spells(&mut rows, spells);
        let drift = (summary.status == HostStatus::Drifted).then(|| text::drift(summary));
        Finished {
            name: self.name(&summary.host),
            at: summary.at,
            status: self.status(&summary.status),
            drift: drift.flatten().map(|text| self.text(&text)),
            proof: summary.proof.as_ref().map(|met| self.met(met, proof)),
            duration: summary.duration,
            rows,
        }
    }

    fn status(&self, status: &HostStatus) -> HostStatus {
        let fit = |reason: &str, hint: &Option<String>| {
            let hint = hint.as_deref().map(|hint| self.text(hint));
            (self.text(reason), hint)
        };
        match status {
            HostStatus::Unreachable { reason, hint } => {
                let (reason, hint) = fit(reason, hint);
                HostStatus::Unreachable { reason, hint }
            }
            HostStatus::Failed { reason, hint } => {
                let (reason, hint) = fit(reason, hint);
                HostStatus::Failed { reason, hint }
            }
            wordless @ (HostStatus::Ok | HostStatus::Drifted | HostStatus::Interrupted) => {
                wordless.clone()
            }
        }
    }

    fn met(&self, proof: &Proof, spell: Option<Spell>) -> Met {
        Met {
            refuted: match &proof.verdict {
                Verdict::Proven => None,
                Verdict::Refuted { id, reason, .. } => Some((*id, self.text(reason))),
            },
            certificate: proof
                .certificate
                .as_ref()
                .map(|shown| (self.name(&shown.subject), shown.not_after)),
            spell,
        }
    }
}
