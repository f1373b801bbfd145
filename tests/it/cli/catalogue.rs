//! The catalogue end to end: the program diagnoses one simulated host for each cause, from both sides over real sockets,
//! and finds that cause first.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use rdpfix::finding::Cause;
use rdpfix::lab::scenario::Kind;

use super::Bench;
use super::Finished;

/// Hosts that nothing is wrong with for clients: whether somebody may manage them is another question.
const SOUND: [Kind; 4] = [
    Kind::Healthy,
    Kind::AccessDenied,
    Kind::Unreachable,
    Kind::RebootPending,
];

/// Causes of the client's side, which no host shows.
const CLIENTS_OWN: [Cause; 2] = [Cause::ClientCredentials, Cause::RdpFile];

async fn diagnosed(kind: Kind) -> (Kind, Finished) {
    let bench = Bench::of(kind.name(), None).await;
    let told = bench
        .run(&["diagnose", kind.name(), "--reporter", "jsonl"])
        .await;
    (kind, told)
}

/// The records of causes, in order.
fn causes(told: &Finished) -> Vec<serde_json::Value> {
    let records = told.records();
    records
        .into_iter()
        .filter(|record| record["type"] == "cause")
        .collect()
}

#[test]
fn every_cause_that_a_host_can_show_has_a_simulated_host() {
    let shown: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let lacking: Vec<&str> = Cause::catalogue()
        .iter()
        .filter(|entry| !CLIENTS_OWN.contains(&entry.cause))
        .map(|entry| entry.id)
        .filter(|id| !shown.contains(id))
        .collect();
    assert_eq!(lacking, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_the_first_cause_on_its_host() {
    let faulty = Kind::ALL.iter().filter(|kind| !SOUND.contains(kind));
    let told: Vec<_> = stream::iter(faulty)
        .map(|kind| diagnosed(*kind))
        .buffer_unordered(4)
        .collect()
        .await;
    let mut wrong = Vec::new();
    for (kind, told) in told {
        let causes = causes(&told);
        let first = causes.first().and_then(|cause| cause["id"].as_str());
        let error = causes.iter().any(|cause| cause["severity"] == "error");
        let exit = if error { 3 } else { 0 };
        if first != Some(kind.name()) || told.code != Some(exit) {
            let seen: Vec<_> = causes.iter().map(|cause| &cause["id"]).collect();
            let code = told.code;
            wrong.push(format!(
                "{}: {seen:?}, exit {code:?} {}",
                kind.name(),
                told.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_host_has_no_cause_of_severity_error() {
    for kind in SOUND {
        let (_, told) = diagnosed(kind).await;
        let told = told.exits(0);
        let errors: Vec<_> = causes(&told)
            .into_iter()
            .filter(|cause| cause["severity"] == "error")
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", kind.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn healthy_hosts_of_every_release_and_membership_have_no_error() {
    let bench = Bench::of("healthy", Some(10)).await;
    for host in bench.hosts() {
        let told = bench.run(&["diagnose", &host, "--reporter", "jsonl"]).await;
        let told = told.exits(0);
        let errors: Vec<_> = causes(&told)
            .into_iter()
            .filter(|cause| cause["severity"] == "error")
            .collect();
        assert!(errors.is_empty(), "{host}: {errors:?}");
    }
}
