//! What can go wrong with a history: each error names the file, and its help says what to do.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why a history cannot be opened, read or written. What was committed before is kept in every case.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A newer program made it.
    #[error(
        "the history `{}` was written by a newer rdpfix (format {found}, this one knows {known})",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// It is a database, but of another program.
    #[error("`{}` is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no history `{}`", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// Another process held it for longer than was waited.
    #[error("the history `{}` is locked by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the history `{}` cannot grow: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("the history `{}` cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file cannot be opened, not even to look at it.
    #[error("the history `{}` cannot be opened: {reason}", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// What is in it makes no sense.
    #[error("the history `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else that SQLite says.
    #[error("the history `{}`: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
}

impl HistoryError {
    /// From what SQLite says about a file.
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                let reason = error.to_string();
                Self::Unwritable { path, reason }
            }
            Some(ErrorCode::CannotOpen) => {
                let reason = error.to_string();
                Self::Unopened { path, reason }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                let reason = error.to_string();
                Self::Damaged { path, reason }
            }
            _ => Self::Sqlite {
                path,
                source: error,
            },
        }
    }

    /// From what the system says about a file.
    pub(super) fn of_system(path: &Path, error: &io::Error) -> Self {
        Self::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Newer { .. } => "use the newer rdpfix, or name another file; nothing of this one was changed".to_owned(),
            Self::Foreign { .. } => "name another file; nothing of this one was changed".to_owned(),
            Self::Absent { .. } => {
                "`--history` of `apply` and `audit` begins one; `--store PATH` names another".to_owned()
            }
            Self::Locked { .. } => {
                "wait for the other process (`fuser` or `lsof` tell which one it is) and try again".to_owned()
            }
            Self::Full { path } => format!(
                "make room on the disk of `{}`; `rdpfix history prune --older-than 90d` then keeps it small, and what was recorded before is kept",
                path.display()
            ),
            Self::Unwritable { path, .. } | Self::Unopened { path, .. } => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                format!(
                    "the user who runs rdpfix must be able to write `{}` and its folder `{}`",
                    path.display(),
                    folder.unwrap_or(Path::new(".")).display()
                )
            }
            Self::Damaged { .. } => {
                "the next run that records sets it aside, says so, and begins a new one; `sqlite3 FILE .recover` may save what is in it".to_owned()
            }
            Self::Sqlite { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed) => {
                    "a history has to be on a disk of this machine, not on a network share".to_owned()
                }
                _ => return None,
            },
        })
    }
}
