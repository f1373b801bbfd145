//! What a history answers, for people: tables and lists in which nothing of a host can move the cursor.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::history::Detail;
use crate::history::Pruning;
use crate::history::State;
use crate::history::view::CertificateRow;
use crate::history::view::ChangeRow;
use crate::history::view::Comparison;
use crate::history::view::ControlView;
use crate::history::view::Current;
use crate::history::view::Forgotten;
use crate::history::view::HostView;
use crate::history::view::Interval;
use crate::history::view::Pruned;
use crate::history::view::ReachInterval;
use crate::history::view::RunRow;
use crate::history::view::Tallies;
use crate::report::text;

mod csv;

pub use crate::report::history::csv::CsvExport;

/// What is said where a list goes on.
const MORE: &str = "and more: `--limit N` shows more";
/// Characters of a name in a table.
const NAME: usize = 60;

/// Rows of cells, each column as wide as its widest cell.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(heading: &[&str]) -> Self {
        Self {
            rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()],
        }
    }

    fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            writeln!(out, "{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn name(text: &str) -> String {
    text::clean(text, NAME).into_owned()
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn until(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "now".to_owned(), moment)
}

/// A line of JSON. What a terminal could obey is written as `\u` escapes.
pub fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    text::json_line(out, value)
}

/// Runs, one in a row, at most so many; of those beyond is only told that they are there.
pub fn runs(out: &mut dyn Write, runs: &[RunRow], limit: usize) -> io::Result<()> {
    if runs.is_empty() {
        return writeln!(out, "no runs");
    }
    let mut table = Table::new(&[
        "RUN", "STARTED", "MODE", "HOSTS", "OK", "DRIFT", "FAILED", "UNREACH", "BEGAN", "ENDED",
        "CHANGES", "EXIT", "OF",
    ]);
    for run in runs.iter().take(limit) {
        let recap = run.recap.as_ref();
        let of =
            |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let exit = match (run.ended, run.exit_code) {
            (None, _) => format!("unfinished, last heard of {}", moment(run.heard)),
            (Some(_), Some(code)) => code.to_string(),
            (Some(_), None) => "-".to_owned(),
        };
        let job = run.job.as_ref().map(|job| format!("job {}", name(job)));
        table.row(vec![
            name(&run.run),
            moment(run.started),
            run.mode.to_owned(),
            run.hosts.to_string(),
            of(recap.map(|recap| recap.ok)),
            of(recap.map(|recap| recap.drifted)),
            of(recap.map(|recap| recap.failed)),
            of(recap.map(|recap| recap.unreachable)),
            run.began.to_string(),
            run.mended.to_string(),
            run.corrected.to_string(),
            exit,
            job.unwrap_or_else(|| name(&run.playbook)),
        ]);
    }
    table.write(out)?;
    beyond(out, runs, limit)
}

/// `12 compliant, 1 drift`; what there is none of is left out.
fn tallies(tallies: &Tallies) -> String {
    let told: Vec<String> = State::ALL
        .into_iter()
        .rev()
        .filter(|state| tallies.of(*state) > 0)
        .map(|state| format!("{} {}", tallies.of(state), state.word()))
        .collect();
    if told.is_empty() {
        "no controls".to_owned()
    } else {
        told.join(", ")
    }
}

/// A host: what it is now, then what it was, in lists of at most so many rows; of those beyond is only told that they are
/// there.
pub fn host(out: &mut dyn Write, view: &HostView, limit: usize) -> io::Result<()> {
    let host = &view.host;
    writeln!(
        out,
        "{}: {} ({})",
        name(&host.host),
        host.state.word(),
        tallies(&host.controls)
    )?;
    if let Some(reason) = &host.reason {
        writeln!(out, "  {}", text::clean(reason, text::SHOWN))?;
    }
    writeln!(out, "  first seen {}", moment(host.first_seen))?;
    if let Some(seen) = host.last_seen.filter(|seen| *seen != host.last_tried) {
        writeln!(out, "  controls last seen {}", moment(seen))?;
    }
    writeln!(out, "  last tried {}", moment(host.last_tried))?;
    controls(out, &view.controls)?;
    past(out, &view.past, limit)?;
    reach(out, &view.reach, limit)?;
    certificates(out, &view.certificates, limit)?;
    changes(out, &view.changes, limit)
}

