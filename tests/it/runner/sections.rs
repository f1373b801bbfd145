//! Facts about the sections of a play, its handlers and included files.

use std::sync::Arc;

use super::fake::Machine;
use super::fake::Rig;

#[tokio::test(start_paused = true)]
async fn each_section_is_followed_by_the_handlers_that_it_notified() {
    let machine = Arc::new(Machine::with(&[("h", 5), ("i", 5)]));
    let story = Rig::on(&machine)
        .play(
            "pre_tasks:
  - wish: {name: pre, value: 1, restart: svc}
    notify: h
tasks:
  - wish: {name: task, value: 1}
    notify: [i, topic]
post_tasks:
  - wish: {name: post, value: 1}
    notify: h
handlers:
  - wish: {name: h, manner: restart}
  - wish: {name: i, manner: restart}
  - wish: {name: j, value: 1}
    listen: topic
  - wish: {name: k, value: 1}
",
        )
        .apply()
        .await;
    assert_eq!(
        machine.calls(),
        [
            "pre=1", "h=6", "svc=1", "task=1", "i=6", "j=1", "post=1", "h=7"
        ]
    );
    assert_eq!(story.lines().last().unwrap(), "k: skipped NotNotified");
    assert_eq!(story.lines().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn handlers_may_be_flushed_at_once_and_run_again_when_notified_again() {
    let machine = Arc::new(Machine::with(&[("h", 5)]));
    Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    notify: h
  - meta: flush_handlers
  - wish: {name: y, value: 1}
  - wish: {name: z, value: 1}
    notify: h
handlers:
  - wish: {name: h, manner: restart}
",
        )
        .apply()
        .await;
    assert_eq!(machine.calls(), ["x=1", "h=6", "y=1", "z=1", "h=7"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_notify_another_whatever_their_order() {
    let machine = Arc::new(Machine::with(&[]));
    Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: x, value: 1}
    notify: second
handlers:
  - wish: {name: first, value: 1}
  - wish: {name: second, value: 1}
    notify: first
",
        )
        .apply()
        .await;
    assert_eq!(machine.calls(), ["x=1", "second=1", "first=1"]);
}

#[tokio::test(start_paused = true)]
async fn forced_handlers_run_although_the_host_failed() {
    for (force, last) in [
        ("true", "h: changed"),
        ("false", "h: skipped EarlierFailure"),
    ] {
        let mut machine = Machine::with(&[]);
        machine.refuses.insert("bad");
        let story = Rig::on(&Arc::new(machine))
            .play(&format!(
                "force_handlers: {force}
pre_tasks:
  - wish: {{name: x, value: 1}}
    notify: h
  - wish: {{name: bad, value: 1}}
tasks:
  - wish: {{name: y, value: 1}}
handlers:
  - wish: {{name: h, value: 1}}
"
            ))
            .apply()
            .await;
        let lines = story.lines();
        assert!(lines.contains(&last.to_owned()), "{lines:?}");
        assert!(lines.contains(&"y: skipped EarlierFailure".to_owned()));
        assert_eq!(story.recap.failed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn check_mode_tells_what_each_section_would_do() {
    let machine = Arc::new(Machine::with(&[("h", 5)]).read_only());
    let story = Rig::on(&machine)
        .play(
            "pre_tasks:
  - wish: {name: x, value: 1, restart: svc}
    notify: h
post_tasks:
  - wish: {name: y, value: 1}
handlers:
  - wish: {name: h, value: 1}
",
        )
        .check()
        .await;
    assert_eq!(
        story.lines(),
        [
            "x: drifted",
            "h: drifted",
            "restart svc (needed by wish.x): drifted",
            "y: drifted"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_included_file_is_done_for_each_item_with_what_it_is_handed() {
    let machine = Arc::new(Machine::with(&[]));
    let story = Rig::on(&machine)
        .file(
            "set.yml",
            "- wish: {name: '{{ item }}', value: '{{ number }}'}
  name: 'set {{ item }}'
  register: r
- block:
    - wish: {name: 'more-{{ item }}', value: 1}
      name: 'more {{ item }}'
      when: r.changed and item != 'b'
",
        )
        .play(
            "tasks:
  - include_tasks: '{{ which }}.yml'
    loop: [a, b]
    vars: {number: '{{ base + 1 }}', which: set}
  - debug: '{{ number is defined }}'
vars: {base: 6}
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "include_tasks [a]: compliant",
            "set a: changed",
            "more a: changed",
            "include_tasks [b]: compliant",
            "set b: changed",
            "more b: skipped Condition(\"r.changed and item != 'b'\")",
            "debug: compliant \"false\""
        ]
    );
    assert_eq!(machine.calls(), ["a=7", "more-a=1", "b=7"]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_file_fails_the_task() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .play("tasks:\n  - include_tasks: gone.yml\n  - ping:\n")
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        ["include_tasks: failed", "ping: skipped EarlierFailure"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_that_includes_itself_ends_in_a_failure() {
    let story = Rig::on(&Arc::new(Machine::with(&[])))
        .file("round.yml", "- include_tasks: round.yml\n")
        .play("tasks:\n  - include_tasks: round.yml\n")
        .apply()
        .await;
    assert_eq!(story.lines().last().unwrap(), "include_tasks: failed");
    assert!(story.lines().len() < 100);
}

#[tokio::test(start_paused = true)]
async fn included_variables_are_templates_and_beat_those_of_the_task() {
    let mut rig = Rig::on(&Arc::new(Machine::with(&[]))).play(
        "vars: {base: 1, word: play}
tasks:
  - include_vars: more.yml
  - include_vars: {file: more.yml, name: whole}
  - debug: '{{ word }} {{ sum }} {{ whole.word }}'
    vars: {word: task}
",
    );
    rig.variables
        .insert("more.yml", "{word: file, sum: '{{ base + 1 }}'}");
    let story = rig.apply().await;
    assert_eq!(story.lines()[2], "debug: compliant \"file 2 file\"");
}

#[tokio::test(start_paused = true)]
async fn debug_is_silent_below_its_verbosity() {
    let play = "tasks:\n  - debug: {msg: hello, verbosity: 2}\n    register: r\n  - debug: '{{ r.skipped is defined }}'\n";
    for (verbosity, first) in [
        (0, "debug: skipped Condition(\"verbosity >= 2\")"),
        (2, "debug: compliant \"hello\""),
    ] {
        let mut rig = Rig::on(&Arc::new(Machine::with(&[]))).play(play);
        rig.verbosity = verbosity;
        assert_eq!(rig.apply().await.lines()[0], first);
    }
}
