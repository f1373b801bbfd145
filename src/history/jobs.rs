//! Which run of a job was the last one, so that a start after a kill knows what was missed.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read;
use crate::history::view::JobRun;

impl History {
    /// Notes that a job's run was started.
    pub fn job_started(&mut self, job: &str, run: &str, at: Timestamp) -> Result<(), HistoryError> {
        let sql = "INSERT INTO jobs (job, run, started) VALUES (?1, ?2, ?3)
            ON CONFLICT (job) DO UPDATE SET run = excluded.run, started = excluded.started, ended = NULL";
        let done = self
            .connection
            .execute(sql, params![job, run, moment::of(at)]);
        done.map(drop).map_err(|error| self.told(error))
    }

    /// Notes that it ended; nothing happens when another one was started meanwhile.
    pub fn job_ended(&mut self, job: &str, run: &str, at: Timestamp) -> Result<(), HistoryError> {
        let sql = "UPDATE jobs SET ended = max(started, ?3) WHERE job = ?1 AND run = ?2";
        let done = self
            .connection
            .execute(sql, params![job, run, moment::of(at)]);
        done.map(drop).map_err(|error| self.told(error))
    }

    /// The last run of a job; `None` when it never ran.
    pub fn last_run(&self, job: &str) -> Result<Option<JobRun>, HistoryError> {
        let sql = "SELECT run, started, ended FROM jobs WHERE job = ?1";
        let found = self.connection.query_row(sql, [job], |row| {
            Ok(JobRun {
                run: row.get(0)?,
                started: moment::timestamp(row.get(1)?),
                ended: read::perhaps(row.get(2)?),
            })
        });
        found.optional().map_err(|error| self.told(error))
    }
}
