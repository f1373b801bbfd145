//! Facts about what can be asked of a history.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use rdpfix::cim::Value;
use rdpfix::control::Waiver;
use rdpfix::event::TaskResult;
use rdpfix::history::History;
use rdpfix::history::HostState;
use rdpfix::history::Pruning;
use rdpfix::history::Recorder;
use rdpfix::history::State;
use rdpfix::history::view::DiffKind;
use rdpfix::history::view::Forgotten;
use rdpfix::history::view::HostFilter;
use rdpfix::history::view::Pruned;
use rdpfix::plan::Outcome;

use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::change;
use super::run::drifted;
use super::run::failed;
use super::run::nla as nla_changes;
use super::run::proven;
use super::run::ruled;
use super::run::run;
use super::run::run_of;
use super::run::ulid;

const DAY: i64 = 24 * 60;
const MINUTE: Duration = Duration::from_mins(1);

fn nla(host: &'static str, outcome: Outcome) -> Visit {
    let results = vec![
        ruled("RDP-NLA", outcome),
        ruled("RDP-TLS", Outcome::Compliant),
    ];
    Visit::new(host, results)
}

/// Four days: `a` is well, `b` drifts on the second and is mended on the fourth, `c` fails on the second, `d` is gone
/// on the third and comes with a certificate.
fn four_days() -> Store {
    let store = Store::new();
    let states = |day: i64| match day {
        1 => [drifted(), failed()],
        2 => [drifted(), Outcome::Compliant],
        _ => [Outcome::Compliant, Outcome::Compliant],
    };
    for day in 0..4 {
        let [b, c] = states(day);
        let d = if day < 2 {
            nla("d", Outcome::Compliant).with_proof(proven("AA", 40 * DAY))
        } else {
            Visit::unreachable("d")
        };
        let visits = [nla("a", Outcome::Compliant), nla("b", b), nla("c", c), d];
        let number = u64::try_from(day).unwrap();
        store.record(&run(number, day * DAY, &visits));
    }
    store
}

#[test]
fn the_fleet_at_a_glance() {
    let store = four_days();
    let fleet = store.open().fleet(at(4 * DAY)).unwrap();
    assert_eq!(fleet.hosts, 4);
    assert_eq!(fleet.by_state.len(), HostState::ALL.len());
    assert_eq!(fleet.by_state[&HostState::Compliant], 3);
    assert_eq!(fleet.by_state[&HostState::Unreachable], 1);
    assert_eq!((fleet.cells.compliant, fleet.cells.total()), (9, 9));
    let control = fleet.controls.iter().find(|c| c.control == "RDP-NLA");
    let control = control.unwrap();
    assert_eq!(control.severity, "high");
    assert_eq!(control.references, ["STIG V-254369"]);
    assert_eq!(control.hosts.compliant, 4);
    assert_eq!(fleet.last_run.unwrap().run, ulid(3));
    assert_eq!(fleet.certificates_expiring, 0);
    let later = store.open().fleet(at(30 * DAY)).unwrap();
    assert_eq!(later.certificates_expiring, 1);
}

#[test]
fn runs_come_page_by_page_latest_first() {
    let store = four_days();
    let visits = [nla("a", Outcome::Compliant)];
    store.record(&run_of(Some("nightly"), 9, 5 * DAY, &visits));
    let history = store.open();
    let numbers = |job, before: Option<String>, limit| -> Vec<String> {
        let runs = history.runs(job, before.as_deref(), limit).unwrap();
        runs.into_iter().map(|run| run.run).collect()
    };
    assert_eq!(numbers(None, None, 2), [ulid(9), ulid(3)]);
    assert_eq!(numbers(None, Some(ulid(3)), 2), [ulid(2), ulid(1)]);
    assert_eq!(numbers(None, Some(ulid(0)), 2), [""; 0]);
    assert_eq!(numbers(Some("nightly"), None, 5), [ulid(9)]);
    assert_eq!(numbers(Some("other"), None, 5), [""; 0]);
    let run = history.run(&ulid(9)).unwrap().unwrap();
    assert_eq!((run.mode, run.hosts), ("check", 3));
    assert_eq!(run.recap.unwrap().duration_ms, 1_234);
    assert_eq!(history.run("nonsense").unwrap(), None);
}

