//! Observe, diff, apply, observe again, prove: each host free of the others, at most `forks` at once.
//!
//! Knows the order of things; must not know sockets, formats of reports or what any kind of resource does.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::task::JoinError;

use crate::cim::Traffic;
use crate::clock::Clock;
use crate::connect::Connector;
use crate::connect::Prover;
use crate::event::Counts;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::runner::host::Visit;
use crate::runner::shared::Shared;
use crate::runner::stop::Stop;
use crate::syntax::Node;

mod act;
mod ahead;
mod correct;
mod doubt;
mod duty;
mod eyes;
mod foresight;
mod host;
mod memory;
mod pass;
mod prepare;
mod queue;
mod resource;
mod result;
mod sequel;
mod shared;
mod stop;
mod surroundings;
mod tale;
mod task;
mod tries;
mod turn;
mod walk;

pub use crate::runner::prepare::FromPlaybook;
pub use crate::runner::prepare::Prepare;
pub use crate::runner::surroundings::Surroundings;

/// What a run may touch.
#[derive(Clone)]
pub struct World {
    /// Opens sessions.
    pub connector: Arc<dyn Connector>,
    /// Visits hosts from outside.
    pub prover: Arc<dyn Prover>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where events go; a run waits for a slow reader rather than piling them up.
    pub events: mpsc::Sender<Event>,
    /// Becomes true on Ctrl-C: calls under way are finished, no new ones are begun.
    pub interrupted: watch::Receiver<bool>,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Order {
    /// ULID of the run.
    pub run: String,
    /// The playbook as the user named it.
    pub playbook: String,
    /// Each host with its plays, in order.
    pub hosts: Vec<(Arc<Host>, Vec<Arc<Play>>)>,
    /// `-e`.
    pub extra: Arc<std::collections::BTreeMap<String, Node>>,
    /// Look only, or correct.
    pub mode: RunMode,
    /// Hosts in flight at once, at least 1.
    pub forks: usize,
    /// How long one host may take.
    pub host_timeout: Duration,
    /// What every host has around it.
    pub around: Arc<Surroundings>,
}

/// Carries out an order; a host that fails never stops another.
pub async fn run(world: &World, order: &Order) -> Recap {
    run_with(world, order, Arc::new(FromPlaybook)).await
}

/// Carries out an order with resources from elsewhere than the playbook's own tasks.
pub async fn run_with(world: &World, order: &Order, prepare: Arc<dyn Prepare>) -> Recap {
    let begin = world.clock.instant();
    let started = Event::RunStart {
        run: order.run.clone(),
        at: world.clock.now(),
        mode: order.mode,
        playbook: order.playbook.clone(),
        hosts: order.hosts.len(),
    };
    send(world, started).await;
    let shared = Arc::new(Shared::new(&order.around, order.mode, &order.hosts));
    let mut recap = Recap::default();
    let mut visited = 0;
    let mut in_flight = FuturesUnordered::new();
    for (host, plays) in &order.hosts {
        while in_flight.len() >= order.forks.max(1) {
            if let Some(landed) = in_flight.next().await {
                land(world, &mut recap, landed).await;
            }
        }
        // Without a reader of events nobody would learn what is done to the hosts.
        if *world.interrupted.borrow() || world.events.is_closed() {
            break;
        }
        visited += 1;
        let start = Event::HostStart {
            host: Arc::clone(&host.name),
            at: world.clock.now(),
        };
        send(world, start).await;
        let visit = Visit {
            world: world.clone(),
            host: Arc::clone(host),
            plays: plays.clone(),
            extra: Arc::clone(&order.extra),
            mode: order.mode,
            prepare: Arc::clone(&prepare),
            shared: Arc::clone(&shared),
            stop: Stop::new(
                world.interrupted.clone(),
                Arc::clone(&world.clock),
                order.host_timeout,
            ),
        };
        let name = Arc::clone(&host.name);
        // A task of its own, so that all cores work and a panic ends one host only.
        let task = tokio::spawn(visit.pay());
        in_flight.push(async move { (name, task.await) });
    }
    while let Some(landed) = in_flight.next().await {
        land(world, &mut recap, landed).await;
    }
    recap.interrupted += order.hosts.len() - visited;
    recap.duration = world.clock.instant().saturating_duration_since(begin);
    let ended = Event::RunEnd {
        at: world.clock.now(),
        recap,
    };
    send(world, ended).await;
    recap
}

/// Reports a host that is done.
async fn land(
    world: &World,
    recap: &mut Recap,
    (host, landed): (Arc<str>, Result<HostSummary, JoinError>),
) {
    let summary = landed.unwrap_or_else(|error| HostSummary {
        host,
        at: world.clock.now(),
        status: HostStatus::Failed {
            reason: format!("internal error, please report it: {error}"),
            hint: None,
        },
        counts: Counts::default(),
        proof: None,
        traffic: Traffic::default(),
        duration: Duration::ZERO,
    });
    recap.add(&summary);
    send(world, Event::HostEnd(summary)).await;
}

async fn send(world: &World, event: Event) {
    // A reader that went away is noticed before the next host is begun.
    let _delivered = world.events.send(event).await;
}
