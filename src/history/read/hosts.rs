//! Hosts, page by page.

use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::HostState;
use crate::history::moment;
use crate::history::read::count;
use crate::history::read::detail;
use crate::history::read::limit;
use crate::history::read::perhaps;
use crate::history::view::HostFilter;
use crate::history::view::HostPage;
use crate::history::view::HostRow;
use crate::history::view::Tallies;
use crate::history::write::cells::unpack;

/// The columns of a host, in the order in which [`host`] reads them.
const COLUMNS: &str = "hosts.name, hosts.state, hosts.first_seen, hosts.seen, hosts.tried,
    (SELECT ulid FROM runs WHERE runs.id = hosts.run),
    (SELECT cells FROM cells WHERE cells.host = hosts.id),
    (SELECT body FROM details WHERE details.id =
        (SELECT reach.detail FROM reach WHERE reach.host = hosts.id ORDER BY reach.since DESC LIMIT 1))";

/// What a filter says, as a condition over ?1 (state) and ?2 (text).
fn condition(filter: &HostFilter) -> &'static str {
    match (filter.state.is_some(), filter.text.is_some()) {
        (true, true) => "state = ?1 AND instr(lower(name), ?2) > 0",
        (true, false) => "state = ?1 AND ?2 IS NULL",
        (false, true) => "?1 IS NULL AND instr(lower(name), ?2) > 0",
        (false, false) => "?1 IS NULL AND ?2 IS NULL",
    }
}

/// Every host.
pub(crate) fn every() -> String {
    format!("SELECT {COLUMNS} FROM hosts ORDER BY name")
}

impl History {
    /// Hosts by name.
    pub fn hosts(&self, filter: &HostFilter) -> Result<HostPage, HistoryError> {
        self.page(filter).map_err(|error| self.told(error))
    }

    fn page(&self, filter: &HostFilter) -> rusqlite::Result<HostPage> {
        let condition = condition(filter);
        let state = filter.state.map(HostState::code);
        let text = filter.text.as_ref().map(|text| text.to_ascii_lowercase());
        let sql = format!("SELECT count(*) FROM hosts WHERE {condition}");
        let total = self
            .connection
            .prepare_cached(&sql)?
            .query_row(params![state, text], |row| row.get(0))?;
        let sql = format!(
            "SELECT {COLUMNS} FROM hosts WHERE {condition} AND name > ?3 ORDER BY name LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let after = filter.after.as_deref().unwrap_or_default();
        let more = limit(filter.limit.saturating_add(1));
        let rows = statement.query_map(params![state, text, after, more], host)?;
        let mut hosts = rows.collect::<rusqlite::Result<Vec<HostRow>>>()?;
        let is_last = hosts.len() <= filter.limit;
        hosts.truncate(filter.limit);
        let next = hosts.last().map(|host| host.host.clone());
        Ok(HostPage {
            hosts,
            total: count(total),
            next: next.filter(|_| !is_last),
        })
    }

    /// One host as a whole.
    pub(super) fn host_row(&self, name: &str) -> rusqlite::Result<Option<HostRow>> {
        let sql = format!("SELECT {COLUMNS} FROM hosts WHERE name = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.query_row([name], host).optional()
    }
}

pub(crate) fn host(row: &Row<'_>) -> rusqlite::Result<HostRow> {
    let mut controls = Tallies::default();
    if let Some(packed) = row.get_ref(6)?.as_blob_or_null()? {
        for (_, state) in unpack(packed) {
            controls.add(state);
        }
    }
    let reason = detail(row.get(7)?).and_then(|detail| detail.reason().map(str::to_owned));
    Ok(HostRow {
        host: row.get(0)?,
        state: HostState::from_code(row.get(1)?),
        controls,
        first_seen: moment::timestamp(row.get(2)?),
        last_seen: perhaps(row.get(3)?),
        last_tried: moment::timestamp(row.get(4)?),
        last_run: row.get(5)?,
        reason,
    })
}
