//! A scenario file is as good as a scenario's name, and what it plans is what a run meets.
#![expect(clippy::expect_used, reason = "what tests share may fail a test")]

use crate::cli::BASELINE;
use crate::cli::Finished;
use crate::cli::run;

const SHIPPED: &str = "examples/lab-scenario.yml";

/// Audits a lab made of this text.
async fn audit(text: &str) -> Finished {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder, text);
    let inventory = format!("lab:{path}");
    run(&["audit", BASELINE, "-i", &inventory, "--reporter", "jsonl"]).await
}

#[expect(clippy::disallowed_methods, reason = "tests write their own data")]
fn write(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("scenario.yml");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

/// The hosts with how they ended, by name.
fn ends(finished: &Finished) -> Vec<(String, String)> {
    let mut ends: Vec<(String, String)> = finished
        .records()
        .iter()
        .filter(|record| record["type"] == "host_end")
        .map(|end| {
            let text = |name: &str| end[name].as_str().unwrap_or_default().to_owned();
            (text("host"), text("status"))
        })
        .collect();
    ends.sort();
    ends
}

/// The last record about the end of a host.
fn last_end(finished: &Finished) -> serde_json::Value {
    finished
        .records()
        .into_iter()
        .rfind(|record| record["type"] == "host_end")
        .expect("a host ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_file_is_audited_in_spite_of_its_mishaps() {
    let inventory = format!("lab:{SHIPPED}");
    let finished = run(&["audit", BASELINE, "-i", &inventory, "--reporter", "jsonl"])
        .await
        .exits(3);
    let expected = [
        ("db-1", "drifted"),
        ("web-1", "drifted"),
        ("web-2-0001", "ok"),
        ("web-2-0002", "ok"),
        ("web-2-0003", "ok"),
    ];
    assert_eq!(
        ends(&finished),
        expected.map(|(host, status)| (host.to_owned(), status.to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_lasts_for_two_requests_is_waited_out() {
    let audited = audit("hosts: {a: {scenario: healthy, mishaps: [{trouble: quota, first: 2}]}}")
        .await
        .exits(0);
    assert_eq!(last_end(&audited)["retries"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_denies_everything_exits_2() {
    audit("hosts: {a: {scenario: healthy, mishaps: [{trouble: denied}]}}")
        .await
        .exits(2)
        .says("denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_host_is_audited_and_takes_its_time() {
    let slow =
        audit("hosts: {a: {scenario: healthy, mishaps: [{trouble: slow, milliseconds: 100}]}}")
            .await
            .exits(0);
    let end = last_end(&slow);
    assert_eq!(end["status"], "ok", "{end}");
    let duration = end["duration_ms"].as_u64().expect("a duration");
    assert!(duration >= 100, "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_behind_the_file_makes_so_many() {
    let inventory = format!("lab:{SHIPPED}:2");
    let finished = run(&["audit", BASELINE, "-i", &inventory, "--reporter", "jsonl"])
        .await
        .exits(3);
    let hosts: Vec<String> = ends(&finished).into_iter().map(|(host, _)| host).collect();
    assert_eq!(hosts, ["web-1-0001", "web-2-0001-0002"]);
}

#[tokio::test]
async fn lab_up_takes_a_file() {
    run(&["lab", "up", "--scenario", SHIPPED, "--time", "0"])
        .await
        .exits(0)
        .says("web-2-0003  winrm 127.0.0.1:")
        .says("ready");
}

#[tokio::test]
async fn mistakes_in_a_file_are_shown_and_exit_6() {
    const BROKEN: &str = "tests/cases/lab/mistakes.yml";
    let inventory = format!("lab:{BROKEN}");
    for arguments in [
        &["lab", "up", "--scenario", BROKEN][..],
        &["audit", BASELINE, "-i", &inventory][..],
    ] {
        run(arguments)
            .await
            .exits(6)
            .says("did you mean `cert-expired`?")
            .says("mistakes.yml:4")
            .says("the scenario `tests/cases/lab/mistakes.yml` cannot be used");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_exits_6_and_a_name_that_is_unknown_5() {
    run(&["audit", BASELINE, "-i", "lab:no-such.yml"])
        .await
        .exits(6)
        .says("cannot read `no-such.yml`");
    run(&["lab", "up", "--scenario", "no-such"])
        .await
        .exits(5)
        .says("no scenario is named `no-such`")
        .says("lab list");
}
