//! Facts about blocks, failures that are ignored or rescued, and the ends of plays.

use std::sync::Arc;

use rdpfix::event::HostStatus;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::Story;

/// A play on a host that refuses to change `bad`.
async fn applied(play: &str) -> Story {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("bad");
    Rig::on(&Arc::new(machine)).play(play).apply().await
}

#[tokio::test(start_paused = true)]
async fn a_rescue_takes_over_and_the_host_is_well() {
    let story = applied(
        "tasks:
  - block:
      - wish: {name: good, value: 1}
      - wish: {name: bad, value: 1}
      - wish: {name: never, value: 1}
    rescue:
      - debug: '{{ ansible_failed_task.name }} {{ ansible_failed_task.action }} {{ ansible_failed_result.failed }}'
    always:
      - wish: {name: always, value: 1}
  - wish: {name: after, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "good: changed",
            "bad: failed (rescued)",
            "never: skipped EarlierFailure",
            "debug: compliant \"bad wish True\"",
            "always: changed",
            "after: changed"
        ]
    );
    let host = story.host("a");
    assert_eq!(host.status, HostStatus::Ok);
    assert_eq!((host.counts.rescued, host.counts.failed), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_failure_nothing_is_rescued() {
    let story = applied(
        "tasks:
  - block:
      - wish: {name: good, value: 1}
    rescue:
      - fail:
    always:
      - ping:
",
    )
    .await;
    assert_eq!(story.lines(), ["good: changed", "ping: compliant"]);
}

#[tokio::test(start_paused = true)]
async fn a_rescue_that_fails_leaves_the_host_failed_but_always_is_done() {
    let story = applied(
        "tasks:
  - block:
      - wish: {name: bad, value: 1}
    rescue:
      - fail: {msg: no way out}
      - ping:
    always:
      - wish: {name: always, value: 1}
  - wish: {name: after, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "bad: failed (rescued)",
            "fail: failed \"no way out\"",
            "ping: skipped EarlierFailure",
            "always: changed",
            "after: skipped EarlierFailure"
        ]
    );
    let HostStatus::Failed { reason, .. } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert!(reason.starts_with("fail: "), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_inner_block_without_a_rescue_leaves_it_to_the_outer_one() {
    let story = applied(
        "tasks:
  - block:
      - block:
          - wish: {name: bad, value: 1}
        always:
          - wish: {name: inner, value: 1}
    rescue:
      - wish: {name: outer, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        ["bad: failed (rescued)", "inner: changed", "outer: changed"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_stays_different_in_a_block_is_rescued_too() {
    let mut machine = Machine::with(&[]);
    machine.forgets.insert("x");
    let story = Rig::on(&Arc::new(machine))
        .play(
            "tasks:
  - block:
      - wish: {name: x, value: 1}
    rescue:
      - wish: {name: y, value: 1}
",
        )
        .apply()
        .await;
    assert_eq!(story.lines(), ["x: unconverged (rescued)", "y: changed"]);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_failure_does_not_fail_the_host() {
    let story = applied(
        "tasks:
  - wish: {name: bad, value: 1}
    ignore_errors: '{{ 1 == 1 }}'
    register: r
  - wish: {name: after, value: 1}
    when: r.failed
",
    )
    .await;
    assert_eq!(story.lines(), ["bad: failed (ignored)", "after: changed"]);
    let host = story.host("a");
    assert_eq!(host.status, HostStatus::Ok);
    assert_eq!((host.counts.ignored, host.counts.failed), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_stays_different_may_be_ignored_although_it_shows_late() {
    let mut machine = Machine::with(&[]);
    machine.forgets.insert("x");
    let story = Rig::on(&Arc::new(machine))
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    ignore_errors: true
  - wish: {name: y, value: 1}
",
        )
        .apply()
        .await;
    assert_eq!(story.lines(), ["x: unconverged (ignored)", "y: changed"]);
    assert_eq!(story.host("a").status, HostStatus::Ok);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_stops_the_host_with_its_message() {
    let story = applied(
        "vars: {port: 22}
tasks:
  - assert: {that: [port > 1, port < 10], fail_msg: 'port {{ port }} is odd'}
  - wish: {name: after, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "assert: failed \"port 22 is odd\"",
            "after: skipped EarlierFailure"
        ]
    );
    let HostStatus::Failed { reason, .. } = &story.host("a").status else {
        panic!("{:?}", story.host("a").status);
    };
    assert_eq!(
        reason,
        "assert: asserting: port 22 is odd (`port < 10` does not hold)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_assertion_that_does_not_hold_stops_check_mode_too() {
    let machine = Arc::new(Machine::with(&[]).read_only());
    let story = Rig::on(&machine)
        .play("tasks:\n  - assert: {that: 1 > 2}\n  - wish: {name: x, value: 1}\n")
        .check()
        .await;
    assert_eq!(
        story.lines(),
        [
            "assert: failed \"Assertion failed\"",
            "x: skipped EarlierFailure"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_in_check_mode_is_rescued() {
    let machine = Arc::new(Machine::with(&[]).read_only());
    let story = Rig::on(&machine)
        .play(
            "tasks:
  - block:
      - wish: {name: x, manner: panic}
      - wish: {name: y, value: 1}
    rescue:
      - wish: {name: z, value: 1}
  - block:
      - wish: {name: vendor, value: 1, manner: manual}
    rescue:
      - wish: {name: w, value: 1}
",
        )
        .check()
        .await;
    assert_eq!(
        story.lines(),
        [
            "x: failed (rescued)",
            "y: skipped EarlierFailure",
            "z: drifted",
            "vendor: drifted",
            "w: drifted"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_may_end_a_play_and_takes_part_in_the_next() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    notify: h
  - meta: end_host
    when: inventory_hostname == 'b'
  - block:
      - meta: end_play
    always:
      - wish: {name: y, value: 1}
  - wish: {name: z, value: 1}
handlers:
  - wish: {name: h, value: 1}
",
        )
        .play("tasks:\n  - wish: {name: x, value: 1}\n")
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "x: changed",
            "y: skipped Ended",
            "z: skipped Ended",
            "h: skipped Ended",
            "x: compliant"
        ]
    );
    assert_eq!(story.host("a").status, HostStatus::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_one_play_keeps_the_host_out_of_the_next() {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("bad");
    let story = Rig::on(&Arc::new(machine))
        .play("tasks:\n  - wish: {name: bad, value: 1}\n")
        .play("pre_tasks:\n  - ping:\ntasks:\n  - wish: {name: x, value: 1}\n")
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "bad: failed",
            "ping: skipped EarlierFailure",
            "x: skipped EarlierFailure"
        ]
    );
}
