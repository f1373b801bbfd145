//! Facts told by ansible-playbook itself: playbooks that need no connection end alike, and say the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use tokio::process::Command;

use crate::cli;
use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::run;
use crate::support;

const CASES: &str = "tests/cases/ansible/runs";

/// Playbooks with what is typed behind them.
const RUNS: &[(&str, &[&str])] = &[
    ("hostvars.yml", &["-e", "typed=t order=9"]),
    ("language.yml", &[]),
    (
        "language.yml",
        &["-e", "version=1.10 code=007 at=12:30 word=no digits=9"],
    ),
    (
        "language.yml",
        &[
            "-e",
            r#"{"ansible_check_mode": true, "playbook_dir": "/x", "groups": 1, "group_names": 1,
                "ansible_play_hosts": 1, "ansible_verbosity": 4, "hostvars": 1, "vars": 1}"#,
        ],
    ),
    ("companions.yml", &[]),
    ("companions.yml", &["-l", "b:c"]),
    ("tags.yml", &[]),
    ("tags.yml", &["-t", "x"]),
    ("tags.yml", &["-t", "y"]),
    ("tags.yml", &["-t", "untagged,special"]),
    ("tags.yml", &["-t", "tagged", "--skip-tags", "z"]),
    ("tags.yml", &["--skip-tags", "always,y"]),
];

/// Three hosts of a lab under the names that the playbooks know.
async fn bench() -> Bench {
    let bench = Bench::of("healthy", Some(3)).await;
    let mut text = bench.lab.inventory_yaml();
    for (host, name) in bench.hosts().iter().zip(["a", "b", "c"]) {
        text = text.replace(host, name);
    }
    bench.write("lab.yml", &text);
    bench
}

fn arguments(bench: &Bench, (playbook, typed): (&str, &[&str])) -> Vec<String> {
    let case = |name: &str| {
        let path = support::root().join(CASES).join(name);
        path.display().to_string()
    };
    let mut words = vec![case(playbook)];
    for inventory in [bench.path("lab.yml"), case("vars.yml")] {
        words.extend(["-i".to_owned(), inventory]);
    }
    words.extend(typed.iter().map(|word| (*word).to_owned()));
    words
}

/// What is told of each host in order: the task, how it ended, and what was said.
type Told = BTreeMap<String, Vec<String>>;

fn text<'r>(record: &'r Value, key: &str) -> &'r str {
    record[key].as_str().unwrap_or_default()
}

fn ours(finished: &Finished) -> Told {
    let mut told = Told::new();
    for record in finished.records() {
        let is_idle_handler = text(&record, "message").is_empty() && record["handler"] == true;
        if record["type"] != "result" || is_idle_handler && record["status"] == "skipped" {
            continue;
        }
        let reason = record["reason"].to_string();
        if text(&record, "status") == "skipped" && reason.contains("earlier") {
            continue;
        }
        let status = match text(&record, "status") {
            "changed" => "ok",
            other => other,
        };
        let line = match &record["item"] {
            Value::Null => format!(
                "{} {status}: {}",
                text(&record, "task"),
                text(&record, "message")
            ),
            _ => format!(
                "{} item: {}",
                text(&record, "task"),
                text(&record, "message")
            ),
        };
        told.entry(text(&record, "host").to_owned())
            .or_default()
            .push(line);
    }
    told
}

fn theirs(records: &Value) -> Told {
    let mut told = Told::new();
    for record in records.as_array().unwrap() {
        let said = text(record, "said");
        // What a loop says as a whole stands for nothing of ours.
        if said.starts_with("All items") {
            continue;
        }
        let line = format!(
            "{} {}: {said}",
            text(record, "task"),
            text(record, "status")
        );
        told.entry(text(record, "host").to_owned())
            .or_default()
            .push(line);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn playbooks_say_what_they_say_under_ansible() {
    let Some(python) = support::peer_python() else {
        return;
    };
    let bench = bench().await;
    let commands: Vec<Vec<String>> = RUNS.iter().map(|run| arguments(&bench, *run)).collect();
    let script = support::root().join("tests/peers/playbook_runs.py");
    let script = script.display().to_string();
    let mut answers = Vec::new();
    // A process answers a few, so that none of them takes long.
    for some in commands.chunks(3) {
        let told = super::json(&python, &[&script], &json!(some).to_string()).await;
        answers.extend(told.as_array().unwrap().iter().cloned());
    }
    let mut lines = 0;
    for (command, answer) in commands.iter().zip(&answers) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let finished = run(&[&["apply", "--reporter", "jsonl"], words.as_slice()].concat()).await;
        let (ours, theirs) = (ours(&finished), theirs(answer));
        lines += theirs.values().map(Vec::len).sum::<usize>();
        let told = &finished.stderr;
        assert_eq!(ours, theirs, "{command:?}\n{told}");
    }
    assert!(lines > 150, "only {lines} lines were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_failed_are_written_where_ansible_writes_them() {
    let Some(playbook) = support::peer_script("ansible-playbook") else {
        return;
    };
    let bench = bench().await;
    bench.write(
        "my.book.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - fail: {msg: x}\n      when: inventory_hostname != 'b'\n",
    );
    for (config, file) in [
        ("retry_files_enabled = True", Some("my.book.retry")),
        (
            "retry_files_enabled = yes\nretry_files_save_path = kept/here",
            Some("kept/here/my.book.retry"),
        ),
        ("retry_files_save_path = kept/here", None),
    ] {
        bench.write("ansible.cfg", &format!("[defaults]\n{config}\n"));
        let mut written = Vec::new();
        for ours in [false, true] {
            let arguments = ["my.book.yml", "-i", "lab.yml"];
            let mut command = if ours {
                cli::command(&[&["apply"], arguments.as_slice()].concat())
            } else {
                let mut command = Command::new(&playbook);
                command.args(arguments);
                command
            };
            command.current_dir(bench.folder.path());
            let ended = cli::finished(command.output().await.unwrap());
            assert_eq!(ended.code, Some(2), "{}{}", ended.stdout, ended.stderr);
            let found = retry_files(bench.folder.path());
            for (path, _) in &found {
                std::fs::remove_file(bench.folder.path().join(path)).unwrap();
            }
            written.push(found);
        }
        let expected = file.map(|file| (PathBuf::from(file), "a\nc\n".to_owned()));
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(written, [expected.clone(), expected], "{config}");
    }
}

/// Files that end in `.retry`, with what is in them; not those that every run keeps for `--rerun`.
fn retry_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for place in ["", "kept/here"] {
        let entries = std::fs::read_dir(folder.join(place));
        for path in entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
        {
            if path
                .extension()
                .is_some_and(|extension| extension == "retry")
            {
                let text = String::from_utf8(support::bytes(&path)).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), text));
            }
        }
    }
    found
}
