//! Takes away everything that is kept of hosts, for those that are gone for good.

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::Pruning;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::state::Verdict;
use crate::history::view::Forgotten;

/// The hosts that are meant; ?1 is a JSON list of their numbers.
const MEANT: &str = "IN (SELECT value FROM json_each(?1))";

impl History {
    /// Takes away hosts with their states, changes and certificates, and gives the room back to the disk; names that are
    /// not there are passed over. Runs keep their counts, because they tell what happened; what still differed on these
    /// hosts counts as ended on the day of `now`. A host that a run works on, or that a later one meets, begins anew.
    /// To count them, a history that was opened for reading will do.
    pub fn forget(
        &mut self,
        hosts: &[String],
        now: Timestamp,
        pruning: Pruning,
    ) -> Result<Forgotten, HistoryError> {
        let forgotten = self.forgotten(hosts, moment::of(now), pruning);
        forgotten.map_err(|error| self.told(error))
    }

    fn forgotten(
        &mut self,
        names: &[String],
        now: Moment,
        pruning: Pruning,
    ) -> rusqlite::Result<Forgotten> {
        let connection = &mut self.connection;
        let transaction = connection.transaction_with_behavior(pruning.behavior())?;
        let (hosts, numbers) = meant(&transaction, names)?;
        if pruning == Pruning::Real {
            end_drift(&transaction, &numbers, now)?;
            let sql = "DELETE FROM leases WHERE until <= ?2
                AND host IN (SELECT hosts.name FROM hosts WHERE hosts.id IN (SELECT value FROM json_each(?1)))";
            transaction.execute(sql, params![numbers, now])?;
        }
        let take = |table: &str| {
            let rows = format!("{table} WHERE host {MEANT}");
            pruning.take(&transaction, &rows, [&numbers])
        };
        let controls = take("current")?;
        let intervals = take("past")?.saturating_add(take("reach")?);
        let certificates = take("certificates")?;
        let changes = take("changes")?;
        take("cells")?;
        take("sightings")?;
        let kept = |table: &str| {
            format!("SELECT detail FROM {table} WHERE detail IS NOT NULL AND host NOT {MEANT}")
        };
        let [current, past, reach] = ["current", "past", "reach"].map(kept);
        let rows = format!("details WHERE id NOT IN ({current} UNION {past} UNION {reach})");
        let details = pruning.take(&transaction, &rows, [&numbers])?;
        let rows = format!("hosts WHERE id {MEANT}");
        pruning.take(&transaction, &rows, [&numbers])?;
        transaction.commit()?;
        if pruning == Pruning::Real {
            self.give_back()?;
        }
        Ok(Forgotten {
            hosts,
            controls,
            intervals,
            changes,
            certificates,
            details,
        })
    }
}

/// The hosts that are there, and their numbers as a JSON list.
fn meant(connection: &Connection, names: &[String]) -> rusqlite::Result<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut numbers: Vec<i64> = Vec::new();
    let mut statement = connection.prepare_cached("SELECT id FROM hosts WHERE name = ?1")?;
    for name in names {
        let number = statement.query_row([name], |row| row.get(0)).optional()?;
        if let Some(number) = number {
            numbers.push(number);
            found.push(name.clone());
        }
    }
    let numbers = serde_json::Value::from(numbers).to_string();
    Ok((found, numbers))
}

/// What differs on hosts differs no more when they are gone: else it would be counted for all days to come.
fn end_drift(connection: &Connection, numbers: &str, now: Moment) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO days (day, control, ended)
        SELECT ?2, control, count(*) FROM current WHERE host {MEANT} AND verdict = ?3 GROUP BY control
        ON CONFLICT (day, control) DO UPDATE SET ended = ended + excluded.ended"
    );
    let drifted = Verdict::code(Some(Verdict::Drifted));
    connection.execute(&sql, params![numbers, moment::day(now), drifted])?;
    Ok(())
}
