//! The format of the file: numbered steps, each made whole or not at all.

use rusqlite::Connection;
use rusqlite::TransactionBehavior;

/// What makes each format out of the one before, from format 1. Whoever only looks does not make these steps, so what is
/// read has to be there in every format from the first on, or the reading has to refuse older ones.
const STEPS: [&str; 3] = [
    include_str!("migrations/1-begin.sql"),
    include_str!("migrations/2-jobs.sql"),
    include_str!("migrations/3-unseen.sql"),
];

/// Marks a database as a history: `rdpf`.
pub(super) const APPLICATION: i64 = 0x7264_7066;

/// The newest format that this program knows.
pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// The format of a database; 0 for one in which nothing is yet.
pub(super) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a database to the newest format. Of several processes that come at once, one does it.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    while format(connection)? < known() {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let from = format(&step)?;
        let next = usize::try_from(from).ok().and_then(|from| STEPS.get(from));
        if let Some(statements) = next {
            step.execute_batch(statements)?;
            step.pragma_update(None, "application_id", APPLICATION)?;
            step.pragma_update(None, "user_version", from + 1)?;
        }
        step.commit()?;
    }
    Ok(())
}