fn controls(out: &mut dyn Write, controls: &[Current]) -> io::Result<()> {
    if controls.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCONTROLS")?;
    let mut table = Table::new(&[
        "STATE",
        "SINCE",
        "LAST SEEN",
        "SEVERITY",
        "CONTROL",
        "DETAIL",
    ]);
    for control in controls {
        table.row(vec![
            control.state.word().to_owned(),
            moment(control.since),
            moment(control.last_seen),
            name(&control.severity),
            name(&control.control),
            detail(control.detail.as_ref()),
        ]);
    }
    table.write(out)
}

fn past(out: &mut dyn Write, past: &[Interval], limit: usize) -> io::Result<()> {
    if past.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nBEFORE")?;
    let mut table = Table::new(&["STATE", "SINCE", "UNTIL", "CONTROL", "DETAIL"]);
    for interval in past.iter().take(limit) {
        table.row(vec![
            interval.state.word().to_owned(),
            moment(interval.since),
            until(interval.until),
            name(&interval.control),
            detail(interval.detail.as_ref()),
        ]);
    }
    table.write(out)?;
    beyond(out, past, limit)
}

fn reach(out: &mut dyn Write, reach: &[ReachInterval], limit: usize) -> io::Result<()> {
    writeln!(out, "\nREACHED")?;
    let mut table = Table::new(&["HOW", "SINCE", "UNTIL", "REASON"]);
    for interval in reach.iter().take(limit) {
        let reason = interval.reason.as_deref().unwrap_or_default();
        table.row(vec![
            interval.reach.word().to_owned(),
            moment(interval.since),
            until(interval.until),
            text::clean(reason, text::SHOWN).into_owned(),
        ]);
    }
    table.write(out)?;
    beyond(out, reach, limit)
}

fn certificates(out: &mut dyn Write, shown: &[CertificateRow], limit: usize) -> io::Result<()> {
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCERTIFICATES")?;
    let mut table = Table::new(&[
        "NOT AFTER",
        "NOT BEFORE",
        "SHOWN SINCE",
        "UNTIL",
        "THUMBPRINT",
        "SUBJECT",
    ]);
    for certificate in shown.iter().take(limit) {
        table.row(vec![
            moment(certificate.not_after),
            moment(certificate.not_before),
            moment(certificate.since),
            until(certificate.until),
            name(&certificate.thumbprint),
            name(&certificate.subject),
        ]);
    }
    table.write(out)?;
    beyond(out, shown, limit)
}

fn changes(out: &mut dyn Write, changes: &[ChangeRow], limit: usize) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCHANGES")?;
    let mut table = Table::new(&["AT", "RUN", "CONTROL", "PROPERTY", "BEFORE", "AFTER"]);
    for change in changes.iter().take(limit) {
        table.row(vec![
            moment(change.at),
            name(&change.run),
            name(&change.control),
            name(&change.property),
            value(&change.before),
            value(&change.after),
        ]);
    }
    table.write(out)?;
    beyond(out, changes, limit)
}

fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "absent".to_owned(),
        serde_json::Value::String(long) => name(long),
        other => name(&other.to_string()),
    }
}

/// What is said about a state, in one line.
fn detail(detail: Option<&Detail>) -> String {
    let Some(detail) = detail else {
        return String::new();
    };
    let mut told = Vec::new();
    for part in &detail.parts {
        let differing = part.before.iter().map(|(property, before)| {
            let after = part.after.get(property).unwrap_or(&serde_json::Value::Null);
            format!("{property}: {} -> {}", value(before), value(after))
        });
        told.extend(differing);
        told.extend(part.reason.clone());
    }
    let waiver = detail.waiver.as_ref();
    told.extend(waiver.map(|waiver| {
        format!(
            "waived until {} by {}: {}",
            waiver.expires, waiver.owner, waiver.reason
        )
    }));
    text::clean(&told.join("; "), text::SHOWN).into_owned()
}

