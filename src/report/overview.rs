//! What pages show of a run: totals, controls, certificates, waivers, and the hosts that need attention most.
//!
//! Bounded: of hosts beyond [`HOSTS`] and results beyond [`DETAILS`] only counts are kept, those that are well first.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::io;

use jiff::Timestamp;
use minijinja::syntax::SyntaxConfig;

use crate::control::Severity;
use crate::control::Standing;
use crate::event::HostStatus;
use crate::event::Recap;
use crate::event::RunMode;
use crate::report::overview::view::Cell;
use crate::report::overview::view::CertificateSpan;
use crate::report::overview::view::CertificateView;
use crate::report::overview::view::Certificates;
use crate::report::overview::view::Column;
use crate::report::overview::view::ControlView;
use crate::report::overview::view::Detail;
use crate::report::overview::view::DifferenceView;
use crate::report::overview::view::HostView;
use crate::report::overview::view::Left;
use crate::report::overview::view::LongView;
use crate::report::overview::view::Mark;
use crate::report::overview::view::Overview;
use crate::report::overview::view::RunView;
use crate::report::overview::view::Totals;
use crate::report::overview::view::WaiverView;
use crate::report::record::Finished;
use crate::report::record::Row;
use crate::report::record::Run;
use crate::report::since::Spell;
use crate::report::text;
use crate::report::text::day;
use crate::report::text::minute;

pub(super) mod view;

/// Hosts that are shown one by one.
pub(super) const HOSTS: usize = 1_000;
/// Results that are shown with what differs, over all hosts.
const DETAILS: usize = 20_000;
/// Results of one host that are shown with what differs.
const DETAILS_OF_HOST: usize = 60;
/// Controls of which a table tells.
const CONTROLS: usize = 500;
/// Controls that have a column of their own.
const COLUMNS: usize = 40;
/// Certificates that are shown one by one.
const CERTIFICATES: usize = 15;
/// What differs longest and is shown one by one.
const LONGEST: usize = 15;
/// Waivers that are shown one by one.
const WAIVERS: usize = 200;
/// The pseudo-control that tells whether a client outside gets through.
const PROOF: &str = "proof";
/// Days of a year, the longest bar of a certificate.
const YEAR: i64 = 365;

/// How templates are written: lines that hold nothing but a tag leave nothing behind.
pub(super) fn syntax() -> io::Result<SyntaxConfig> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(io::Error::other)
}

/// Names and limits of the spans of certificates; days from the end of the run.
const SPANS: [(&str, &str, i64); 7] = [
    ("expired", "expired", 0),
    ("within 7 days", "soon", 7),
    ("within 30 days", "near", 30),
    ("within 90 days", "fair", 90),
    ("within 180 days", "fine", 180),
    ("within a year", "fine", YEAR),
    ("later", "fine", i64::MAX),
];

/// Gathers what pages show.
#[derive(Default)]
pub(super) struct Gathering {
    run: Option<Run>,
    totals: Totals,
    controls: Vec<ControlView>,
    index: HashMap<String, usize>,
    hosts: Vec<HostView>,
    left: BTreeMap<&'static str, usize>,
    details: usize,
    certificates: Certificates,
    /// Since when, host, control and spell.
    longest: Vec<(Timestamp, String, String, Spell)>,
    waivers: BTreeMap<WaiverKey, WaiverView>,
    waivers_left: usize,
}

/// Which waiver it is, the first that ends first: the last day, control, owner and why.
type WaiverKey = (String, String, String, String);

impl Gathering {
    pub(super) fn begin(&mut self, run: &Run) {
        self.run = Some(run.clone());
    }

    /// The page stays that of the run that began it, and says whether changes were made.
    pub(super) fn go_on(&mut self, run: &Run) {
        if let Some(first) = &mut self.run {
            first.go_on(run);
        }
    }

    /// Takes a host that is done.
    pub(super) fn host(&mut self, host: &Finished) {
        let mut marks: BTreeMap<usize, Mark> = BTreeMap::new();
        for row in host.rows.iter().filter(|row| row.is_check()) {
            let place = self.control(&row.control, || described(row));
            let mark = Mark::of(row);
            let worst = marks.entry(place).or_insert(mark);
            *worst = (*worst).max(mark);
        }
        if let Some(proof) = &host.proof {
            let place = self.control(PROOF, proof_control);
            let mark = match proof.refuted {
                Some(_) => Mark::Failed,
                None => Mark::Ok,
            };
            marks.insert(place, mark);
        }
        for (place, mark) in &marks {
            if let Some(control) = self.controls.get_mut(*place) {
                *control.counts.entry(*mark).or_default() += 1;
                control.hosts += 1;
                control.open += usize::from(mark.is_open());
            }
        }
        if !host.is_well() {
            self.totals.attention += 1;
        }
        self.certificate(host);
        self.waivers(host);
        let spells = self.spells(host);
        let view = self.view(host, marks.into_iter().collect(), spells);
        self.hosts.push(view);
        if self.hosts.len() >= HOSTS.saturating_mul(2) {
            self.forget();
        }
    }

