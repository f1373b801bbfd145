//! Facts about tries, and about tasks that judge their own results.

use std::sync::Arc;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::event::HostStatus;
use rdpfix::plan::Outcome;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::Story;

async fn applied(play: &str) -> Story {
    let mut machine = Machine::with(&[("one", 1)]);
    machine.refuses.insert("bad");
    Rig::on(&Arc::new(machine)).play(play).apply().await
}

#[tokio::test(start_paused = true)]
async fn a_task_is_tried_until_it_is_as_wanted() {
    let machine = Arc::new(Machine::with(&[("ready", 0)]));
    let rig = Rig::on(&machine).play(
        "tasks:
  - wish: {name: ready, value: 1}
    check_mode: true
    register: r
    until: not r.changed
    retries: '{{ 5 }}'
    delay: 10
  - debug: '{{ r.attempts }}'
",
    );
    let begin = SystemClock.instant();
    let appears = async {
        SystemClock.sleep(Duration::from_secs(25)).await;
        machine.values.lock().unwrap().insert("ready".to_owned(), 1);
    };
    let (story, ()) = tokio::join!(rig.apply(), appears);
    assert_eq!(
        story.lines(),
        ["ready: compliant x4", "debug: compliant \"4\""]
    );
    let passed = SystemClock.instant().duration_since(begin);
    assert_eq!(passed.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn tries_end_and_then_it_is_a_failure() {
    let story = applied(
        "tasks:
  - wish: {name: one, value: 1}
    until: false
    retries: 2
    delay: 0
    ignore_errors: true
    register: r
  - debug: '{{ r.failed }} {{ r.attempts }}'
",
    )
    .await;
    assert_eq!(
        story.lines(),
        ["one: failed x3 (ignored)", "debug: compliant \"True 3\""]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_try_is_not_a_result() {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("bad");
    let machine = Arc::new(machine);
    let story = Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: bad, value: 1}
    register: r
    until: not r.failed
    retries: 1
    delay: 1
",
        )
        .apply()
        .await;
    assert_eq!(story.lines(), ["bad: failed x2"]);
    assert_eq!(machine.calls(), ["bad=1", "bad=1"]);
}

#[tokio::test(start_paused = true)]
async fn changes_of_an_earlier_try_count() {
    let machine = Arc::new(Machine::with(&[("h", 5)]));
    let story = Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    register: r
    until: not r.changed
    delay: 1
    notify: h
handlers:
  - wish: {name: h, manner: restart}
",
        )
        .apply()
        .await;
    assert_eq!(story.lines(), ["x: changed x2", "h: changed"]);
    assert_eq!(machine.calls(), ["x=1", "h=6"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_judges_whether_it_changed_something() {
    let story = applied(
        "tasks:
  - wish: {name: x, value: 1}
    changed_when: false
    notify: h
    register: r
  - wish: {name: one, value: 1}
    changed_when: [true, not r.changed]
    notify: i
handlers:
  - wish: {name: h, value: 1}
  - wish: {name: i, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "x: compliant",
            "one: changed",
            "i: changed",
            "h: skipped NotNotified"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_judges_whether_it_failed() {
    let story = applied(
        "tasks:
  - wish: {name: bad, value: 1}
    failed_when: false
    register: r
  - debug: '{{ r.failed }}'
  - wish: {name: one, value: 2}
    register: s
    failed_when: s.before.one == 1
  - ping:
",
    )
    .await;
    let lines = story.lines();
    assert!(
        lines[0].starts_with("bad: compliant \"setting `bad`"),
        "{lines:?}"
    );
    assert_eq!(lines[1], "debug: compliant \"false\"");
    assert_eq!(lines[2..], ["one: failed", "ping: skipped EarlierFailure"]);
    let HostStatus::Failed { reason, .. } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert!(
        reason.contains("`failed_when` holds: `s.before.one == 1`"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_did_not_last_but_is_no_failure_was_changed_from_what_was_there() {
    let mut machine = Machine::with(&[("x", 0)]);
    machine.turns.insert("x", 7);
    let story = Rig::on(&Arc::new(machine))
        .play("tasks: [{wish: {name: x, value: 1}, failed_when: false}]")
        .apply()
        .await;
    let Outcome::Changed(changes) = &story.results()[0].outcome else {
        panic!("{:?}", story.results()[0]);
    };
    assert_eq!((changes.len(), &changes[0].from), (1, &0_u32.into()));
}

#[tokio::test(start_paused = true)]
async fn a_task_may_only_look_while_others_correct() {
    let machine = Arc::new(Machine::with(&[]));
    let story = Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    check_mode: true
    register: r
  - wish: {name: y, value: 1}
    when: r.changed
",
        )
        .apply()
        .await;
    assert_eq!(story.lines(), ["x: drifted", "y: changed"]);
    assert_eq!(machine.calls(), ["y=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_may_take_only_so_long() {
    let mut machine = Machine::with(&[("y", 1)]);
    machine.hangs.insert("x");
    let story = Rig::on(&Arc::new(machine))
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    run_once: true
    timeout: 7
    ignore_errors: true
    register: r
  - debug: '{{ r.msg }}'
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "x: failed (ignored)",
            "debug: compliant \"the task took longer than 7 s\""
        ]
    );
    assert_eq!(story.host("a").duration.as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_two_tasks_set_differently_is_told_as_it_happened() {
    let machine = Arc::new(Machine::with(&[]));
    let story = Rig::on(&machine)
        .play("tasks:\n  - wish: {name: x, value: 1}\n  - wish: {name: y, value: 1}\n  - wish: {name: x, value: 2}\n")
        .apply()
        .await;
    assert_eq!(story.lines(), ["x: changed", "y: changed", "x: changed"]);
}
