//! Every control of every host in one piece.

use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::read::limit;
use crate::history::view::Matrix;
use crate::history::write::cells::unpack;

/// No control has this column.
const NONE: usize = usize::MAX;

impl History {
    /// The states of hosts behind a name (or of all), by name; the columns are all controls by identifier.
    pub fn matrix(&self, after: Option<&str>, at_most: usize) -> Result<Matrix, HistoryError> {
        let drawn = self.drawn((after, at_most));
        drawn.map_err(|error| self.told(error))
    }

    fn drawn(&self, page: (Option<&str>, usize)) -> rusqlite::Result<Matrix> {
        let mut controls = Vec::new();
        // By the control's number: its column.
        let mut columns = Vec::new();
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, name FROM controls ORDER BY name")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let number = usize::try_from(number).unwrap_or_default();
            columns.resize(columns.len().max(number.saturating_add(1)), NONE);
            if let Some(place) = columns.get_mut(number) {
                *place = controls.len();
            }
            controls.push(row.get(1)?);
        }
        let matrix = Matrix {
            controls,
            hosts: Vec::new(),
            states: Vec::new(),
            cells: Vec::new(),
            next: None,
        };
        self.filled(matrix, &columns, page)
    }

    fn filled(
        &self,
        mut matrix: Matrix,
        columns: &[usize],
        (after, at_most): (Option<&str>, usize),
    ) -> rusqlite::Result<Matrix> {
        let width = matrix.controls.len();
        let sql = "SELECT hosts.name, hosts.state, cells.cells FROM hosts LEFT JOIN cells ON cells.host = hosts.id
            WHERE hosts.name > ?1 ORDER BY hosts.name LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![
            after.unwrap_or_default(),
            limit(at_most.saturating_add(1))
        ])?;
        let mut line = vec![0; width];
        while let Some(row) = rows.next()? {
            if matrix.hosts.len() == at_most {
                matrix.next = matrix.hosts.last().cloned();
                break;
            }
            line.fill(0);
            if let Some(packed) = row.get_ref(2)?.as_blob_or_null()? {
                fill(&mut line, columns, packed);
            }
            matrix.hosts.push(row.get(0)?);
            matrix.states.push(row.get(1)?);
            matrix.cells.extend_from_slice(&line);
        }
        Ok(matrix)
    }
}

fn fill(line: &mut [u8], columns: &[usize], packed: &[u8]) {
    for (control, state) in unpack(packed) {
        let column = columns.get(control).copied().unwrap_or(NONE);
        if let Some(cell) = line.get_mut(column) {
            *cell = state.code();
        }
    }
}
