//! Facts about interruptions, limits of time and hosts that cannot be reached.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdpfix::cim::CimError;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::wish;

fn refused() -> CimError {
    CimError::SignInRefused {
        address: "b:5986".to_owned(),
        user: "admin".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_call_under_way_is_finished_when_interrupted_and_the_rest_is_skipped() {
    let mut machine = Machine::with(&[]);
    machine.call_takes = Duration::from_secs(3);
    let machine = Arc::new(machine);
    let mut rig = Rig::on(&machine)
        .host("never begun", &Arc::new(Machine::default()))
        .task(wish("x", 1))
        .task(wish("y", 1));
    rig.forks = 1;
    let ctrl_c = async {
        let mut begun = machine.begun.subscribe();
        begun.wait_for(|begun| *begun).await.unwrap();
        rig.interrupt.send_replace(true);
    };
    let (story, ()) = tokio::join!(rig.apply(), ctrl_c);
    assert_eq!(story.outcomes(), ["x: changed", "y: skipped Interrupted"]);
    assert_eq!(machine.calls(), ["x=1"]);
    assert_eq!(story.host("a").status, HostStatus::Interrupted);
    assert_eq!(machine.sessions_closed.load(Ordering::SeqCst), 1);
    assert_eq!(story.recap.interrupted, 2);
    assert_eq!(story.hosts().len(), 1);
    assert!(matches!(story.events.last(), Some(Event::RunEnd { .. })));
}

#[tokio::test(start_paused = true)]
async fn looking_is_given_up_when_interrupted() {
    let mut machine = Machine::with(&[]);
    machine.hangs.insert("x");
    let machine = Arc::new(machine);
    let rig = Rig::on(&machine).task(wish("x", 1));
    let ctrl_c = async {
        tokio::task::yield_now().await;
        rig.interrupt.send_replace(true);
    };
    let (story, ()) = tokio::join!(rig.check(), ctrl_c);
    assert_eq!(story.host("a").status, HostStatus::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_ends_at_its_limit() {
    let mut machine = Machine::with(&[("y", 1)]);
    machine.hangs.insert("x");
    let machine = Arc::new(machine);
    let mut rig = Rig::on(&machine)
        .host("b", &Arc::new(Machine::with(&[("x", 1), ("y", 1)])))
        .task(wish("x", 1))
        .task(wish("y", 1));
    rig.host_timeout = Duration::from_secs(20);
    let story = rig.check().await;
    let hung = story.host("a");
    assert!(matches!(hung.status, HostStatus::Failed { .. }));
    assert_eq!(hung.duration, Duration::from_secs(20));
    assert_eq!(story.host("b").status, HostStatus::Ok);
    assert_eq!(machine.sessions_closed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_host_without_a_session_at_its_limit_is_unreachable() {
    let mut rig = Rig::on(&Arc::default()).task(wish("x", 1));
    rig.connecting_hangs = true;
    rig.host_timeout = Duration::from_secs(20);
    let story = rig.apply().await;
    let HostStatus::Unreachable { reason, hint } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert_eq!(reason, "no session within 20 s");
    assert!(hint.is_some());
    assert_eq!(story.recap.unreachable, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_host_stops_no_other() {
    let machine = Arc::new(Machine::with(&[("x", 0)]));
    let story = Rig::on(&machine)
        .dead_host("b", refused())
        .task(wish("x", 1))
        .apply()
        .await;
    assert_eq!(story.host("a").status, HostStatus::Ok);
    let HostStatus::Unreachable { reason, hint } = &story.host("b").status else {
        panic!("{:?}", story.host("b").status);
    };
    assert_eq!(reason, "b:5986 refused to sign in `admin`");
    assert!(hint.as_ref().unwrap().contains("ansible_password"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_used_as_configured_is_a_failure() {
    let error = CimError::Configuration {
        detail: "`basic` over plain HTTP".to_owned(),
        remedy: "use https".to_owned(),
    };
    let story = Rig::default().dead_host("b", error).apply().await;
    assert!(matches!(story.host("b").status, HostStatus::Failed { .. }));
}
