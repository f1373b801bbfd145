//! Facts about runs by hand that share a history with jobs, and about runs that come late to their hosts.

use std::process::Stdio;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::history::History;
use rdpfix::history::Lease;

use super::Bench;
use super::command;
use super::finished;
use super::jobs;
use super::schedule_run;
use super::slow_lab;
use crate::cli::BASELINE;

const HOUR: Duration = Duration::from_hours(1);

fn open(bench: &Bench) -> History {
    let store = bench.path("history.db");
    let opened = History::open(store.as_ref(), SystemClock.now());
    opened.unwrap().history
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_by_hand_leaves_out_what_a_job_works_on_and_says_so() {
    let bench = Bench::of("firewall-closed", Some(2)).await;
    let hosts = bench.hosts();
    let mut history = open(&bench);
    let job = "job `nightly` (run 01)";
    let lease = history.acquire(&hosts[0], job, SystemClock.now(), HOUR);
    assert_eq!(lease.unwrap(), Lease::Leased);
    let recorded = format!("--history={}", bench.path("history.db"));
    let told = bench
        .run(&["apply", BASELINE, &recorded])
        .await
        .exits(8)
        .says(&format!(
            "warning: `{}` is left out: {job} works on it, until ",
            hosts[0]
        ))
        .says("2 hosts: ok=1 changed=1 not_started=1")
        .says("somebody else works on the hosts that were not started");
    assert!(!told.stdout.contains(&format!("[{}]", hosts[0])));
    assert_eq!(bench.lab.writes(&hosts[0]), 0);
    assert!(bench.lab.writes(&hosts[1]) > 0);
    let runs = history.runs(None, None, 1).unwrap();
    assert_eq!((runs[0].hosts, runs[0].exit_code), (2, Some(8)));

    // Once the host is free, what was left out is gone on with.
    history.release(&hosts[0], job).unwrap();
    bench
        .run(&["apply", BASELINE, &recorded, "--rerun", "unfinished"])
        .await
        .exits(0);
    // All was given back.
    for host in hosts {
        let lease = history.acquire(&host, "me", SystemClock.now(), HOUR);
        assert_eq!(lease.unwrap(), Lease::Leased);
    }
    // Looking needs nobody's leave.
    bench.run(&["audit", BASELINE, &recorded]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_see_who_works_on_a_host_by_hand() {
    let (bench, first) = slow_lab(Duration::from_millis(300)).await;
    let mut history = open(&bench);
    let (store, inventory) = (bench.path("history.db"), bench.path("lab.yml"));
    let recorded = format!("--history={store}");
    let mut by_hand = command(&["apply", BASELINE, "-i", &inventory, &recorded]);
    by_hand
        .env("XDG_STATE_HOME", bench.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let by_hand = by_hand.spawn().unwrap();
    first.0.notified().await;
    let lease = history.acquire(&bench.host(), "me", SystemClock.now(), HOUR);
    let Lease::HeldBy { owner, .. } = lease.unwrap() else {
        panic!("the host is free");
    };
    assert!(owner.starts_with("by hand (run "), "{owner}");
    finished(by_hand.wait_with_output().await.unwrap()).exits(0);
}

/// A program that gives this lab's inventory as soon as it was asked, and then these lines.
#[cfg(unix)]
fn inventory_program(bench: &Bench, first: &str) {
    let text = bench.lab.inventory_yaml();
    let read: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let all = &read["all"];
    let names: Vec<&String> = all["hosts"].as_object().unwrap().keys().collect();
    let given = serde_json::json!({
        "all": { "hosts": names, "vars": all["vars"] },
        "_meta": { "hostvars": all["hosts"] },
    });
    bench.write("hosts.json", &given.to_string());
    let script = bench.write(
        "hosts.sh",
        &format!(
            "#!/bin/sh\n{first}\nexec cat '{}'\n",
            bench.path("hosts.json")
        ),
    );
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(script, runnable).unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn no_host_is_begun_after_the_deadline_however_long_the_inventory_took() {
    let bench = Bench::of("firewall-closed", Some(1)).await;
    inventory_program(&bench, "sleep 2");
    jobs(&bench, "    mode: apply\n    every: 1h\n    deadline: 1s\n");
    let text = crate::support::bytes(bench.path("jobs.yml").as_ref());
    let text = String::from_utf8(text).unwrap();
    bench.write("jobs.yml", &text.replace("lab.yml", "hosts.sh"));
    schedule_run(&bench, &[])
        .await
        .exits(8)
        .says("1 not started");
    assert_eq!(bench.lab.writes(&bench.host()), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_program_also_while_an_inventory_program_hangs() {
    let bench = Bench::of("healthy", Some(1)).await;
    let place = bench.path("asked");
    let made = tokio::process::Command::new("mkfifo").arg(&place).status();
    assert!(made.await.unwrap().success());
    inventory_program(&bench, &format!("echo $$ > '{place}'\nexec sleep 600"));
    let mut child = command(&["audit", BASELINE, "-i", &bench.path("hosts.sh")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let hanging = tokio::task::spawn_blocking(move || crate::support::bytes(place.as_ref()));
    let hanging = String::from_utf8(hanging.await.unwrap()).unwrap();
    let id = child.id().unwrap().to_string();
    let mut signals = 0;
    let status = loop {
        let sent = tokio::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.await.unwrap().success());
        signals += 1;
        // Two that come too close to each other are one.
        match tokio::time::timeout(Duration::from_secs(2), child.wait()).await {
            Ok(status) => break status.unwrap(),
            Err(_) => assert!(signals < 30, "it does not end"),
        }
    };
    assert_eq!(status.code(), Some(130));
    let ended = tokio::process::Command::new("kill")
        .arg(hanging.trim())
        .status();
    assert!(ended.await.unwrap().success());
}