#[test]
fn hosts_are_found_by_state_and_by_a_part_of_their_name() {
    let store = Store::new();
    let visits = [
        nla("web1", Outcome::Compliant),
        nla("WEB2", drifted()),
        nla("web3", drifted()),
        nla("db1", drifted()),
    ];
    store.record(&run(1, 0, &visits));
    let history = store.open();
    let page = |state, text: Option<&str>, after: Option<&str>, limit| {
        let filter = HostFilter {
            state,
            text: text.map(str::to_owned),
            after: after.map(str::to_owned),
            limit,
        };
        let page = history.hosts(&filter).unwrap();
        let names: Vec<String> = page.hosts.into_iter().map(|host| host.host).collect();
        (names.join(" "), page.total, page.next)
    };
    let next = |name: &str| Some(name.to_owned());
    let drift = Some(HostState::Drift);
    assert_eq!(
        page(None, None, None, 2),
        ("WEB2 db1".to_owned(), 4, next("db1"))
    );
    assert_eq!(
        page(None, None, Some("db1"), 2),
        ("web1 web3".to_owned(), 4, None)
    );
    assert_eq!(
        page(drift, Some("Web"), None, 9),
        ("WEB2 web3".to_owned(), 2, None)
    );
    assert_eq!(
        page(drift, None, None, 1),
        ("WEB2".to_owned(), 3, next("WEB2"))
    );
    assert_eq!(page(None, Some("%"), None, 9), (String::new(), 0, None));
}

#[test]
fn a_control_shows_its_hosts_worst_first() {
    let store = Store::new();
    let visits = [
        nla("a", Outcome::Compliant),
        nla("b", failed()),
        nla("c", drifted()),
    ];
    store.record(&run(1, 0, &visits));
    let history = store.open();
    let view = history.control("RDP-NLA", None, (0, 2)).unwrap().unwrap();
    let hosts: Vec<_> = view
        .hosts
        .iter()
        .map(|h| (h.host.as_str(), h.state))
        .collect();
    assert_eq!(hosts, [("b", State::Failed), ("c", State::Drift)]);
    assert_eq!((view.total, view.control.hosts.compliant), (3, 1));
    let view = history.control("RDP-NLA", None, (2, 2)).unwrap().unwrap();
    assert_eq!(view.hosts[0].host, "a");
    let only = history.control("RDP-NLA", Some(State::Drift), (0, 9));
    let only = only.unwrap().unwrap();
    assert_eq!((only.total, only.hosts.len()), (1, 1));
    let part = &only.hosts[0].detail.as_ref().unwrap().parts[0];
    assert_eq!(part.what, "rdp_listener:RDP-Tcp");
    assert_eq!(history.control("RDP-XYZ", None, (0, 9)).unwrap(), None);
}

#[test]
fn hosts_of_a_control_in_the_same_state_come_by_name() {
    let store = Store::new();
    store.record(&run(
        1,
        0,
        &["c", "a", "b"].map(|host| nla(host, drifted())),
    ));
    let history = store.open();
    let page = |from, at_most| -> String {
        let view = history.control("RDP-NLA", None, (from, at_most));
        let hosts = view.unwrap().unwrap().hosts;
        hosts.into_iter().map(|host| host.host).collect()
    };
    assert_eq!(page(0, 9), "abc");
    assert_eq!((page(0, 2), page(2, 2)), ("ab".to_owned(), "c".to_owned()));
}

#[test]
fn the_matrix_has_a_cell_for_every_host_and_control() {
    let store = Store::new();
    let lone = Visit::new("c", vec![ruled("RDP-TLS", drifted())]);
    let visits = [nla("a", Outcome::Compliant), nla("b", failed()), lone];
    store.record(&run(1, 0, &visits));
    let history = store.open();
    let matrix = history.matrix(None, 10).unwrap();
    assert_eq!(matrix.controls, ["RDP-NLA", "RDP-TLS"]);
    assert_eq!(matrix.hosts, ["a", "b", "c"]);
    assert_eq!(matrix.cells, [1, 1, 6, 1, 0, 4]);
    assert_eq!(matrix.states, [1, 6, 4]);
    let json = serde_json::to_value(&matrix).unwrap();
    assert_eq!(json["cells"], "116104");
    let page = history.matrix(Some("a"), 1).unwrap();
    assert_eq!((page.cells, page.next), (vec![6, 1], Some("b".to_owned())));
}

#[test]
fn days_tell_what_began_and_ended_and_what_was_left() {
    let store = four_days();
    let history = store.open();
    let days = history.days(at(4 * DAY), 5, None).unwrap();
    let told: Vec<_> = days
        .iter()
        .map(|day| (day.began, day.ended, day.drifting))
        .collect();
    assert_eq!(
        told,
        [(0, 0, 0), (1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0)]
    );
    let of = |control| history.days(at(DAY), 1, Some(control)).unwrap();
    assert_eq!(of("RDP-NLA")[0].began, 1);
    assert_eq!(of("RDP-TLS")[0].began, 0);
    assert!(of("absent").is_empty());
}

