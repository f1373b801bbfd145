//! Facts about the file in the eyes of other programs: the sqlite3 program and Python's module.

use std::path::Path;
use std::process::Command;

use rdpfix::plan::Outcome;

use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::drifted;
use super::run::failed;
use super::run::ruled;
use super::run::run;
use crate::support;

fn filled() -> Store {
    let store = Store::new();
    for (number, outcome) in [Outcome::Compliant, drifted(), failed()].iter().enumerate() {
        let minute = i64::try_from(number).unwrap() * 10;
        let results = vec![
            ruled("RDP-NLA", outcome.clone()),
            ruled("RDP-TLS", Outcome::Compliant),
        ];
        let number = u64::try_from(number).unwrap();
        store.record(&run(number, minute, &[Visit::new("a", results)]));
    }
    store
}

fn expected() -> String {
    let moment = |minute| at(minute).as_millisecond();
    format!(
        "a|RDP-NLA|compliant|{}|{}\na|RDP-NLA|drift|{}|{}\na|RDP-NLA|failed|{}|\na|RDP-TLS|compliant|{}|\n",
        moment(0),
        moment(10),
        moment(10),
        moment(20),
        moment(20),
        moment(0)
    )
}

const INTERVALS: &str =
    "SELECT host, control, state, since, until FROM intervals ORDER BY host, control, since;";

fn said(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn sqlite3_reads_the_same_intervals_and_finds_nothing_wrong() {
    let Some(sqlite) = support::peer_program("sqlite3") else {
        return;
    };
    let store = filled();
    let path = store.path();
    let path = path.to_str().unwrap();
    assert_eq!(said(&sqlite, &["-list", path, INTERVALS]), expected());
    let checks = "PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA journal_mode;";
    assert_eq!(said(&sqlite, &[path, checks]), "ok\nwal\n");
}

#[test]
fn python_reads_the_same_intervals() {
    let Some(python) = support::peer_program("python3") else {
        return;
    };
    let store = filled();
    let script = "import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print('|'.join('' if cell is None else str(cell) for cell in row))";
    let path = store.path();
    let told = said(&python, &["-c", script, path.to_str().unwrap(), INTERVALS]);
    assert_eq!(told, expected());
}
