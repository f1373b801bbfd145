//! Facts about handlers and about restarts that changes wait for.

use std::sync::Arc;

use rdpfix::event::HostStatus;

use super::fake::Machine;
use super::fake::Manner;
use super::fake::Rig;
use super::fake::wish;

#[tokio::test(start_paused = true)]
async fn a_handler_runs_once_however_often_it_is_notified() {
    let machine = Arc::new(Machine::with(&[("x", 0), ("y", 0), ("h", 5)]));
    let story = Rig::on(&machine)
        .notifying(wish("x", 1), &["h"])
        .notifying(wish("y", 1), &["h"])
        .handler("h", wish("h", 0).manner(Manner::Restart))
        .apply()
        .await;
    assert_eq!(story.outcomes(), ["x: changed", "y: changed", "h: changed"]);
    assert_eq!(machine.calls(), ["x=1", "y=1", "h=6"]);
}

#[tokio::test(start_paused = true)]
async fn a_compliant_task_notifies_nobody() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    let story = Rig::on(&machine)
        .notifying(wish("x", 1), &["h"])
        .handler("h", wish("h", 1))
        .apply()
        .await;
    assert_eq!(story.outcomes(), ["x: compliant", "h: skipped NotNotified"]);
    assert!(machine.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn handlers_run_in_their_own_order() {
    let machine = Arc::new(Machine::with(&[]));
    Rig::on(&machine)
        .notifying(wish("x", 1), &["second"])
        .notifying(wish("y", 1), &["first"])
        .handler("first", wish("first", 1))
        .handler("second", wish("second", 1))
        .apply()
        .await;
    assert_eq!(machine.calls(), ["x=1", "y=1", "first=1", "second=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_is_restarted_once_at_the_end_of_the_play() {
    let machine = Arc::new(Machine::with(&[("TermService", 5)]));
    let story = Rig::on(&machine)
        .task(wish("port", 1).restarting("TermService"))
        .task(wish("other", 1))
        .task(wish("listener", 1).restarting("TermService"))
        .apply()
        .await;
    assert_eq!(
        machine.calls(),
        ["port=1", "other=1", "listener=1", "TermService=6"]
    );
    let last = story.results().pop().unwrap().clone();
    assert_eq!(
        &*last.task,
        "restart TermService (needed by wish.port, wish.listener)"
    );
    assert!(last.handler);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_restarts_the_service_is_enough() {
    let machine = Arc::new(Machine::with(&[("termservice", 5)]));
    Rig::on(&machine)
        .notifying(wish("port", 1).restarting("TermService"), &["termservice"])
        .handler(
            "termservice",
            wish("termservice", 0).manner(Manner::Restart),
        )
        .apply()
        .await;
    assert_eq!(machine.calls(), ["port=1", "termservice=6"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_before_the_change_does_not_count() {
    let machine = Arc::new(Machine::with(&[("TermService", 5)]));
    Rig::on(&machine)
        .task(wish("TermService", 0).manner(Manner::Restart))
        .task(wish("port", 1).restarting("TermService"))
        .apply()
        .await;
    assert_eq!(
        machine.calls(),
        ["TermService=6", "port=1", "TermService=7"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_leaves_the_restart_undone_and_says_so() {
    let mut machine = Machine::with(&[("TermService", 5)]);
    machine.refuses.insert("x");
    let machine = Arc::new(machine);
    let story = Rig::on(&machine)
        .task(wish("port", 1).restarting("TermService"))
        .task(wish("x", 1))
        .apply()
        .await;
    assert_eq!(
        story.outcomes(),
        [
            "port: changed",
            "x: failed",
            "restart TermService (needed by wish.port): skipped EarlierFailure"
        ]
    );
    let HostStatus::Failed { reason, .. } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert!(
        reason.ends_with("; left undone: restart TermService (needed by wish.port)"),
        "{reason}"
    );
}
