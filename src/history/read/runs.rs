//! Runs, latest first.

use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read::count;
use crate::history::read::limit;
use crate::history::read::perhaps;
use crate::history::view::RunRow;

/// The columns of a run, in the order in which [`run`] reads them.
pub(super) const COLUMNS: &str = "ulid, job, playbook, applies, hosts, started, heard, ended, recap, exit_code, began, mended, corrected, id";

/// A run with its number.
pub(super) struct Numbered {
    pub(super) id: i64,
    pub(super) row: RunRow,
}

/// Every run, in the order in which they were started.
pub(crate) fn every() -> String {
    format!("SELECT {COLUMNS} FROM runs ORDER BY id")
}

impl History {
    /// Runs, latest first: of one job or of all, started before another run or up to now.
    pub fn runs(
        &self,
        job: Option<&str>,
        before: Option<&str>,
        at_most: usize,
    ) -> Result<Vec<RunRow>, HistoryError> {
        let before = match before {
            None => i64::MAX,
            Some(run) => self.numbered(run)?.map_or(0, |run| run.id),
        };
        let of_job = if job.is_some() { "job = ?1 AND" } else { "" };
        let sql = format!(
            "SELECT {COLUMNS} FROM runs WHERE {of_job} id < ?2 AND ?1 IS ?1 ORDER BY id DESC LIMIT ?3"
        );
        let rows = self.connection.prepare_cached(&sql).and_then(|mut runs| {
            let rows = runs.query_map(params![job, before, limit(at_most)], run)?;
            rows.map(|run| run.map(|run| run.row)).collect()
        });
        rows.map_err(|error| self.told(error))
    }

    /// One run by its ULID.
    pub fn run(&self, ulid: &str) -> Result<Option<RunRow>, HistoryError> {
        Ok(self.numbered(ulid)?.map(|run| run.row))
    }

    /// The runs whose ULID begins so, at most two: one is meant, two are too many.
    pub fn runs_named(&self, prefix: &str) -> Result<Vec<RunRow>, HistoryError> {
        let prefix = prefix.to_uppercase();
        let end = format!("{prefix}\u{10FFFF}");
        let sql = format!(
            "SELECT {COLUMNS} FROM runs WHERE ulid >= ?1 AND ulid < ?2 ORDER BY ulid LIMIT 2"
        );
        let rows = self.connection.prepare_cached(&sql).and_then(|mut runs| {
            let rows = runs.query_map([prefix, end], run)?;
            rows.map(|run| run.map(|run| run.row)).collect()
        });
        rows.map_err(|error| self.told(error))
    }

    pub(super) fn numbered(&self, ulid: &str) -> Result<Option<Numbered>, HistoryError> {
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE ulid = ?1");
        let found = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut runs| runs.query_row([ulid], run).optional());
        found.map_err(|error| self.told(error))
    }
}

/// A run as it is shown.
pub(crate) fn row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(run(row)?.row)
}

pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<Numbered> {
    let applies: bool = row.get(3)?;
    let recap: Option<String> = row.get(8)?;
    let run = RunRow {
        run: row.get(0)?,
        job: row.get(1)?,
        playbook: row.get(2)?,
        mode: if applies { "apply" } else { "check" },
        hosts: count(row.get(4)?),
        started: moment::timestamp(row.get(5)?),
        heard: moment::timestamp(row.get(6)?),
        ended: perhaps(row.get(7)?),
        recap: recap.and_then(|recap| serde_json::from_str(&recap).ok()),
        exit_code: row.get(9)?,
        began: count(row.get(10)?),
        mended: count(row.get(11)?),
        corrected: count(row.get(12)?),
    };
    Ok(Numbered {
        id: row.get(13)?,
        row: run,
    })
}
