//! A law: what is kept as intervals is what a row for each result would tell.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::proptest;
use proptest::test_runner::Config;
use rdpfix::cim::Value;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::Turn;
use rdpfix::history::History;
use rdpfix::history::Recorder;
use rdpfix::history::State;
use rdpfix::history::view::DiffKind;
use rdpfix::history::view::Tallies;
use rdpfix::plan::Outcome;

use super::run::Store;
use super::run::Visit;
use super::run::at;
use super::run::change;
use super::run::failed;
use super::run::nla;
use super::run::ruled;
use super::run::run_of;
use super::run::skipped;
use super::run::ulid;
use super::run::unknown;

const HOSTS: [&str; 2] = ["a", "b"];
const CONTROLS: [&str; 3] = ["C-0", "C-1", "C-2"];

/// What a run sees on a host: a number for each control.
#[derive(Debug, Clone)]
struct Sight {
    reached: bool,
    outcomes: Vec<u8>,
}

/// One run: how many minutes it is after the one before, which may be negative, its job, and what it sees.
#[derive(Debug, Clone)]
struct Look {
    minutes: i64,
    job: u8,
    hosts: Vec<Sight>,
}

fn outcome(number: u8) -> Outcome {
    let drift = |from: u32| vec![change("port", Value::from(from), Value::from(3389_u32))];
    match number {
        0..=3 => Outcome::Compliant,
        4 => Outcome::Changed(nla()),
        5 | 6 => Outcome::Drifted(drift(1)),
        7 => Outcome::Drifted(drift(2)),
        8 => failed(),
        9 => unknown(),
        10 => Outcome::Overridden(drift(1)),
        _ => skipped(),
    }
}

/// The state, with what tells its details apart.
fn state(number: u8) -> Option<(State, u8)> {
    match number {
        0..=4 => Some((State::Compliant, 0)),
        5 | 6 => Some((State::Drift, 1)),
        7 => Some((State::Drift, 2)),
        8 => Some((State::Failed, 0)),
        9 => Some((State::Unknown, 0)),
        10 => Some((State::Overridden, 1)),
        _ => None,
    }
}

fn looks(jobs: u8) -> impl Strategy<Value = Vec<Look>> {
    let sight = (any::<u8>(), vec(0_u8..13, CONTROLS.len()));
    let sight = sight.prop_map(|(reached, outcomes)| Sight {
        reached: reached % 5 != 0,
        outcomes,
    });
    let look = (-30_i64..90, 0..jobs, vec(sight, HOSTS.len()));
    let look = look.prop_map(|(minutes, job, hosts)| Look {
        minutes,
        job,
        hosts,
    });
    vec(look, 1..25)
}

/// A row for each result.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    at: Timestamp,
    state: (State, u8),
}

/// What naive rows tell.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(usize, usize), Vec<Row>>,
    last: BTreeMap<usize, Timestamp>,
    turns: Vec<(usize, usize, bool)>,
    verdicts: BTreeMap<(usize, usize), bool>,
}

impl Model {
    fn look(&mut self, told: Timestamp, look: &Look) {
        for (host, sight) in look.hosts.iter().enumerate() {
            let tick = jiff::SignedDuration::from_millis(1);
            let soonest = self.last.get(&host).map(|last| *last + tick);
            let at = soonest.map_or(told, |soonest| soonest.max(told));
            self.last.insert(host, at);
            if !sight.reached {
                continue;
            }
            for (control, number) in sight.outcomes.iter().enumerate() {
                if let Some(state) = state(*number) {
                    self.see((host, control), Row { at, state });
                }
            }
        }
    }

    fn see(&mut self, place: (usize, usize), row: Row) {
        self.rows.entry(place).or_default().push(row);
        let drifted = match row.state.0 {
            State::Compliant | State::Waived => false,
            State::Drift | State::Overridden => true,
            State::Unknown | State::Failed => return,
        };
        let was = self.verdicts.insert(place, drifted);
        if was.is_some_and(|was| was != drifted) {
            self.turns.push((place.0, place.1, drifted));
        }
    }

    /// State, since, until, last seen; oldest first.
    fn intervals(
        &self,
        place: (usize, usize),
    ) -> Vec<(State, Timestamp, Option<Timestamp>, Timestamp)> {
        let rows = self.rows.get(&place).map_or(&[][..], Vec::as_slice);
        let runs: Vec<&[Row]> = rows
            .chunk_by(|one, other| one.state == other.state)
            .collect();
        let mut told = Vec::new();
        for (number, rows) in runs.iter().enumerate() {
            let until = runs.get(number + 1).map(|next| next[0].at);
            told.push((rows[0].state.0, rows[0].at, until, rows[rows.len() - 1].at));
        }
        told
    }
}

