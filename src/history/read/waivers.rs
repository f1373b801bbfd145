//! Waivers that results came with.

use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::moment;
use crate::history::read::count;
use crate::history::read::limit;
use crate::history::view::WaiverRow;

impl History {
    /// Waivers, those that end first, first.
    pub fn waivers(&self, at_most: usize) -> Result<Vec<WaiverRow>, HistoryError> {
        let sql = "SELECT hosts, control, owner, reason, expires, first_seen, last_seen,
            (SELECT count(*) FROM current JOIN controls ON controls.id = current.control
                WHERE controls.name = waivers.control AND current.state = ?1)
            FROM waivers ORDER BY expires, id LIMIT ?2";
        let rows = self.connection.prepare_cached(sql).and_then(|mut found| {
            let row = params![State::Waived.code(), limit(at_most)];
            let rows = found.query_map(row, |row| {
                Ok(WaiverRow {
                    hosts: row.get(0)?,
                    control: row.get(1)?,
                    owner: row.get(2)?,
                    reason: row.get(3)?,
                    expires: row.get(4)?,
                    first_seen: moment::timestamp(row.get(5)?),
                    last_seen: moment::timestamp(row.get(6)?),
                    waived: count(row.get(7)?),
                })
            })?;
            rows.collect()
        });
        rows.map_err(|error| self.told(error))
    }
}
