//! A row for each result, as RFC 4180 has it; written host by host, so that memory does not grow with hosts.
//!
//! Spreadsheets take a cell that begins with `=` and its like for a formula; such a cell gets an apostrophe in front.

use std::borrow::Cow;
use std::io;
use std::io::Write;

use jiff::Timestamp;

use crate::event::Recap;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Row;
use crate::report::record::Run;
use crate::report::since::Spell;
use crate::report::text::guarded;

/// The first row.
const COLUMNS: [&str; 26] = [
    "run",
    "time",
    "job",
    "playbook",
    "mode",
    "host",
    "play",
    "task",
    "resource",
    "id",
    "item",
    "control",
    "title",
    "severity",
    "references",
    "status",
    "before",
    "after",
    "reason",
    "hint",
    "waiver_owner",
    "waiver_expires",
    "waiver_reason",
    "duration_ms",
    "drift_since",
    "drift_until",
];

/// Writes rows.
pub(super) struct Csv {
    out: Box<dyn Write + Send>,
    run: Option<Run>,
}

impl Csv {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, run: None }
    }

    fn rows(&mut self, rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
        // In a buffer of its own, because this writer flushes when it is dropped, and a flush completes the file.
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        for row in rows {
            writer.write_record(&row).map_err(io::Error::other)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        self.out.write_all(&bytes)
    }
}

/// The cells in which rows differ.
struct Cells<'a> {
    time: Timestamp,
    host: &'a str,
    row: Option<&'a Row>,
    status: &'a str,
    reason: Option<&'a str>,
    hint: Option<&'a str>,
    spell: Option<Spell>,
    duration: u128,
}

fn cells<'a>(run: Option<&'a Run>, cells: &Cells<'a>) -> Vec<String> {
    let row = cells.row;
    let text = |of: fn(&Row) -> &str| Cow::Borrowed(row.map(of).unwrap_or_default());
    let side = |of: fn(&Row) -> String| Cow::Owned(row.map(of).unwrap_or_default());
    let run_text = |of: fn(&Run) -> &str| Cow::Borrowed(run.map(of).unwrap_or_default());
    let all: [Cow<'a, str>; COLUMNS.len()] = [
        run_text(|run| &run.id),
        Cow::Owned(cells.time.to_string()),
        run_text(|run| run.job.as_deref().unwrap_or_default()),
        run_text(|run| &run.playbook),
        run_text(Run::mode),
        Cow::Borrowed(cells.host),
        text(|row| &row.play),
        text(|row| &row.task),
        text(|row| row.resource),
        text(|row| &row.id),
        text(|row| row.item.as_deref().unwrap_or_default()),
        text(|row| &row.control),
        text(|row| row.title.as_deref().unwrap_or_default()),
        text(|row| row.severity.word()),
        side(|row| row.references.join("; ")),
        Cow::Borrowed(cells.status),
        side(|row| sides(row, |one| &one.before)),
        side(|row| sides(row, |one| &one.after)),
        Cow::Borrowed(cells.reason.unwrap_or_default()),
        Cow::Borrowed(cells.hint.unwrap_or_default()),
        text(|row| row.waiver.as_ref().map_or("", |waiver| &waiver.owner)),
        text(|row| row.waiver.as_ref().map_or("", |waiver| &waiver.expires)),
        text(|row| row.waiver.as_ref().map_or("", |waiver| &waiver.reason)),
        Cow::Owned(cells.duration.to_string()),
        moment(cells.spell.map(|spell| spell.since)),
        moment(cells.spell.and_then(|spell| spell.until())),
    ];
    all.iter().map(|cell| guarded(cell).into_owned()).collect()
}

fn moment(at: Option<Timestamp>) -> Cow<'static, str> {
    Cow::Owned(at.map(|at| at.to_string()).unwrap_or_default())
}

/// `nla=optional; port=3390`
fn sides(row: &Row, of: fn(&crate::report::record::Difference) -> &String) -> String {
    let shown: Vec<String> = row
        .differences
        .iter()
        .map(|one| format!("{}={}", one.property, of(one)))
        .collect();
    shown.join("; ")
}

impl Chapters for Csv {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        let head = COLUMNS.into_iter().map(str::to_owned).collect();
        self.rows(std::iter::once(head))
    }

    fn go_on(&mut self, run: &Run) {
        self.run = Some(run.clone());
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        let run = self.run.clone();
        let run = run.as_ref();
        let reasons: Vec<Option<String>> = host
            .rows
            .iter()
            .map(|row| row.reason.clone().or_else(|| row.message.clone()))
            .collect();
        let results = host.rows.iter().zip(&reasons).map(|(row, reason)| {
            let own = Cells {
                time: row.at,
                host: &host.name,
                row: Some(row),
                status: row.word(),
                reason: reason.as_deref(),
                hint: row.hint.as_deref(),
                spell: row.spell,
                duration: row.duration.as_millis(),
            };
            cells(run, &own)
        });
        // The host as a whole, without a task.
        let whole = Cells {
            time: host.at,
            host: &host.name,
            row: None,
            status: host.status.word(),
            reason: host.reason(),
            hint: host.hint(),
            spell: host.longest(),
            duration: host.duration.as_millis(),
        };
        let whole = std::iter::once_with(|| cells(run, &whole));
        self.rows(results.chain(whole))
    }

    fn end(&mut self, _: Timestamp, _: &Recap) -> io::Result<()> {
        self.out.flush()
    }
}