fn kinds(store: &Store, one: u64, other: u64) -> Vec<(String, DiffKind)> {
    let diff = store.open().diff(&ulid(one), &ulid(other), None, 99);
    let mut entries = diff.unwrap().unwrap().entries;
    entries.sort_by(|one, other| (&one.host, &one.control).cmp(&(&other.host, &other.control)));
    let entries = entries.into_iter();
    entries
        .map(|one| (format!("{} {}", one.host, one.control), one.kind))
        .collect()
}

#[test]
fn a_diff_tells_what_began_ended_and_flapped() {
    let store = four_days();
    let entry = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(
        kinds(&store, 0, 1),
        [
            entry("b RDP-NLA", DiffKind::Began),
            entry("c RDP-NLA", DiffKind::Other)
        ]
    );
    assert_eq!(kinds(&store, 2, 3), [entry("b RDP-NLA", DiffKind::Ended)]);
    // Whichever is named first, the earlier is where it begins.
    assert_eq!(kinds(&store, 3, 2), [entry("b RDP-NLA", DiffKind::Ended)]);
    assert_eq!(
        kinds(&store, 0, 3),
        [
            entry("b RDP-NLA", DiffKind::Flapped),
            entry("c RDP-NLA", DiffKind::Flapped)
        ]
    );
    assert_eq!(kinds(&store, 1, 1), []);
    assert_eq!(store.open().diff("x", "y", None, 9).unwrap(), None);
}

#[test]
fn a_failure_in_between_does_not_hide_what_began_or_ended() {
    let store = Store::new();
    let outcomes = [
        Outcome::Compliant,
        failed(),
        drifted(),
        failed(),
        Outcome::Compliant,
    ];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let day = i64::try_from(number).unwrap() * DAY;
        let number = u64::try_from(number).unwrap();
        store.record(&run(number, day, &[nla("a", outcome)]));
    }
    let kind = |one, other| kinds(&store, one, other)[0].1;
    let run = |number| store.open().run(&ulid(number)).unwrap().unwrap();
    assert_eq!((kind(1, 2), run(2).began), (DiffKind::Began, 1));
    assert_eq!((kind(3, 4), run(4).mended), (DiffKind::Ended, 1));
    // It failed before and fails after, and yet it is drift that is known of now and was not.
    assert_eq!(kind(1, 3), DiffKind::Began);
    assert_eq!(kind(0, 1), DiffKind::Other);
    assert_eq!(kind(2, 3), DiffKind::Other);
    assert_eq!(kind(0, 4), DiffKind::Flapped);
}

