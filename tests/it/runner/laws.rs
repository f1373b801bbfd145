//! Laws of the runner, on every kind of lab machine with the shipped baseline: checking changes nothing, applying
//! converges, applying again writes nothing, looking stays within its budget.
#![expect(clippy::disallowed_methods, reason = "tests read shipped playbooks")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::cim::Answer;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Read;
use rdpfix::cim::Traffic;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Connector;
use rdpfix::connect::Prover;
use rdpfix::diag::Source;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::RunMode;
use rdpfix::inventory::Host;
use rdpfix::lab::listener;
use rdpfix::lab::listener::ListenerState;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::scenario::Kind;
use rdpfix::playbook;
use rdpfix::playbook::Play;
use rdpfix::proof::Proof;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::runner::Order;
use rdpfix::runner::World;
use rdpfix::runner::rollout::Bounds;
use rdpfix::runner::run;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use super::fake::host;
use crate::support::root;

/// Connections of a session.
const CONNECTIONS: usize = 2;
/// Requests that an audit of a healthy host may take; signing in takes about three for each connection on top.
const REQUESTS: u64 = 14;
/// Round trips, one after another, that an audit of a healthy host may take without signing in.
const ROUND_TRIPS: u64 = 8;

/// A machine behind two connections on which each request takes a second.
struct Wire {
    host: InMemory,
    connections: Semaphore,
    reads: AtomicU64,
}

impl Wire {
    fn to(kind: Kind) -> Arc<Self> {
        let machine = kind.machine(0, now()).unwrap();
        Arc::new(Self {
            host: InMemory::new(machine, now()),
            connections: Semaphore::new(CONNECTIONS),
            reads: AtomicU64::new(0),
        })
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

#[async_trait]
impl CimReader for Wire {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        let _connection = self.connections.acquire().await.unwrap();
        self.reads.fetch_add(1, Ordering::SeqCst);
        SystemClock.sleep(Duration::from_secs(1)).await;
        self.host.read(read).await
    }
}

#[async_trait]
impl CimSession for Wire {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        self.host.invoke(call).await
    }

    fn traffic(&self) -> Traffic {
        self.host.traffic()
    }

    async fn close(&self) {}
}

struct Cable(Arc<Wire>);

#[async_trait]
impl Connector for Cable {
    async fn connect(&self, _host: &Host) -> Result<Arc<dyn CimSession>, CimError> {
        Ok(Arc::<Wire>::clone(&self.0))
    }
}

#[async_trait]
impl Prover for Cable {
    async fn prove(&self, _host: &Host) -> Proof {
        let (machine, now) = (self.0.host.machine(), self.0.host.now());
        let serves = match listener::at(&machine, 3389, now) {
            ListenerState::Open(negotiation) => negotiation.certificate.is_some(),
            _ => false,
        };
        let verdict = if serves {
            Verdict::Proven
        } else {
            Verdict::Refuted {
                stage: Stage::Tls,
                id: "tls-no-certificate",
                reason: "no certificate was shown".to_owned(),
            }
        };
        Proof {
            verdict,
            selected: None,
            certificate: None,
            stages: Vec::new(),
        }
    }

    async fn answers(&self, _host: &Host, _port: u16, _within: Duration) -> bool {
        true
    }
}

fn baseline() -> Vec<Arc<Play>> {
    let name = "playbooks/rdp-baseline.yml";
    let source = Source {
        name: name.to_owned(),
        text: std::fs::read_to_string(root().join(name)).unwrap(),
        secret: false,
    };
    let (playbook, diagnostics) = playbook::parse(&Arc::new(source));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    playbook.unwrap().plays
}

