//! Everything about one host.

use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::Reach;
use crate::history::State;
use crate::history::export::HostReach;
use crate::history::moment;
use crate::history::read::LAST_SEEN;
use crate::history::read::detail;
use crate::history::read::limit;
use crate::history::read::perhaps;
use crate::history::view::ChangeRow;
use crate::history::view::Current;
use crate::history::view::HostView;
use crate::history::view::Interval;
use crate::history::view::ReachInterval;

/// Changes, with the columns in the order in which [`change`] reads them.
const CHANGES: &str = "SELECT hosts.name, runs.ulid, changes.at, controls.name, resource, task, property, before, after
    FROM changes JOIN hosts ON hosts.id = changes.host JOIN runs ON runs.id = changes.run
    JOIN controls ON controls.id = changes.control";

/// How hosts were reached, with the columns in the order in which [`reach`] reads them.
const REACHES: &str =
    "SELECT hosts.name, reach.reach, reach.since, reach.until, coalesce(reach.seen, hosts.tried), details.body
    FROM reach JOIN hosts ON hosts.id = reach.host LEFT JOIN details ON details.id = reach.detail";

/// Every change that was made, in order.
pub(crate) fn every_change() -> String {
    format!("{CHANGES} ORDER BY changes.id")
}

/// How every host was reached.
pub(crate) fn every_reach() -> String {
    format!("{REACHES} ORDER BY reach.host, reach.since")
}

impl History {
    /// A host with its controls, and of everything that has an order in time the latest `at_most`; `None` when it was
    /// never seen.
    pub fn host(&self, name: &str, at_most: usize) -> Result<Option<HostView>, HistoryError> {
        let Some(host) = self.host_number(name)? else {
            return Ok(None);
        };
        let told = |error| self.told(error);
        let Some(row) = self.host_row(name).map_err(told)? else {
            return Ok(None);
        };
        Ok(Some(HostView {
            host: row,
            controls: self.current(host, None).map_err(told)?,
            past: self.past(host, name, None, at_most).map_err(told)?,
            reach: self.reach(host, at_most).map_err(told)?,
            certificates: self.shown_by(host, at_most).map_err(told)?,
            changes: self.changes(host, at_most).map_err(told)?,
        }))
    }

    /// The intervals of one control on one host, the open one first, then those that ended, latest first.
    pub fn intervals(
        &self,
        host: &str,
        control: &str,
        at_most: usize,
    ) -> Result<Vec<Interval>, HistoryError> {
        let numbers = (self.host_number(host)?, self.control_number(control)?);
        let (Some(number), Some(chosen)) = numbers else {
            return Ok(Vec::new());
        };
        let told = |error| self.told(error);
        let current = self.current(number, Some(chosen)).map_err(told)?;
        let mut intervals: Vec<Interval> = current
            .into_iter()
            .map(|current| Interval {
                host: host.to_owned(),
                control: current.control,
                state: current.state,
                since: current.detail_since,
                until: None,
                last_seen: current.last_seen,
                detail: current.detail,
            })
            .collect();
        let past = self.past(number, host, Some(chosen), at_most);
        intervals.extend(past.map_err(told)?);
        intervals.truncate(at_most);
        Ok(intervals)
    }

    fn current(&self, host: i64, control: Option<i64>) -> rusqlite::Result<Vec<Current>> {
        let chosen = chosen("current", control);
        let sql = format!(
            "SELECT controls.name, controls.title, controls.severity, current.state, current.state_since,
            current.since, {LAST_SEEN}, details.body
            FROM current JOIN controls ON controls.id = current.control
            LEFT JOIN sightings ON sightings.host = current.host AND sightings.source = current.source
            LEFT JOIN details ON details.id = current.detail
            WHERE current.host = ?1 AND {chosen} ORDER BY current.state DESC, controls.name"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![host, control], |row| {
            Ok(Current {
                control: row.get(0)?,
                title: row.get(1)?,
                severity: row.get(2)?,
                state: State::from_code(row.get(3)?),
                since: moment::timestamp(row.get(4)?),
                detail_since: moment::timestamp(row.get(5)?),
                last_seen: moment::timestamp(row.get(6)?),
                detail: detail(row.get(7)?),
            })
        })?;
        rows.collect()
    }

    fn past(
        &self,
        host: i64,
        name: &str,
        control: Option<i64>,
        at_most: usize,
    ) -> rusqlite::Result<Vec<Interval>> {
        let chosen = chosen("past", control);
        let sql = format!(
            "SELECT controls.name, past.state, past.since, past.until, past.seen, details.body
            FROM past JOIN controls ON controls.id = past.control
            LEFT JOIN details ON details.id = past.detail
            WHERE past.host = ?1 AND {chosen} ORDER BY past.until DESC, controls.name LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![host, control, limit(at_most)], |row| {
            Ok(Interval {
                host: name.to_owned(),
                control: row.get(0)?,
                state: State::from_code(row.get(1)?),
                since: moment::timestamp(row.get(2)?),
                until: perhaps(row.get(3)?),
                last_seen: moment::timestamp(row.get(4)?),
                detail: detail(row.get(5)?),
            })
        })?;
        rows.collect()
    }

    fn reach(&self, host: i64, at_most: usize) -> rusqlite::Result<Vec<ReachInterval>> {
        let sql = format!("{REACHES} WHERE reach.host = ?1 ORDER BY reach.since DESC LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows =
            statement.query_map(params![host, limit(at_most)], |row| Ok(reach(row)?.reach))?;
        rows.collect()
    }

    fn changes(&self, host: i64, at_most: usize) -> rusqlite::Result<Vec<ChangeRow>> {
        let sql = format!("{CHANGES} WHERE changes.host = ?1 ORDER BY changes.id DESC LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![host, limit(at_most)], change)?;
        rows.collect()
    }

    /// What a run changed, in the order in which hosts ended.
    pub fn changes_of(&self, run: &str, at_most: usize) -> Result<Vec<ChangeRow>, HistoryError> {
        let sql = format!("{CHANGES} WHERE runs.ulid = ?1 ORDER BY changes.id LIMIT ?2");
        let rows = self.connection.prepare_cached(&sql).and_then(|mut found| {
            let rows = found.query_map(params![run, limit(at_most)], change)?;
            rows.collect()
        });
        rows.map_err(|error| self.told(error))
    }
}

/// One control, or any, as a condition over ?2.
fn chosen(table: &str, control: Option<i64>) -> String {
    match control {
        Some(_) => format!("{table}.control = ?2"),
        None => "?2 IS NULL".to_owned(),
    }
}

pub(crate) fn reach(row: &rusqlite::Row<'_>) -> rusqlite::Result<HostReach> {
    let detail = detail(row.get(5)?);
    Ok(HostReach {
        host: row.get(0)?,
        reach: ReachInterval {
            reach: Reach::from_code(row.get(1)?),
            since: moment::timestamp(row.get(2)?),
            until: perhaps(row.get(3)?),
            last_seen: moment::timestamp(row.get(4)?),
            reason: detail.and_then(|detail| detail.reason().map(str::to_owned)),
        },
    })
}

pub(crate) fn change(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChangeRow> {
    let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(ChangeRow {
        host: row.get(0)?,
        run: row.get(1)?,
        at: moment::timestamp(row.get(2)?),
        control: row.get(3)?,
        resource: row.get(4)?,
        task: row.get(5)?,
        property: row.get(6)?,
        before: json(row.get(7)?),
        after: json(row.get(8)?),
    })
}
