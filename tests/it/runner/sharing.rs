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
async fn waiting_for_a_throttle_is_not_the_time_of_a_host() {
    let mut rig =
        Rig::default().play("tasks:\n  - wish: {name: x, value: 1}\n    throttle: 1\n  - ping:\n");
    rig.host_timeout = Duration::from_secs(20);
    for name in ["a", "b", "c"] {
        let mut machine = Machine::with(&[]);
        machine.call_takes = Duration::from_secs(15);
        rig = rig.host(name, &Arc::new(machine));
    }
    let story = rig.apply().await;
    assert_eq!((story.recap.ok, story.recap.changed), (3, 3));
    for host in story.hosts() {
        assert_eq!(host.counts.changed, 1, "{host:?}");
        assert_eq!(host.duration, Duration::from_secs(15));
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_whoever_does_it_for_all_is_not_the_time_of_a_host() {
    let mut rig = Rig::default().play(
        "tasks:
  - wish: {name: x, value: 1}
    run_once: true
    register: r
  - wish: {name: y, value: 1}
    when: r.changed
",
    );
    rig.host_timeout = Duration::from_secs(40);
    for name in ["a", "b"] {
        let mut machine = Machine::with(&[]);
        machine.call_takes = Duration::from_secs(18);
        rig = rig.host(name, &Arc::new(machine));
    }
    let story = rig.apply().await;
    assert_eq!(story.recap.ok, 2);
    let mut took: Vec<u64> = story.hosts().iter().map(|h| h.duration.as_secs()).collect();
    took.sort_unstable();
    assert_eq!(took, [18, 36]);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_interrupted_while_it_waits_for_others_is_not_well() {
    for keyword in ["throttle: 1", "run_once: true"] {
        let mut machine = Machine::with(&[]);
        machine.call_takes = Duration::from_secs(15);
        let machine = Arc::new(machine);
        let rig = Rig::on(&machine).host("b", &machine).play(&format!(
            "tasks:\n  - wish: {{name: x, value: 1}}\n    {keyword}\n"
        ));
        let ctrl_c = async {
            let mut begun = machine.begun.subscribe();
            begun.wait_for(|begun| *begun).await.unwrap();
            rig.interrupt.send_replace(true);
        };
        let (story, ()) = tokio::join!(rig.apply(), ctrl_c);
        let mut lines = story.lines();
        lines.sort();
        assert_eq!(lines, ["x: changed", "x: skipped Interrupted"], "{keyword}");
        assert_eq!(story.recap.interrupted, 1, "{keyword}");
        assert_eq!(story.recap.ok, 1, "{keyword}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_once_for_all_is_rescued_on_all() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .host("b", &Arc::new(Machine::with(&[])))
        .play(
            "tasks:
  - block:
      - fail: {msg: x}
        run_once: true
    rescue:
      - debug: '{{ ansible_failed_task.name }} {{ ansible_failed_result.msg }}'
  - ping:
",
        )
        .apply()
        .await;
    let mut lines = story.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "debug: compliant \"fail x\"",
            "debug: compliant \"fail x\"",
            "fail: failed (rescued) \"x\"",
            "ping: compliant",
            "ping: compliant"
        ]
    );
    assert_eq!((story.recap.ok, story.recap.failed), (2, 0));
}

/// What two hosts say at the end of a play with `vars.yml` at hand.
async fn said_by_two(tasks: &str) -> Vec<String> {
    let mut rig = Rig::on(&Arc::new(Machine::with(&[])))
        .host("b", &Arc::new(Machine::with(&[])))
        .play(tasks);
    rig.variables.insert("vars-a.yml", "of: a");
    rig.variables.insert("vars-b.yml", "of: b");
    let story = rig.apply().await;
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("debug"));
    lines
}

#[tokio::test(start_paused = true)]
async fn variables_that_one_host_sets_for_all_are_known_to_all() {
    let lines = said_by_two(
        "tasks:
  - set_fact: {first: '{{ item }}', last: '{{ item }}'}
    loop: [x, y]
    run_once: true
  - debug: '{{ first }}{{ last }}'
",
    )
    .await;
    assert_eq!(lines, ["debug: compliant \"yy\""; 2]);
    // The file is the one that this one host named.
    let lines = said_by_two(
        "tasks:
  - include_vars: 'vars-{{ inventory_hostname }}.yml'
    run_once: true
  - debug: '{{ of }}'
",
    )
    .await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], lines[1]);
    let lines = said_by_two(
        "tasks:
  - include_vars: {file: 'vars-{{ inventory_hostname }}.yml', name: box}
    run_once: true
  - debug: '{{ box.of }}'
",
    )
    .await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], lines[1]);
}

#[tokio::test(start_paused = true)]
async fn what_one_host_cannot_tell_for_all_nobody_can_tell() {
    let machine = || Arc::new(Machine::with(&[("one", 1)]).read_only());
    let story = Rig::on(&machine())
        .host("b", &machine())
        .play(
            "tasks:
  - wish: {name: one, value: 5}
  - wish: {name: one, value: 5}
    register: r
    until: false
  - set_fact: {copy: '{{ r.changed }}'}
    run_once: true
  - debug: '{{ copy }}'
",
        )
        .check()
        .await;
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("debug"));
    assert_eq!(lines, ["debug: unknown [\"one\"]"; 2]);
    assert_eq!(story.recap.failed, 0);
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
