//! What runs have found, kept in one SQLite file: since when each host is in which state, control by control.
//!
//! Knows events, controls and SQL; must not know playbooks, sessions or how anything is shown. Not every result is a row:
//! a state is kept as the interval in which it was seen, so that a run that finds nothing new writes nothing but that it
//! was there.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

pub mod detail;
mod entry;
pub mod error;
pub mod export;
mod forget;
mod jobs;
pub mod lease;
mod migrate;
mod moment;
mod open;
pub mod prune;
mod read;
pub mod record;
pub mod state;
pub mod view;
mod write;

pub use crate::history::detail::Detail;
pub use crate::history::detail::Part;
pub use crate::history::error::HistoryError;
pub use crate::history::lease::Held;
pub use crate::history::lease::Lease;
pub use crate::history::prune::Pruning;
pub use crate::history::record::Recorder;
pub use crate::history::state::HostState;
pub use crate::history::state::PROOF;
pub use crate::history::state::Reach;
pub use crate::history::state::State;

/// How long another process that writes is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An open history. Each thread and each process has its own; they share the file.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    path: PathBuf,
}

/// A history that was opened for recording, and what became of the one before.
#[derive(Debug)]
pub struct Opened {
    /// The history.
    pub history: History,
    /// Where the damaged file is that stood in its place; to be told loudly, because what it held is not in the new one.
    pub set_aside: Option<PathBuf>,
}

impl History {
    /// Opens the history for recording, and makes it, readable by its owner only, where there is none. The file is
    /// checked; a damaged one is set aside as `NAME.damaged-TIME` and a new one begun.
    pub fn open(path: &Path, now: Timestamp) -> Result<Opened, HistoryError> {
        open::for_recording(path, now, PATIENCE)
    }

    /// As [`History::open`], with another patience.
    pub fn open_within(
        path: &Path,
        now: Timestamp,
        patience: Duration,
    ) -> Result<Opened, HistoryError> {
        open::for_recording(path, now, patience)
    }

    /// Opens a history that is there, to write to it. It is checked as by [`History::open`], but a damaged one is an error
    /// and stays where it is, and where there is none, none is made.
    pub fn open_existing(path: &Path) -> Result<Self, HistoryError> {
        open::existing(path, PATIENCE)
    }

    /// Opens a history that is there, to look at it. Nothing of it is checked, changed or set aside.
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        open::for_reading(path, PATIENCE)
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the file grow to so many bytes at most while it is open here; beyond that, recording ends with
    /// [`HistoryError::Full`] as it does on a full disk.
    pub fn limit_size(&self, bytes: u64) -> Result<(), HistoryError> {
        let told = |error| self.told(error);
        let page: i64 = self
            .connection
            .pragma_query_value(None, "page_size", |row| row.get(0))
            .map_err(told)?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        self.connection
            .pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
            .map_err(told)
    }

    /// What SQLite says, with the name of the file.
    fn told(&self, error: rusqlite::Error) -> HistoryError {
        HistoryError::of(&self.path, error)
    }
}
