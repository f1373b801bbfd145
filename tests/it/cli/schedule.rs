//! Facts about `rdpfix schedule`.

mod check;

use std::collections::BTreeSet;
use std::process::Command;
use std::process::Output;

use crate::support;

const EXAMPLE: &str = "examples/jobs/jobs.yml";

fn schedule(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .arg("schedule")
        .args(arguments)
        .current_dir(support::root())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_next_runs_are_told_with_what_they_do_and_why() {
    let output = schedule(&[
        "check",
        EXAMPLE,
        "--after",
        "2026-11-20T00:00:00Z",
        "--runs",
        "2",
    ]);
    assert_eq!(stderr(&output), "");
    assert_eq!(
        stdout(&output),
        "\
audit: audit, every 6h, shown in Europe/Berlin
  Fri 2026-11-20 07:00:00 +01:00  audit: the job is an audit
  Fri 2026-11-20 13:00:00 +01:00  audit: the job is an audit
nightly: audit-then-apply-in-window, at `30 22 * * *` in Europe/Berlin, moved by 16m49s (splay 20m)
  Fri 2026-11-20 22:46:49 +01:00  apply: a window is open
  Sat 2026-11-21 22:46:49 +01:00  audit: no window is open
floor-1: apply, at `0 3 * * sunL` in Europe/Berlin, hosts spread over 1h
  Sun 2026-11-29 03:00:00 +01:00  apply: a window is open
  Sun 2026-12-27 03:00:00 +01:00  apply: a window is open
"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn one_job_is_told_alone() {
    let output = schedule(&[
        "check",
        EXAMPLE,
        "--job",
        "audit",
        "--after",
        "2026-03-29T00:00:00Z",
        "--runs",
        "1",
    ]);
    assert_eq!(
        stdout(&output),
        "audit: audit, every 6h, shown in Europe/Berlin\n  Sun 2026-03-29 08:00:00 +02:00  audit: the job is an audit\n"
    );
}

#[test]
fn a_job_that_is_not_there_is_a_usage_mistake() {
    for arguments in [
        ["check", EXAMPLE, "--job", "nightyl"].as_slice(),
        &["install", "cron", EXAMPLE, "--job", "nightyl"],
    ] {
        let output = schedule(arguments);
        assert_eq!(output.status.code(), Some(5));
        assert!(
            stderr(&output).contains("did you mean `nightly`?"),
            "{output:?}"
        );
    }
}

#[test]
fn a_broken_file_is_invalid_whatever_is_asked_of_it() {
    let broken = "tests/cases/job/broken/ten-mistakes.yml";
    for arguments in [
        ["check", broken].as_slice(),
        &["install", "systemd", broken],
    ] {
        let output = schedule(arguments);
        assert_eq!(output.status.code(), Some(6));
        assert_eq!(stderr(&output).matches("error[").count(), 10);
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn what_a_job_names_has_to_be_there_and_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    support::write(
        &path("jobs.yml"),
        b"store: nowhere/history.db
jobs:
  - {name: a, playbook: absent.yml, inventory: [absent.ini, 'web1,web2,', lab, 'lab:no-such'], every: 1h, waivers: absent-waivers.yml}
  - {name: b, playbook: broken.yml, inventory: hosts.yml, every: 1h, mode: apply, windows: [{dates: 2020-01-01}]}
",
    );
    support::write(&path("hosts.yml"), b"all: {hosts: {web1: }}\n");
    support::write(&path("broken.yml"), b"- hosts: all\n  taks: []\n");
    let output = schedule(&["check", path("jobs.yml").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(6));
    let told = stderr(&output);
    for piece in [
        "the playbook `",
        "absent.yml` is not there",
        "absent.ini` is not there",
        "the scenario `no-such` is not there",
        "the waivers `",
        "the folder of the history `",
        "warning[never-opens]",
        "did you mean `tasks`?",
    ] {
        assert!(told.contains(piece), "{piece}:\n{told}");
    }
    assert_eq!(told.matches("is not there").count(), 5, "{told}");
}

#[test]
fn a_task_file_holds_one_job() {
    let output = schedule(&["install", "windows-task", EXAMPLE]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("--job NAME"), "{output:?}");
}

#[test]
fn words_of_commands_survive_the_shells_of_all_schedulers() {
    let odd = "/srv/10% of $jobs/it's.yml";
    let job = ["--job", "nightly", "--jobs-at", odd];
    for (target, expected) in [
        (
            "cron",
            r"/usr/local/bin/rdpfix schedule run --jobs '/srv/10\% of $jobs/it'\''s.yml' --splay nightly",
        ),
        (
            "systemd",
            r#"ExecStart=/usr/local/bin/rdpfix schedule run --jobs "/srv/10%% of $$jobs/it's.yml" --splay nightly"#,
        ),
        (
            "windows-task",
            r#"<Arguments>schedule run --jobs "/srv/10% of $jobs/it's.yml" --splay nightly</Arguments>"#,
        ),
        ("kubernetes", odd),
    ] {
        let arguments: Vec<&str> = ["install", target, EXAMPLE]
            .into_iter()
            .chain(job)
            .collect();
        let output = schedule(&arguments);
        assert!(stdout(&output).contains(expected), "{target}: {output:?}");
    }
}

/// What is printed for a job of a scheduler. Three tries of ten minutes, ten more for the last hosts of each, and two waits of
/// a minute are 3720 seconds; a look and a correction are 2400.
const CONSEQUENCES: [(&str, &str, [&str; 3]); 7] = [
    (
        "systemd",
        "a",
        [
            "Persistent=no",
            "TimeoutStartSec=3720",
            "SuccessExitStatus=3",
        ],
    ),
    (
        "windows-task",
        "a",
        [
            "<StartWhenAvailable>false<",
            "<ExecutionTimeLimit>PT3720S<",
            "<MultipleInstancesPolicy>IgnoreNew<",
        ],
    ),
    (
        "windows-task",
        "b",
        [
            "<StartWhenAvailable>true<",
            "<ExecutionTimeLimit>PT0S<",
            "<MultipleInstancesPolicy>Queue<",
        ],
    ),
    (
        "kubernetes",
        "a",
        [
            "startingDeadlineSeconds: 60\n",
            "activeDeadlineSeconds: 3720\n",
            "concurrencyPolicy: Forbid\n",
        ],
    ),
    (
        "kubernetes",
        "b",
        [
            "startingDeadlineSeconds: 3600\n",
            "concurrencyPolicy: Forbid\n",
            "restartPolicy: Never\n",
        ],
    ),
    (
        "systemd",
        "c",
        [
            "Persistent=yes",
            "TimeoutStartSec=2400",
            "SuccessExitStatus=3",
        ],
    ),
    (
        "windows-task",
        "c",
        [
            "<StartWhenAvailable>true<",
            "<ExecutionTimeLimit>PT2400S<",
            "<MultipleInstancesPolicy>IgnoreNew<",
        ],
    ),
];

#[test]
fn what_follows_from_a_job_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.yml");
    support::write(
        &path,
        b"jobs:\n  - {name: a, playbook: p, inventory: h, every: 1h, missed: skip, deadline: 10m, retries: {count: 2, delay: 1m}}\n  - {name: b, playbook: p, inventory: h, every: 1h, overlap: queue}\n  - {name: c, playbook: p, inventory: h, every: 1h, mode: audit-then-apply-in-window, windows: {from: '22:00'}, deadline: 10m}\n",
    );
    let path = path.to_str().unwrap();
    for (target, job, pieces) in CONSEQUENCES {
        let output = schedule(&["install", target, path, "--job", job]);
        for piece in pieces {
            assert!(
                stdout(&output).contains(piece),
                "{target} {job}: {piece}\n{output:?}"
            );
        }
    }
    for target in ["systemd", "cron"] {
        let output = schedule(&["install", target, path, "--job", "b"]);
        assert_eq!(output.status.code(), Some(6), "{target} queues nothing");
    }
}

#[test]
fn names_that_kubernetes_takes_for_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.yml");
    support::write(
        &path,
        b"defaults: {playbook: p, inventory: h, every: 1h}\njobs: [{name: a.b}, {name: A_b}]\n",
    );
    let output = schedule(&["install", "kubernetes", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(6));
    assert!(
        stderr(&output).contains("a second job would be `rdpfix-a-b`"),
        "{output:?}"
    );
}

/// What is printed for systemd, with this job file in this folder and these further words.
fn units(folder: &std::path::Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .args(["schedule", "install", "systemd"])
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    stdout(&output)
}

/// The folders that units may write to.
fn written(units: &str) -> BTreeSet<&str> {
    let lines = units.lines();
    lines
        .filter_map(|line| line.strip_prefix("ReadWritePaths="))
        .collect()
}

#[test]
fn units_may_write_to_the_folders_of_the_machine_that_runs_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("conf")).unwrap();
    support::write(
        &root.join("conf/jobs.yml"),
        b"store: history.db\njobs: [{name: a, playbook: p, inventory: h, every: 1h, reporters: ['csv:../reports/a.csv', 'html:/srv/web/a.html']}]\n",
    );
    let path = |name: &str| root.join(name).display().to_string();
    let (conf, reports) = (path("conf"), path("reports"));
    let here = BTreeSet::from([&*conf, &*reports, "/srv/web"]);
    assert_eq!(written(&units(&root.join("conf"), &["jobs.yml"])), here);
    assert_eq!(written(&units(&root, &["conf/jobs.yml"])), here);
    let there = ["conf/jobs.yml", "--jobs-at", "/etc/rdpfix/jobs.yml"];
    let there = units(&root, &there);
    let expected = BTreeSet::from(["/etc/rdpfix", "/etc/reports", "/srv/web"]);
    assert_eq!(written(&there), expected);
    let relative = ["install", "systemd", EXAMPLE, "--jobs-at", "jobs.yml"];
    let output = schedule(&relative);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("does not begin at the root"));
}

#[test]
fn the_unit_of_the_service_is_ready_when_it_says_so_and_stops_in_time() {
    let units = units(support::root(), &[EXAMPLE]);
    let (service, _) = units.split_once("rdpfix-audit.service").unwrap();
    for line in [
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "TimeoutStopSec=5min",
    ] {
        assert!(service.lines().any(|own| own == line), "{line}:\n{service}");
    }
    assert!(service.contains(" --drain 4m\n"), "{service}");
}

#[test]
fn what_a_task_remarks_is_a_remark_whatever_the_job_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.yml");
    support::write(
        &path,
        b"jobs: [{name: web--nightly, playbook: p, inventory: h, every: 1h}]\n",
    );
    let output = schedule(&["install", "windows-task", path.to_str().unwrap()]);
    let xml = stdout(&output);
    let (_, behind) = xml.split_once("<!--").unwrap();
    let (remark, _) = behind.split_once("-->").unwrap();
    assert!(!remark.contains("--"), "{remark}");
    assert!(xml.contains("<URI>\\rdpfix\\web--nightly</URI>"), "{xml}");
}
