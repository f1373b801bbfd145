//! Takes away what ended long ago. What is current stays, however old it is.

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Params;
use rusqlite::TransactionBehavior;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read::count;
use crate::history::view::Pruned;

/// Pages that are given back in one go: in between, others may write.
const PAGES: u32 = 1_000;

/// Whether anything is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// It is only counted.
    DryRun,
    /// It is.
    Real,
}

impl Pruning {
    /// Takes rows away, or counts them: `rows` is what stands behind `FROM`. What a condition says of other tables has to
    /// hold whether their rows are gone already or not.
    pub(super) fn take(
        self,
        connection: &Connection,
        rows: &str,
        values: impl Params,
    ) -> rusqlite::Result<u64> {
        match self {
            Self::DryRun => {
                let sql = format!("SELECT count(*) FROM {rows}");
                connection.query_row(&sql, values, |row| row.get(0).map(count))
            }
            Self::Real => {
                let gone = connection.execute(&format!("DELETE FROM {rows}"), values)?;
                Ok(u64::try_from(gone).unwrap_or(u64::MAX))
            }
        }
    }

    /// How its transaction begins: who only counts keeps nobody waiting.
    pub(super) fn behavior(self) -> TransactionBehavior {
        match self {
            Self::DryRun => TransactionBehavior::Deferred,
            Self::Real => TransactionBehavior::Immediate,
        }
    }
}

impl History {
    /// Takes away runs, intervals, changes and certificates that ended before a moment, and gives the room back to the disk.
    /// To count them, a history that was opened for reading will do.
    pub fn prune(&mut self, before: Timestamp, pruning: Pruning) -> Result<Pruned, HistoryError> {
        let pruned = self.pruned(moment::of(before), pruning);
        pruned.map_err(|error| self.told(error))
    }

    fn pruned(&mut self, before: moment::Moment, pruning: Pruning) -> rusqlite::Result<Pruned> {
        let connection = &mut self.connection;
        let transaction = connection.transaction_with_behavior(pruning.behavior())?;
        let take = |rows: &str| pruning.take(&transaction, rows, [before]);
        let intervals = take("past WHERE until < ?1")?;
        let reach = take("reach WHERE until < ?1")?;
        let certificates = take("certificates WHERE until < ?1")?;
        let changes = take("changes WHERE at < ?1")?;
        let runs = take(
            "runs WHERE heard < ?1 AND id NOT IN (SELECT run FROM hosts WHERE run IS NOT NULL)
            AND id NOT IN (SELECT run FROM changes WHERE at >= ?1)",
        )?;
        take("waivers WHERE last_seen < ?1")?;
        let details = take(
            "details WHERE id NOT IN (
                SELECT detail FROM current WHERE detail IS NOT NULL
                UNION SELECT detail FROM past WHERE detail IS NOT NULL AND until >= ?1
                UNION SELECT detail FROM reach WHERE detail IS NOT NULL AND ifnull(until >= ?1, TRUE))",
        )?;
        transaction.commit()?;
        if pruning == Pruning::Real {
            self.give_back()?;
        }
        Ok(Pruned {
            runs,
            intervals: intervals.saturating_add(reach),
            changes,
            certificates,
            details,
        })
    }

    /// Gives the room back to the disk that nothing stands in any more.
    pub(super) fn give_back(&self) -> rusqlite::Result<()> {
        let free = || -> rusqlite::Result<i64> {
            let connection = &self.connection;
            connection.pragma_query_value(None, "freelist_count", |row| row.get(0))
        };
        let mut left = free()?;
        while left > 0 {
            let sql = format!("PRAGMA incremental_vacuum({PAGES})");
            let mut vacuum = self.connection.prepare(&sql)?;
            // Each step of it gives one page back.
            let mut steps = vacuum.query([])?;
            while steps.next()?.is_some() {}
            let now = free()?;
            if now >= left {
                break;
            }
            left = now;
        }
        Ok(())
    }
}
