//! A history as comma-separated values: the columns that its pieces share, and the rest of each as JSON.

use std::io;
use std::io::Write;

use csv::Writer;
use serde_json::Map;
use serde_json::Value;

use crate::history::export::Record;
use crate::report::text;

/// The columns before the last one, which has all other fields.
const COLUMNS: [&str; 8] = [
    "type",
    "run",
    "host",
    "control",
    "state",
    "since",
    "until",
    "last_seen",
];

/// Writes pieces of a history as rows.
pub struct CsvExport<W: Write> {
    out: Writer<W>,
}

impl<W: Write> CsvExport<W> {
    /// Writes the heading.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = Writer::from_writer(out);
        out.write_record(COLUMNS.into_iter().chain(["data"]))
            .map_err(told)?;
        Ok(Self { out })
    }

    /// Writes a row.
    pub fn row(&mut self, record: &Record) -> io::Result<()> {
        let mut fields = match serde_json::to_value(record)? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let mut cells: Vec<String> = COLUMNS
            .iter()
            .map(|column| fields.remove(*column).map_or_else(String::new, plain))
            .collect();
        cells.push(text::clean_json(&Value::Object(fields).to_string()).into_owned());
        self.out.write_record(cells).map_err(told)
    }

    /// Writes what is still held back.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A pipe that was closed stays one.
fn told(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell. A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(long) => {
            let clean = text::clean(&long, text::SHOWN);
            text::guarded(&clean).into_owned()
        }
        other => other.to_string(),
    }
}
