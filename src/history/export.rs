//! Everything that is in a history, one piece after the other, without ever holding more than one.

use rusqlite::Row;
use serde::Serialize;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::moment;
use crate::history::read;
use crate::history::read::LAST_SEEN;
use crate::history::view::CertificateRow;
use crate::history::view::ChangeRow;
use crate::history::view::HostRow;
use crate::history::view::Interval;
use crate::history::view::ReachInterval;
use crate::history::view::RunRow;
use crate::history::view::WaiverRow;

/// One piece of a history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A run.
    Run(RunRow),
    /// A host.
    Host(HostRow),
    /// A state of a control of a host.
    Interval(Interval),
    /// How a host was reached.
    Reach(HostReach),
    /// A certificate of a host.
    Certificate(CertificateRow),
    /// A property that was changed.
    Change(ChangeRow),
    /// A waiver.
    Waiver(WaiverRow),
}

/// How a host was reached for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostReach {
    /// The host.
    pub host: String,
    /// How, and when.
    #[serde(flatten)]
    pub reach: ReachInterval,
}

/// Every interval, those that ended first.
fn every_interval() -> String {
    format!(
        "SELECT hosts.name, controls.name, spans.state, spans.since, spans.until, spans.seen, details.body
        FROM (SELECT host, control, state, since, until, seen, detail FROM past
            UNION ALL
            SELECT current.host, control, state, since, NULL, {LAST_SEEN}, detail
            FROM current LEFT JOIN sightings ON sightings.host = current.host AND sightings.source = current.source
        ) AS spans
        JOIN hosts ON hosts.id = spans.host JOIN controls ON controls.id = spans.control
        LEFT JOIN details ON details.id = spans.detail"
    )
}

impl History {
    /// Hands every piece over, all of them as they were at one moment.
    pub fn export<E: From<HistoryError>>(
        &self,
        put: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        // Reads that stand in one transaction see one state of the file, whatever others write meanwhile.
        let moment = self.connection.unchecked_transaction();
        let _moment = moment.map_err(|error| E::from(self.told(error)))?;
        let run = |row: &Row<'_>| read::run_row(row).map(Record::Run);
        let host = |row: &Row<'_>| read::host_of(row).map(Record::Host);
        let reach = |row: &Row<'_>| read::reach_of(row).map(Record::Reach);
        let certificate = |row: &Row<'_>| read::certificate_of(row).map(Record::Certificate);
        let change = |row: &Row<'_>| read::change_of(row).map(Record::Change);
        self.each(&read::every_run(), run, put)?;
        self.each(&read::every_host(), host, put)?;
        self.each(&every_interval(), interval, put)?;
        self.each(&read::every_reach(), reach, put)?;
        self.each(&read::every_certificate(), certificate, put)?;
        self.each(&read::every_change(), change, put)?;
        for waiver in self.waivers(usize::MAX)? {
            put(Record::Waiver(waiver))?;
        }
        Ok(())
    }

    fn each<E: From<HistoryError>>(
        &self,
        sql: &str,
        of: impl Fn(&Row<'_>) -> rusqlite::Result<Record>,
        put: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let told = |error| E::from(self.told(error));
        let mut statement = self.connection.prepare(sql).map_err(told)?;
        let mut rows = statement.query([]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            put(of(row).map_err(told)?)?;
        }
        Ok(())
    }
}

fn interval(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record::Interval(Interval {
        host: row.get(0)?,
        control: row.get(1)?,
        state: State::from_code(row.get(2)?),
        since: moment::timestamp(row.get(3)?),
        until: read::perhaps(row.get(4)?),
        last_seen: moment::timestamp(row.get(5)?),
        detail: read::detail(row.get(6)?),
    }))
}
