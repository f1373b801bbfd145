//! Opens the file: who may read it, whose it is, whether it is whole.

use std::fs::File;
use std::fs::Metadata;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::ErrorCode;
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
/// Between two looks at whether another process is done.
const WAIT: Duration = Duration::from_millis(5);
/// What is added to the name of a database for its log.
const LOG_NAME: &str = "-wal";
/// The files that belong to a database, by what is added to its name; the file itself comes last.
const FILES: [&str; 3] = [LOG_NAME, "-shm", ""];

/// Opens or makes it; a damaged one is set aside.
pub(super) fn for_recording(
    path: &Path,
    now: Timestamp,
    patience: Duration,
) -> Result<Opened, HistoryError> {
    let untouched = |history| Opened {
        history,
        set_aside: None,
    };
    let error = match whole(path, patience) {
        Ok(history) => return Ok(untouched(history)),
        Err(error) => error,
    };
    if is_settled(&error) {
        return Err(error);
    }
    // Somebody else may have found the same damage: whoever comes second looks again, once the first is done.
    let Ok(_alone) = alone(path) else {
        return Err(error);
    };
    match whole(path, patience) {
        Err(HistoryError::Damaged { .. }) => {}
        opened => return opened.map(untouched),
    }
    let aside = set_aside(path, now)?;
    Ok(Opened {
        history: whole(path, patience)?,
        set_aside: Some(aside),
    })
}

/// Whether another look would find the same. A file that is being set aside goes away under those who open it, which looks
/// like all kinds of trouble.
fn is_settled(error: &HistoryError) -> bool {
    matches!(
        error,
        HistoryError::Foreign { .. }
            | HistoryError::Newer { .. }
            | HistoryError::Locked { .. }
            | HistoryError::Absent { .. }
    )
}

/// Opens one that is there, to write to it.
pub(super) fn existing(path: &Path, patience: Duration) -> Result<History, HistoryError> {
    if !path.is_file() {
        return Err(absent(path));
    }
    checked(path, patience, Blank::Absent)
}

/// Opens one that is there, to look at it.
pub(super) fn for_reading(path: &Path, patience: Duration) -> Result<History, HistoryError> {
    if !path.is_file() {
        return Err(absent(path));
    }
    let left = left_log(path);
    let history = connect(path, patience, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| connect(path, patience, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    let told = |error| HistoryError::of(path, error);
    history
        .connection
        .pragma_update(None, "query_only", true)
        .map_err(told)?;
    let format = known_format(&history, left)?;
    keep_log(&history.connection, left).map_err(told)?;
    if format == 0 {
        return Err(absent(path));
    }
    Ok(history)
}

fn absent(path: &Path) -> HistoryError {
    let path = path.to_owned();
    HistoryError::Absent { path }
}

/// What a database is in which nothing is yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// A history that begins now.
    Begun,
    /// No history.
    Absent,
}

/// Opens or makes it, checked and in the newest format.
fn whole(path: &Path, patience: Duration) -> Result<History, HistoryError> {
    make(path).map_err(|error| HistoryError::of_system(path, &error))?;
    checked(path, patience, Blank::Begun)
}

/// Opens what is there, checked and in the newest format.
fn checked(path: &Path, patience: Duration, blank: Blank) -> Result<History, HistoryError> {
    let left = left_log(path);
    let mut history = connect(path, patience, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let told = |error| HistoryError::of(path, error);
    let format = known_format(&history, left)?;
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
    match (format, blank) {
        (0, Blank::Absent) => return Err(absent(path)),
        (0, Blank::Begun) => prepare(&history.connection, patience).map_err(told)?,
        _ => {}
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

/// The format of a history that this program can work with; another program's database and a newer format are refused,
/// and a log that was left beside them stays.
fn known_format(history: &History, left: Log) -> Result<i64, HistoryError> {
    let connection = &history.connection;
    let path = || history.path.clone();
    let told = |error| history.told(error);
    let (application, found, things) = heading(connection).map_err(told)?;
    let is_ours = application == migrate::APPLICATION;
    let is_blank = application == 0 && found == 0 && things == 0;
    if !is_ours && !is_blank || found > migrate::known() {
        keep_log(connection, left).map_err(told)?;
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

/// Whose it is, its format, and how many things are in it, as they were at one moment: somebody may be making it.
fn heading(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let moment = connection.unchecked_transaction()?;
    let application = moment.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format = migrate::format(&moment)?;
    let things = moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    moment.finish()?;
    Ok((application, format, things))
}

/// What becomes of the log when the last one closes the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    /// It stays.
    Kept,
    /// It is brought into the file.
    Merged,
}

/// What may become of the log that is there: one in which something stands was left behind by somebody who did not come to
/// an end, and it is no business of those who only look.
fn left_log(path: &Path) -> Log {
    let has_bytes = |log: Metadata| log.len() > 0;
    if beside(path, LOG_NAME).metadata().is_ok_and(has_bytes) {
        Log::Kept
    } else {
        Log::Merged
    }
}

/// What is said to the connection while it is not known whether the file is whole: its log stays as it is.
fn keep_log(connection: &Connection, log: Log) -> rusqlite::Result<()> {
    let option = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(option, log == Log::Kept).map(drop)
}

/// What a new file is: room in it can be given back, and a log stands beside it, so that readers never wait.
fn prepare(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mut left = patience;
    loop {
        // It answers with the mode that holds from now on. For another process that does the same SQLite does not wait.
        let done = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        let is_busy =
            |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !done.as_ref().is_err_and(is_busy) || left.is_zero() {
            return done;
        }
        std::thread::sleep(WAIT);
        left = left.saturating_sub(WAIT);
    }
}

/// How it is written.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    // What is committed survives the end of the process; the last of it may be lost when the machine loses power.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG, |_| Ok(()))
}

/// Waits until nobody else sets this file aside. A file `NAME.lock` beside it is the lock, and stays.
fn alone(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(beside(path, ".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Renames a damaged file with all that belongs to it, itself last: nobody begins a new file beside an old log. Nothing is
/// ever written over: a name that is taken gets a number.
fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, HistoryError> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let is_taken = |aside: &Path| {
        let mut files = FILES.into_iter().map(|end| beside(aside, end));
        files.any(|file| file.symlink_metadata().is_ok())
    };
    let mut aside = beside(path, &format!(".damaged-{stamp}"));
    let mut number = 1;
    while is_taken(&aside) {
        number += 1;
        aside = beside(path, &format!(".damaged-{stamp}-{number}"));
    }
    for end in FILES {
        match std::fs::rename(beside(path, end), beside(&aside, end)) {
            Err(error) if end.is_empty() || error.kind() != io::ErrorKind::NotFound => {
                return Err(HistoryError::of_system(path, &error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(aside)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}
