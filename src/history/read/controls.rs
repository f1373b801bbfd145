//! One control over all hosts.

use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::moment;
use crate::history::read::LAST_SEEN;
use crate::history::read::count;
use crate::history::read::detail;
use crate::history::read::limit;
use crate::history::view::ControlHost;
use crate::history::view::ControlRow;
use crate::history::view::ControlView;
use crate::history::view::Tallies;

impl History {
    /// A control with the hosts that are in a state of it (or in any), worst state first, then by name, from the one with this number
    /// on; `None` when it was never seen.
    pub fn control(
        &self,
        control: &str,
        state: Option<State>,
        (from, at_most): (usize, usize),
    ) -> Result<Option<ControlView>, HistoryError> {
        let Some(number) = self.control_number(control)? else {
            return Ok(None);
        };
        let told = |error| self.told(error);
        let Some(row) = self.control_row(number).map_err(told)? else {
            return Ok(None);
        };
        let hosts = self
            .hosts_of(number, state, (from, at_most))
            .map_err(told)?;
        Ok(Some(ControlView {
            total: state.map_or(row.hosts.total(), |state| row.hosts.of(state)),
            control: row,
            hosts,
        }))
    }

    fn control_row(&self, number: i64) -> rusqlite::Result<Option<ControlRow>> {
        let mut hosts = Tallies::default();
        let mut statement = self.connection.prepare_cached(
            "SELECT state, count(*) FROM current WHERE control = ?1 GROUP BY state",
        )?;
        let mut rows = statement.query([number])?;
        while let Some(row) = rows.next()? {
            hosts.put(State::from_code(row.get(0)?), count(row.get(1)?));
        }
        let sql = "SELECT name, title, severity, refs FROM controls WHERE id = ?1";
        let found = self.connection.query_row(sql, [number], |row| {
            let refs: String = row.get(3)?;
            Ok(ControlRow {
                control: row.get(0)?,
                title: row.get(1)?,
                severity: row.get(2)?,
                references: serde_json::from_str(&refs).unwrap_or_default(),
                hosts,
            })
        });
        found.optional()
    }

    fn hosts_of(
        &self,
        control: i64,
        state: Option<State>,
        (from, at_most): (usize, usize),
    ) -> rusqlite::Result<Vec<ControlHost>> {
        let chosen = if state.is_some() {
            "current.state = ?2"
        } else {
            "?2 IS NULL"
        };
        // The page is cut out first, so that only of its rows more than the name is looked up.
        let sql = format!(
            "SELECT hosts.name, current.state, current.state_since, {LAST_SEEN}, details.body
            FROM (SELECT host, control FROM current JOIN hosts ON hosts.id = current.host
                WHERE control = ?1 AND {chosen}
                ORDER BY current.state DESC, hosts.name LIMIT ?4 OFFSET ?3) AS page
            JOIN current ON current.host = page.host AND current.control = page.control
            JOIN hosts ON hosts.id = current.host
            LEFT JOIN sightings ON sightings.host = current.host AND sightings.source = current.source
            LEFT JOIN details ON details.id = current.detail
            ORDER BY current.state DESC, hosts.name"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = params![control, state.map(State::code), limit(from), limit(at_most)];
        let rows = statement.query_map(row, |row| {
            Ok(ControlHost {
                host: row.get(0)?,
                state: State::from_code(row.get(1)?),
                since: moment::timestamp(row.get(2)?),
                last_seen: moment::timestamp(row.get(3)?),
                detail: detail(row.get(4)?),
            })
        })?;
        rows.collect()
    }
}
