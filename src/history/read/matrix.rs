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
    /// The states of hosts behind a name (or of all), by name; `controls` chooses and orders the columns, none means all
    /// of them by identifier.
    pub fn matrix(
        &self,
        after: Option<&str>,
        at_most: usize,
        controls: &[String],
    ) -> Result<Matrix, HistoryError> {
        let chosen = if controls.is_empty() {
            self.control_names()?
        } else {
            controls.to_vec()
        };
        // By the control's number: its column.
        let mut columns = Vec::new();
        for (column, control) in chosen.iter().enumerate() {
            let number = self.control_number(control)?;
            let number = number.and_then(|number| usize::try_from(number).ok());
            let Some(number) = number else { continue };
            if columns.len() <= number {
                columns.resize(number.saturating_add(1), NONE);
            }
            if let Some(place) = columns.get_mut(number) {
                *place = column;
            }
        }
        let matrix = Matrix {
            controls: chosen,
            hosts: Vec::new(),
            states: Vec::new(),
            cells: Vec::new(),
            next: None,
        };
        self.filled(matrix, &columns, (after, at_most))
            .map_err(|error| self.told(error))
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
