//! Facts about many hosts at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rdpfix::event::Event;

use super::fake::Machine;
use super::fake::Manner;
use super::fake::Rig;
use super::fake::wish;

const HOSTS: usize = 400;

fn fleet(forks: usize) -> Rig {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    let mut rig = Rig::default().task(wish("x", 1));
    for index in 0..HOSTS {
        rig = rig.host(&format!("h{index:03}"), &machine);
    }
    rig.forks = forks;
    rig
}

#[tokio::test]
async fn no_more_hosts_than_forks_are_in_flight() {
    for forks in [1, 7, 64] {
        let rig = fleet(forks);
        let story = rig.check().await;
        assert_eq!(story.recap.ok, HOSTS);
        assert!(rig.live.peak.load(Ordering::SeqCst) <= forks);
    }
}

#[tokio::test]
async fn several_hosts_are_in_flight_at_once() {
    let rig = fleet(8);
    rig.check().await;
    assert!(rig.live.peak.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn each_host_begins_ends_and_tells_in_between() {
    let story = fleet(16).check().await;
    let (mut open, mut ended) = (BTreeSet::new(), BTreeSet::new());
    assert!(matches!(
        story.events.first(),
        Some(Event::RunStart { hosts: HOSTS, .. })
    ));
    assert!(matches!(story.events.last(), Some(Event::RunEnd { .. })));
    for event in &story.events {
        match event {
            Event::HostStart { host, .. } => assert!(open.insert(Arc::clone(host))),
            Event::Result(result) => assert!(open.contains(&result.host)),
            Event::HostEnd(summary) => {
                assert!(open.remove(&summary.host));
                assert!(ended.insert(Arc::clone(&summary.host)));
            }
            Event::RunStart { .. }
            | Event::RunEnd { .. }
            | Event::Wave(_)
            | Event::Shift(_)
            | Event::Drift(_) => {}
        }
    }
    assert!(open.is_empty());
    assert_eq!(ended.len(), HOSTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_fails_stops_no_other() {
    let good = Arc::new(Machine::with(&[]));
    let mut bad = Machine::with(&[]);
    bad.refuses.insert("x");
    let rig = Rig::on(&good)
        .host("b", &Arc::new(bad))
        .host("c", &Arc::new(Machine::with(&[])))
        .task(wish("x", 1));
    let story = rig.apply().await;
    assert_eq!((story.recap.ok, story.recap.failed), (2, 1));
}

#[tokio::test]
async fn a_panic_ends_one_task_and_its_session_is_closed() {
    let machine = Arc::new(Machine::with(&[]));
    let story = Rig::on(&machine)
        .task(wish("x", 1).manner(Manner::Panic))
        .apply()
        .await;
    assert_eq!(story.recap.failed, 1);
    assert_eq!(machine.sessions_closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_session_is_closed() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    let mut rig = Rig::default().task(wish("x", 1));
    for index in 0..50 {
        rig = rig.host(&format!("h{index}"), &machine);
    }
    rig.check().await;
    assert_eq!(machine.sessions_open.load(Ordering::SeqCst), 50);
    assert_eq!(machine.sessions_closed.load(Ordering::SeqCst), 50);
}
