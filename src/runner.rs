//! Observe, diff, apply, observe again, prove: each host free of the others, at most `forks` at once.

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
use crate::syntax::Node;

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
}

/// Carries out an order; a host that fails never stops another.
pub async fn run(world: &World, order: &Order) -> Recap {
    let _ = (world, order);
    Recap::default()
}
