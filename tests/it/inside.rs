//! Facts about what a host says about itself.
#![cfg(test)]

mod blind;
mod faults;
mod healthy;
mod wire;

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::cim::CimReader;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::inside::Inside;
use rdpfix::inside::LookOptions;
use rdpfix::inside::Seen;
use rdpfix::inside::Unseen;
use rdpfix::inside::look;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::scenario::Kind;

/// The moment at which the machines of these tests are looked at.
fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// A clock that stands still.
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        now()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    async fn sleep(&self, _: Duration) {}
}

fn options() -> LookOptions {
    LookOptions {
        events_back: Duration::from_hours(24),
        our_address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    }
}

async fn seen(host: &dyn CimReader) -> Inside {
    look(host, &Still, &options()).await
}

async fn seen_of(machine: Machine) -> Inside {
    seen(&InMemory::new(machine, now())).await
}

async fn seen_of_kind(kind: Kind) -> Inside {
    seen_of(kind.machine(0, now()).unwrap()).await
}

/// The parts that were not seen, by name. Events are left out, because each log stands for itself.
fn unseen(inside: &Inside) -> Vec<(&'static str, Unseen)> {
    fn why<T>(part: &Seen<T>) -> Option<Unseen> {
        part.as_ref().err().cloned()
    }
    let parts = [
        ("system", why(&inside.system)),
        ("services", why(&inside.services)),
        ("settings", why(&inside.settings)),
        ("certificates", why(&inside.certificates)),
        ("key_file", why(&inside.key_file)),
        ("firewall", why(&inside.firewall)),
        ("port_owners", why(&inside.port_owners)),
        ("tls", why(&inside.tls)),
        ("credssp", why(&inside.credssp)),
        ("rights", why(&inside.rights)),
        ("licensing", why(&inside.licensing)),
        ("gateway", why(&inside.gateway)),
        ("dns_servers", why(&inside.dns_servers)),
        ("mtu", why(&inside.mtu)),
        ("path_back", why(&inside.path_back)),
        ("client", why(&inside.client)),
        ("time_source", why(&inside.time_source)),
    ];
    parts
        .into_iter()
        .filter_map(|(name, why)| Some((name, why?)))
        .collect()
}
