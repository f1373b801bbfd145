//! Facts about what hosts share, and about what must not be told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdpfix::plan::Outcome;

use super::fake::Machine;
use super::fake::Rig;

#[tokio::test(start_paused = true)]
async fn a_task_that_runs_once_is_told_once_and_its_result_is_known_to_all() {
    let first = Arc::new(Machine::with(&[]));
    let second = Arc::new(Machine::with(&[]));
    let story = Rig::on(&first)
        .host("b", &second)
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    run_once: true
    register: r
  - set_fact: {word: said}
    run_once: true
  - wish: {name: y, value: 1}
    when: r.changed and word == 'said'
",
        )
        .apply()
        .await;
    let calls = [first.calls(), second.calls()].concat();
    assert_eq!(calls.iter().filter(|call| *call == "x=1").count(), 1);
    assert_eq!(calls.iter().filter(|call| *call == "y=1").count(), 2);
    assert_eq!(
        story
            .lines()
            .iter()
            .filter(|line| line.starts_with("x:"))
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn when_a_task_that_runs_once_fails_no_host_goes_on() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .host("b", &Arc::new(Machine::with(&[])))
        .play("tasks:\n  - fail: {msg: stop}\n    run_once: true\n  - ping:\n")
        .apply()
        .await;
    let lines = story.lines();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("fail:"))
            .count(),
        1
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| *line == "ping: skipped EarlierFailure")
            .count(),
        2
    );
    assert_eq!(story.recap.failed, 2);
}

#[tokio::test(start_paused = true)]
async fn no_more_hosts_than_the_throttle_are_at_a_task() {
    let mut rig = Rig::default().play(
        "tasks:
  - wish: {name: x, value: 1}
    throttle: 2
",
    );
    let mut machine = Machine::with(&[]);
    machine.call_takes = Duration::from_secs(1);
    let machine = Arc::new(machine);
    for name in ["a", "b", "c", "d", "e", "f"] {
        rig = rig.host(name, &machine);
    }
    rig.apply().await;
    assert!(machine.most_calls.load(Ordering::SeqCst) <= 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_task_with_no_log_is_told_but_its_result_is_known() {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("x-b");
    let story = Rig::on(&Arc::new(machine))
        .play(
            "vars: {hidden: true}
tasks:
  - wish: {name: 'x-{{ item }}', value: 4711}
    name: set passwords
    loop: [a, b]
    loop_control: {label: 'secret {{ item }}'}
    no_log: '{{ hidden }}'
    register: r
    ignore_errors: true
  - debug: secret word
    no_log: true
  - fail: {msg: secret reason}
    no_log: true
    ignore_errors: true
  - assert:
      that:
        - r.results | length == 2
        - r.results[0].changed
        - r.results[0].item == 'a'
",
        )
        .apply()
        .await;
    let told = format!("{:?}", story.events);
    assert!(!told.contains("4711") && !told.contains("secret"), "{told}");
    assert_eq!(
        story.lines(),
        [
            "set passwords [(not shown)]: changed",
            "set passwords [(not shown)]: failed (ignored)",
            "debug: compliant",
            "fail: failed (ignored)",
            "assert: compliant \"All assertions passed\""
        ]
    );
    let Outcome::Changed(changes) = &story.results()[0].outcome else {
        panic!("{:?}", story.results()[0]);
    };
    assert_eq!(changes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_with_no_log_is_not_told_by_the_summary_either() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .play("tasks:\n  - fail: {msg: secret reason}\n    no_log: true\n  - debug: '{{ nowhere }}'\n    no_log: '{{ nowhere }}'\n")
        .apply()
        .await;
    let told = format!("{:?}", story.events);
    assert!(!told.contains("secret"), "{told}");
    assert_eq!(story.recap.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_fails_is_no_longer_among_the_hosts_of_a_play() {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("x");
    let who =
        "'{{ ansible_play_hosts | join(\"+\") }} of {{ ansible_play_hosts_all | join(\"+\") }}'";
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .host("b", &Arc::new(machine))
        .host("c", &Arc::new(Machine::with(&[])))
        .play("tasks:\n  - wish: {name: x, value: 1}\n")
        .play(&format!("tasks:\n  - debug: {who}\n"))
        .apply()
        .await;
    let mut said: Vec<String> = story.lines();
    said.retain(|line| line.starts_with("debug"));
    said.sort();
    let left = "debug: compliant \"a+c of a+b+c\"";
    assert_eq!(said, [left, left]);
}