    /// Where a control is, made by `describe` when it is new.
    fn control(&mut self, id: &str, describe: impl FnOnce() -> ControlView) -> usize {
        if let Some(place) = self.index.get(id) {
            return *place;
        }
        self.controls.push(describe());
        let place = self.controls.len().saturating_sub(1);
        self.index.insert(id.to_owned(), place);
        place
    }

    /// Since when controls of the host differ, by where they are.
    fn spells(&mut self, host: &Finished) -> Vec<(usize, Spell)> {
        let proof = host.proof.as_ref().and_then(|proof| proof.spell);
        let rows = host
            .rows
            .iter()
            .filter_map(|row| Some((&*row.control, row.spell?)));
        let all = rows.chain(proof.map(|spell| (PROOF, spell)));
        let mut spells: BTreeMap<usize, Spell> = BTreeMap::new();
        for (control, spell) in all.filter(|(_, spell)| spell.lasts()) {
            let Some(place) = self.index.get(control) else {
                continue;
            };
            if spells.insert(*place, spell).is_none() {
                let long = (spell.since, host.name.clone(), control.to_owned(), spell);
                self.longest.push(long);
            }
        }
        if self.longest.len() > LONGEST.saturating_mul(4) {
            self.keep_longest();
        }
        spells.into_iter().collect()
    }

    fn keep_longest(&mut self) {
        self.longest.sort_unstable_by(|one, other| {
            (one.0, &one.1, &one.2).cmp(&(other.0, &other.1, &other.2))
        });
        self.longest.truncate(LONGEST);
    }

    fn certificate(&mut self, host: &Finished) {
        let shown = host
            .proof
            .as_ref()
            .and_then(|proof| proof.certificate.as_ref());
        let Some((subject, until)) = shown else {
            self.certificates.unseen += 1;
            return;
        };
        let certificates = &mut self.certificates;
        certificates.seen += 1;
        if certificates.spans.is_empty() {
            certificates.spans = SPANS
                .iter()
                .map(|(label, class, _)| CertificateSpan {
                    label,
                    class,
                    count: 0,
                })
                .collect();
        }
        let (_, place) = span(days_left(host.at, *until));
        if let Some(span) = certificates.spans.get_mut(place) {
            span.count += 1;
        }
        let soonest = &mut certificates.soonest;
        soonest.push((*until, host.name.clone(), subject.clone()));
        if soonest.len() > CERTIFICATES.saturating_mul(4) {
            soonest.sort_unstable();
            soonest.truncate(CERTIFICATES);
        }
    }

    fn waivers(&mut self, host: &Finished) {
        let mut met: BTreeSet<WaiverKey> = BTreeSet::new();
        for row in &host.rows {
            let Some(waiver) = &row.waiver else { continue };
            // One that has ended is told where it is missed.
            if !row.is_accepted() && waiver.warning.is_none() {
                continue;
            }
            let key = (
                waiver.expires.clone(),
                row.control.clone(),
                waiver.owner.clone(),
                waiver.reason.clone(),
            );
            // One host may have it several times.
            if !met.insert(key.clone()) {
                continue;
            }
            if !self.waivers.contains_key(&key) && self.waivers.len() >= WAIVERS {
                self.waivers_left += 1;
                continue;
            }
            let view = self.waivers.entry(key).or_insert_with(|| WaiverView {
                control: row.control.clone(),
                owner: waiver.owner.clone(),
                reason: waiver.reason.clone(),
                expires: waiver.expires.clone(),
                standing: match waiver.standing {
                    Standing::Holds => "holds",
                    Standing::EndsSoon { .. } => "ends soon",
                    Standing::Expired { .. } => "has ended",
                },
                warning: waiver.warning.clone(),
                hosts: 0,
                example: host.name.clone(),
            });
            view.hosts += 1;
        }
    }

