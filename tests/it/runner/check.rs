//! Facts about check mode and about how hosts are looked at.

use std::sync::Arc;

use rdpfix::event::HostStatus;

use super::fake::Machine;
use super::fake::Manner;
use super::fake::Rig;
use super::fake::wish;

#[tokio::test(start_paused = true)]
async fn drift_is_told_and_nothing_is_called() {
    let machine = Arc::new(Machine::with(&[("x", 1), ("y", 2)]).read_only());
    let story = Rig::on(&machine)
        .task(wish("x", 1))
        .task(wish("y", 1))
        .check()
        .await;
    assert_eq!(story.outcomes(), ["x: compliant", "y: drifted"]);
    assert_eq!(story.host("a").status, HostStatus::Drifted);
    assert_eq!((story.recap.drifted, story.recap.ok), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_does_not_stop_other_looks() {
    let machine = Arc::new(Machine::with(&[("x", 1)]).read_only());
    let story = Rig::on(&machine)
        .task(wish("boom", 1).manner(Manner::Panic))
        .task(wish("x", 1))
        .check()
        .await;
    assert_eq!(story.outcomes(), ["boom: failed", "x: compliant"]);
    let HostStatus::Failed { reason, .. } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert!(
        reason.contains("internal error") && reason.contains("looked too closely"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_group_policy_owns_is_overridden_and_counts_as_drift() {
    let machine = Arc::new(Machine::with(&[("x", 0)]).read_only());
    let rig = Rig::on(&machine).task(wish("x", 1).manner(Manner::Policy));
    for story in [rig.check().await, rig.apply().await] {
        assert_eq!(story.outcomes(), ["x: overridden"]);
        assert_eq!(story.host("a").status, HostStatus::Drifted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_false_condition_skips_a_task() {
    let machine = Arc::new(Machine::with(&[("x", 1)]).read_only());
    let rig = Rig::on(&machine).play(
        "gather_facts: true
tasks:
  - wish: {name: x, value: 0}
    when: facts.build < 10
  - wish: {name: y, value: 0}
",
    );
    let story = rig.check().await;
    assert_eq!(
        story.outcomes(),
        ["x: skipped Condition(\"facts.build < 10\")", "y: drifted"]
    );
}

#[tokio::test(start_paused = true)]
async fn facts_are_gathered_only_when_a_play_needs_them() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    Rig::on(&machine).task(wish("x", 1)).check().await;
    assert_eq!(machine.reads(), [r"HKLM\Fake\x"]);
}

#[tokio::test(start_paused = true)]
async fn equal_questions_are_sent_once() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    Rig::on(&machine)
        .task(wish("x", 1))
        .task(wish("x", 1))
        .task(wish("x", 1))
        .check()
        .await;
    assert_eq!(machine.reads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn services_are_asked_for_in_one_query() {
    let machine = Arc::new(Machine::with(&[]));
    let story = services(&machine).check().await;
    assert_eq!(
        machine.reads(),
        [
            "SELECT * FROM Win32_Service WHERE Name='NoSuchService' OR Name='SessionEnv' OR Name='TermService'"
        ]
    );
    assert_eq!(story.host("a").status, HostStatus::Ok);
}

#[tokio::test(start_paused = true)]
async fn one_service_alone_is_got_by_its_name() {
    let machine = Arc::new(Machine::with(&[]));
    let service = wish("TermService", 0).manner(Manner::Service);
    Rig::on(&machine).task(service).check().await;
    assert_eq!(machine.reads(), ["Win32_Service.Name=\"TermService\""]);
}

#[tokio::test(start_paused = true)]
async fn services_that_may_not_be_listed_are_got_one_by_one() {
    let mut machine = Machine::with(&[]);
    machine.refuses_queries = true;
    let machine = Arc::new(machine);
    let story = services(&machine).check().await;
    assert_eq!(story.host("a").status, HostStatus::Ok);
    assert_eq!(machine.reads().len(), 4);
}

fn services(machine: &Arc<Machine>) -> Rig {
    let service = |name| wish(name, 0).manner(Manner::Service);
    Rig::on(machine)
        .task(service("TermService"))
        .task(service("NoSuchService"))
        .task(service("SessionEnv"))
        .task(service("TermService"))
}

#[tokio::test(start_paused = true)]
async fn a_refuted_proof_is_drift_when_nothing_else_explains_it() {
    let machine = Arc::new(Machine::with(&[("x", 1)]).read_only());
    let mut rig = Rig::on(&machine).task(wish("x", 1));
    rig.refuted.insert("a".to_owned(), usize::MAX);
    let story = rig.check().await;
    assert_eq!(story.host("a").status, HostStatus::Drifted);
    assert_eq!(story.recap.proven, 0);
    assert!(story.host("a").proof.is_some());
}

#[tokio::test(start_paused = true)]
async fn handlers_and_restarts_that_would_follow_are_told() {
    let machine = Arc::new(Machine::with(&[("x", 0), ("h", 0)]).read_only());
    let story = Rig::on(&machine)
        .notifying(wish("x", 1).restarting("TermService"), &["h"])
        .handler("h", wish("h", 1))
        .handler("i", wish("i", 1))
        .check()
        .await;
    assert_eq!(
        story.outcomes(),
        [
            "x: drifted",
            "h: drifted",
            "i: skipped NotNotified",
            "restart TermService (needed by wish.x): drifted"
        ]
    );
}
