//! Everything that can be asked of a history; what is answered stands in [`crate::history::view`].

use rusqlite::OptionalExtension;

use crate::history::Detail;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment::Moment;

mod certificates;
mod controls;
mod days;
mod diff;
mod earlier;
mod fleet;
mod host;
mod hosts;
mod matrix;
mod runs;
mod spans;
mod waivers;

pub(super) use crate::history::read::certificates::certificate as certificate_of;
pub(super) use crate::history::read::certificates::every as every_certificate;
pub(super) use crate::history::read::host::change as change_of;
pub(super) use crate::history::read::host::every_change;
pub(super) use crate::history::read::host::every_reach;
pub(super) use crate::history::read::host::reach as reach_of;
pub(super) use crate::history::read::hosts::every as every_host;
pub(super) use crate::history::read::hosts::host as host_of;
pub(super) use crate::history::read::runs::every as every_run;
pub(super) use crate::history::read::runs::row as run_row;

/// When an open interval was last seen: a column of the query in which `current` and `sightings` are joined.
pub(super) const LAST_SEEN: &str =
    "max(current.since, coalesce(current.seen, sightings.seen, current.since))";

impl History {
    /// The number of a host.
    fn host_number(&self, name: &str) -> Result<Option<i64>, HistoryError> {
        let sql = "SELECT id FROM hosts WHERE name = ?1";
        self.number(sql, name)
    }

    /// The number of a control.
    fn control_number(&self, name: &str) -> Result<Option<i64>, HistoryError> {
        let sql = "SELECT id FROM controls WHERE name = ?1";
        self.number(sql, name)
    }

    fn number(&self, sql: &str, name: &str) -> Result<Option<i64>, HistoryError> {
        let found = self.connection.query_row(sql, [name], |row| row.get(0));
        found.optional().map_err(|error| self.told(error))
    }

    /// The names of all hosts, for hints.
    pub fn host_names(&self) -> Result<Vec<String>, HistoryError> {
        self.names("SELECT name FROM hosts ORDER BY name")
    }

    /// The identifiers of all controls, for hints.
    pub fn control_names(&self) -> Result<Vec<String>, HistoryError> {
        self.names("SELECT name FROM controls ORDER BY name")
    }

    fn names(&self, sql: &str) -> Result<Vec<String>, HistoryError> {
        let names = self.connection.prepare_cached(sql).and_then(|mut names| {
            let rows = names.query_map([], |row| row.get(0))?;
            rows.collect()
        });
        names.map_err(|error| self.told(error))
    }
}

/// A count as it stands in the file.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A limit for a query.
fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A detail from its text; one that this program cannot read is as good as none.
pub(super) fn detail(body: Option<String>) -> Option<Detail> {
    serde_json::from_str(&body?).ok()
}

/// A moment that may be missing.
pub(super) fn perhaps(moment: Option<Moment>) -> Option<jiff::Timestamp> {
    moment.map(crate::history::moment::timestamp)
}
