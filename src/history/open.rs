//! Opens the file: who may read it, whose it is, whether it is whole.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::Opened;
use crate::history::migrate;

/// KiB of the file that are kept in memory.
const CACHE: i64 = 32 * 1024;
/// Pages that may stand in the log before they are brought into the file.
const LOG: i64 = 4000;
/// The files that belong to a database, by what is added to its name.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Opens or makes it; a damaged one is set aside.
pub(super) fn for_recording(
    path: &Path,
    now: Timestamp,
    patience: Duration,
) -> Result<Opened, HistoryError> {
    match whole(path, patience) {
        // Somebody else may have set it aside meanwhile; what is there now has to be damaged, too.
        Err(HistoryError::Damaged { .. }) => {
            if let Ok(history) = whole(path, patience) {
                let set_aside = None;
                return Ok(Opened { history, set_aside });
            }
            let aside = set_aside(path, now)?;
            Ok(Opened {
                history: whole(path, patience)?,
                set_aside: Some(aside),
            })
        }
        opened => Ok(Opened {
            history: opened?,
            set_aside: None,
        }),
    }
}

/// Opens one that is there.
pub(super) fn for_reading(path: &Path, patience: Duration) -> Result<History, HistoryError> {
    if !path.is_file() {
        let path = path.to_owned();
        return Err(HistoryError::Absent { path });
    }
    let history = connect(path, patience, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| connect(path, patience, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    let told = |error| HistoryError::of(path, error);
    history
        .connection
        .pragma_update(None, "query_only", true)
        .map_err(told)?;
    let format = known_format(&history)?;
    keep_log(&history.connection, Log::Merged).map_err(told)?;
    if format == 0 {
        let path = path.to_owned();
        return Err(HistoryError::Absent { path });
    }
    Ok(history)
}

/// Opens or makes it, checked and in the newest format.
fn whole(path: &Path, patience: Duration) -> Result<History, HistoryError> {
    make(path).map_err(|error| HistoryError::of_system(path, &error))?;
    let mut history = connect(path, patience, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let told = |error| HistoryError::of(path, error);
    let format = known_format(&history)?;
    let found: String = history
        .connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(told)?;
    if found != "ok" {
        return Err(HistoryError::Damaged {
            path: path.to_owned(),
            reason: found,
        });
    }
    keep_log(&history.connection, Log::Merged).map_err(told)?;
    if format == 0 {
        prepare(&history.connection).map_err(told)?;
    }
    settle(&history.connection).map_err(told)?;
    migrate::migrate(&mut history.connection).map_err(told)?;
    Ok(history)
}

/// Makes an empty file that only its owner may read, where there is none; SQLite gives the files beside it the same mode.
fn make(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn connect(path: &Path, patience: Duration, flags: OpenFlags) -> Result<History, HistoryError> {
    let told = |error| HistoryError::of(path, error);
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(told)?;
    // Were the file damaged, closing it would still write to it.
    keep_log(&connection, Log::Kept).map_err(told)?;
    connection.busy_timeout(patience).map_err(told)?;
    // Else statements are planned anew each time that they are given other values.
    let stable = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(stable, true).map_err(told)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(told)?;
    connection
        .pragma_update(None, "cache_size", -CACHE)
        .map_err(told)?;
    Ok(History {
        connection,
        path: path.to_owned(),
    })
}

/// The format of a history that this program can work with; another program's database and a newer format are refused.
fn known_format(history: &History) -> Result<i64, HistoryError> {
    let connection = &history.connection;
    let path = || history.path.clone();
    let told = |error| history.told(error);
    let found = migrate::format(connection).map_err(told)?;
    let application: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(told)?;
    let things: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(told)?;
    let is_ours = application == migrate::APPLICATION;
    let is_blank = application == 0 && found == 0 && things == 0;
    if !is_ours && !is_blank || found > migrate::known() {
        keep_log(connection, Log::Merged).map_err(told)?;
    }
    if !is_ours && !is_blank {
        return Err(HistoryError::Foreign { path: path() });
    }
    if found > migrate::known() {
        return Err(HistoryError::Newer {
            path: path(),
            found,
            known: migrate::known(),
        });
    }
    Ok(found)
}

/// What becomes of the log when the last one closes the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    /// It stays.
    Kept,
    /// It is brought into the file.
    Merged,
}

/// What is said to the connection while it is not known whether the file is whole: its log stays as it is.
fn keep_log(connection: &Connection, log: Log) -> rusqlite::Result<()> {
    let option = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(option, log == Log::Kept).map(drop)
}

/// What a new file is: room in it can be given back, and a log stands beside it, so that readers never wait.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    // It answers with the mode that holds from now on.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
}

/// How it is written.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    // What is committed survives the end of the process; the last of it may be lost when the machine loses power.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG, |_| Ok(()))
}

/// Renames a damaged file with all that belongs to it. Nothing is ever written over: a name that is taken gets a number.
fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, HistoryError> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut aside = beside(path, &format!(".damaged-{stamp}"));
    let mut number = 1;
    while aside.symlink_metadata().is_ok() {
        number += 1;
        aside = beside(path, &format!(".damaged-{stamp}-{number}"));
    }
    let told = |error: io::Error| HistoryError::of_system(path, &error);
    std::fs::rename(path, &aside).map_err(told)?;
    for end in BESIDE {
        let file = beside(path, end);
        if file.symlink_metadata().is_ok() {
            std::fs::rename(file, beside(&aside, end)).map_err(told)?;
        }
    }
    Ok(aside)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}
