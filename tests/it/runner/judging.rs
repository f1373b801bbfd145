//! Facts about tries, and about tasks that judge their own results.

use std::sync::Arc;
use std::time::Duration;

use rdpfix::cim::Value;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::event::HostStatus;
use rdpfix::plan::Change;
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
async fn what_a_failed_try_changed_counts_too() {
    let mut machine = Machine::with(&[("x", 0), ("h", 5)]);
    machine.turns.insert("x", 7);
    let machine = Arc::new(machine);
    let rig = Rig::on(&machine).play(
        "tasks:
  - wish: {name: x, value: 1}
    register: r
    until: not r.failed
    delay: 10
    notify: h
handlers:
  - wish: {name: h, manner: restart}
",
    );
    let settles = async {
        SystemClock.sleep(Duration::from_secs(5)).await;
        machine.values.lock().unwrap().insert("x".to_owned(), 1);
    };
    let (story, ()) = tokio::join!(rig.apply(), settles);
    assert_eq!(story.lines(), ["x: changed x2", "h: changed"]);
    assert_eq!(story.host("a").counts.changed, 2);
}

#[tokio::test(start_paused = true)]
async fn every_try_counts_among_the_changes_and_the_first_saw_what_was_there_before() {
    let mut machine = Machine::with(&[("x", 0)]);
    machine.turns.insert("x", 7);
    let story = Rig::on(&Arc::new(machine))
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    register: r
    until: not r.failed
    retries: 1
    ignore_errors: true
  - wish: {name: x, value: 1}
    register: s
    until: not s.failed
    retries: 2
    failed_when: s.attempts < 3
  - debug: '{{ s.before.x }}'
",
        )
        .apply()
        .await;
    let Outcome::Unconverged { made, .. } = &story.results()[0].outcome else {
        panic!("{:?}", story.results()[0]);
    };
    let from = |changes: &[Change]| -> Vec<Value> {
        changes.iter().map(|change| change.from.clone()).collect()
    };
    assert_eq!(from(made), [0_u32.into(), 7_u32.into()]);
    let Outcome::Changed(changes) = &story.results()[1].outcome else {
        panic!("{:?}", story.results()[1]);
    };
    assert_eq!(changes.len(), 3);
    assert_eq!(story.lines()[2], "debug: compliant \"7\"");
}

#[tokio::test(start_paused = true)]
async fn changes_before_an_interruption_between_two_tries_are_told() {
    let machine = Arc::new(Machine::with(&[]));
    let rig = Rig::on(&machine).play(
        "tasks:
  - wish: {name: x, value: 1}
    until: false
    delay: 60
    ignore_errors: true
",
    );
    let ctrl_c = async {
        SystemClock.sleep(Duration::from_secs(10)).await;
        rig.interrupt.send_replace(true);
    };
    let (story, ()) = tokio::join!(rig.apply(), ctrl_c);
    let Outcome::Failed(failure) = &story.results()[0].outcome else {
        panic!("{:?}", story.results()[0]);
    };
    assert_eq!(failure.made.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_pause_between_tries_is_not_the_time_of_the_host() {
    let machine = Arc::new(Machine::with(&[("x", 1)]));
    let mut rig = Rig::on(&machine).play(
        "tasks:
  - wish: {name: x, value: 1}
    register: r
    until: r.attempts == 5
    retries: 20
    delay: 60
",
    );
    rig.host_timeout = Duration::from_secs(100);
    let story = rig.apply().await;
    assert_eq!(story.lines(), ["x: compliant x5"]);
    assert_eq!(story.host("a").duration.as_secs(), 240);
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
async fn a_wait_may_take_only_so_long_whatever_it_waits_for_itself() {
    let mut rig = Rig::on(&Arc::new(Machine::with(&[]))).play(
        "tasks:
  - wait_for: {timeout: 600}
    timeout: 7
    ignore_errors: true
    register: r
  - debug: '{{ r.msg }}'
  - wait_for: {timeout: 5}
    timeout: 7
",
    );
    let expected = [
        "wait_for: failed (ignored)",
        "debug: compliant \"the task took longer than 7 s\"",
        "wait_for: compliant",
    ];
    let story = rig.apply().await;
    assert_eq!(story.lines(), expected);
    assert_eq!(story.host("a").duration.as_secs(), 12);
    // What is waited for on purpose does not count among the time of the host, which is shorter here.
    rig.host_timeout = Duration::from_secs(5);
    assert_eq!(rig.apply().await.lines(), expected);
}

/// As in Ansible: each try of each item has all of the time, a late one is the last, and what a file brings has none.
#[tokio::test(start_paused = true)]
async fn a_limit_is_one_of_each_try() {
    let mut machine = Machine::with(&[("x", 1)]);
    machine.hangs.insert("never");
    let story = Rig::on(&Arc::new(machine))
        .file(
            "slow.yml",
            "- wait_for: {timeout: 5}
  timeout: 9
- wait_for: {timeout: 50}
",
        )
        .play(
            "tasks:
  - wait_for: {timeout: '{{ item }}'}
    timeout: 3
    loop: [2, 2]
  - wish: {name: never, value: 1}
    timeout: 4
    register: r
    until: not r.failed
    ignore_errors: true
  - include_tasks: slow.yml
    timeout: 6
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "wait_for [2]: compliant",
            "wait_for [2]: compliant",
            "never: failed (ignored)",
            "include_tasks: compliant",
            "wait_for: compliant",
            "wait_for: compliant"
        ]
    );
    // The look before its turn shared its time with others.
    assert_eq!(story.host("a").duration.as_secs(), 4 + 4 + 4 + 55);
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
