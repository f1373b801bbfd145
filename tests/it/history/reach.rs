//! Facts about hosts that were not reached, or not looked at.

use rdpfix::event::HostStatus;
use rdpfix::history::HostState;
use rdpfix::history::Reach;
use rdpfix::history::State;
use rdpfix::plan::Outcome;

use super::record::NLA;
use super::record::one;
use super::record::seen;
use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::drifted;
use super::run::ruled;
use super::run::run;
use super::run::skipped;

#[test]
fn hosts_without_a_session_keep_what_was_known_of_them() {
    let store = Store::new();
    store.record(&one(1, 10, drifted()));
    store.record(&run(2, 20, &[Visit::unreachable("a")]));
    store.record(&run(3, 30, &[Visit::unreachable("a")]));
    let view = seen(&store, "a");
    assert_eq!(view.host.state, HostState::Unreachable);
    assert_eq!(view.host.reason.as_deref(), Some("no route"));
    assert_eq!(view.host.last_seen, Some(at(10)));
    assert_eq!(view.host.last_tried, at(30));
    assert_eq!(view.controls[0].state, State::Drift);
    assert_eq!(view.controls[0].last_seen, at(10));
    assert_eq!(view.reach.len(), 2);
    assert_eq!(view.reach[0].reach, Reach::Unreachable);
    assert_eq!(
        (view.reach[0].since, view.reach[0].last_seen),
        (at(20), at(30))
    );
    assert_eq!(
        (view.reach[1].since, view.reach[1].until),
        (at(10), Some(at(20)))
    );
    store.record(&one(4, 40, drifted()));
    let view = seen(&store, "a");
    assert_eq!(view.host.state, HostState::Drift);
    assert_eq!(
        view.controls[0].since,
        at(10),
        "it was drifted all the time"
    );
    assert_eq!(view.past, []);
}

#[test]
fn an_interruption_says_nothing_about_how_a_host_is_reached() {
    let store = Store::new();
    store.record(&one(1, 10, Outcome::Compliant));
    store.record(&run(2, 20, &[interrupted("a")]));
    let view = seen(&store, "a");
    assert_eq!(view.host.state, HostState::Compliant);
    assert_eq!(view.reach.len(), 1);
}

fn interrupted(host: &'static str) -> Visit {
    Visit {
        status: HostStatus::Interrupted,
        ..Visit::new(host, Vec::new())
    }
}

#[test]
fn a_host_that_nobody_has_looked_at_is_not_compliant() {
    let store = Store::new();
    let passed_over = Visit::new("b", vec![ruled(NLA, skipped())]);
    store.record(&run(1, 10, &[interrupted("a"), passed_over]));
    for host in ["a", "b"] {
        assert_eq!(seen(&store, host).host.state, HostState::Unknown, "{host}");
    }
    let fleet = store.open().fleet(at(10)).unwrap();
    assert_eq!(fleet.by_state[&HostState::Compliant], 0);
    store.record(&one(2, 20, Outcome::Compliant));
    assert_eq!(seen(&store, "a").host.state, HostState::Compliant);
}

#[test]
fn an_interruption_is_no_sight_of_how_a_host_is_reached() {
    let store = Store::new();
    let last = |store: &Store| {
        let reach = seen(store, "a").reach;
        reach.iter().map(|held| held.last_seen).collect::<Vec<_>>()
    };
    store.record(&run(1, 10, &[Visit::unreachable("a")]));
    store.record(&run(2, 20, &[interrupted("a")]));
    store.record(&run(3, 25, &[interrupted("a")]));
    assert_eq!(last(&store), [at(10)]);
    store.record(&run(4, 30, &[Visit::unreachable("a")]));
    assert_eq!(last(&store), [at(30)]);
    store.record(&run(5, 40, &[interrupted("a")]));
    store.record(&one(6, 50, Outcome::Compliant));
    assert_eq!(last(&store), [at(50), at(30)]);
}
