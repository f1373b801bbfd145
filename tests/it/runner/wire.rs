//! Lab machines behind two slow connections, and playbooks that are run on them.

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
use rdpfix::event::HostSummary;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
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

/// Connections of a session.
const CONNECTIONS: usize = 2;

/// A machine behind two connections on which each request takes a second.
pub(crate) struct Wire {
    pub(crate) host: InMemory,
    connections: Semaphore,
    pub(crate) reads: AtomicU64,
}

impl Wire {
    pub(crate) fn to(kind: Kind) -> Arc<Self> {
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
    async fn answers(&self, _host: &Host, port: u16, _within: Duration) -> bool {
        let (machine, now) = (self.0.host.machine(), self.0.host.now());
        matches!(listener::at(&machine, port, now), ListenerState::Open(_))
    }

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
}

/// The plays of a playbook without errors.
#[track_caller]
pub(crate) fn parsed(text: &str) -> Vec<Arc<Play>> {
    let source = Source {
        name: "play.yml".to_owned(),
        text: text.to_owned(),
        secret: false,
    };
    let (playbook, diagnostics) = playbook::parse(&Arc::new(source));
    assert!(playbook.is_some(), "{diagnostics:?}\n{text}");
    playbook.unwrap().plays
}

/// Runs plays on one machine; gives its summary and every result.
pub(crate) async fn run_on(
    wire: &Arc<Wire>,
    plays: &[Arc<Play>],
    mode: RunMode,
) -> (HostSummary, Vec<TaskResult>) {
    let (events, mut incoming) = mpsc::channel(1_000);
    let world = World {
        connector: Arc::new(Cable(Arc::clone(wire))),
        prover: Arc::new(Cable(Arc::clone(wire))),
        clock: Arc::new(SystemClock),
        events,
        interrupted: watch::Sender::new(false).subscribe(),
    };
    let order = Order {
        run: "01RUN".to_owned(),
        playbook: "play.yml".to_owned(),
        job: None,
        plays: plays.to_vec(),
        hosts: vec![(Arc::new(host("a")), plays.to_vec())],
        extra: Arc::new(BTreeMap::new()),
        left_out: 0,
        mode,
        forks: 1,
        host_timeout: Duration::from_hours(1),
        bounds: Bounds::default(),
        consent: None,
        around: Arc::default(),
    };
    run(&world, &order).await;
    drop(world);
    let (mut summary, mut results) = (None, Vec::new());
    while let Some(event) = incoming.recv().await {
        match event {
            Event::HostEnd(ended) => summary = Some(ended),
            Event::Result(result) => results.push(result),
            _ => {}
        }
    }
    (summary.unwrap(), results)
}

/// As [`run_on`], the results only.
pub(crate) async fn results_of(
    wire: &Arc<Wire>,
    plays: &[Arc<Play>],
    mode: RunMode,
) -> Vec<TaskResult> {
    run_on(wire, plays, mode).await.1
}
