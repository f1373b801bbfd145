//! Facts about what is kept of the results of runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use rdpfix::cim::Value;
use rdpfix::control::Waiver;
use rdpfix::event::Event;
use rdpfix::event::TaskResult;
use rdpfix::event::Turn;
use rdpfix::history::History;
use rdpfix::history::HostState;
use rdpfix::history::Recorder;
use rdpfix::history::State;
use rdpfix::history::view::HostView;
use rdpfix::plan::Outcome;
use rusqlite::Connection;

use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::change;
use super::run::drifted;
use super::run::failed;
use super::run::lost;
use super::run::nla;
use super::run::proven;
use super::run::refuted;
use super::run::result;
use super::run::ruled;
use super::run::run;
use super::run::run_of;
use super::run::skipped;
use super::run::tell;
use super::run::unknown;
use super::run::visit;

pub(super) const NLA: &str = "RDP-NLA";

pub(super) fn seen(store: &Store, host: &str) -> HostView {
    store.open().host(host, 100).unwrap().unwrap()
}

pub(super) fn one(number: u64, minute: i64, outcome: Outcome) -> Vec<Event> {
    run(
        number,
        minute,
        &[Visit::new("a", vec![ruled(NLA, outcome)])],
    )
}

/// The states of the control with the minutes at which they began, oldest first.
fn states(store: &Store) -> Vec<(State, jiff::Timestamp)> {
    let intervals = store.open().intervals("a", NLA, 100).unwrap();
    let states = intervals.iter().rev();
    states.map(|held| (held.state, held.since)).collect()
}

