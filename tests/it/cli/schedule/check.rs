//! Facts about `rdpfix schedule check`: whatever would keep a job from being run is told, all of it at once and with its
//! place, and looking changes and runs nothing.

use std::path::Path;
use std::process::Output;

use super::schedule;
use super::stderr;
use super::stdout;
use crate::support;

const PLAY: &str = "- hosts: all\n  tasks: [{ping: }]\n";

const DEFAULTS: &str = "defaults: {playbook: ok.yml, inventory: hosts.yml, every: 1h}\njobs:\n";

/// What stands in the folder of the job file.
const FILES: [(&str, &str); 13] = [
    ("ok.yml", PLAY),
    (
        "hosts.yml",
        "all: {hosts: {web1: , web2: }, vars: {ansible_user: adm, ansible_password: secret}}\n",
    ),
    ("torn.yml", "all:\n  hosts: [web1\n"),
    (
        "ssh.yml",
        "all: {hosts: {web1: }, vars: {ansible_connection: ssh}}\n",
    ),
    (
        "databases.yml",
        "- hosts: databases\n  tasks: [{ping: }]\n- hosts: webs\n  tasks: [{ping: }]\n",
    ),
    (
        "asks.yml",
        "- hosts: all\n  vars_prompt: [{name: floor, prompt: Which}]\n  tasks: [{ping: }]\n",
    ),
    (
        "controlled.yml",
        "- hosts: all\n  tasks: [{assert: {that: 'true'}, control: A-1}]\n",
    ),
    (
        "waivers.yml",
        "- {hosts: ts99, control: A-1, owner: ops, reason: old, expires: 2999-01-01}\n- {hosts: all, control: B-2, owner: ops, reason: old, expires: 2999-01-01}\n",
    ),
    (
        "dates.yml",
        "- {hosts: all, control: A-1, owner: ops, reason: old, expires: never}\n",
    ),
    ("blank", "\n"),
    ("nobody.txt", "# Nobody failed.\n"),
    ("report.csv", "as it was\n"),
    ("hook", "s3cret"),
];

/// Keys of a job, and what is told of it: the message, and the file that it points into.
const CASES: &[(&str, &[(&str, &str)])] = &[
    (
        "limit: '~(,~[,web1'",
        &[
            ("`~(` is not a regular expression", "jobs.yml"),
            ("`~[` is not a regular expression", "jobs.yml"),
        ],
    ),
    (
        "limit: 'db*'",
        &[("no host or group fits `db*`", "jobs.yml")],
    ),
    (
        "limit: 'web1:!web1'",
        &[("the pattern `web1:!web1` leaves no host", "jobs.yml")],
    ),
    (
        "limit: '@FOLDER/nobody.txt'",
        &[("nobody.txt` names no hosts", "jobs.yml")],
    ),
    (
        "limit: '@FOLDER/absent.txt'",
        &[("absent.txt`", "jobs.yml")],
    ),
    (
        "limit: '~(', inventory: torn.yml",
        &[
            ("`~(` is not a regular expression", "jobs.yml"),
            ("", "torn.yml"),
        ],
    ),
    (
        "inventory: [hosts.yml, absent.ini]",
        &[("absent.ini` is not there", "jobs.yml")],
    ),
    (
        "inventory: 'lab:no-such'",
        &[("the scenario `no-such` is not there", "jobs.yml")],
    ),
    ("inventory: ssh.yml", &[("ansible_connection", "ssh.yml")]),
    (
        "playbook: databases.yml",
        &[
            ("no host or group is named `databases`", "databases.yml"),
            ("no host or group is named `webs`", "databases.yml"),
        ],
    ),
    (
        "playbook: asks.yml",
        &[("the playbook asks for `floor`", "jobs.yml")],
    ),
    (
        "reporters: ['cvs:x.csv', csv, 'csv:nowhere/x.csv', 'csv:sub', 'csv:a', 'html:./a']",
        &[
            ("there is no reporter `cvs`", "jobs.yml"),
            ("the reporters of a job write files", "jobs.yml"),
            ("nowhere/x.csv`", "jobs.yml"),
            ("/sub`", "jobs.yml"),
            ("two reporters cannot share", "jobs.yml"),
        ],
    ),
    (
        "playbook: controlled.yml, waivers: waivers.yml",
        &[
            ("no play has the control `B-2`", "waivers.yml"),
            ("no host or group is named `ts99`", "waivers.yml"),
            ("the waiver holds for more than 2 years", "waivers.yml"),
            ("the waiver holds for more than 2 years", "waivers.yml"),
        ],
    ),
    (
        "playbook: controlled.yml, waivers: dates.yml",
        &[("`never` is no day", "dates.yml")],
    ),
    (
        "waivers: absent-waivers.yml",
        &[("the waivers `", "jobs.yml")],
    ),
    (
        "vault_password_file: absent-vault",
        &[("the vault password `", "jobs.yml")],
    ),
    (
        "vault_password_file: sub",
        &[("sub` is a folder", "jobs.yml")],
    ),
    (
        "vault_password_file: blank",
        &[("blank` is empty", "jobs.yml")],
    ),
    (
        "connection_password_file: absent-password",
        &[("the connection password `", "jobs.yml")],
    ),
    (
        "notify: {url: 'https://h.example/', token_file: absent-token}",
        &[("the token `", "jobs.yml")],
    ),
    (
        "notify: {url: 'https://h.example/', token_file: hook, on: [drift, failure], body: '{{ drifts[0].host }}'}",
        &[("a message of the webhook fails", "jobs.yml")],
    ),
];

