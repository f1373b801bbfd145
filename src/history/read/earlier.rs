//! The run before a run.

use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::read::runs::COLUMNS;
use crate::history::read::runs::row;
use crate::history::view::RunRow;

impl History {
    /// The latest run that was started before another one and is of the same job (or, like it, of none) and the same
    /// playbook; `None` when there is none, or no such run to begin with.
    pub fn run_before(&self, run: &str) -> Result<Option<RunRow>, HistoryError> {
        let Some(later) = self.numbered(run)? else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM runs WHERE job IS ?1 AND id < ?2 AND playbook = ?3 ORDER BY id DESC LIMIT 1"
        );
        let found = self.connection.prepare_cached(&sql).and_then(|mut runs| {
            let of = params![later.row.job, later.id, later.row.playbook];
            runs.query_row(of, row).optional()
        });
        found.map_err(|error| self.told(error))
    }
}
