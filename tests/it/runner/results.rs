//! Facts about results as variables: `register`, `when`, `set_fact`, loops.

use std::sync::Arc;

use super::fake::Machine;
use super::fake::Rig;

fn machine() -> Arc<Machine> {
    Arc::new(Machine::with(&[("one", 1), ("two", 2)]))
}

/// What a play tells when it is applied to a host where `one` is 1 and `two` is 2.
async fn applied(play: &str) -> Vec<String> {
    Rig::on(&machine()).play(play).apply().await.lines()
}

#[tokio::test(start_paused = true)]
async fn a_registered_result_decides_about_a_later_task() {
    let lines = applied(
        "tasks:
  - wish: {name: one, value: 1}
    register: same
  - wish: {name: two, value: 3}
    register: other
  - wish: {name: a, value: 1}
    when: same.changed
  - wish: {name: b, value: 1}
    when: [other.changed, not other.failed]
",
    )
    .await;
    assert_eq!(
        lines,
        [
            "one: compliant",
            "two: changed",
            "a: skipped Condition(\"same.changed\")",
            "b: changed"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_result_tells_what_was_before_and_after() {
    let lines = applied(
        "tasks:
  - wish: {name: two, value: 3}
    register: r
  - debug: '{{ r.before.two }} {{ r.after.two }} {{ r.two }} {{ r.diff.before.two }}'
",
    )
    .await;
    assert_eq!(lines[1], "debug: compliant \"2 3 3 2\"");
}

#[tokio::test(start_paused = true)]
async fn a_skipped_task_registers_that_it_was_skipped() {
    let lines = applied(
        "tasks:
  - wish: {name: one, value: 5}
    when: false
    register: r
  - debug: '{{ r.skipped }} {{ r.changed }} {{ r.false_condition }}'
",
    )
    .await;
    assert_eq!(lines[1], "debug: compliant \"True False false\"");
}

#[tokio::test(start_paused = true)]
async fn a_loop_has_a_result_for_each_item_and_one_variable() {
    let lines = applied(
        "tasks:
  - wish: {name: '{{ item.name }}', value: '{{ item.value }}'}
    name: set
    loop: [{name: one, value: 1}, {name: two, value: 5}, {name: three, value: 6}]
    loop_control: {label: '{{ item.name }}', index_var: at}
    when: item.name != 'three'
    register: r
  - debug: '{{ r.changed }} {{ r.results | length }} {{ r.results[1].item.value }} {{ r.results[1].at }} {{ r.results[2].skipped }} {{ r.results[0].ansible_loop_var }}'
",
    )
    .await;
    assert_eq!(
        lines,
        [
            "set [one]: compliant",
            "set [two]: changed",
            "set [three]: skipped Condition(\"item.name != 'three'\")",
            "debug: compliant \"True 3 5 1 True item\""
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn all_items_of_a_loop_are_tried_although_one_fails() {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("b");
    let story = Rig::on(&Arc::new(machine))
        .play(
            "tasks:
  - wish: {name: '{{ item }}', value: 1}
    name: set
    loop: [a, b, c]
  - wish: {name: later, value: 1}
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        [
            "set [a]: changed",
            "set [b]: failed",
            "set [c]: changed",
            "later: skipped EarlierFailure"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_loop_without_items_is_skipped() {
    let lines = applied(
        "tasks:
  - wish: {name: one, value: 5}
    loop: []
    register: r
  - debug: '{{ r.skipped }} {{ r.results | length }} {{ r.skipped_reason }}'
",
    )
    .await;
    assert_eq!(
        lines,
        [
            "one: skipped NoItems",
            "debug: compliant \"True 0 No items in the list\""
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_condition_without_an_item_spares_the_loop() {
    let lines = applied(
        "tasks:
  - wish: {name: one, value: 5}
    loop: '{{ nowhere }}'
    when: nowhere is defined
",
    )
    .await;
    assert_eq!(lines, ["one: skipped Condition(\"nowhere is defined\")"]);
}

#[tokio::test(start_paused = true)]
async fn the_items_of_a_loop_may_come_from_a_result() {
    let lines = applied(
        "tasks:
  - wish: {name: '{{ item }}', value: 9}
    name: first
    loop: [one, two]
    register: r
  - debug: '{{ item.item }} {{ item.changed }}'
    loop: '{{ r.results }}'
    loop_control: {label: '{{ item.item }}'}
",
    )
    .await;
    assert_eq!(
        lines[2..],
        [
            "debug [one]: compliant \"one True\"",
            "debug [two]: compliant \"two True\""
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn facts_are_set_one_after_the_other_and_last_into_later_plays() {
    let story = Rig::on(&machine())
        .play(
            "vars: {sum: 0}
tasks:
  - set_fact: {sum: '{{ sum + item }}'}
    loop: [1, 2, 3]
  - wish: {name: two, value: '{{ sum }}'}
    name: two
",
        )
        .play(
            "vars: {sum: 100}
tasks:
  - debug: '{{ sum }}'
",
        )
        .apply()
        .await;
    assert_eq!(
        story.lines()[3..],
        ["two: changed", "debug: compliant \"6\""]
    );
}

#[tokio::test(start_paused = true)]
async fn variables_of_a_task_are_its_own() {
    let lines = applied(
        "vars: {word: play}
tasks:
  - debug: '{{ word }}'
    vars: {word: task}
  - debug: '{{ word }}'
",
    )
    .await;
    assert_eq!(
        lines,
        ["debug: compliant \"task\"", "debug: compliant \"play\""]
    );
}

#[tokio::test(start_paused = true)]
async fn magic_variables_tell_about_the_run() {
    let story = Rig::on(&machine())
        .host("b.corp", &machine())
        .play(
            "tasks:
  - debug: '{{ inventory_hostname }} {{ inventory_hostname_short }} {{ ansible_play_hosts | join(\"+\") }} {{ ansible_check_mode }}'
",
        )
        .check()
        .await;
    let lines = story.lines();
    assert!(
        lines.contains(&"debug: compliant \"a a a+b.corp True\"".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"debug: compliant \"b.corp b a+b.corp True\"".to_owned()),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_may_hold_templates() {
    let lines = applied(
        "vars: {who: world}
tasks:
  - ping:
    name: hello {{ who }}
  - ping:
    name: hello {{ nobody }}
",
    )
    .await;
    assert_eq!(
        lines,
        ["hello world: compliant", "hello {{ nobody }}: compliant"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_variable_is_missing_fails_and_says_where() {
    let story = Rig::on(&machine())
        .play("tasks:\n  - debug: '{{ nowhere }}'\n  - ping:\n")
        .apply()
        .await;
    assert_eq!(
        story.lines(),
        ["debug: failed", "ping: skipped EarlierFailure"]
    );
    let status = format!("{:?}", story.host("a").status);
    assert!(
        status.contains("undefined variable `nowhere` (play.yml:2:16)"),
        "{status}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_result_is_looked_at_together_before_the_first_task() {
    let machine = machine();
    Rig::on(&machine)
        .play(
            "tasks:
  - wish: {name: one, value: 1}
    register: r
  - debug: '{{ r.changed }}'
  - wish: {name: two, value: 2}
    when: not r.changed
  - wish: {name: '{{ item }}', value: 2}
    loop: [two, three]
    check_mode: true
post_tasks:
  - wish: {name: three, value: 2}
    check_mode: true
",
        )
        .check()
        .await;
    let names: Vec<String> = machine
        .reads()
        .iter()
        .map(|read| read.replace(r"HKLM\Fake\", ""))
        .collect();
    // `two` is wanted by a task that waits for a result and by one that does not: asked once.
    assert_eq!(names, ["one", "two", "three"]);
}
