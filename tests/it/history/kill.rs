//! Facts about a run that is killed: what was told is kept, and the file is whole.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Command;
use std::process::Stdio;

use rusqlite::Connection;

use super::run::Store;
use crate::support;

fn ended(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_end = event["type"] == "host_end";
    is_end.then(|| event["host"].as_str().unwrap().to_owned())
}

#[test]
fn nothing_that_was_told_is_lost_when_a_run_is_killed() {
    let store = Store::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .args(["audit", "playbooks/rdp-baseline.yml", "-i", "lab:fleet:120"])
        .args(["--forks", "4", "--reporter", "jsonl"])
        .arg(format!("--history={}", store.path().display()))
        .current_dir(support::root())
        .env("XDG_STATE_HOME", store.folder())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = BTreeSet::new();
    for line in lines {
        // What stands in the pipe was told, too; the last line may be half of one.
        let Ok(line) = line else { break };
        told.extend(ended(&line));
        if told.len() == 5 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!((5..120).contains(&told.len()), "{}", told.len());

    let connection = Connection::open(store.path()).unwrap();
    let check: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let history = store.open();
    let kept: BTreeSet<String> = history.host_names().unwrap().into_iter().collect();
    assert!(told.is_subset(&kept), "{:?}", told.difference(&kept));
    let runs = history.runs(None, None, 9).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].ended, runs[0].hosts), (None, 120));
}
