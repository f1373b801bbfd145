//! Facts about the file: who may read it, and what becomes of it when it is damaged, foreign, locked or cannot grow.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdpfix::history::History;
use rdpfix::history::HistoryError;
use rdpfix::history::HostState;
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
use super::run::tell;
use super::run::visit;

const SOON: Duration = Duration::from_millis(20);

fn compliant(host: &'static str) -> Visit {
    Visit::new(host, vec![ruled("RDP-NLA", Outcome::Compliant)])
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
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
    tell(&mut recorder, &start(1, 0, None)).unwrap();
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

/// A history with a run in it, damaged in the last way.
pub(crate) fn damaged() -> Store {
    let store = Store::new();
    store.record(&run(1, 0, &[compliant("a")]));
    let mut bytes = fs::read(store.path()).unwrap();
    let (_, damage) = DAMAGES[3];
    damage(&mut bytes);
    fs::write(store.path(), &bytes).unwrap();
    store
}

#[test]
fn who_opens_what_is_there_neither_makes_nor_sets_aside_a_file() {
    let store = damaged();
    let before = fs::read(store.path()).unwrap();
    let error = History::open_existing(&store.path()).unwrap_err();
    assert!(matches!(error, HistoryError::Damaged { .. }), "{error}");
    told(&error, &store.path());
    assert_eq!(fs::read(store.path()).unwrap(), before);
    // Its log may stay: it is not known what stands in it.
    let is_ours = |name: &String| !name.ends_with("-wal") && !name.ends_with("-shm");
    let left: Vec<String> = names(store.folder()).into_iter().filter(is_ours).collect();
    assert_eq!(left, ["history.db"]);

    let empty = Store::new();
    fs::write(empty.path(), b"").unwrap();
    for path in [empty.path(), empty.folder().join("nowhere.db")] {
        let error = History::open_existing(&path).unwrap_err();
        assert!(matches!(error, HistoryError::Absent { .. }), "{error}");
    }
    assert_eq!(names(empty.folder()), ["history.db"]);
    assert_eq!(fs::read(empty.path()).unwrap(), b"");
}

#[test]
fn of_several_that_find_the_same_damage_one_sets_it_aside() {
    for _ in 0..10 {
        let store = damaged();
        let path = store.path();
        let aside = std::thread::scope(|scope| {
            let openers: Vec<_> = (2..8)
                .map(|number| {
                    let path = &path;
                    scope.spawn(move || {
                        let opened = History::open(path, at(0)).unwrap();
                        let mut recorder = Recorder::new(opened.history);
                        recorder
                            .pass(&mut run(number, 0, &[compliant("a")]))
                            .unwrap();
                        opened.set_aside
                    })
                })
                .collect();
            let told = openers.into_iter().map(|opener| opener.join().unwrap());
            told.flatten().count()
        });
        assert_eq!(aside, 1);
        assert_eq!(store.open().runs(None, None, 99).unwrap().len(), 6);
        let names = names(store.folder());
        let aside = names.iter().filter(|name| {
            name.starts_with("history.db.damaged-")
                && !name.ends_with("-wal")
                && !name.ends_with("-shm")
        });
        assert_eq!(aside.count(), 1, "{names:?}");
    }
}

/// A file with the log that a killed run left beside it, in a folder of its own; the file is spoiled.
fn killed(spoil: fn(&mut Vec<u8>)) -> (Store, [Vec<u8>; 2]) {
    let (alive, dead) = (Store::new(), Store::new());
    let mut recorder = Recorder::new(alive.open());
    recorder.pass(&mut run(1, 0, &[compliant("a")])).unwrap();
    let log = fs::read(alive.folder().join("history.db-wal")).unwrap();
    let mut bytes = fs::read(alive.path()).unwrap();
    assert!(!log.is_empty());
    spoil(&mut bytes);
    fs::write(dead.path(), &bytes).unwrap();
    fs::write(dead.folder().join("history.db-wal"), &log).unwrap();
    (dead, [bytes, log])
}

#[test]
fn looking_leaves_a_log_alone_that_was_left_behind() {
    let spoils: [fn(&mut Vec<u8>); 2] = [
        |_| {},
        // The first page is whole in the log, so that the file can be looked at all the same.
        |bytes| bytes[2048..].fill(0xA5),
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let (store, before) = killed(spoil);
        drop(History::read(&store.path()).unwrap());
        let log = store.folder().join("history.db-wal");
        let after = [fs::read(store.path()).unwrap(), fs::read(log).unwrap()];
        assert!(after == before, "{number}");
    }
}

#[test]
fn the_log_of_what_is_refused_stays_as_it_is() {
    for (pragma, value) in [("user_version", 99), ("application_id", 7)] {
        let (alive, dead) = (Store::new(), Store::new());
        store_and_mark(&alive, pragma, value);
        let kept = Connection::open(alive.path()).unwrap();
        kept.execute_batch("BEGIN; UPDATE runs SET playbook = 'x'; COMMIT")
            .unwrap();
        let files = ["history.db", "history.db-wal"];
        let before = files.map(|name| fs::read(alive.folder().join(name)).unwrap());
        assert!(!before[1].is_empty());
        for (name, bytes) in files.iter().zip(&before) {
            fs::write(dead.folder().join(name), bytes).unwrap();
        }
        let path = dead.path();
        for refused in [
            History::read(&path).map(drop),
            History::open(&path, at(0)).map(drop),
            History::open_existing(&path).map(drop),
        ] {
            let error = refused.unwrap_err();
            assert!(
                matches!(
                    error,
                    HistoryError::Newer { .. } | HistoryError::Foreign { .. }
                ),
                "{error}"
            );
            let after = files.map(|name| fs::read(dead.folder().join(name)).unwrap());
            assert!(after == before, "{pragma}");
        }
    }
}

fn store_and_mark(store: &Store, pragma: &str, value: i64) {
    store.record(&run(1, 0, &[compliant("a")]));
    Connection::open(store.path())
        .unwrap()
        .pragma_update(None, pragma, value)
        .unwrap();
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

/// What the first format left of three hosts: one that no run has looked at, one that is compliant, one that drifts.
const FORMER: &str = include_str!("../../cases/history/format-1.sql");

#[test]
fn a_history_of_the_first_format_goes_on() {
    let store = Store::new();
    Connection::open(store.path())
        .unwrap()
        .execute_batch(FORMER)
        .unwrap();
    let state = |history: &History, host| history.host(host, 9).unwrap().unwrap().host.state;
    // Who only looks can, and changes nothing.
    let looked = History::read(&store.path()).unwrap();
    assert_eq!(state(&looked, "drifts"), HostState::Drift);
    assert_eq!(state(&looked, "unseen"), HostState::Compliant);
    drop(looked);
    let history = store.open();
    assert_eq!(state(&history, "unseen"), HostState::Unknown);
    assert_eq!(state(&history, "well"), HostState::Compliant);
    assert_eq!(state(&history, "drifts"), HostState::Drift);
    assert_eq!(history.runs(None, None, 9).unwrap().len(), 1);
    let new = Store::new();
    drop(new.open());
    let format = |store: &Store| -> i64 {
        let connection = Connection::open(store.path()).unwrap();
        let format = connection.pragma_query_value(None, "user_version", |row| row.get(0));
        format.unwrap()
    };
    assert_eq!(format(&store), format(&new));
    store.record(&run(7, 60, &[compliant("unseen")]));
    assert_eq!(state(&store.open(), "unseen"), HostState::Compliant);
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
    let error = tell(&mut recorder, &start(2, 1, None)).unwrap_err();
    assert!(matches!(error, HistoryError::Locked { .. }), "{error}");
    told(&error, &store.path());
    // Whoever only looks is not kept waiting.
    let looked = History::read(&store.path()).unwrap();
    assert!(looked.host("a", 1).unwrap().is_some());
    other.execute_batch("ROLLBACK").unwrap();
    tell(&mut recorder, &start(2, 1, None)).unwrap();
}

#[test]
fn a_file_that_cannot_grow_keeps_what_it_has() {
    let store = Store::new();
    let history = store.open();
    history.limit_size(400 * 1024).unwrap();
    let mut recorder = Recorder::new(history);
    tell(&mut recorder, &start(1, 0, None)).unwrap();
    let hosts: Vec<&'static str> = (0..2_000)
        .map(|host| -> &'static str { Box::leak(format!("host{host}").into_boxed_str()) })
        .collect();
    let mut kept = Vec::new();
    let mut error = None;
    for host in hosts {
        let results = (0..20).map(|control| ruled(&format!("C-{control}"), drifted()));
        let told = visit(1, &Visit::new(host, results.collect()))
            .iter()
            .try_for_each(|event| tell(&mut recorder, event).map(drop));
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
    tell(&mut recorder, &start(2, 5, None)).unwrap();
    for event in visit(6, &compliant("another")) {
        tell(&mut recorder, &event).unwrap();
    }
    tell(&mut recorder, &end(7)).unwrap();
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
                recorder
                    .pass(&mut run(number, 0, &[compliant("a")]))
                    .unwrap();
            });
        }
    });
    assert_eq!(store.open().runs(None, None, 99).unwrap().len(), 6);
}

#[test]
fn a_history_that_somebody_is_making_is_never_somebody_elses() {
    for round in 0..60 {
        let store = Store::new();
        let path = store.path();
        let is_made = AtomicBool::new(false);
        let look = || {
            while !is_made.load(Ordering::Relaxed) {
                let looked = History::read(&path);
                let is_right = matches!(looked, Ok(_) | Err(HistoryError::Absent { .. }));
                assert!(is_right, "{round}: {looked:?}");
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(look);
            scope.spawn(look);
            let makers = [0, 1].map(|_| scope.spawn(|| History::open(&path, at(0)).map(drop)));
            let made = makers.map(|maker| maker.join().unwrap());
            is_made.store(true, Ordering::Relaxed);
            assert!(made.iter().all(Result::is_ok), "{round}: {made:?}");
        });
    }
}