#[test]
fn equal_states_are_one_interval() {
    let store = Store::new();
    for number in 1..=5 {
        let minute = i64::try_from(number).unwrap() * 10;
        assert_eq!(store.record(&one(number, minute, Outcome::Compliant)), []);
    }
    let rows: i64 = Connection::open(store.path())
        .unwrap()
        .query_row("SELECT count(*) FROM intervals", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
    let intervals = store.open().intervals("a", NLA, 100).unwrap();
    assert_eq!(intervals[0].since, at(10));
    assert_eq!(intervals[0].until, None);
    assert_eq!(intervals[0].last_seen, at(50));
}

#[test]
fn drift_that_begins_and_ends_is_told_once_each_with_its_beginning() {
    let store = Store::new();
    assert_eq!(store.record(&one(1, 10, Outcome::Compliant)), []);
    let began = store.record(&one(2, 20, drifted()));
    assert_eq!(began.len(), 1);
    assert_eq!(&*began[0].control, NLA);
    assert_eq!(began[0].turn, Turn::Began);
    assert_eq!((began[0].since, began[0].at), (at(10), at(20)));
    assert_eq!(store.record(&one(3, 30, drifted())), []);
    let ended = store.record(&one(4, 40, Outcome::Changed(nla())));
    assert_eq!(ended[0].turn, Turn::Ended);
    assert_eq!((ended[0].since, ended[0].at), (at(20), at(40)));
    assert_eq!(
        states(&store),
        [
            (State::Compliant, at(10)),
            (State::Drift, at(20)),
            (State::Compliant, at(40))
        ]
    );
}

#[test]
fn what_drifted_at_the_first_look_has_not_begun_to() {
    let store = Store::new();
    assert_eq!(store.record(&one(1, 10, drifted())), []);
    let days = store.open().days(at(10), 1, None).unwrap();
    assert_eq!((days[0].found, days[0].began, days[0].drifting), (1, 0, 1));
}

#[test]
fn a_failure_says_nothing_about_drift() {
    let store = Store::new();
    store.record(&one(1, 10, Outcome::Compliant));
    assert_eq!(store.record(&one(2, 20, failed())), []);
    assert_eq!(store.record(&one(3, 30, unknown())), []);
    let began = store.record(&one(4, 40, drifted()));
    assert_eq!((began[0].turn, began[0].since), (Turn::Began, at(10)));
    assert_eq!(store.record(&one(5, 50, failed())), []);
    assert_eq!(store.record(&one(6, 60, drifted())), []);
}

#[test]
fn another_detail_is_another_interval_of_the_same_state() {
    let store = Store::new();
    let listens_on = |from: u32| {
        let from = Value::from(from);
        Outcome::Drifted(vec![change("port", from, Value::from(3389_u32))])
    };
    store.record(&one(1, 10, listens_on(3390)));
    store.record(&one(2, 20, listens_on(3391)));
    assert_eq!(
        states(&store),
        [(State::Drift, at(10)), (State::Drift, at(20))]
    );
    let view = seen(&store, "a");
    let control = &view.controls[0];
    assert_eq!((control.since, control.detail_since), (at(10), at(20)));
    let part = &control.detail.as_ref().unwrap().parts[0];
    assert_eq!(part.before["port"], 3391);
    assert_eq!(part.after["port"], 3389);
    assert_eq!(part.decided_by.as_deref(), Some("local"));
}

#[test]
fn a_waiver_ends_drift_and_its_end_begins_it() {
    let store = Store::new();
    let waived = |outcome: Outcome| {
        let waiver = Waiver {
            hosts: "all".into(),
            control: NLA.into(),
            owner: "ops".into(),
            reason: "old clients".into(),
            expires: date(2099, 1, 1),
        };
        TaskResult {
            waiver: Some(Arc::new(waiver)),
            ..ruled(NLA, outcome)
        }
    };
    store.record(&one(1, 10, drifted()));
    let visit = Visit::new("a", vec![waived(drifted())]);
    let shifts = store.record(&run(2, 20, &[visit]));
    assert_eq!(shifts[0].turn, Turn::Ended);
    let view = seen(&store, "a");
    assert_eq!(view.host.state, HostState::Waived);
    let note = view.controls[0].detail.as_ref().unwrap().waiver.clone();
    assert_eq!(note.unwrap().owner, "ops");
    let waivers = store.open().waivers(10).unwrap();
    assert_eq!((waivers[0].waived, waivers[0].first_seen), (1, at(20)));
    assert_eq!(store.record(&one(3, 30, drifted()))[0].turn, Turn::Began);
}

#[test]
fn several_results_of_a_control_are_the_worst_of_them() {
    let store = Store::new();
    let results = vec![
        ruled(NLA, Outcome::Compliant),
        ruled(NLA, drifted()),
        ruled(
            NLA,
            Outcome::Drifted(vec![change("port", Value::Null, Value::from(3389_u32))]),
        ),
        ruled(NLA, unknown()),
    ];
    store.record(&run(1, 10, &[Visit::new("a", results)]));
    let view = seen(&store, "a");
    assert_eq!(view.controls.len(), 1);
    assert_eq!(view.controls[0].state, State::Drift);
    assert_eq!(view.controls[0].detail.as_ref().unwrap().parts.len(), 2);
}

#[test]
fn only_resources_and_tasks_with_a_control_are_controls() {
    let store = Store::new();
    let handler = TaskResult {
        handler: true,
        ..result("service", "TermService", Outcome::Changed(nla()))
    };
    let rule = TaskResult {
        control: ruled(NLA, Outcome::Compliant).control,
        ..result("assert", "", Outcome::Compliant)
    };
    let results = vec![
        result("debug", "", Outcome::Compliant),
        result("set_fact", "", Outcome::Changed(Vec::new())),
        result("assert", "", failed()),
        result("service", "TermService", skipped()),
        result("rdp_listener", "RDP-Tcp", lost()),
        result("rdp_access", "", Outcome::Compliant),
        handler,
        rule,
    ];
    store.record(&run(1, 10, &[Visit::new("a", results)]));
    let view = seen(&store, "a");
    let controls: Vec<&str> = view.controls.iter().map(|c| c.control.as_str()).collect();
    assert_eq!(controls, [NLA, "rdp_access"]);
    // What a handler changes is kept all the same.
    assert_eq!(view.changes.len(), 1);
    assert_eq!(view.changes[0].control, "service:TermService");
}

#[test]
fn what_a_correction_that_did_not_last_changed_is_kept() {
    let store = Store::new();
    let moved = |from: u32| change("port", Value::from(from), Value::from(3389_u32));
    let outcome = Outcome::Unconverged {
        left: vec![moved(3391)],
        made: vec![nla().remove(0), moved(3390)],
    };
    store.record(&one(1, 10, outcome));
    let view = seen(&store, "a");
    assert_eq!(view.controls[0].state, State::Failed);
    let part = &view.controls[0].detail.as_ref().unwrap().parts[0];
    assert_eq!(part.before["port"], 3391, "what is left");
    let mut before: Vec<_> = view.changes.iter().map(|change| &change.before).collect();
    before.sort_by_key(ToString::to_string);
    assert_eq!(before, [&serde_json::json!(3390), &false.into()]);
}

#[test]
fn what_was_changed_is_kept_with_what_was_there_before() {
    let store = Store::new();
    let long = "x".repeat(5_000);
    let changes = vec![
        change("port", Value::Null, Value::from(3389_u32)),
        change("text", Value::from(long.as_str()), Value::from("short")),
    ];
    store.record(&one(1, 10, Outcome::Changed(changes)));
    let view = seen(&store, "a");
    assert_eq!(view.host.state, HostState::Compliant);
    let [text, port] = view.changes.as_slice() else {
        panic!("{:?}", view.changes);
    };
    assert_eq!(
        (&port.before, &port.after),
        (&serde_json::Value::Null, &3389.into())
    );
    assert_eq!(text.before, long, "what brings a state back is never cut");
    assert_eq!((text.at, text.property.as_str()), (at(10), "text"));
    let run = store.open().run(&text.run).unwrap().unwrap();
    assert_eq!(run.corrected, 2);
    assert_eq!(store.open().changes_of(&run.run, 10).unwrap().len(), 2);
    assert_eq!(store.open().days(at(10), 1, None).unwrap()[0].corrected, 2);
}

#[test]
fn a_control_that_a_run_did_not_look_at_keeps_its_last_sight() {
    let store = Store::new();
    let both = |number, minute| {
        let results = vec![ruled(NLA, Outcome::Compliant), ruled("RDP-TLS", drifted())];
        run(number, minute, &[Visit::new("a", results)])
    };
    store.record(&both(1, 10));
    store.record(&one(2, 20, Outcome::Compliant));
    let last = |store: &Store| {
        let view = seen(store, "a");
        let sight = |name: &str| {
            let control = view.controls.iter().find(|c| c.control == name);
            control.unwrap().last_seen
        };
        (sight(NLA), sight("RDP-TLS"))
    };
    assert_eq!(last(&store), (at(20), at(10)));
    store.record(&both(3, 30));
    assert_eq!(last(&store), (at(30), at(30)));
    assert_eq!(seen(&store, "a").past, []);
}

#[test]
fn jobs_with_different_controls_do_not_disturb_each_other() {
    let store = Store::new();
    for round in 0..4 {
        let visits = [Visit::new("a", vec![ruled(NLA, Outcome::Compliant)])];
        store.record(&run_of(
            Some("one"),
            1 + 2 * round,
            at_minute(round),
            &visits,
        ));
        let visits = [Visit::new("a", vec![ruled("RDP-TLS", drifted())])];
        store.record(&run_of(
            Some("two"),
            2 + 2 * round,
            at_minute(round) + 1,
            &visits,
        ));
    }
    let view = seen(&store, "a");
    let told: Vec<_> = view
        .controls
        .iter()
        .map(|control| (control.control.as_str(), control.since, control.last_seen))
        .collect();
    assert_eq!(told, [("RDP-TLS", at(11), at(41)), (NLA, at(10), at(40))]);
    assert_eq!(view.past, []);
}

fn at_minute(round: u64) -> i64 {
    10 * (i64::try_from(round).unwrap() + 1)
}

#[test]
fn a_control_is_last_seen_by_the_job_that_still_looks_at_it() {
    let store = Store::new();
    let visits = || [Visit::new("a", vec![ruled(NLA, Outcome::Compliant)])];
    store.record(&run_of(Some("gone"), 1, 10, &visits()));
    for round in 1..4 {
        store.record(&run_of(
            Some("stays"),
            1 + round,
            at_minute(round),
            &visits(),
        ));
    }
    assert_eq!(seen(&store, "a").controls[0].last_seen, at(40));
}

#[test]
fn whether_a_client_can_connect_is_a_control() {
    let store = Store::new();
    let visit = |proof| [Visit::new("a", Vec::new()).with_proof(proof)];
    store.record(&run(1, 10, &visit(proven("AA", 500))));
    let shifts = store.record(&run(2, 20, &visit(refuted())));
    assert_eq!(
        (&*shifts[0].control, shifts[0].turn),
        ("rdp-proof", Turn::Began)
    );
    let view = seen(&store, "a");
    assert_eq!(view.controls[0].state, State::Drift);
    assert_eq!(
        view.controls[0].title.as_deref(),
        Some("a client can connect")
    );
    let reason = view.controls[0].detail.as_ref().unwrap().reason();
    assert_eq!(reason, Some("nothing answers on port 3389"));
}

#[test]
fn certificates_are_intervals() {
    let store = Store::new();
    let visit = |proof| [Visit::new("a", Vec::new()).with_proof(proof)];
    store.record(&run(1, 10, &visit(proven("AA", 500))));
    store.record(&run(2, 20, &visit(proven("AA", 500))));
    store.record(&run(3, 30, &visit(refuted())));
    store.record(&run(4, 40, &visit(proven("BB", 900))));
    let shown = seen(&store, "a").certificates;
    assert_eq!(shown.len(), 2);
    assert_eq!((shown[0].thumbprint.as_str(), shown[0].until), ("BB", None));
    assert_eq!((shown[1].since, shown[1].until), (at(10), Some(at(40))));
    assert_eq!(shown[1].last_seen, at(20));
    let before = |minute| store.open().certificates(at(minute), (0, 10)).unwrap();
    assert_eq!(
        before(600).total,
        0,
        "the one that ends then is not shown any more"
    );
    assert_eq!(before(901).certificates[0].thumbprint, "BB");
}

#[test]
fn a_clock_that_goes_back_makes_no_interval_negative() {
    let store = Store::new();
    store.record(&one(1, 1_000, Outcome::Compliant));
    store.record(&one(2, 500, drifted()));
    store.record(&one(3, 400, Outcome::Compliant));
    store.record(&one(4, 1_100, drifted()));
    let intervals = store.open().intervals("a", NLA, 10).unwrap();
    assert_eq!(intervals.len(), 4);
    for pair in intervals.windows(2) {
        assert_eq!(pair[1].until, Some(pair[0].since));
        assert!(pair[1].since < pair[0].since, "{pair:?}");
        assert!(pair[1].last_seen >= pair[1].since);
    }
    assert_eq!(intervals[0].since, at(1_100));
    for run in store.open().runs(None, None, 10).unwrap() {
        assert!(run.ended.unwrap() >= run.started);
    }
}

#[test]
fn a_run_that_was_killed_is_there_without_an_end() {
    let store = Store::new();
    let mut events = one(1, 10, Outcome::Compliant);
    events.pop();
    store.record(&events);
    let run = store.open().runs(None, None, 1).unwrap().remove(0);
    assert_eq!((run.ended, run.recap, run.heard), (None, None, at(10)));
    assert_eq!(seen(&store, "a").controls.len(), 1);
}

#[test]
fn nothing_is_kept_of_a_host_whose_turn_did_not_end() {
    let store = Store::new();
    let mut recorder = Recorder::new(store.open());
    let mut events = one(1, 10, Outcome::Compliant);
    events.truncate(events.len() - 2);
    recorder.pass(&mut events).unwrap();
    assert_eq!(store.open().host("a", 1).unwrap(), None);
}

#[test]
fn shifts_stand_before_the_end_of_their_host() {
    let store = Store::new();
    store.record(&run(1, 10, &both(&Outcome::Compliant)));
    let mut recorder = Recorder::new(store.open());
    let mut events = run(2, 20, &both(&drifted()));
    recorder.pass(&mut events).unwrap();
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::Shift(shift) => Some(format!("{} turns", shift.host)),
            Event::Drift(drift) => Some(format!("{} differs", drift.host)),
            Event::HostEnd(summary) => Some(format!("{} ends", summary.host)),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            "a turns",
            "a differs",
            "a ends",
            "b turns",
            "b differs",
            "b ends"
        ]
    );
    let run = store.open().runs(None, None, 1).unwrap().remove(0);
    assert_eq!((run.began, run.mended), (2, 0));
}

