//! Laws of the runner, on every kind of lab machine with the shipped baseline: checking changes nothing, applying
//! converges, applying again writes nothing, looking stays within its budget.
#![expect(clippy::disallowed_methods, reason = "tests read shipped playbooks")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::RunMode;
use rdpfix::lab::scenario::Kind;
use rdpfix::playbook::Play;

use super::wire::Wire;
use super::wire::parsed;
use super::wire::run_on;
use crate::support::root;

/// Requests that an audit of a healthy host may take; signing in takes about three for each connection on top.
const REQUESTS: u64 = 14;
/// Round trips, one after another, that an audit of a healthy host may take without signing in.
const ROUND_TRIPS: u64 = 8;

fn baseline() -> Vec<Arc<Play>> {
    let path = root().join("playbooks/rdp-baseline.yml");
    parsed(&std::fs::read_to_string(path).unwrap())
}

/// Runs the baseline on one host; gives its summary and a line for each result.
async fn baseline_on(wire: &Arc<Wire>, mode: RunMode) -> (HostSummary, Vec<String>) {
    let (summary, results) = run_on(wire, &baseline(), mode).await;
    let lines = results
        .iter()
        .map(|result| format!("{}: {:?}", result.task, result.outcome));
    (summary, lines.collect())
}

/// Kinds that the baseline can mend without a person.
fn mendable() -> impl Iterator<Item = Kind> {
    let left = [Kind::PolicyOwned, Kind::Unreachable];
    let fleet = Kind::ALL.iter().copied().filter(|kind| kind.is_in_fleet());
    fleet.filter(move |kind| !left.contains(kind))
}

#[tokio::test(start_paused = true)]
async fn checking_changes_nothing() {
    for kind in Kind::ALL {
        let wire = Wire::to(*kind);
        let before = wire.host.machine();
        baseline_on(&wire, RunMode::Check).await;
        assert_eq!(wire.host.writes(), 0, "{kind:?}");
        let mut expected = before;
        expected.settle(wire.host.now());
        assert!(wire.host.machine() == expected, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_compliant_host_is_looked_at_within_the_budget() {
    let wire = Wire::to(Kind::Healthy);
    // Windows' defaults are healthy, but the baseline wants a little more.
    baseline_on(&wire, RunMode::Apply).await;
    wire.reads.store(0, Ordering::SeqCst);
    let begin = SystemClock.instant();
    let (summary, results) = baseline_on(&wire, RunMode::Check).await;
    assert_eq!(summary.status, HostStatus::Ok, "{results:#?}");
    let requests = wire.reads.load(Ordering::SeqCst);
    assert!(requests <= REQUESTS, "{requests} requests");
    let round_trips = SystemClock.instant().duration_since(begin).as_secs();
    assert!(round_trips <= ROUND_TRIPS, "{round_trips} round trips");
}

#[tokio::test(start_paused = true)]
async fn applying_converges_and_applying_again_writes_nothing() {
    for kind in mendable() {
        let wire = Wire::to(kind);
        let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
        let writes = wire.host.writes();
        let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
        assert_eq!(summary.counts.changed, 0, "{kind:?} {results:#?}");
        assert_eq!(wire.host.writes(), writes, "{kind:?} {results:#?}");
        let (summary, results) = baseline_on(&wire, RunMode::Check).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn drift_that_is_mended_is_seen_before() {
    for kind in mendable().filter(|kind| *kind != Kind::Healthy) {
        let wire = Wire::to(kind);
        let (summary, results) = baseline_on(&wire, RunMode::Check).await;
        assert_eq!(summary.status, HostStatus::Drifted, "{kind:?} {results:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_group_policy_owns_stays_and_counts_as_drift() {
    let wire = Wire::to(Kind::PolicyOwned);
    baseline_on(&wire, RunMode::Apply).await;
    let writes = wire.host.writes();
    let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
    assert_eq!(summary.status, HostStatus::Drifted, "{results:#?}");
    assert_eq!(summary.counts.overridden, 1, "{results:#?}");
    assert_eq!(wire.host.writes(), writes, "{results:#?}");
}