    fn view(
        &mut self,
        host: &Finished,
        marks: Vec<(usize, Mark)>,
        spells: Vec<(usize, Spell)>,
    ) -> HostView {
        let is_well = host.is_well();
        let mut telling: Vec<&Row> = host
            .rows
            .iter()
            .filter(|row| row.is_check() && (Mark::of(row) > Mark::Ok || row.spell.is_some()))
            .collect();
        // The worst first, before there is no room any more; what is well never takes the room of what is not.
        telling.sort_by_key(|row| std::cmp::Reverse(Mark::of(row)));
        let most = if is_well { DETAILS / 2 } else { DETAILS };
        let room = most.saturating_sub(self.details).min(DETAILS_OF_HOST);
        let details: Vec<Detail> = telling.iter().take(room).map(|row| detail(row)).collect();
        self.details += details.len();
        let open = marks.iter().filter(|(_, mark)| mark.is_open()).count();
        let rank = match host.status {
            HostStatus::Failed { .. } => 0,
            HostStatus::Unreachable { .. } => 1,
            HostStatus::Drifted => 2,
            HostStatus::Interrupted => 3,
            HostStatus::Ok if !is_well => 4,
            HostStatus::Ok => 5,
        };
        HostView {
            name: host.name.clone(),
            status: host.status.word(),
            reason: host.reason().map(str::to_owned),
            hint: host.hint().map(str::to_owned),
            since: host.longest().map(|spell| spell.moment()),
            is_well,
            took: text::duration(host.duration),
            cells: Vec::new(),
            open,
            details_left: telling.len().saturating_sub(details.len()),
            details,
            marks,
            spells,
            rank: (rank, usize::MAX.saturating_sub(open)),
        }
    }

    /// Keeps the hosts that need attention most, and counts the others.
    fn forget(&mut self) {
        self.hosts
            .sort_by(|one, other| (one.rank, &one.name).cmp(&(other.rank, &other.name)));
        for host in self.hosts.drain(self.hosts.len().min(HOSTS)..) {
            self.details = self.details.saturating_sub(host.details.len());
            *self.left.entry(host.status).or_default() += 1;
        }
    }

    /// The run is over.
    pub(super) fn end(mut self, at: Timestamp, recap: &Recap) -> Overview {
        self.forget();
        self.keep_longest();
        let run = run_view(self.run.as_ref(), at, recap);
        let totals = totals(&self.totals, self.run.as_ref(), recap);
        let mut order: Vec<usize> = (0..self.controls.len()).collect();
        let controls = &self.controls;
        let weight = |place: &usize| {
            controls.get(*place).map(|control| {
                let open = std::cmp::Reverse(control.open);
                let weight = std::cmp::Reverse(control.weight);
                (open, weight, control.id.clone())
            })
        };
        order.sort_by_key(weight);
        let columns: Vec<usize> = order.iter().copied().take(COLUMNS).collect();
        for host in &mut self.hosts {
            let marks: HashMap<usize, Mark> = host.marks.drain(..).collect();
            let spells: HashMap<usize, Spell> = host.spells.drain(..).collect();
            let cell = |place: &usize| {
                marks.get(place).map(|mark| Cell {
                    mark: *mark,
                    since: spells.get(place).map(Spell::words),
                })
            };
            host.cells = columns.iter().map(cell).collect();
        }
        let sorted = || order.iter().filter_map(|place| controls.get(*place));
        let column = |control: &ControlView| Column {
            id: control.id.clone(),
            title: control.title.clone(),
        };
        Overview {
            run,
            totals,
            columns: sorted().take(COLUMNS).map(column).collect(),
            columns_left: controls.len().saturating_sub(COLUMNS),
            controls: sorted().take(CONTROLS).cloned().collect(),
            controls_left: controls.len().saturating_sub(CONTROLS),
            hosts: self.hosts,
            hosts_left: self
                .left
                .iter()
                .map(|(status, count)| Left {
                    status,
                    count: *count,
                })
                .collect(),
            certificates: self.certificates.finished(at),
            longest: std::mem::take(&mut self.longest)
                .into_iter()
                .map(long)
                .collect(),
            waivers: self.waivers.into_values().collect(),
            waivers_left: self.waivers_left,
        }
    }
}

impl Certificates {
    fn finished(mut self, at: Timestamp) -> Self {
        self.soonest.sort_unstable();
        self.soonest.truncate(CERTIFICATES);
        self.next = std::mem::take(&mut self.soonest)
            .into_iter()
            .map(|(until, host, subject)| {
                let days = days_left(at, until);
                CertificateView {
                    host,
                    subject,
                    until: day(until),
                    days,
                    class: span(days).0,
                    bar: (days.clamp(0, YEAR) * 100).div_euclid(YEAR).max(1),
                }
            })
            .collect();
        self
    }
}

