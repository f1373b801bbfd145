//! Observe, diff, apply, observe again, prove: each host free of the others of its wave, at most `forks` at once.
//!
//! Knows the order of things; must not know sockets, formats of reports or what any kind of resource does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::connect::Connector;
use crate::connect::Prover;
use crate::event::Event;
use crate::event::Recap;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::runner::brake::Brake;
use crate::runner::campaign::Campaign;
use crate::runner::rollout::Bounds;
use crate::syntax::Node;

mod act;
mod ahead;
mod boot;
mod brake;
mod campaign;
mod companions;
mod consent;
mod correct;
mod doubt;
mod duty;
mod errand;
mod eyes;
mod foresight;
mod host;
mod known;
mod line;
mod memory;
mod pass;
mod patience;
mod prepare;
mod queue;
mod resource;
mod result;
pub mod rollout;
mod rule;
mod sequel;
mod shared;
mod stop;
mod surroundings;
mod tale;
mod task;
mod tries;
mod turn;
mod walk;

pub use crate::runner::boot::BootOutcome;
pub use crate::runner::boot::errand;
pub use crate::runner::consent::Consent;
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
    /// The scheduled job that this is a run of.
    pub job: Option<Arc<str>>,
    /// The plays, in order.
    pub plays: Vec<Arc<Play>>,
    /// Each host with those of the plays that are about it, in order; the very same ones.
    pub hosts: Vec<(Arc<Host>, Vec<Arc<Play>>)>,
    /// `-e`.
    pub extra: Arc<BTreeMap<String, Node>>,
    /// How many hosts take no part because somebody else works on them; they count as never begun.
    pub left_out: usize,
    /// Look only, or correct.
    pub mode: RunMode,
    /// Hosts in flight at once, at least 1.
    pub forks: usize,
    /// How long one host may take.
    pub host_timeout: Duration,
    /// What ends the run early.
    pub bounds: Bounds,
    /// What every host has around it.
    pub around: Arc<Surroundings>,
    /// `--step`: who is asked before each task.
    pub consent: Option<Arc<dyn Consent>>,
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
        hosts: order.hosts.len() + order.left_out,
        job: order.job.clone(),
    };
    send(world, started).await;
    let brake = Brake::new();
    let mut campaign = Campaign::new(world, order, prepare, &brake);
    tokio::select! {
        biased;
        () = brake.watch(world, order.bounds.deadline) => {}
        () = campaign.run() => {}
    }
    let mut recap = campaign.recap();
    recap.duration = world.clock.instant().saturating_duration_since(begin);
    let ended = Event::RunEnd {
        at: world.clock.now(),
        recap,
    };
    send(world, ended).await;
    recap
}

async fn send(world: &World, event: Event) {
    // A reader that went away is noticed before the next host is begun.
    let _delivered = world.events.send(event).await;
}
