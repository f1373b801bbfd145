//! Facts about the file: who may read it, and what becomes of it when it is damaged, foreign, locked or cannot grow.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use rdpfix::history::History;
use rdpfix::history::HistoryError;
use rdpfix::history::Recorder;
use rdpfix::plan::Outcome;
use rusqlite::Connection;

use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::drifted;
use super::run::end;
use super::run::ruled;
use super::run::run;
use super::run::start;
use super::run::visit;

const SOON: Duration = Duration::from_millis(20);

fn compliant(host: &'static str) -> Visit {
    Visit::new(host, vec![ruled("RDP-NLA", Outcome::Compliant)])
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The error names the file and tells what to do.
fn told(error: &HistoryError, path: &Path) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(error.help().is_some(), "{text}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let store = Store::new();
    let mut recorder = Recorder::new(store.open());
    recorder.event(&start(1, 0, None)).unwrap();
    let names = names(store.folder());
    assert_eq!(names, ["history.db", "history.db-shm", "history.db-wal"]);
    for name in names {
        let about = fs::metadata(store.folder().join(&name)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn its_folder_is_made() {
    let store = Store::new();
    let path = store.folder().join("state/rdpfix/history.db");
    History::open(&path, at(0)).unwrap();
    assert!(path.is_file());
}

/// Damages of a file with a run in it: a name, and what is done to its bytes.
type Damage = (&'static str, fn(&mut Vec<u8>));

const DAMAGES: [Damage; 4] = [
    ("no database at all", |bytes| {
        *bytes = b"this is a text, and a long one at that\n".repeat(40);
    }),
    ("the heading is gone", |bytes| bytes[..100].fill(0)),
    ("cut in the middle", |bytes| {
        let half = bytes.len() / 2;
        bytes.truncate(half);
    }),
    ("pages are overwritten", |bytes| {
        for page in bytes.chunks_mut(4096).skip(2) {
            page[..64].fill(0xA5);
        }
    }),
];

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    for (name, damage) in DAMAGES {
        let store = Store::new();
        store.record(&run(1, 0, &[compliant("a")]));
        drop(store.open());
        let mut bytes = fs::read(store.path()).unwrap();
        damage(&mut bytes);
        fs::write(store.path(), &bytes).unwrap();
        // Whoever only looks leaves it where it is.
        let looked = History::read(&store.path()).and_then(|history| history.host("a", 1));
        let before = names(store.folder());
        assert!(
            before.iter().all(|name| !name.contains("damaged")),
            "{name}"
        );
        drop(looked);
        let opened = History::open(&store.path(), at(5)).unwrap();
        let aside = opened.set_aside.unwrap_or_else(|| panic!("{name}"));
        let expected = format!("history.db.damaged-{}", at(5).strftime("%Y%m%dT%H%M%SZ"));
        assert_eq!(aside, store.folder().join(expected), "{name}");
        assert_eq!(fs::read(&aside).unwrap(), bytes, "{name}");
        assert_eq!(opened.history.host("a", 1).unwrap(), None, "{name}");
        drop(opened.history);
        // And once more in the same second.
        fs::write(store.path(), &bytes).unwrap();
        let again = History::open(&store.path(), at(5)).unwrap().set_aside;
        assert_ne!(again, Some(aside.clone()), "{name}");
        assert!(again.unwrap().is_file() && aside.is_file(), "{name}");
    }
}

#[test]
fn the_log_of_a_damaged_file_goes_with_it() {
    let store = Store::new();
    let log = store.folder().join("history.db-wal");
    let kept = b"a log that nobody can read, but who knows".repeat(9);
    fs::write(store.path(), b"no database, but long enough to be one").unwrap();
    fs::write(&log, &kept).unwrap();
    let aside = History::open(&store.path(), at(5)).unwrap().set_aside;
    let mut beside = aside.unwrap().into_os_string();
    beside.push("-wal");
    assert_eq!(fs::read(PathBuf::from(beside)).unwrap(), kept);
}

#[test]
fn a_history_of_a_newer_program_is_refused_and_not_touched() {
    let store = Store::new();
    store.record(&run(1, 0, &[compliant("a")]));
    Connection::open(store.path())
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = fs::read(store.path()).unwrap();
    for error in [
        History::open(&store.path(), at(0)).unwrap_err(),
        History::read(&store.path()).unwrap_err(),
    ] {
        assert!(matches!(error, HistoryError::Newer { found: 99, .. }));
        told(&error, &store.path());
    }
    assert_eq!(fs::read(store.path()).unwrap(), before);
    assert_eq!(names(store.folder()), ["history.db"]);
}

#[test]
fn a_database_of_another_program_is_refused_and_not_touched() {
    let store = Store::new();
    let other = Connection::open(store.path()).unwrap();
    other
        .execute_batch("CREATE TABLE mails (body TEXT)")
        .unwrap();
    drop(other);
    let before = fs::read(store.path()).unwrap();
    let error = History::open(&store.path(), at(0)).unwrap_err();
    assert!(matches!(error, HistoryError::Foreign { .. }), "{error}");
    told(&error, &store.path());
    assert_eq!(fs::read(store.path()).unwrap(), before);
}

#[test]
fn looking_makes_no_file() {
    let store = Store::new();
    let error = History::read(&store.path()).unwrap_err();
    assert!(matches!(error, HistoryError::Absent { .. }), "{error}");
    told(&error, &store.path());
    assert_eq!(names(store.folder()), [""; 0]);
}

#[test]
fn a_lock_is_waited_for_and_then_told() {
    let store = Store::new();
    store.record(&run(1, 0, &[compliant("a")]));
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let opened = History::open_within(&store.path(), at(0), SOON).unwrap();
    let mut recorder = Recorder::new(opened.history);
    let error = recorder.event(&start(2, 1, None)).unwrap_err();
    assert!(matches!(error, HistoryError::Locked { .. }), "{error}");
    told(&error, &store.path());
    // Whoever only looks is not kept waiting.
    let looked = History::read(&store.path()).unwrap();
    assert!(looked.host("a", 1).unwrap().is_some());
    other.execute_batch("ROLLBACK").unwrap();
    recorder.event(&start(2, 1, None)).unwrap();
}

#[test]
fn a_file_that_cannot_grow_keeps_what_it_has() {
    let store = Store::new();
    let history = store.open();
    history.limit_size(400 * 1024).unwrap();
    let mut recorder = Recorder::new(history);
    recorder.event(&start(1, 0, None)).unwrap();
    let hosts: Vec<&'static str> = (0..2_000)
        .map(|host| -> &'static str { Box::leak(format!("host{host}").into_boxed_str()) })
        .collect();
    let mut kept = Vec::new();
    let mut error = None;
    for host in hosts {
        let results = (0..20).map(|control| ruled(&format!("C-{control}"), drifted()));
        let told = visit(1, &Visit::new(host, results.collect()))
            .iter()
            .try_for_each(|event| recorder.event(event).map(drop));
        if let Err(full) = told {
            error = Some(full);
            break;
        }
        kept.push(host);
    }
    let error = error.expect("the file is full");
    assert!(matches!(error, HistoryError::Full { .. }), "{error}");
    told(&error, &store.path());
    assert!(kept.len() > 20, "{kept:?}");
    drop(recorder);
    let history = store.open();
    assert_eq!(history.host_names().unwrap().len(), kept.len());
    // With room again, it goes on.
    let mut recorder = Recorder::new(history);
    recorder.event(&start(2, 5, None)).unwrap();
    for event in visit(6, &compliant("another")) {
        recorder.event(&event).unwrap();
    }
    recorder.event(&end(7)).unwrap();
}

#[cfg(unix)]
#[test]
fn what_may_not_be_written_is_told_with_its_remedy() {
    use std::os::unix::fs::PermissionsExt;

    let store = Store::new();
    let under_a_file = store.folder().join("file/history.db");
    fs::write(store.folder().join("file"), b"").unwrap();
    let error = History::open(&under_a_file, at(0)).unwrap_err();
    assert!(matches!(error, HistoryError::Unwritable { .. }), "{error}");
    told(&error, &under_a_file);

    store.record(&run(1, 0, &[compliant("a")]));
    fs::set_permissions(store.path(), fs::Permissions::from_mode(0o400)).unwrap();
    // The superuser may write everything, and then there is nothing to see here.
    if fs::OpenOptions::new()
        .append(true)
        .open(store.path())
        .is_err()
    {
        let error = History::open(&store.path(), at(0)).unwrap_err();
        assert!(matches!(error, HistoryError::Unwritable { .. }), "{error}");
        told(&error, &store.path());
        let looked = History::read(&store.path()).unwrap();
        assert!(looked.host("a", 1).unwrap().is_some());
    }
}

#[test]
fn several_that_come_at_once_make_one_history() {
    let store = Store::new();
    let path = store.path();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let path = &path;
            scope.spawn(move || {
                let opened = History::open(path, at(0)).unwrap();
                assert_eq!(opened.set_aside, None);
                let mut recorder = Recorder::new(opened.history);
                for event in run(number, 0, &[compliant("a")]) {
                    recorder.event(&event).unwrap();
                }
            });
        }
    });
    assert_eq!(store.open().runs(None, None, 99).unwrap().len(), 6);
}
