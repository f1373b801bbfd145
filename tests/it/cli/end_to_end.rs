//! The story of the README: a broken fleet is shown, mended, proved, and then left alone.

use std::sync::Arc;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::history::History;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::RecordedRequest;
use rdpfix::lab::Recorder;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use tokio::sync::Notify;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::cli::command;

/// What ends a host of the built-in fleet after `apply`.
fn ending(record: &serde_json::Value) -> (String, String) {
    let text = |name: &str| {
        record
            .get(name)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (text("host"), text("status"))
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_mends_and_proves_every_host_that_can_be_mended() {
    let bench = Bench::of("fleet", None).await;
    let first = bench
        .run(&["apply", BASELINE, "--reporter", "jsonl"])
        .await
        .exits(4);
    let records = first.records();
    let (ends, others): (Vec<_>, Vec<_>) = records
        .into_iter()
        .partition(|record| record["type"] == "host_end");
    assert!(ends.len() >= 8, "{} hosts", ends.len());
    let says_why = |record: &serde_json::Value| {
        let reason = record["reason"].as_str();
        reason.is_some_and(|reason| !reason.is_empty())
    };
    for end in &ends {
        let (host, status) = ending(end);
        match status.as_str() {
            "ok" | "changed" => assert_eq!(end["proof"]["verdict"], "proven", "{host}"),
            "unreachable" => assert!(says_why(end), "{end}"),
            "drifted" => {
                let owned = others
                    .iter()
                    .find(|record| record["host"] == *host && record["status"] == "overridden");
                assert!(says_why(owned.expect("a value that policy owns")), "{host}");
            }
            other => panic!("{host} ended {other}: {end}"),
        }
    }
    let unmended: Vec<String> = ends
        .iter()
        .map(ending)
        .filter(|(_, status)| status != "ok" && status != "changed")
        .map(|(host, _)| host)
        .collect();
    assert_eq!(
        unmended.len(),
        2,
        "one is owned by policy, one is unreachable: {unmended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_apply_makes_no_call_that_writes() {
    let bench = Bench::of("fleet", None).await;
    bench.run(&["apply", BASELINE]).await.exits(4);
    let hosts = bench.hosts();
    let before: Vec<usize> = hosts.iter().map(|host| bench.lab.writes(host)).collect();
    assert!(before.iter().any(|writes| *writes > 0));
    bench.run(&["apply", BASELINE]).await.exits(4);
    let after: Vec<usize> = hosts.iter().map(|host| bench.lab.writes(host)).collect();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_changes_nothing_and_exits_3_before_and_0_after() {
    for scenario in [
        "cert-expired",
        "nla-mismatch",
        "firewall-closed",
        "service-down",
        "credssp-oracle",
        "rdp-disabled",
    ] {
        let bench = Bench::of(scenario, Some(1)).await;
        let host = bench.host();
        let before = bench.lab.machine(&host);
        bench.run(&["audit", BASELINE]).await.exits(3);
        assert_eq!(
            bench.lab.machine(&host),
            before,
            "{scenario}: audit changed the machine"
        );
        bench.run(&["apply", BASELINE]).await.exits(0);
        bench.run(&["audit", BASELINE]).await.exits(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_that_can_be_mended_is_mended_and_proved() {
    for scenario in [
        "cert-missing",
        "cert-weak",
        "port-mismatch",
        "security-layer-mismatch",
    ] {
        let bench = Bench::of(scenario, Some(2)).await;
        let applied = bench
            .run(&["apply", BASELINE, "--reporter", "jsonl"])
            .await
            .exits(0);
        let ends: Vec<_> = applied
            .records()
            .into_iter()
            .filter(|record| record["type"] == "host_end")
            .collect();
        assert_eq!(ends.len(), 2);
        for end in ends {
            assert_eq!(end["proof"]["verdict"], "proven", "{scenario}: {end}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_mode_of_apply_is_an_audit() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let host = bench.host();
    let before = bench.lab.machine(&host);
    bench
        .run(&["apply", BASELINE, "--check"])
        .await
        .exits(3)
        .says("would");
    assert_eq!(bench.lab.machine(&host), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_limits_narrow() {
    let bench = Bench::of("nla-mismatch", Some(3)).await;
    let hosts = bench.hosts();
    let one = hosts.first().expect("a host");
    bench.run(&["apply", BASELINE, "-l", one]).await.exits(0);
    assert!(bench.lab.writes(one) > 0);
    for other in hosts.iter().skip(1) {
        assert_eq!(bench.lab.writes(other), 0, "{other}");
        assert!(bench.lab.requests(other).is_empty(), "{other} was asked");
    }
    bench
        .run(&["audit", BASELINE, "--tags", "certificate"])
        .await
        .exits(0);
    bench
        .run(&["audit", BASELINE, "--skip-tags", "listener"])
        .await
        .exits(0);
}

/// Says when the first request of a run has come.
#[derive(Default)]
struct FirstRequest(Notify);

impl Recorder for FirstRequest {
    fn record(&self, _host: &str, _request: &RecordedRequest) {
        self.0.notify_one();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_run_cleanly_with_130() {
    let scenario = scenario::named("nla-mismatch", Some(2)).expect("a scenario");
    let mut hosts = scenario.build(SystemClock.now()).expect("hosts");
    for host in &mut hosts {
        host.mishaps
            .push(Mishap::always(Trouble::Slow(Duration::from_millis(300))));
    }
    let first = Arc::new(FirstRequest::default());
    let options = LabOptions {
        recorder: Some(first.clone()),
        ..LabOptions::default()
    };
    let bench = Bench::around(Lab::start_hosts(hosts, options).await.expect("a lab"));
    let inventory = bench.path("lab.yml");
    let store = bench.path("history.db");
    let recorded = format!("--history={store}");
    let arguments = [
        "apply",
        BASELINE,
        "-i",
        &inventory,
        "--reporter",
        "jsonl",
        &recorded,
    ];
    let mut child = command(&arguments);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = child.spawn().expect("it runs");
    let id = child.id().expect("it still runs").to_string();
    first.0.notified().await;
    let sent = tokio::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .await
        .expect("kill");
    assert!(sent.success());
    let finished =
        crate::cli::finished(child.wait_with_output().await.expect("it ends")).exits(130);
    let records = finished.records();
    let last = records.last().expect("records");
    assert_eq!(last["type"], "run_end");
    assert_eq!(last["exit_code"], 130);
    let history = History::read(store.as_ref()).expect("a history");
    let runs = history.runs(None, None, 1).expect("runs");
    assert_eq!(runs[0].exit_code, Some(130));
    for host in bench.hosts() {
        assert_eq!(bench.lab.open_enumerations(&host), 0, "{host}");
        assert_eq!(
            bench.lab.writes(&host),
            0,
            "{host}: nothing was begun after the signal"
        );
    }
}
