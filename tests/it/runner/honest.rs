//! Facts about what check mode says when it cannot know.

use std::sync::Arc;

use rdpfix::event::HostStatus;
use rdpfix::plan::Outcome;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::Story;

async fn checked(play: &str) -> Story {
    let machine = Arc::new(Machine::with(&[("one", 1), ("two", 2)]).read_only());
    Rig::on(&machine).play(play).check().await
}

#[tokio::test(start_paused = true)]
async fn results_of_changes_that_were_not_made_say_that_they_would_be() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 5}
    register: r
  - debug: '{{ r.changed }} {{ r.after.one }} {{ r.failed }}'
  - wish: {name: two, value: 5}
    when: r.changed
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "one: drifted",
            "debug: compliant \"True 5 False\"",
            "two: drifted"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_later_look_sees_what_an_earlier_task_would_have_set() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 5}
  - wish: {name: one, value: 5}
  - wish: {name: one, value: 1}
  - wish: {name: one, value: 1}
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "one: drifted",
            "one: compliant",
            "one: drifted",
            "one: compliant"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_would_be_seen_in_the_next_play_is_foreseen_too() {
    let machine = Arc::new(Machine::with(&[("one", 1)]).read_only());
    let story = Rig::on(&machine)
        .play("tasks:\n  - wish: {name: one, value: 5}\n")
        .play("tasks:\n  - wish: {name: one, value: 5}\n")
        .check()
        .await;
    assert_eq!(story.lines(), ["one: drifted", "one: compliant"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_what_a_change_would_bring_about_is_unknown() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 5}
  - wish: {name: two, value: 2}
    name: wait
    register: r
    until: r.before.two is defined
    retries: 100
    delay: 1000
  - debug: '{{ r.failed }}'
  - wish: {name: two, value: 2}
    when: r.changed
  - wish: {name: three, value: 3}
    when: [r.changed, false]
  - set_fact: {copy: '{{ r.failed }}', other: 1}
  - assert: {that: not copy}
  - ping:
    when: other == 1
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "one: drifted",
            "wait: unknown [\"one\"]",
            "debug: unknown [\"one\"]",
            "two: unknown [\"one\"]",
            "three: skipped Condition(\"false\")",
            "set_fact: unknown [\"one\"]",
            "assert: unknown [\"one\"]",
            "ping: compliant"
        ]
    );
    assert_eq!(story.host("a").duration.as_secs(), 0);
    assert_eq!(story.host("a").status, HostStatus::Drifted);
    let Outcome::Unknown(unknown) = &story.results()[3].outcome else {
        panic!("{:?}", story.results()[3]);
    };
    assert_eq!(unknown.what, "whether `r.changed` holds");
}

#[tokio::test(start_paused = true)]
async fn without_a_change_before_it_a_wait_is_a_wait() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 1}
    until: false
    retries: 2
    delay: 10
",
    )
    .await;
    assert_eq!(story.lines(), ["one: failed x3"]);
    assert_eq!(story.host("a").duration.as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_a_task_may_change_of_which_nothing_is_known_is_unknown_later() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 5}
    name: first
  - ping:
    name: wait
    register: r
    until: false
  - wish: {name: two, value: 7}
    name: perhaps
    when: r.failed
  - wish: {name: two, value: 2}
    name: after
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "first: drifted",
            "wait: unknown [\"first\"]",
            "perhaps: unknown [\"first\"]",
            "after: unknown [\"perhaps\"]"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_loop_over_what_is_not_known_is_unknown() {
    let story = checked(
        "tasks:
  - wish: {name: one, value: 5}
    register: r
    until: false
  - debug: '{{ item }}'
    loop: '{{ r.results }}'
  - include_tasks: '{{ r.file }}'
  - debug: '{{ from_the_file }}'
",
    )
    .await;
    assert_eq!(
        story.lines(),
        [
            "one: unknown [\"one\"]",
            "debug: unknown [\"one\"]",
            "include_tasks: unknown [\"one\"]",
            "debug: unknown [\"one\"]"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn in_a_run_that_applies_only_looking_tasks_see_what_others_would_have_done() {
    let machine = Arc::new(Machine::with(&[("one", 1)]));
    let story = Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: one, value: 5}
    check_mode: true
  - wish: {name: one, value: 5}
    check_mode: true
  - wish: {name: one, value: 1}
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        ["one: drifted", "one: compliant", "one: compliant"]
    );
    assert!(machine.calls().is_empty());
}
