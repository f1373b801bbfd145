//! Leases on the hosts of a run that makes changes: whoever shares the history keeps away from them meanwhile.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::Lease;
use crate::service::errand::LeftOut;

/// How long a lease lasts: a host whose run was killed is free again after that.
const LENGTH: Duration = Duration::from_mins(2);
/// How often leases are renewed; three times before they run out.
const RENEWAL: Duration = Duration::from_secs(40);

/// Leases that are renewed until they are given back.
pub struct Leases {
    store: PathBuf,
    owner: String,
    /// Hosts that somebody else has.
    pub left_out: Vec<LeftOut>,
    /// Becomes true when a lease was lost: somebody else may work on the host.
    pub lost: watch::Receiver<bool>,
    renewal: JoinHandle<()>,
}

impl Leases {
    /// Takes all of these hosts that are free.
    pub fn take(store: &Path, owner: &str, hosts: &[Arc<str>]) -> Result<Self, Refusal> {
        let told = |error: HistoryError| refusal(&error);
        let mut history = History::open_existing(store).map_err(told)?;
        let mut left_out = Vec::new();
        for host in hosts {
            let lease = history.acquire(host, owner, SystemClock.now(), LENGTH);
            if let Lease::HeldBy { owner, until } = lease.map_err(told)? {
                left_out.push(LeftOut {
                    host: Arc::clone(host),
                    holder: owner,
                    until,
                });
            }
        }
        let away: BTreeSet<&Arc<str>> = left_out.iter().map(|one| &one.host).collect();
        let held = hosts.iter().filter(|host| !away.contains(host));
        let held: Vec<Arc<str>> = held.cloned().collect();
        let (losing, lost) = watch::channel(false);
        let renewal = tokio::spawn(renew(history, owner.to_owned(), held, losing));
        Ok(Self {
            store: store.to_owned(),
            owner: owner.to_owned(),
            left_out,
            lost,
            renewal,
        })
    }

    /// Gives them back.
    pub fn release(self) -> Result<(), Refusal> {
        self.renewal.abort();
        History::open_existing(&self.store)
            .and_then(|mut history| history.release_all(&self.owner))
            .map_err(|error| refusal(&error))
    }
}

/// A lease that cannot be renewed because the history cannot be written may be lost: nobody can know.
async fn renew(
    mut history: History,
    owner: String,
    hosts: Vec<Arc<str>>,
    losing: watch::Sender<bool>,
) {
    loop {
        SystemClock.sleep(RENEWAL).await;
        let renewed = tokio::task::spawn_blocking({
            let (owner, hosts) = (owner.clone(), hosts.clone());
            move || {
                let all = hosts.iter().all(|host| {
                    let lease = history.renew(host, &owner, SystemClock.now(), LENGTH);
                    matches!(lease, Ok(Lease::Leased))
                });
                (history, all)
            }
        });
        let Ok((back, all)) = renewed.await else {
            losing.send_replace(true);
            return;
        };
        history = back;
        if !all {
            losing.send_replace(true);
        }
    }
}
