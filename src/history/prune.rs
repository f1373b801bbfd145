//! Takes away what ended long ago. What is current stays, however old it is.

use jiff::Timestamp;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::view::Pruned;

/// Whether anything is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// It is only counted.
    DryRun,
    /// It is.
    Real,
}

impl History {
    /// Takes away runs, intervals, changes and certificates that ended before a moment.
    pub fn prune(&mut self, before: Timestamp, pruning: Pruning) -> Result<Pruned, HistoryError> {
        let before = moment::of(before);
        let pruned = prune(self, before, pruning);
        pruned.map_err(|error| self.told(error))
    }
}

fn prune(history: &mut History, before: Moment, pruning: Pruning) -> rusqlite::Result<Pruned> {
    let connection = &mut history.connection;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pruned = taken(&transaction, before)?;
    if pruning == Pruning::DryRun {
        transaction.rollback()?;
        return Ok(pruned);
    }
    transaction.commit()?;
    // Each step of it gives one page back to the disk.
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(pruned)
}

fn taken(transaction: &Transaction<'_>, before: Moment) -> rusqlite::Result<Pruned> {
    let take = |sql: &str| -> rusqlite::Result<u64> {
        let gone = transaction.execute(sql, [before])?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    };
    let intervals = take("DELETE FROM past WHERE until < ?1")?;
    let reach = take("DELETE FROM reach WHERE until < ?1")?;
    let certificates = take("DELETE FROM certificates WHERE until < ?1")?;
    let changes = take("DELETE FROM changes WHERE at < ?1")?;
    let runs = take(
        "DELETE FROM runs WHERE heard < ?1
        AND id NOT IN (SELECT run FROM hosts WHERE run IS NOT NULL) AND id NOT IN (SELECT run FROM changes)",
    )?;
    take("DELETE FROM waivers WHERE last_seen < ?1")?;
    let details = transaction.execute(
        "DELETE FROM details WHERE id NOT IN (
            SELECT detail FROM current WHERE detail IS NOT NULL
            UNION SELECT detail FROM past WHERE detail IS NOT NULL
            UNION SELECT detail FROM reach WHERE detail IS NOT NULL)",
        [],
    )?;
    Ok(Pruned {
        runs,
        intervals: intervals.saturating_add(reach),
        changes,
        certificates,
        details: u64::try_from(details).unwrap_or(u64::MAX),
    })
}