fn run_view(run: Option<&Run>, at: Timestamp, recap: &Recap) -> RunView {
    let base = RunView {
        ended: minute(at),
        took: text::duration(recap.duration),
        stopped: recap.stopped.map(text::stopped),
        version: env!("CARGO_PKG_VERSION"),
        ..RunView::default()
    };
    match run {
        None => base,
        Some(run) => RunView {
            id: run.id.clone(),
            playbook: run.playbook.clone(),
            job: run.job.clone(),
            is_check: run.mode == RunMode::Check,
            started: minute(run.at),
            ..base
        },
    }
}

fn totals(counted: &Totals, run: Option<&Run>, recap: &Recap) -> Totals {
    let undone = recap.interrupted.saturating_add(recap.not_started);
    let told = recap.ok + recap.drifted + recap.unreachable + recap.failed + undone;
    let hosts = run.map_or(told, |run| run.hosts).max(told);
    let attention = counted.attention.saturating_add(recap.not_started);
    let well = hosts.saturating_sub(attention);
    Totals {
        hosts,
        ok: recap.ok,
        changed: recap.changed,
        drifted: recap.drifted,
        failed: recap.failed,
        unreachable: recap.unreachable,
        undone,
        proven: recap.proven,
        attention,
        percent: (well * 100).checked_div(hosts).unwrap_or_default(),
        waived: recap.waived,
    }
}

fn described(row: &Row) -> ControlView {
    ControlView {
        id: row.control.clone(),
        title: row.title.clone().unwrap_or_else(|| row.task.clone()),
        severity: row.severity.word(),
        references: row.references.clone(),
        counts: BTreeMap::new(),
        open: 0,
        hosts: 0,
        weight: row.severity,
    }
}

fn proof_control() -> ControlView {
    ControlView {
        id: PROOF.to_owned(),
        title: "A client outside gets through".to_owned(),
        severity: Severity::High.word(),
        references: Vec::new(),
        counts: BTreeMap::new(),
        open: 0,
        hosts: 0,
        weight: Severity::High,
    }
}

fn long((_, host, control, spell): (Timestamp, String, String, Spell)) -> LongView {
    LongView {
        host,
        control,
        since: minute(spell.since),
        length: spell.length(),
    }
}

fn detail(row: &Row) -> Detail {
    Detail {
        mark: Mark::of(row),
        word: row.word(),
        control: row.control.clone(),
        task: row.task.clone(),
        title: row.title.clone(),
        item: row.item.clone(),
        severity: row.severity.word(),
        references: row.references.clone(),
        differences: row
            .differences
            .iter()
            .map(|one| DifferenceView {
                property: one.property,
                before: one.before.clone(),
                after: one.after.clone(),
                decided_by: one.decided_by,
            })
            .collect(),
        reason: row.reason.clone(),
        hint: row.hint.clone(),
        message: row.message.clone(),
        acceptance: row.acceptance(),
        since: row.spell.map(|spell| spell.sentence()),
        warning: row
            .waiver
            .as_ref()
            .and_then(|waiver| waiver.warning.clone()),
        at: minute(row.at),
        took: text::duration(row.duration),
        attempts: row.attempts,
    }
}

/// The class of a certificate with so many days left, and the place of its span.
fn span(days: i64) -> (&'static str, usize) {
    SPANS
        .iter()
        .enumerate()
        .find(|(_, (_, _, limit))| days <= *limit)
        .map_or(("fine", SPANS.len()), |(place, (_, class, _))| {
            (class, place)
        })
}

/// Whole days until then, rounded up; 0 or less when it is over.
fn days_left(now: Timestamp, until: Timestamp) -> i64 {
    let seconds = until.as_second().saturating_sub(now.as_second());
    -((-seconds).div_euclid(24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::days_left;
    use super::span;

    #[test]
    fn a_certificate_that_ended_has_no_days_left() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let after = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        assert_eq!(days_left(now, after(-1)), 0);
        assert_eq!(days_left(now, after(1)), 1);
        assert_eq!(days_left(now, after(86_400)), 1);
        assert_eq!(days_left(now, after(-86_401)), -1);
        assert_eq!(span(0).0, "expired");
        assert_eq!(span(1).0, "soon");
        assert_eq!(span(400), ("fine", 6));
    }
}
