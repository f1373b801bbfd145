//! Hosts of a run that begin one after the other: each waits for its part of the job's `splay`, so that a service they
//! share is not asked by all of them at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::clock::Clock;
use crate::connect::Connector;
use crate::inventory::Host;
use crate::job::Job;
use crate::runner::Order;

/// How long each host waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread(BTreeMap<Arc<str>, Duration>);

impl Spread {
    /// As the job says. The hosts of the order are put in the order of their turns, and none loses its time by waiting.
    pub fn of(job: &Job, order: &mut Order) -> Self {
        let hosts = order.hosts.iter().map(|(host, _)| Arc::clone(&host.name));
        let offsets: BTreeMap<Arc<str>, Duration> = hosts
            .map(|host| (Arc::clone(&host), job.host_offset(&host)))
            .filter(|(_, offset)| !offset.is_zero())
            .collect();
        if let Some(longest) = offsets.values().max() {
            order.host_timeout = order.host_timeout.saturating_add(*longest);
            order
                .hosts
                .sort_by_key(|(host, _)| offsets.get(&host.name).copied().unwrap_or_default());
        }
        Self(offsets)
    }

    /// The connector, behind the wait.
    pub fn before(
        self,
        connector: Arc<dyn Connector>,
        clock: &Arc<dyn Clock>,
        interrupted: watch::Receiver<bool>,
    ) -> Arc<dyn Connector> {
        if self.0.is_empty() {
            return connector;
        }
        Arc::new(Waiting {
            spread: self,
            connector,
            begin: clock.instant(),
            clock: Arc::clone(clock),
            interrupted,
        })
    }
}

struct Waiting {
    spread: Spread,
    connector: Arc<dyn Connector>,
    begin: Instant,
    clock: Arc<dyn Clock>,
    interrupted: watch::Receiver<bool>,
}

#[async_trait]
impl Connector for Waiting {
    async fn connect(&self, host: &Host) -> Result<Arc<dyn CimSession>, CimError> {
        let offset = self.spread.0.get(&host.name).copied().unwrap_or_default();
        let passed = self.clock.instant().saturating_duration_since(self.begin);
        let mut interrupted = self.interrupted.clone();
        tokio::select! {
            () = self.clock.sleep(offset.saturating_sub(passed)) => {}
            _told = async { interrupted.wait_for(|flag| *flag).await.is_ok() } => {}
        }
        self.connector.connect(host).await
    }

    fn is_starting(&self, host: &Host) {
        self.connector.is_starting(host);
    }
}