#[test]
fn drift_is_told_with_its_beginning_for_as_long_as_it_lasts() {
    let store = Store::new();
    let mut told = Vec::new();
    for (number, minute, outcome) in [
        (1, 10, Outcome::Compliant),
        (2, 20, drifted()),
        (3, 30, drifted()),
        (4, 40, Outcome::Compliant),
    ] {
        let mut recorder = Recorder::new(store.open());
        let mut events = one(number, minute, outcome);
        recorder.pass(&mut events).unwrap();
        told.extend(events.into_iter().filter_map(|event| match event {
            Event::Drift(drift) => Some((number, drift.since)),
            _ => None,
        }));
    }
    assert_eq!(told, [(2, at(20)), (3, at(20))]);
}

fn both(outcome: &Outcome) -> [Visit; 2] {
    ["a", "b"].map(|host| Visit::new(host, vec![ruled(NLA, outcome.clone())]))
}

#[test]
fn what_could_not_be_recorded_is_counted_once_when_it_is_told_again() {
    let store = Store::new();
    store.record(&one(1, 10, Outcome::Compliant));
    let other = Connection::open(store.path()).unwrap();
    let opened = History::open_within(&store.path(), at(0), Duration::from_millis(20)).unwrap();
    let mut recorder = Recorder::new(opened.history);
    let visit = Visit::new("a", vec![ruled(NLA, Outcome::Changed(nla()))]).with_proof(refuted());
    let whole = run(2, 20, &[visit]);
    let mut rest = whole.clone();
    recorder.pass(&mut rest.drain(..1).collect()).unwrap();
    let told = rest.clone();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    recorder.pass(&mut rest).unwrap_err();
    assert_eq!(rest, told);
    other.execute_batch("ROLLBACK").unwrap();
    recorder.pass(&mut rest).unwrap();
    assert_eq!(seen(&store, "a").changes, [], "the run is over for it");
    recorder.pass(&mut whole.clone()).unwrap();
    let view = seen(&store, "a");
    assert_eq!(view.changes.len(), 1);
    let proof = view.controls.iter().find(|c| c.control == "rdp-proof");
    let detail = proof.unwrap().detail.as_ref().unwrap();
    assert_eq!(detail.parts.len(), 1);
}

#[test]
fn two_runs_at_once_share_the_store() {
    let store = Store::new();
    let mut one = Recorder::new(store.open());
    let mut other = Recorder::new(store.open());
    let results = || vec![ruled(NLA, drifted())];
    let (first, second) = (Visit::new("a", results()), Visit::new("b", results()));
    tell(&mut one, &super::run::start(1, 10, Some("x"))).unwrap();
    tell(&mut other, &super::run::start(2, 10, Some("y"))).unwrap();
    for (mine, theirs) in visit(11, &first).iter().zip(&visit(11, &second)) {
        tell(&mut one, mine).unwrap();
        tell(&mut other, theirs).unwrap();
    }
    for recorder in [&mut one, &mut other] {
        tell(recorder, &super::run::end(12)).unwrap();
    }
    let fleet = store.open().fleet(at(12)).unwrap();
    assert_eq!((fleet.hosts, fleet.cells.drift), (2, 2));
    assert_eq!(store.open().runs(Some("x"), None, 9).unwrap().len(), 1);
}
