//! Facts about how differences are corrected.

use std::sync::Arc;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::event::HostStatus;
use rdpfix::plan::Change;
use rdpfix::plan::Outcome;

use super::fake::Machine;
use super::fake::Manner;
use super::fake::Rig;
use super::fake::Story;
use super::fake::wish;

#[track_caller]
fn reason(story: &Story) -> (&str, Option<&str>) {
    match &story.host("a").status {
        HostStatus::Failed { reason, hint } => (reason, hint.as_deref()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_corrected() {
    let machine = Arc::new(Machine::with(&[("x", 1), ("y", 2)]));
    let rig = Rig::on(&machine).task(wish("x", 1)).task(wish("y", 1));
    let story = rig.apply().await;
    assert_eq!(story.outcomes(), ["x: compliant", "y: changed"]);
    assert_eq!(machine.calls(), ["y=1"]);
    assert_eq!(story.host("a").status, HostStatus::Ok);
    assert_eq!((story.recap.ok, story.recap.changed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_second_apply_makes_no_call() {
    let machine = Arc::new(Machine::with(&[("x", 0)]));
    let rig = Rig::on(&machine).task(wish("x", 1)).task(wish("y", 1));
    rig.apply().await;
    let calls = machine.calls().len();
    let story = rig.apply().await;
    assert_eq!(machine.calls().len(), calls);
    assert_eq!((story.recap.ok, story.recap.changed), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_is_looked_at_anew_after_something_was_written() {
    let machine = Arc::new(Machine::with(&[("x", 0), ("y", 0)]));
    // The first task happens to correct what the second is about.
    let story = Rig::on(&machine)
        .task(wish("x", 1).manner(Manner::Twice("y")))
        .task(wish("y", 1))
        .apply()
        .await;
    assert_eq!(story.outcomes(), ["x: changed", "y: compliant"]);
    assert_eq!(machine.calls(), ["x=1", "y=1"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_last_is_unconverged() {
    let mut machine = Machine::with(&[("x", 0)]);
    machine.forgets.insert("x");
    let machine = Arc::new(machine);
    let story = Rig::on(&machine).task(wish("x", 1)).apply().await;
    assert_eq!(story.outcomes(), ["x: unconverged"]);
    let (reason, hint) = reason(&story);
    assert_eq!(reason, "x: `x` still differs after it was corrected");
    assert!(hint.unwrap().contains("Group Policy"));
}

#[tokio::test(start_paused = true)]
async fn what_was_made_is_told_beside_what_is_left() {
    let mut machine = Machine::with(&[("x", 0)]);
    machine.turns.insert("x", 7);
    let story = Rig::on(&Arc::new(machine)).task(wish("x", 1)).apply().await;
    let Outcome::Unconverged { left, made } = &story.results()[0].outcome else {
        panic!("{:?}", story.results()[0]);
    };
    let from = |changes: &[Change]| changes[0].from.clone();
    assert_eq!((left.len(), from(left)), (1, 7_u32.into()));
    assert_eq!((made.len(), from(made)), (1, 0_u32.into()));
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_rest_of_the_host_is_skipped() {
    let mut machine = Machine::with(&[("x", 0)]);
    machine.refuses.insert("x");
    let machine = Arc::new(machine);
    let story = Rig::on(&machine)
        .task(wish("w", 1))
        .notifying(wish("x", 1), &["h"])
        .task(wish("y", 1))
        .handler("h", wish("h", 1))
        .apply()
        .await;
    assert_eq!(
        story.outcomes(),
        [
            "w: changed",
            "x: failed",
            "y: skipped EarlierFailure",
            "h: skipped NotNotified"
        ]
    );
    assert_eq!(machine.calls(), ["w=1", "x=1"]);
    assert_eq!(
        reason(&story).0,
        r"x: setting `x`: set HKLM\Fake\x: access denied to x"
    );
}

#[tokio::test(start_paused = true)]
async fn a_half_done_change_is_taken_back() {
    let mut machine = Machine::with(&[("x", 7)]);
    machine.refuses.insert("z");
    let machine = Arc::new(machine);
    let story = Rig::on(&machine)
        .task(wish("x", 1).manner(Manner::Twice("z")))
        .apply()
        .await;
    assert_eq!(machine.calls(), ["x=1", "z=1", "x=7"]);
    assert_eq!(machine.get("x"), Some(7));
    assert!(reason(&story).0.contains("(half done, and taken back)"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_first_call_leaves_nothing_to_take_back() {
    let mut machine = Machine::with(&[("x", 7)]);
    machine.refuses.insert("x");
    let machine = Arc::new(machine);
    Rig::on(&machine).task(wish("x", 1)).apply().await;
    assert_eq!(machine.calls(), ["x=1"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_has_to_do_fails_with_advice() {
    let machine = Arc::new(Machine::with(&[]).read_only());
    let story = Rig::on(&machine)
        .task(wish("x", 1).manner(Manner::Manual))
        .apply()
        .await;
    assert_eq!(story.outcomes(), ["x: failed"]);
    assert_eq!(reason(&story).1, Some("call the vendor"));
}

#[tokio::test(start_paused = true)]
async fn a_step_waits_until_the_host_shows_what_it_waits_for() {
    let machine = Arc::new(Machine::with(&[]));
    let rig = Rig::on(&machine).task(wish("x", 1).manner(Manner::Await("ready")));
    let appears = async {
        SystemClock.sleep(std::time::Duration::from_secs(4)).await;
        let mut values = machine.values.lock().unwrap();
        values.insert("ready".to_owned(), 1);
    };
    let (story, ()) = tokio::join!(rig.apply(), appears);
    assert_eq!(story.outcomes(), ["x: changed"]);
    let asked = machine.reads().len();
    assert!((5..20).contains(&asked), "asked {asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_vain_fails_and_names_what_was_waited_for() {
    let machine = Arc::new(Machine::with(&[("x", 3)]));
    let story = Rig::on(&machine)
        .task(wish("x", 1).manner(Manner::Await("ready")))
        .apply()
        .await;
    assert_eq!(story.outcomes(), ["x: failed"]);
    let (reason, _) = reason(&story);
    assert!(
        reason.contains(r"waiting until HKLM\Fake\ready has a value"),
        "{reason}"
    );
    assert!(reason.contains("within 10 s"), "{reason}");
    assert_eq!(machine.get("x"), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_with_what_was_before() {
    let machine = Arc::new(Machine::with(&[("x", 7)]));
    let story = Rig::on(&machine).task(wish("x", 1)).apply().await;
    let Outcome::Changed(changes) = &story.results()[0].outcome else {
        panic!("{:?}", story.results());
    };
    assert_eq!(changes[0].from.as_uint(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_refuted_proof_fails_a_host_that_was_worked_on() {
    let machine = Arc::new(Machine::with(&[("x", 0)]));
    let mut rig = Rig::on(&machine).task(wish("x", 1));
    rig.refuted.insert("a".to_owned(), usize::MAX);
    let story = rig.apply().await;
    assert_eq!(
        reason(&story).0,
        "a client cannot connect: the certificate has expired"
    );
    assert_eq!(story.recap.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_needs_a_moment_after_a_change_is_visited_again() {
    let machine = Arc::new(Machine::with(&[("x", 0)]));
    let mut rig = Rig::on(&machine).task(wish("x", 1));
    rig.refuted.insert("a".to_owned(), 2);
    let story = rig.apply().await;
    assert_eq!(story.host("a").status, HostStatus::Ok);
    assert_eq!(story.recap.proven, 1);
}

#[tokio::test(start_paused = true)]
async fn services_may_take_their_time_after_a_reboot_but_not_without_one() {
    for (play, times, recap) in [
        ("tasks: [{reboot: }]", 12, (1, 0)),
        ("tasks: [{reboot: }]", 99, (0, 1)),
        ("tasks: [{reboot: {reboot_timeout: 6}}]", 12, (0, 1)),
        ("tasks: [{wish: {name: x, value: 1}}]", 3, (1, 0)),
        ("tasks: [{wish: {name: x, value: 1}}]", 12, (0, 1)),
    ] {
        let mut rig = Rig::on(&Arc::new(Machine::with(&[("x", 0)]))).play(play);
        rig.silent.insert("a".to_owned(), times);
        let found = rig.apply().await.recap;
        assert_eq!((found.proven, found.failed), recap, "{play} {times}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_needed_no_change_is_visited_once() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    let mut rig = Rig::on(&machine).task(wish("x", 1));
    rig.refuted.insert("a".to_owned(), 1);
    let story = rig.apply().await;
    assert_eq!(story.recap.failed, 1);
}
