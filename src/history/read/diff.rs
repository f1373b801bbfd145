//! What is otherwise after one run than after another.

use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::read::limit;
use crate::history::read::runs::Numbered;
use crate::history::state::Verdict;
use crate::history::view::Diff;
use crate::history::view::DiffEntry;
use crate::history::view::DiffKind;
use crate::history::view::DiffPlace;

/// Both ends of what is compared: everything that was first seen after the first and up to the second.
#[derive(Clone, Copy)]
struct Window {
    from: Moment,
    to: Moment,
}

impl History {
    /// What is otherwise after one run than after another, whichever of them was first; at most so many beginnings of
    /// intervals are looked at for one page. `None` when one of the runs is not there.
    pub fn diff(
        &self,
        one: &str,
        other: &str,
        after: Option<DiffPlace>,
        at_most: usize,
    ) -> Result<Option<Diff>, HistoryError> {
        let (Some(one), Some(other)) = (self.numbered(one)?, self.numbered(other)?) else {
            return Ok(None);
        };
        let (from, to) = if end(&one) <= end(&other) {
            (one, other)
        } else {
            (other, one)
        };
        let window = Window {
            from: end(&from),
            to: end(&to),
        };
        let told = |error| self.told(error);
        let places = self.begun(window, after, at_most).map_err(told)?;
        let next = places.last().copied().filter(|_| places.len() >= at_most);
        let mut entries = Vec::new();
        for place in places {
            entries.extend(self.entry(window, place).map_err(told)?);
        }
        Ok(Some(Diff {
            from: from.row,
            to: to.row,
            entries,
            next,
        }))
    }

    /// Where intervals begin within the window.
    fn begun(
        &self,
        window: Window,
        after: Option<DiffPlace>,
        at_most: usize,
    ) -> rusqlite::Result<Vec<DiffPlace>> {
        let after = after.unwrap_or(DiffPlace {
            since: window.from,
            host: i64::MAX,
            control: i64::MAX,
        });
        let part = |table: &str| {
            format!(
                "SELECT since, host, control FROM {table}
                WHERE (since, host, control) > (?1, ?2, ?3) AND since <= ?4"
            )
        };
        let sql = format!(
            "{} UNION ALL {} ORDER BY since, host, control LIMIT ?5",
            part("past"),
            part("current")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = params![
            after.since,
            after.host,
            after.control,
            window.to,
            limit(at_most)
        ];
        let rows = statement.query_map(row, |row| {
            Ok(DiffPlace {
                since: row.get(0)?,
                host: row.get(1)?,
                control: row.get(2)?,
            })
        })?;
        rows.collect()
    }

    /// What became of a control, told where it was first seen otherwise; `None` at all later places.
    fn entry(&self, window: Window, place: DiffPlace) -> rusqlite::Result<Option<DiffEntry>> {
        let before = self.as_of(place, place.since.saturating_sub(1))?;
        if before.is_some_and(|(since, _)| since > window.from) {
            return Ok(None);
        }
        let was = before.map(|(_, state)| state);
        let Some((_, is)) = self.as_of(place, window.to)? else {
            return Ok(None);
        };
        let sql = "SELECT hosts.name, controls.name FROM hosts, controls WHERE hosts.id = ?1 AND controls.id = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (host, control) = statement.query_row([place.host, place.control], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(Some(DiffEntry {
            host,
            control,
            kind: self.kind(window, place, (was, is))?,
            was,
            is,
            at: moment::timestamp(place.since),
        }))
    }

    fn kind(
        &self,
        window: Window,
        place: DiffPlace,
        (was, is): (Option<State>, State),
    ) -> rusqlite::Result<DiffKind> {
        let Some(was) = was else {
            return Ok(DiffKind::Appeared);
        };
        let before = self.verdict(was, place, window.from)?;
        let after = self.verdict(is, place, window.to)?;
        Ok(match (before, after) {
            (Some(Verdict::Fine), Some(Verdict::Drifted)) => DiffKind::Began,
            (Some(Verdict::Drifted), Some(Verdict::Fine)) => DiffKind::Ended,
            _ if was == is && self.left(window, place, was)? => DiffKind::Flapped,
            _ => DiffKind::Other,
        })
    }

    /// What was known of drift at a moment at which this state held: a state that says nothing leaves what was known before.
    fn verdict(
        &self,
        state: State,
        place: DiffPlace,
        at: Moment,
    ) -> rusqlite::Result<Option<Verdict>> {
        if let Some(verdict) = state.verdict() {
            return Ok(Some(verdict));
        }
        let part = |table: &str| {
            format!(
                "SELECT since, state FROM {table} WHERE host = ?1 AND control = ?2 AND since <= ?3
                AND state NOT IN (?4, ?5)"
            )
        };
        let sql = format!(
            "SELECT state FROM ({} UNION ALL {}) ORDER BY since DESC LIMIT 1",
            part("past"),
            part("current")
        );
        let [unknown, failed] = [State::Unknown, State::Failed].map(State::code);
        let row = params![place.host, place.control, at, unknown, failed];
        let mut statement = self.connection.prepare_cached(&sql)?;
        let told = statement.query_row(row, |row| Ok(State::from_code(row.get(0)?)));
        Ok(told.optional()?.and_then(State::verdict))
    }

    /// Whether there was another state than this within the window.
    fn left(&self, window: Window, place: DiffPlace, state: State) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM past WHERE host = ?1 AND control = ?2
            AND since > ?3 AND since <= ?4 AND state <> ?5)";
        let row = params![
            place.host,
            place.control,
            window.from,
            window.to,
            state.code()
        ];
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row(row, |row| row.get(0))
    }

    /// The interval that held at a moment: since when, and its state.
    fn as_of(&self, place: DiffPlace, at: Moment) -> rusqlite::Result<Option<(Moment, State)>> {
        let sql =
            "SELECT since, state FROM current WHERE host = ?1 AND control = ?2 AND since <= ?3";
        let row = params![place.host, place.control, at];
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, State::from_code(row.get(1)?)));
        let mut statement = self.connection.prepare_cached(sql)?;
        if let Some(open) = statement.query_row(row, read).optional()? {
            return Ok(Some(open));
        }
        let sql = "SELECT since, state FROM past WHERE host = ?1 AND control = ?2 AND since <= ?3
            ORDER BY since DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row(row, read).optional()
    }
}

/// When a run had told everything that it tells.
fn end(run: &Numbered) -> Moment {
    moment::of(run.row.ended.unwrap_or(run.row.heard))
}
