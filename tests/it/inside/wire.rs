//! Facts about looking over a real connection: the same is seen, and it costs little.

use std::sync::Arc;

use jiff::Timestamp;
use rdpfix::clock::Clock as _;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Connector as _;
use rdpfix::diag::Source;
use rdpfix::inside::Inside;
use rdpfix::inside::look;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::scenario;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;

use super::options;
use super::unseen;

/// Requests that a look at a healthy host may take: 63, and for each of six logs up to four.
const REQUESTS: usize = 87;

/// What is seen over WinRM, the machine behind it, and how many requests reached it.
async fn over_the_wire(name: &str) -> (Inside, Machine, usize) {
    let scenario = scenario::named(name, Some(1)).unwrap();
    let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
    let (host, _) = lab.places().next().unwrap();
    let host = host.to_owned();
    let source = Arc::new(Source {
        name: "<lab>".to_owned(),
        text: lab.inventory_yaml(),
        secret: false,
    });
    let (inventory, _) = Inventory::parse(&source, &Defaults::default());
    let inventory = inventory.unwrap();
    let connector = WinRmConnector::new(WinRmOptions::default(), Arc::new(SystemClock));
    let session = connector.connect(&inventory.hosts[0]).await.unwrap();
    let inside = look(session.as_ref(), &SystemClock, &options()).await;
    session.close().await;
    let machine = lab.machine(&host).unwrap();
    let requests = lab.requests(&host).len();
    assert_eq!(lab.writes(&host), 0);
    lab.stop().await;
    (inside, machine, requests)
}

/// What hangs on the moment is left out.
fn timeless(mut inside: Inside) -> Inside {
    inside.at = Timestamp::UNIX_EPOCH;
    if let Ok(system) = &mut inside.system {
        system.local_time = Timestamp::UNIX_EPOCH;
        system.skew_seconds = 0;
    }
    inside.events.clear();
    inside
}

#[tokio::test]
async fn the_same_is_seen_over_a_connection_as_in_memory() {
    for name in [
        "healthy",
        "gateway-certificate",
        "licensing",
        "machine-keys",
    ] {
        let (inside, machine, _) = over_the_wire(name).await;
        assert_eq!(unseen(&inside), [], "{name}");
        let memory = InMemory::new(machine, SystemClock.now());
        let in_memory = look(&memory, &SystemClock, &options()).await;
        assert_eq!(timeless(inside), timeless(in_memory), "{name}");
    }
}

#[tokio::test]
async fn a_healthy_host_is_looked_at_within_its_budget() {
    let (inside, _, requests) = over_the_wire("healthy").await;
    assert_eq!(inside.system.unwrap().skew_seconds, 0);
    assert!(requests <= REQUESTS, "{requests} requests");
}
