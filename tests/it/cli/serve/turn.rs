//! Facts about the reports of a turn: two runs make one report, in which every host stands once, as it was last seen.

use std::collections::BTreeMap;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::history::History;

use super::Bench;
use super::close_firewall;
use super::jobs;
use super::schedule_run;

/// A job that corrects what its audit found, at any time, with these reporters in the bench's folder.
fn mending(bench: &Bench, reporters: &[&str]) {
    let named = reporters.iter().map(|kind| {
        let place = bench.path(&format!("report.{kind}"));
        format!("'{kind}:{place}'")
    });
    let named: Vec<String> = named.collect();
    jobs(
        bench,
        &format!(
            "    mode: audit-then-apply-in-window\n    every: 1h\n    windows: [{{from: \"00:00\"}}]\n    reporters: [{}]\n",
            named.join(", ")
        ),
    );
}

fn report(bench: &Bench, kind: &str) -> String {
    let path = bench.path(&format!("report.{kind}"));
    String::from_utf8(crate::support::bytes(path.as_ref())).unwrap()
}

/// Of each host in the CSV report, the modes and runs that its rows name, and whether one of them has this status.
fn seen(bench: &Bench, status: &str) -> BTreeMap<String, (Vec<String>, bool)> {
    let text = report(bench, "csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let column = |name| columns.iter().position(|column| column == name).unwrap();
    let (host, mode, run) = (column("host"), column("mode"), column("run"));
    let mut seen: BTreeMap<String, (Vec<String>, bool)> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let (runs, has_status) = seen.entry(row[host].to_owned()).or_default();
        runs.push(format!("{} {}", &row[mode], &row[run]));
        *has_status |= &row[column("status")] == status;
    }
    for (runs, _) in seen.values_mut() {
        runs.sort();
        runs.dedup();
    }
    seen
}

/// Whoever tells as it happens tells both runs, one after the other.
fn both_runs_are_told(bench: &Bench) {
    let lines = report(bench, "jsonl");
    for kind in ["run_start", "run_end"] {
        let found = lines.matches(&format!("\"type\":\"{kind}\"")).count();
        assert_eq!(found, 2, "{lines}");
    }
    let told = report(bench, "human");
    for heading in [
        "PLAY RECAP",
        "PLAY [Remote Desktop baseline] *",
        "PLAY [Remote Desktop baseline] [CHECK MODE]",
    ] {
        let found = told.matches(heading).count();
        assert_eq!(
            found,
            1 + usize::from(heading == "PLAY RECAP"),
            "{heading}:\n{told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_host_stands_in_the_report_of_a_turn_once_and_as_it_was_last_seen() {
    let bench = Bench::of("healthy", Some(3)).await;
    let broken = bench.hosts().remove(1);
    close_firewall(&bench, &broken).await;
    mending(&bench, &["csv", "openmetrics", "html", "jsonl", "human"]);
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says("audit ended: 2 ok, 1 drifted")
        .says("apply ended: 1 ok, 1 changed");

    let seen = seen(&bench, "changed");
    let hosts: Vec<&String> = seen.keys().collect();
    assert_eq!(hosts, bench.hosts().iter().collect::<Vec<_>>());
    for (host, (runs, is_changed)) in &seen {
        let mode = if *host == broken { "apply " } else { "check " };
        assert!(runs.len() == 1 && runs[0].starts_with(mode), "{seen:?}");
        assert_eq!(*is_changed, *host == broken, "{seen:?}");
    }

    let metrics = report(&bench, "openmetrics");
    for host in bench.hosts() {
        assert!(
            metrics.contains(&format!("rdpfix_host_reachable{{host=\"{host}\"")),
            "{metrics}"
        );
    }
    let numbers: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("rdpfix_last_run"))
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(name, _)| {
            name.contains("status=\"ok\"")
                || name.contains("status=\"drifted\"")
                || name.contains("changed_hosts")
        })
        .map(|(_, number)| number)
        .collect();
    assert_eq!(numbers, ["3", "0", "1"], "{metrics}");

    let page = report(&bench, "html");
    assert!(page.contains(&broken), "{page}");

    both_runs_are_told(&bench);

    // A turn that has nothing to correct is an audit.
    schedule_run(&bench, &[]).await.exits(0).says("3 ok");
    let seen = self::seen(&bench, "changed");
    assert_eq!(seen.len(), 3);
    for (runs, is_changed) in seen.values() {
        assert!(runs[0].starts_with("check ") && !is_changed, "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_left_out_stays_in_the_report_as_the_audit_saw_it() {
    let bench = Bench::of("firewall-closed", Some(2)).await;
    let hosts = bench.hosts();
    mending(&bench, &["csv"]);
    let store = bench.path("history.db");
    let mut history = History::open(store.as_ref(), SystemClock.now())
        .unwrap()
        .history;
    let hour = Duration::from_hours(1);
    let taken = history.acquire(&hosts[0], "somebody else", SystemClock.now(), hour);
    taken.unwrap();
    schedule_run(&bench, &[]).await.says("is left out");
    let left = &seen(&bench, "would_change")[&hosts[0]];
    assert!(left.0[0].starts_with("check ") && left.1, "{left:?}");
    let mended = &seen(&bench, "changed")[&hosts[1]];
    assert!(mended.0[0].starts_with("apply ") && mended.1, "{mended:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_decides_the_exit_code_of_its_turn() {
    let bench = Bench::of("firewall-closed", Some(1)).await;
    std::os::unix::fs::symlink("/dev/full", bench.path("report.csv")).unwrap();
    mending(&bench, &["csv"]);
    for result in ["1 ok, 1 changed", "audit ended: 1 ok"] {
        schedule_run(&bench, &[])
            .await
            .exits(1)
            .says(result)
            .says("error: reporter `csv:");
    }
}

/// Nothing needs the secret before something is corrected.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_second_run_came_to_know_is_masked_in_the_report_of_both() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    bench.write("word", "what-nobody-may-read");
    bench.write("password", "a password\n");
    let (word, password) = (bench.path("word"), bench.path("password"));
    let sealed = crate::cli::run(&[
        "vault",
        "encrypt-string",
        "--name",
        "word",
        "--vault-password-file",
        &password,
        "--file",
        &word,
    ])
    .await
    .exits(0)
    .stdout;
    let sealed = sealed.trim_end().replace('\n', "\n    ");
    bench.write(
        "play.yml",
        &format!(
            "- hosts: all\n  vars:\n    {sealed}\n  tasks:\n    - rdp_listener: {{nla: required}}\n    - debug: {{msg: 'it is {{{{ word }}}}'}}\n      when: not ansible_check_mode\n"
        ),
    );
    let report = bench.path("report.csv");
    bench.write(
        "jobs.yml",
        &format!(
            "store: history.db\njobs:\n  - name: rdp\n    playbook: play.yml\n    inventory: [lab.yml]\n    mode: audit-then-apply-in-window\n    every: 1h\n    windows: [{{from: \"00:00\"}}]\n    vault_password_file: password\n    reporters: ['csv:{report}']\n"
        ),
    );
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says("1 ok, 1 changed");
    let text = self::report(&bench, "csv");
    assert!(text.contains("it is ********"), "{text}");
}