/// Runs the baseline on one host; gives its summary and a line for each result.
async fn baseline_on(wire: &Arc<Wire>, mode: RunMode) -> (HostSummary, Vec<String>) {
    let (events, mut incoming) = mpsc::channel(1_000);
    let world = World {
        connector: Arc::new(Cable(Arc::clone(wire))),
        prover: Arc::new(Cable(Arc::clone(wire))),
        clock: Arc::new(SystemClock),
        events,
        interrupted: watch::Sender::new(false).subscribe(),
    };
    let plays = baseline();
    let order = Order {
        run: "01RUN".to_owned(),
        playbook: "rdp-baseline.yml".to_owned(),
        plays: plays.clone(),
        hosts: vec![(Arc::new(host("a")), plays)],
        extra: Arc::new(BTreeMap::new()),
        mode,
        forks: 1,
        host_timeout: Duration::from_hours(1),
        bounds: Bounds::default(),
        around: Arc::default(),
        consent: None,
    };
    run(&world, &order).await;
    drop(world);
    let (mut summary, mut results) = (None, Vec::new());
    while let Some(event) = incoming.recv().await {
        match event {
            Event::HostEnd(ended) => summary = Some(ended),
            Event::Result(result) => {
                results.push(format!("{}: {:?}", result.task, result.outcome));
            }
            _ => {}
        }
    }
    (summary.unwrap(), results)
}

/// Kinds that the baseline can mend without a person.
fn mendable() -> impl Iterator<Item = Kind> {
    let left = [Kind::PolicyOwned, Kind::Unreachable];
    let fleet = Kind::ALL.iter().copied().filter(|kind| kind.is_in_fleet());
    fleet.filter(move |kind| !left.contains(kind))
}

#[tokio::test(start_paused = true)]
async fn checking_changes_nothing() {
    for kind in Kind::ALL {
        let wire = Wire::to(*kind);
        let before = wire.host.machine();
        baseline_on(&wire, RunMode::Check).await;
        assert_eq!(wire.host.writes(), 0, "{kind:?}");
        let mut expected = before;
        expected.settle(wire.host.now());
        assert!(wire.host.machine() == expected, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_compliant_host_is_looked_at_within_the_budget() {
    let wire = Wire::to(Kind::Healthy);
    // Windows' defaults are healthy, but the baseline wants a little more.
    baseline_on(&wire, RunMode::Apply).await;
    wire.reads.store(0, Ordering::SeqCst);
    let begin = SystemClock.instant();
    let (summary, results) = baseline_on(&wire, RunMode::Check).await;
    assert_eq!(summary.status, HostStatus::Ok, "{results:#?}");
    let requests = wire.reads.load(Ordering::SeqCst);
    assert!(requests <= REQUESTS, "{requests} requests");
    let round_trips = SystemClock.instant().duration_since(begin).as_secs();
    assert!(round_trips <= ROUND_TRIPS, "{round_trips} round trips");
}

#[tokio::test(start_paused = true)]
async fn applying_converges_and_applying_again_writes_nothing() {
    for kind in mendable() {
        let wire = Wire::to(kind);
        let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
        let writes = wire.host.writes();
        let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
        assert_eq!(summary.counts.changed, 0, "{kind:?} {results:#?}");
        assert_eq!(wire.host.writes(), writes, "{kind:?} {results:#?}");
        let (summary, results) = baseline_on(&wire, RunMode::Check).await;
        assert_eq!(summary.status, HostStatus::Ok, "{kind:?} {results:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn drift_that_is_mended_is_seen_before() {
    for kind in mendable().filter(|kind| *kind != Kind::Healthy) {
        let wire = Wire::to(kind);
        let (summary, results) = baseline_on(&wire, RunMode::Check).await;
        assert_eq!(summary.status, HostStatus::Drifted, "{kind:?} {results:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_group_policy_owns_stays_and_counts_as_drift() {
    let wire = Wire::to(Kind::PolicyOwned);
    baseline_on(&wire, RunMode::Apply).await;
    let writes = wire.host.writes();
    let (summary, results) = baseline_on(&wire, RunMode::Apply).await;
    assert_eq!(summary.status, HostStatus::Drifted, "{results:#?}");
    assert_eq!(summary.counts.overridden, 1, "{results:#?}");
    assert_eq!(wire.host.writes(), writes, "{results:#?}");
}