/// Records them, several runs through one recorder or each through its own.
fn recorded(store: &Store, looks: &[Look]) -> (Model, Vec<(usize, usize, bool)>) {
    let mut model = Model::default();
    let mut turns = Vec::new();
    let mut minute = 0;
    let mut recorder = Recorder::new(store.open());
    for (number, look) in looks.iter().enumerate() {
        minute += look.minutes;
        model.look(at(minute), look);
        let visits: Vec<Visit> = HOSTS
            .iter()
            .zip(&look.hosts)
            .map(|(host, sight)| visit(host, sight))
            .collect();
        let job = format!("job{}", look.job);
        let number = u64::try_from(number).unwrap();
        let mut events = run_of(Some(&job), number, minute, &visits);
        if number % 3 == 0 {
            recorder = Recorder::new(store.open());
        }
        recorder.pass(&mut events).unwrap();
        for event in events {
            if let Event::Shift(shift) = event {
                let host = HOSTS.iter().position(|host| **host == *shift.host);
                let control = CONTROLS.iter().position(|id| **id == *shift.control);
                turns.push((host.unwrap(), control.unwrap(), shift.turn == Turn::Began));
            }
        }
    }
    (model, turns)
}

fn visit(host: &'static str, sight: &Sight) -> Visit {
    if !sight.reached {
        return Visit::unreachable(host);
    }
    let results = CONTROLS
        .iter()
        .zip(&sight.outcomes)
        .map(|(control, number)| ruled(control, outcome(*number)));
    Visit {
        status: HostStatus::Drifted,
        ..Visit::new(host, results.collect())
    }
}

fn check(looks: &[Look], jobs: u8) {
    let store = Store::new();
    let (model, turns) = recorded(&store, looks);
    assert_eq!(turns, model.turns);
    let history = store.open();
    let mut tallies = Tallies::default();
    for (host, host_name) in HOSTS.iter().enumerate() {
        for (control, control_name) in CONTROLS.iter().enumerate() {
            let kept = history.intervals(host_name, control_name, 999).unwrap();
            let mut kept: Vec<_> = kept
                .into_iter()
                .map(|one| (one.state, one.since, one.until, one.last_seen))
                .collect();
            kept.reverse();
            let mut rows = model.intervals((host, control));
            for (one, other) in kept.iter_mut().zip(&mut rows) {
                assert!(one.1 <= one.3, "{one:?}");
                if jobs > 1 {
                    // Which of several jobs saw it last is told by the one that goes by its sights.
                    assert!(one.3 <= other.3, "{one:?} {other:?}");
                    one.3 = other.3;
                }
            }
            assert_eq!(kept, rows, "{host_name} {control_name}");
            if let Some((state, ..)) = kept.last() {
                tallies.add(*state);
            }
        }
    }
    diffs_are_what_runs_told(&history, looks.len());
    let fleet = history.fleet(at(0)).unwrap();
    assert_eq!(fleet.cells, tallies);
    let drifting: u64 = model.verdicts.values().map(|is| u64::from(*is)).sum();
    let last = model.last.values().max().unwrap();
    let days = history.days(*last, 400, None).unwrap();
    assert_eq!(days.last().unwrap().drifting, drifting);
    assert_eq!(drawn(&history.matrix(None, 99).unwrap().cells), tallies);
}

/// What is otherwise between a run and the one before is what the run told.
fn diffs_are_what_runs_told(history: &History, runs: usize) {
    for number in 1..u64::try_from(runs).unwrap() {
        let (earlier, later) = (ulid(number - 1), ulid(number));
        let diff = history.diff(&earlier, &later, None, 99).unwrap().unwrap();
        let count = |kind| {
            let of_kind = diff.entries.iter().filter(|entry| entry.kind == kind);
            u64::try_from(of_kind.count()).unwrap()
        };
        let told = (diff.to.began, diff.to.mended);
        assert_eq!((count(DiffKind::Began), count(DiffKind::Ended)), told);
    }
}

fn drawn(cells: &[u8]) -> Tallies {
    let mut tallies = Tallies::default();
    for cell in cells.iter().filter(|cell| **cell > 0) {
        tallies.add(State::from_code(*cell));
    }
    tallies
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn intervals_are_what_rows_would_tell(looks in looks(1)) {
        check(&looks, 1);
    }

    #[test]
    fn intervals_of_several_jobs_are_what_rows_would_tell(looks in looks(3)) {
        check(&looks, 3);
    }
}