/// A control, and its hosts.
pub fn control(out: &mut dyn Write, view: &ControlView) -> io::Result<()> {
    let control = &view.control;
    writeln!(
        out,
        "{} ({}): {}",
        name(&control.control),
        name(&control.severity),
        tallies(&control.hosts)
    )?;
    if let Some(title) = &control.title {
        writeln!(out, "  {}", text::clean(title, text::SHOWN))?;
    }
    for reference in &control.references {
        writeln!(out, "  {}", text::clean(reference, text::SHOWN))?;
    }
    writeln!(out)?;
    let mut table = Table::new(&["STATE", "SINCE", "LAST SEEN", "HOST", "DETAIL"]);
    for host in &view.hosts {
        table.row(vec![
            host.state.word().to_owned(),
            moment(host.since),
            moment(host.last_seen),
            name(&host.host),
            detail(host.detail.as_ref()),
        ]);
    }
    table.write(out)?;
    let shown = u64::try_from(view.hosts.len()).unwrap_or(u64::MAX);
    more(out, view.total.saturating_sub(shown), "hosts")
}

fn more(out: &mut dyn Write, left: u64, what: &str) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    writeln!(out, "and {left} more {what}: `--limit N` shows more")
}

/// Says that a list goes on.
fn beyond<T>(out: &mut dyn Write, rows: &[T], limit: usize) -> io::Result<()> {
    if rows.len() > limit {
        writeln!(out, "{MORE}")?;
    }
    Ok(())
}

/// What two runs are compared, and what is otherwise.
pub fn diff(out: &mut dyn Write, diff: &Comparison) -> io::Result<()> {
    for (word, run) in [("from", &diff.from), ("to", &diff.to)] {
        writeln!(out, "{word:>4} {} {}", name(&run.run), moment(run.started))?;
    }
    if diff.entries.is_empty() && !diff.more {
        return writeln!(out, "nothing is otherwise");
    }
    let mut table = Table::new(&["WHAT", "AT", "WAS", "IS", "HOST", "CONTROL"]);
    for entry in &diff.entries {
        table.row(vec![
            entry.kind.word().to_owned(),
            moment(entry.at),
            entry.was.map_or("-", State::word).to_owned(),
            entry.is.word().to_owned(),
            name(&entry.host),
            name(&entry.control),
        ]);
    }
    table.write(out)?;
    if diff.more {
        writeln!(out, "{MORE}")?;
    }
    Ok(())
}

/// What was taken away, or would be, host by host in a list of at most so many.
pub fn forgotten(
    out: &mut dyn Write,
    gone: &Forgotten,
    pruning: Pruning,
    limit: usize,
) -> io::Result<()> {
    let verb = match pruning {
        Pruning::DryRun => "would be forgotten",
        Pruning::Real => "forgotten",
    };
    writeln!(
        out,
        "{verb}: {} hosts, {} controls, {} intervals, {} changes, {} certificates, {} details",
        gone.hosts.len(),
        gone.controls,
        gone.intervals,
        gone.changes,
        gone.certificates,
        gone.details
    )?;
    for host in gone.hosts.iter().take(limit) {
        writeln!(out, "  {}", name(host))?;
    }
    let left = gone.hosts.len().saturating_sub(limit);
    more(out, u64::try_from(left).unwrap_or(u64::MAX), "hosts")
}

/// What was taken away, or would be.
pub fn pruned(out: &mut dyn Write, pruned: &Pruned, pruning: Pruning) -> io::Result<()> {
    let verb = match pruning {
        Pruning::DryRun => "would be taken away",
        Pruning::Real => "taken away",
    };
    writeln!(
        out,
        "{verb}: {} runs, {} intervals, {} changes, {} certificates, {} details",
        pruned.runs, pruned.intervals, pruned.changes, pruned.certificates, pruned.details
    )
}
