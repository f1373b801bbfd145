//! The whole fleet at a glance.

use std::collections::BTreeMap;
use std::collections::HashMap;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::HostState;
use crate::history::read::count;
use crate::history::view::ControlRow;
use crate::history::view::Fleet;
use crate::history::view::Tallies;
use crate::history::write::cells::unpack;

/// How long before its end a certificate counts as expiring.
const NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is tallied in one go over all hosts.
#[derive(Default)]
struct Tallied {
    by_state: BTreeMap<HostState, u64>,
    by_control: HashMap<usize, Tallies>,
    cells: Tallies,
}

impl History {
    /// Hosts by state, controls by state, the last run.
    pub fn fleet(&self, now: Timestamp) -> Result<Fleet, HistoryError> {
        let tallied = self.tallied().map_err(|error| self.told(error))?;
        let soon = now.saturating_add(NOTICE).unwrap_or(Timestamp::MAX);
        Ok(Fleet {
            at: now,
            hosts: tallied.by_state.values().sum(),
            controls: self
                .control_rows(&tallied.by_control)
                .map_err(|error| self.told(error))?,
            by_state: tallied.by_state,
            cells: tallied.cells,
            last_run: self.runs(None, None, 1)?.pop(),
            certificates_expiring: self.certificates_before(soon)?,
        })
    }

    fn tallied(&self) -> rusqlite::Result<Tallied> {
        let mut tallied = Tallied {
            by_state: HostState::ALL.into_iter().map(|state| (state, 0)).collect(),
            ..Tallied::default()
        };
        let mut statement = self
            .connection
            .prepare_cached("SELECT state, count(*) FROM hosts GROUP BY state")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let state = HostState::from_code(row.get(0)?);
            *tallied.by_state.entry(state).or_default() += count(row.get(1)?);
        }
        let mut statement = self.connection.prepare_cached("SELECT cells FROM cells")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for (control, state) in unpack(row.get_ref(0)?.as_blob()?) {
                tallied.by_control.entry(control).or_default().add(state);
                tallied.cells.add(state);
            }
        }
        Ok(tallied)
    }

    fn control_rows(&self, tallies: &HashMap<usize, Tallies>) -> rusqlite::Result<Vec<ControlRow>> {
        let sql = "SELECT id, name, title, severity, refs FROM controls ORDER BY name";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let number: i64 = row.get(0)?;
            let number = usize::try_from(number).unwrap_or_default();
            let refs: String = row.get(4)?;
            Ok(ControlRow {
                control: row.get(1)?,
                title: row.get(2)?,
                severity: row.get(3)?,
                references: serde_json::from_str(&refs).unwrap_or_default(),
                hosts: tallies.get(&number).copied().unwrap_or_default(),
            })
        })?;
        rows.collect()
    }
}
