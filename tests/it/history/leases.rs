//! Facts about leases and about what is known of jobs.

use std::io::Read;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rdpfix::history::Held;
use rdpfix::history::Lease;
use rdpfix::history::view::JobStanding;

use super::run::Store;
use super::run::at;
use crate::support;

const MINUTE: Duration = Duration::from_mins(1);

fn held(owner: &str, minute: i64) -> Lease {
    Lease::HeldBy {
        owner: owner.to_owned(),
        until: at(minute),
    }
}

#[test]
fn a_host_has_one_owner_at_a_time() {
    let store = Store::new();
    let (mut one, mut other) = (store.open(), store.open());
    let mut take = |owner: &str, minute| one.acquire("a", owner, at(minute), MINUTE).unwrap();
    assert_eq!(take("x", 0), Lease::Leased);
    let refused = other.acquire("a", "y", at(0), MINUTE).unwrap();
    assert_eq!(refused, held("x", 1));
    assert_eq!(
        other.acquire("b", "y", at(0), MINUTE).unwrap(),
        Lease::Leased
    );
    // Renewed, it lasts longer.
    assert_eq!(take("x", 0), Lease::Leased);
    let renewed = other.renew("b", "y", at(1), MINUTE * 5).unwrap();
    assert_eq!(renewed, Lease::Leased);
    assert_eq!(take("x", 0), Lease::Leased);
    assert_eq!(one.acquire("b", "x", at(5), MINUTE).unwrap(), held("y", 6));
}

#[test]
fn many_hosts_are_taken_at_once_but_for_those_of_others() {
    let store = Store::new();
    let mut history = store.open();
    history.acquire("b", "x", at(0), MINUTE).unwrap();
    let hosts = ["a", "b", "c"].map(Arc::from);
    let left = history.acquire_all(&hosts, "y", at(0), MINUTE).unwrap();
    let b = Held {
        host: "b".into(),
        owner: "x".to_owned(),
        until: at(1),
    };
    assert_eq!(left, [b]);
    for host in ["a", "c"] {
        let lease = history.acquire(host, "z", at(0), MINUTE).unwrap();
        assert_eq!(lease, held("y", 1), "{host}");
    }
}

#[test]
fn a_lease_that_ran_out_is_taken_over() {
    let store = Store::new();
    let mut history = store.open();
    history.acquire("a", "x", at(0), MINUTE).unwrap();
    assert_eq!(
        history.acquire("a", "y", at(1), MINUTE).unwrap(),
        Lease::Leased
    );
    assert_eq!(
        history.renew("a", "x", at(1), MINUTE).unwrap(),
        held("y", 2)
    );
}

#[test]
fn a_lease_that_was_given_back_is_not_renewed() {
    let store = Store::new();
    let mut history = store.open();
    history.acquire("a", "x", at(0), MINUTE).unwrap();
    // One that ran out, and that nobody took, still is.
    let renewed = history.renew("a", "x", at(9), MINUTE).unwrap();
    assert_eq!(renewed, Lease::Leased);
    assert_eq!(
        history.acquire("a", "y", at(9), MINUTE).unwrap(),
        held("x", 10)
    );
    history.release_all("x").unwrap();
    assert_eq!(history.renew("a", "x", at(9), MINUTE).unwrap(), Lease::Gone);
    assert_eq!(
        history.acquire("a", "y", at(9), MINUTE).unwrap(),
        Lease::Leased
    );
}

#[test]
fn only_the_owner_gives_a_host_back() {
    let store = Store::new();
    let mut history = store.open();
    history.acquire("a", "x", at(0), MINUTE).unwrap();
    history.acquire("b", "x", at(0), MINUTE).unwrap();
    history.release("a", "y").unwrap();
    assert_eq!(
        history.acquire("a", "y", at(0), MINUTE).unwrap(),
        held("x", 1)
    );
    history.release("a", "x").unwrap();
    assert_eq!(
        history.acquire("a", "y", at(0), MINUTE).unwrap(),
        Lease::Leased
    );
    history.release_all("x").unwrap();
    assert_eq!(
        history.acquire("b", "y", at(0), MINUTE).unwrap(),
        Lease::Leased
    );
}

/// Another process, and another program, that wants the same hosts: of two that try to take them all, each gets what the
/// other does not.
#[test]
fn two_processes_never_get_the_same_host() {
    let Some(sqlite) = support::peer_program("sqlite3") else {
        return;
    };
    let store = Store::new();
    let mut history = store.open();
    let until = at(60).as_millisecond();
    let statements: Vec<String> = (0..200)
        .map(|host| {
            let row = format!("('h{host}', 'other', {until})");
            format!("INSERT INTO leases VALUES {row} ON CONFLICT (host) DO NOTHING;")
        })
        .collect();
    let mut child = Command::new(sqlite)
        .args(["-cmd", ".timeout 10000"])
        .arg(store.path())
        .arg(statements.join("\n"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut mine = 0;
    for host in (0..200).rev() {
        let lease = history.acquire(&format!("h{host}"), "mine", at(0), MINUTE);
        mine += u64::from(lease.unwrap() == Lease::Leased);
    }
    let mut said = String::new();
    let mut errors = child.stderr.take().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    let of = |owner: &str| -> u64 {
        let sql = "SELECT count(*) FROM leases WHERE owner = ?1";
        let count: i64 = connection
            .query_row(sql, [owner], |row| row.get(0))
            .unwrap();
        count.try_into().unwrap()
    };
    assert_eq!((of("mine"), of("other")), (mine, 200 - mine));
}

#[test]
fn a_job_knows_its_last_run_also_when_that_never_ended() {
    let store = Store::new();
    let mut history = store.open();
    assert_eq!(history.last_run("nightly").unwrap(), None);
    history.job_started("nightly", "R1", at(0)).unwrap();
    history.job_ended("nightly", "R1", at(5)).unwrap();
    let last = history.last_run("nightly").unwrap().unwrap();
    assert_eq!((last.run.as_str(), last.ended), ("R1", Some(at(5))));
    history.job_started("nightly", "R2", at(10)).unwrap();
    history.job_ended("nightly", "R1", at(11)).unwrap();
    let last = store.open().last_run("nightly").unwrap().unwrap();
    assert_eq!(
        (last.run.as_str(), last.started, last.ended),
        ("R2", at(10), None)
    );
}

#[test]
fn a_job_knows_how_many_runs_before_its_last_one_never_ended() {
    let store = Store::new();
    let mut history = store.open();
    let mut before = Vec::new();
    for (number, is_over) in [false, false, false, true, false].into_iter().enumerate() {
        let run = format!("R{number}");
        history.job_started("nightly", &run, at(0)).unwrap();
        if is_over {
            history.job_ended("nightly", &run, at(1)).unwrap();
        }
        let last = history.last_run("nightly").unwrap().unwrap();
        before.push(last.unended_before);
    }
    assert_eq!(before, [0, 1, 2, 3, 0]);
}

#[test]
fn how_a_job_stands_is_known_to_who_opens_the_history_next() {
    let store = Store::new();
    let mut history = store.open();
    assert_eq!(history.job_standing("nightly").unwrap(), None);
    for standing in [JobStanding::Badly, JobStanding::Well, JobStanding::Badly] {
        history.job_stands("nightly", standing).unwrap();
        let read = store.open().job_standing("nightly").unwrap();
        assert_eq!(read, Some(standing));
    }
    assert_eq!(history.job_standing("hourly").unwrap(), None);
}
