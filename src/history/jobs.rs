//! Which run of a job was the last one, and how the job stood then, so that a start after a kill knows what was missed.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read;
use crate::history::view::JobRun;
use crate::history::view::JobStanding;

/// Standings, as `migrations/2-jobs.sql` has them.
const WELL: i64 = 1;
const BADLY: i64 = 2;

impl History {
    /// Notes that a job's run was started.
    pub fn job_started(&mut self, job: &str, run: &str, at: Timestamp) -> Result<(), HistoryError> {
        let sql = "INSERT INTO jobs (job, run, started) VALUES (?1, ?2, ?3)
            ON CONFLICT (job) DO UPDATE SET unended = iif(ended IS NULL, unended + 1, 0),
                run = excluded.run, started = excluded.started, ended = NULL";
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
        let sql = "SELECT run, started, ended, unended FROM jobs WHERE job = ?1";
        let found = self.connection.query_row(sql, [job], |row| {
            Ok(JobRun {
                run: row.get(0)?,
                started: moment::timestamp(row.get(1)?),
                ended: read::perhaps(row.get(2)?),
                unended_before: row.get(3)?,
            })
        });
        found.optional().map_err(|error| self.told(error))
    }

    /// Notes how a job stands.
    pub fn job_stands(&mut self, job: &str, standing: JobStanding) -> Result<(), HistoryError> {
        let sql = "INSERT INTO standings (job, standing) VALUES (?1, ?2)
            ON CONFLICT (job) DO UPDATE SET standing = excluded.standing";
        let standing = match standing {
            JobStanding::Well => WELL,
            JobStanding::Badly => BADLY,
        };
        let done = self.connection.execute(sql, params![job, standing]);
        done.map(drop).map_err(|error| self.told(error))
    }

    /// How a job stands; `None` when that was never noted.
    pub fn job_standing(&self, job: &str) -> Result<Option<JobStanding>, HistoryError> {
        let sql = "SELECT standing FROM standings WHERE job = ?1";
        let found = self.connection.query_row(sql, [job], |row| row.get(0));
        let found: Option<i64> = found.optional().map_err(|error| self.told(error))?;
        Ok(found.map(|standing| match standing {
            WELL => JobStanding::Well,
            _ => JobStanding::Badly,
        }))
    }
}
