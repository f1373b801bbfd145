//! Waivers that results came with.

use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::detail::TEXT;
use crate::history::moment;
use crate::history::read::count;
use crate::history::read::limit;
use crate::history::view::WaiverRow;

impl History {
    /// Waivers, those that end first, first. A state keeps of its waiver the owner, the reason and the last day, so
    /// waivers of one control that differ in nothing but their host patterns are counted as one.
    pub fn waivers(&self, at_most: usize) -> Result<Vec<WaiverRow>, HistoryError> {
        // Hosts that are waived are counted by what is said about them first, so that each text is read once. `CROSS JOIN`
        // keeps the order: only states of controls that have waivers are looked up, never those of the whole fleet.
        let sql = "WITH counted AS MATERIALIZED (
                SELECT current.control, current.detail, count(*) AS hosts
                FROM (SELECT DISTINCT control FROM waivers) AS met
                CROSS JOIN controls ON controls.name = met.control
                CROSS JOIN current ON current.control = controls.id AND current.state = ?1
                GROUP BY current.control, current.detail),
            noted AS MATERIALIZED (
                SELECT controls.name AS control, details.body ->> '$.waiver.owner' AS owner,
                details.body ->> '$.waiver.reason' AS reason, details.body ->> '$.waiver.expires' AS expires,
                sum(counted.hosts) AS hosts
                FROM counted JOIN controls ON controls.id = counted.control
                JOIN details ON details.id = counted.detail GROUP BY 1, 2, 3, 4)
            SELECT waivers.hosts, waivers.control, waivers.owner, waivers.reason, waivers.expires, first_seen, last_seen,
            coalesce(noted.hosts, 0)
            FROM waivers LEFT JOIN noted ON noted.control = waivers.control AND noted.expires = waivers.expires
            AND noted.owner IN (waivers.owner, substr(waivers.owner, 1, ?3) || '…')
            AND noted.reason IN (waivers.reason, substr(waivers.reason, 1, ?3) || '…')
            ORDER BY waivers.expires, waivers.id LIMIT ?2";
        let rows = self.connection.prepare_cached(sql).and_then(|mut found| {
            let row = params![State::Waived.code(), limit(at_most), limit(TEXT)];
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