#[test]
fn a_diff_comes_page_by_page_and_tells_each_control_once() {
    let store = four_days();
    let history = store.open();
    let mut after = None;
    let mut entries = Vec::new();
    for _ in 0..20 {
        let page = history.diff(&ulid(0), &ulid(3), after, 1).unwrap().unwrap();
        entries.extend(page.entries);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(entries.len(), 2);
    assert_eq!(after, None);
}

#[test]
fn pruning_takes_what_ended_and_leaves_what_is_current() {
    let store = four_days();
    let mut history = store.open();
    let before = at(3 * DAY + 60);
    let counted = history.prune(before, Pruning::DryRun).unwrap();
    assert_eq!(history.host("b", 9).unwrap().unwrap().past.len(), 2);
    let taken = history.prune(before, Pruning::Real).unwrap();
    assert_eq!(taken, counted);
    // Of the four runs the last is known as the one that tried each host.
    assert_eq!((taken.runs, taken.changes, taken.certificates), (3, 0, 0));
    assert_eq!(taken.intervals, 2 + 2 + 1);
    let view = history.host("b", 9).unwrap().unwrap();
    assert_eq!(view.past, []);
    assert_eq!(view.controls.len(), 2);
    assert_eq!(
        view.controls[1].since,
        at(0),
        "what holds is kept, however old"
    );
    let view = history.host("d", 9).unwrap().unwrap();
    assert_eq!((view.reach.len(), view.certificates.len()), (1, 1));
    assert_eq!(
        history.prune(before, Pruning::Real).unwrap(),
        Pruned::default()
    );
    assert_eq!(history.days(at(4 * DAY), 5, None).unwrap()[1].began, 1);
}

#[test]
fn the_run_before_is_of_the_same_job_and_playbook_however_long_ago() {
    let store = Store::new();
    let visits = || [nla("a", Outcome::Compliant)];
    store.record(&run(0, 0, &visits()));
    let mut hourly = Vec::new();
    for number in 1..60 {
        let minute = i64::try_from(number).unwrap() * 60;
        hourly.extend(run_of(Some("hourly"), number, minute, &visits()));
    }
    store.record(&hourly);
    store.record(&run(60, 60 * 60, &visits()));
    let history = store.open();
    let before = |number| {
        let before = history.run_before(&ulid(number)).unwrap();
        before.map(|run| run.run)
    };
    assert_eq!(before(60), Some(ulid(0)));
    assert_eq!(before(59), Some(ulid(58)));
    // The first of a job, the first at all, and one that is not there.
    assert_eq!((before(1), before(0), before(99)), (None, None, None));
}

#[test]
fn spans_reach_back_to_a_moment_however_often_something_turned() {
    let store = Store::new();
    store.record(&run(0, 0, &[nla("a", Outcome::Compliant)]));
    store.record(&run(1, DAY, &[Visit::unreachable("a")]));
    let turn = |number: u64| match number % 2 {
        0 => nla("a", Outcome::Compliant),
        _ => nla("a", drifted()),
    };
    let mut events = Vec::new();
    for number in 2..302 {
        let minute = 2 * DAY + i64::try_from(number).unwrap();
        events.extend(run(number, minute, &[turn(number + 1)]));
    }
    store.record(&events);
    let history = store.open();
    let all = history.spans("a", at(0), 1_000).unwrap();
    assert_eq!((all.controls.len(), all.reach.len()), (300, 3));
    assert!(all.is_whole);
    let first = all.controls.last().unwrap();
    assert_eq!((first.state, first.since), (State::Compliant, at(0)));
    assert_eq!(all.reach.first().unwrap().until, None);
    // What ended before the moment is not there; of too much, the oldest is left out.
    let late = history.spans("a", at(2 * DAY + 2), 1_000).unwrap();
    assert_eq!((late.controls.len(), late.reach.len()), (299, 1));
    let some = history.spans("a", at(0), 2).unwrap();
    assert!(!some.is_whole);
    assert_eq!(some.controls.as_slice(), all.controls.get(..2).unwrap());
    let none = history.spans("nobody", at(0), 10).unwrap();
    assert!(none.is_whole && none.controls.is_empty() && none.reach.is_empty());
}

#[test]
fn a_waiver_counts_its_own_hosts_only() {
    let store = Store::new();
    let waived = |host, owner: &str, reason: String| {
        let waiver = Waiver {
            hosts: owner.into(),
            control: "RDP-NLA".into(),
            owner: owner.into(),
            reason: reason.into(),
            expires: date(2099, 1, 1),
        };
        let result = TaskResult {
            waiver: Some(Arc::new(waiver)),
            ..ruled("RDP-NLA", drifted())
        };
        Visit::new(host, vec![result])
    };
    let few = || "old clients".to_owned();
    // Longer than what a state keeps of it.
    let many = || "x".repeat(3_000);
    store.record(&run(0, 0, &[waived("e", "ended", few())]));
    let visits = [
        waived("a", "berlin", few()),
        waived("b", "oslo", many()),
        waived("c", "oslo", many()),
        nla("e", Outcome::Compliant),
    ];
    store.record(&run(1, DAY, &visits));
    let waivers = store.open().waivers(10).unwrap();
    let counts: Vec<(&str, u64)> = waivers
        .iter()
        .map(|waiver| (waiver.owner.as_str(), waiver.waived))
        .collect();
    assert_eq!(counts, [("ended", 0), ("berlin", 1), ("oslo", 2)]);
}

/// So many runs in which every detail is another one.
fn long_history() -> Store {
    let store = Store::new();
    for number in 0..60 {
        let from = Value::from("x".repeat(900) + &number.to_string());
        let changes = || vec![change("data", from.clone(), Value::Null)];
        let results = (0..40).map(|id| ruled(&format!("C-{id}"), Outcome::Drifted(changes())));
        let visit = Visit::new("a", results.collect());
        store.record(&run(number, i64::try_from(number).unwrap() * DAY, &[visit]));
    }
    store
}

fn size(store: &Store) -> u64 {
    std::fs::metadata(store.path()).unwrap().len()
}

#[test]
fn pruning_and_forgetting_give_room_back_to_the_disk() {
    let removals: [fn(&mut History); 2] = [
        |history| {
            let taken = history.prune(at(58 * DAY), Pruning::Real).unwrap();
            assert!(taken.intervals > 2_000, "{taken:?}");
        },
        |history| {
            let taken = history.forget(&["a".to_owned()], at(60 * DAY), Pruning::Real);
            assert!(taken.unwrap().intervals > 2_000);
        },
    ];
    for remove in removals {
        let store = long_history();
        let before = size(&store);
        remove(&mut store.open());
        assert!(size(&store) < before / 2, "{} of {before}", size(&store));
    }
}

#[test]
fn who_only_counts_writes_nothing_and_keeps_nobody_waiting() {
    let store = four_days();
    let other = rusqlite::Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut looked = History::read(&store.path()).unwrap();
    let pruned = looked.prune(at(9 * DAY), Pruning::DryRun).unwrap();
    assert!(pruned.intervals > 0 && pruned.details > 0, "{pruned:?}");
    let forgotten = looked.forget(&["b".to_owned()], at(9 * DAY), Pruning::DryRun);
    assert_eq!(forgotten.unwrap().hosts, ["b"]);
}

#[test]
fn a_host_is_forgotten_with_everything_that_was_kept_of_it() {
    let store = four_days();
    let visit = |host, outcome: Outcome| nla(host, outcome).with_proof(proven("BB", 90 * DAY));
    let visits = [
        visit("b", Outcome::Changed(nla_changes())),
        visit("c", drifted()),
    ];
    store.record(&run(4, 4 * DAY, &visits));
    let mut history = store.open();
    let at_end = at(5 * DAY);
    history.acquire("b", "gone", at(0), MINUTE).unwrap();
    history.acquire("c", "busy", at_end, MINUTE).unwrap();
    let runs = history.runs(None, None, 9).unwrap();
    assert_eq!(runs[0].corrected, 1);
    let other = history.host("a", 99).unwrap();

    let hosts = ["b", "c", "nobody"].map(str::to_owned);
    let counted = history.forget(&hosts, at_end, Pruning::DryRun).unwrap();
    assert!(history.host("b", 9).unwrap().is_some());
    let gone = history.forget(&hosts, at_end, Pruning::Real).unwrap();
    assert_eq!(gone, counted);
    assert_eq!(gone.hosts, ["b", "c"]);
    assert_eq!((gone.controls, gone.changes, gone.certificates), (6, 1, 2));
    // Of `b` drift and its end, of `c` a failure and its end, and what drifts now; both were reached all the time.
    assert_eq!(gone.intervals, 2 + 3 + 2);
    assert!(gone.details > 0, "{gone:?}");

    assert_eq!(history.host_names().unwrap(), ["a", "d"]);
    assert_eq!(history.host("b", 9).unwrap(), None);
    assert_eq!(history.host("a", 99).unwrap(), other);
    assert_eq!(
        history.runs(None, None, 9).unwrap(),
        runs,
        "what a run did is still so"
    );
    let fleet = history.fleet(at_end).unwrap();
    assert_eq!((fleet.hosts, fleet.cells.drift), (2, 0));
    let days = history.days(at_end, 2, None).unwrap();
    assert_eq!(
        (days[0].drifting, days[1].drifting, days[1].ended),
        (1, 0, 1)
    );
    let rows = rusqlite::Connection::open(store.path()).unwrap();
    let count = |sql: &str| -> i64 { rows.query_row(sql, [], |row| row.get(0)).unwrap() };
    let leased = count("SELECT count(*) FROM leases WHERE host = 'c'");
    assert_eq!((count("SELECT count(*) FROM leases"), leased), (1, 1));
    let mut broken = rows.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(broken.query([]).unwrap().next().unwrap().is_none());
    assert_eq!(
        history.forget(&hosts, at_end, Pruning::Real).unwrap(),
        Forgotten::default()
    );
}

#[test]
fn a_host_that_is_forgotten_while_a_run_works_on_it_begins_anew() {
    let store = Store::new();
    store.record(&run(1, 0, &[nla("a", drifted())]));
    let mut recorder = Recorder::new(store.open());
    let mut events = run(2, DAY, &[nla("a", drifted())]);
    let mut rest = events.split_off(2);
    recorder.pass(&mut events).unwrap();
    let gone = store
        .open()
        .forget(&["a".to_owned()], at(DAY), Pruning::Real);
    assert_eq!(gone.unwrap().controls, 2);
    recorder.pass(&mut rest).unwrap();
    let view = store.open().host("a", 9).unwrap().unwrap();
    assert_eq!((view.host.first_seen, view.controls.len()), (at(DAY), 2));
    let days = store.open().days(at(DAY), 1, None).unwrap();
    assert_eq!(days[0].drifting, 1);
}
