//! Facts about waivers: what is accepted is looked at, left as it is, and counts as nothing bad.

use std::sync::Arc;

use rdpfix::event::Counts;
use rdpfix::event::HostStatus;
use rdpfix::event::Status;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::Story;

/// `name: waived` for each result, in order.
fn statuses(story: &Story) -> Vec<String> {
    let results = story.results().into_iter();
    results
        .map(|result| format!("{}: {}", result.task, result.status().word()))
        .collect()
}

fn machine() -> Arc<Machine> {
    Arc::new(Machine::with(&[("one", 1), ("two", 1)]))
}

const TWO: &str = "
tasks:
  - wish: {name: one, value: 2}
    control: FIRST
    notify: follow
  - wish: {name: two, value: 2}
    control: SECOND
handlers:
  - name: follow
    wish: {name: three, value: 3}
";

#[tokio::test]
async fn a_waived_control_is_looked_at_and_never_changed() {
    let machine = machine();
    let rig = Rig::on(&machine).play(TWO).waiver("FIRST", "a", 30);
    let story = rig.apply().await;
    assert_eq!(
        statuses(&story),
        ["one: waived", "two: changed", "follow: skipped"]
    );
    let values = machine.values.lock().unwrap().clone();
    assert_eq!((values["one"], values["two"]), (1, 2));
    assert!(!values.contains_key("three"), "a handler ran");
    let host = story.host("a");
    assert_eq!(host.status, HostStatus::Ok);
    let counts = Counts {
        changed: 1,
        skipped: 1,
        waived: 1,
        ..Counts::default()
    };
    assert_eq!(host.counts, counts);
    assert_eq!((story.recap.ok, story.recap.drifted), (1, 0));
}

#[tokio::test]
async fn results_carry_their_control_and_their_waiver() {
    let rig = Rig::on(&machine()).play(TWO).waiver("FIRST", "a", 30);
    let story = rig.check().await;
    let results = story.results();
    assert_eq!(&*results[0].control_id(), "FIRST");
    assert_eq!(&*results[0].waiver.as_ref().unwrap().owner, "ops");
    assert_eq!(&*results[1].control_id(), "SECOND");
    assert_eq!(results[1].waiver, None);
    assert_eq!(story.host("a").status, HostStatus::Drifted);
}

#[tokio::test]
async fn in_check_mode_only_waived_differences_are_no_drift() {
    let rig = Rig::on(&machine())
        .play(TWO)
        .waiver("FIRST", "a", 30)
        .waiver("SECOND", "a", 0);
    let story = rig.check().await;
    assert_eq!(
        statuses(&story),
        ["one: waived", "two: waived", "follow: skipped"]
    );
    assert_eq!(story.host("a").status, HostStatus::Ok);
    assert_eq!(story.recap.drifted, 0);
}

#[tokio::test]
async fn an_expired_waiver_waives_nothing() {
    let machine = machine();
    let rig = Rig::on(&machine).play(TWO).waiver("FIRST", "a", -1);
    let story = rig.check().await;
    assert_eq!(story.results()[0].status(), Status::WouldChange);
    assert!(story.results()[0].waiver.is_some());
    let story = rig.apply().await;
    assert_eq!(
        statuses(&story),
        ["one: changed", "two: changed", "follow: changed"]
    );
    assert_eq!(machine.values.lock().unwrap()["one"], 2);
}

#[tokio::test]
async fn a_waiver_is_for_its_hosts_only() {
    let (one, other) = (machine(), machine());
    let rig = Rig::on(&one).host("b", &other).play(TWO);
    let story = rig.waiver("FIRST", "all:!b", 30).apply().await;
    assert_eq!(story.host("a").counts.waived, 1);
    assert_eq!(story.host("b").counts.waived, 0);
    assert_eq!(one.values.lock().unwrap()["one"], 1);
    assert_eq!(other.values.lock().unwrap()["one"], 2);
}

#[tokio::test]
async fn what_is_compliant_under_a_waiver_is_ok_and_what_fails_has_failed() {
    let machine = Arc::new(Machine::with(&[("one", 2), ("two", 1)]));
    let rig = Rig::on(&machine).play(
        "tasks:
  - wish: {name: one, value: 2}
    control: FIRST
  - assert: {that: false}
    control: SECOND
    ignore_errors: true
  - wish: {name: two, value: 2, manner: panic}
    control: THIRD
",
    );
    let rig = ["FIRST", "SECOND", "THIRD"]
        .into_iter()
        .fold(rig, |rig, control| rig.waiver(control, "a", 30));
    let story = rig.apply().await;
    assert_eq!(
        statuses(&story),
        ["one: ok", "assert: failed", "two: failed"]
    );
    assert!(matches!(story.host("a").status, HostStatus::Failed { .. }));
}

#[tokio::test]
async fn what_group_policy_owns_can_be_waived() {
    let rig = Rig::on(&machine()).play(
        "tasks:
  - wish: {name: one, value: 2, manner: policy}
    control: FIRST
",
    );
    let story = rig.check().await;
    assert_eq!(statuses(&story), ["one: overridden"]);
    let story = rig.waiver("FIRST", "a", 30).check().await;
    assert_eq!(statuses(&story), ["one: waived"]);
    assert_eq!(story.host("a").status, HostStatus::Ok);
}

#[tokio::test]
async fn nothing_follows_from_what_is_waived() {
    // A later task sees the host as it is, not as the waived task would have made it; a service is not restarted.
    let play = "tasks:
  - wish: {name: one, value: 2, restart: TermService}
    control: FIRST
    register: r
  - wish: {name: one, value: 1}
  - debug: '{{ r.changed }}'
  - wish: {name: two, value: 2}
    when: r.changed
";
    for rig in [
        Rig::on(&machine()).play(play).waiver("FIRST", "a", 30),
        Rig::on(&machine()).play(play).waiver("FIRST", "all", 10),
    ] {
        for story in [rig.check().await, rig.apply().await] {
            assert_eq!(
                story.lines(),
                [
                    "one: drifted",
                    "one: compliant",
                    "debug: compliant \"false\"",
                    "two: skipped Condition(\"r.changed\")",
                ]
            );
        }
    }
}

#[tokio::test]
async fn a_waived_task_that_a_person_has_to_do_brings_no_rescue() {
    let play = "tasks:
  - block:
      - wish: {name: one, value: 2, manner: manual}
        control: FIRST
    rescue:
      - wish: {name: two, value: 2}
";
    let rig = Rig::on(&machine()).play(play).waiver("FIRST", "a", 30);
    for story in [rig.check().await, rig.apply().await] {
        assert_eq!(statuses(&story), ["one: waived"]);
    }
}

#[tokio::test]
async fn a_note_is_told_with_a_difference_that_counts() {
    let play = "tasks:
  - wish: {name: one, value: 2}
    check_mode: true
    control: FIRST
    note: think first
  - wish: {name: two, value: 1}
    control: SECOND
    note: think first
";
    let rig = Rig::on(&machine()).play(play);
    let told = rig.apply().await.lines();
    assert_eq!(told, ["one: drifted \"think first\"", "two: compliant"]);
    let told = rig.waiver("FIRST", "a", 30).apply().await.lines();
    assert_eq!(told, ["one: drifted", "two: compliant"]);
}

#[tokio::test]
async fn of_several_waivers_the_one_that_holds_longest_counts() {
    let rig = Rig::on(&machine())
        .play(TWO)
        .waiver("FIRST", "a", -5)
        .waiver("FIRST", "all", 5)
        .waiver("FIRST", "a*", -1);
    let story = rig.check().await;
    assert_eq!(statuses(&story)[0], "one: waived");
}