fn fill(folder: &Path) {
    for (name, text) in FILES {
        support::write(&folder.join(name), text.as_bytes());
    }
    std::fs::create_dir(folder.join("sub")).unwrap();
}

fn check(jobs: &Path) -> Output {
    schedule(&["check", jobs.to_str().unwrap()])
}

/// A job file with these lines of jobs below the defaults.
fn jobs(folder: &Path, lines: &[String]) -> Output {
    let path = folder.join("jobs.yml");
    support::write(&path, format!("{DEFAULTS}{}", lines.concat()).as_bytes());
    check(&path)
}

/// What is told of one thing, from `error[…]` or `warning[…]` to the empty line.
fn told(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .filter(|one| !one.trim().is_empty())
        .collect()
}

#[test]
fn every_mistake_of_every_job_is_told_at_once_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let shown = folder.path().display().to_string();
    let lines = CASES.iter().enumerate();
    let lines: Vec<String> = lines
        .map(|(at, (keys, _))| {
            format!(
                "  - {{name: job-{at}, {}}}\n",
                keys.replace("FOLDER", &shown)
            )
        })
        .collect();
    let output = jobs(folder.path(), &lines);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let text = stderr(&output);
    let all = told(&text);
    for (at, (keys, wanted)) in CASES.iter().enumerate() {
        for (message, file) in *wanted {
            // The defaults are on the first line, and the jobs begin on the third.
            let place = match *file {
                "jobs.yml" => format!("jobs.yml:{}:", at + 3),
                other => format!("{other}:"),
            };
            let is_it = |one: &&str| one.contains(message) && one.contains(&format!("/{place}"));
            assert!(all.iter().any(is_it), "{keys}: {message}\n{text}");
        }
    }
    let wanted: usize = CASES.iter().map(|(_, wanted)| wanted.len()).sum();
    assert_eq!(all.len(), wanted, "each once, and nothing else:\n{text}");
    assert_eq!(stdout(&output).matches("job-").count(), CASES.len());
}

#[test]
fn what_comes_from_the_defaults_is_told_once_and_there() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let path = folder.path().join("jobs.yml");
    support::write(
        &path,
        b"defaults:\n  playbook: ok.yml\n  inventory:\n    - hosts.yml\n    - gone.yml\n  every: 1h\njobs: [{name: a}, {name: b}]\n",
    );
    let output = check(&path);
    let text = stderr(&output);
    assert_eq!(told(&text).len(), 1, "{text}");
    assert!(text.contains("/jobs.yml:5:7"), "{text}");
}

#[test]
fn looking_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let line = "  - {name: a, reporters: ['csv:report.csv', 'jsonl:report.jsonl', 'html:sub/a.html', 'junit:/dev/null']}\n";
    let output = jobs(folder.path(), &[line.to_owned()]);
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
    let names = |path: &Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!(names(folder.path()), FILES.len() + 2);
    assert_eq!(names(&folder.path().join("sub")), 0);
    let kept = support::bytes(&folder.path().join("report.csv"));
    assert_eq!(kept, b"as it was\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    // Nobody makes files there, root neither.
    let line = "  - {name: a, reporters: 'csv:/proc/report.csv'}\n";
    let output = jobs(folder.path(), &[line.to_owned()]);
    assert_eq!(output.status.code(), Some(6));
    assert!(stderr(&output).contains("cannot write `/proc/report.csv`"));
}

#[test]
fn a_history_that_cannot_be_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let path = folder.path().join("jobs.yml");
    for (store, code) in [("sub", 6), ("nobody.txt", 0), ("history.db", 0)] {
        let text = format!("store: {store}\n{DEFAULTS}  - name: a\n");
        support::write(&path, text.as_bytes());
        let output = check(&path);
        assert_eq!(output.status.code(), Some(code), "{store}: {output:?}");
        let is_told = stderr(&output).contains("[unusable-history]");
        assert_eq!(is_told, store != "history.db", "{store}: {output:?}");
    }
    assert!(!folder.path().join("history.db").exists());
}

#[cfg(unix)]
#[test]
fn inventory_programs_are_not_run_which_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let mark = folder.path().join("was-run");
    let program = format!("#!/bin/sh\ntouch '{}'\necho '{{}}'\n", mark.display());
    support::write(&folder.path().join("fleet"), program.as_bytes());
    for name in ["fleet", "ssh.yml"] {
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
    // What the program may know is not missed; what is no pattern is.
    let line =
        "  - {name: a, inventory: [hosts.yml, fleet], limit: 'cloud*', playbook: databases.yml}\n";
    let output = jobs(folder.path(), &[line.to_owned()]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(told(&text).len(), 1, "{text}");
    assert!(
        text.contains("warning[not-run]") && text.contains("/jobs.yml:3:"),
        "{text}"
    );
    assert!(!mark.exists());
    // A file that may be run and is no program is read.
    let line = "  - {name: a, inventory: ssh.yml}\n";
    let text = stderr(&jobs(folder.path(), &[line.to_owned()]));
    assert!(
        text.contains("/ssh.yml:") && !text.contains("not-run"),
        "{text}"
    );
}
