//! Leases on the hosts of a run that makes changes: whoever shares the history keeps away from them meanwhile.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::history::Held;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::Lease;
use crate::runner::Order;

/// How long leases last, and how often they are renewed.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A host whose run was killed is free again after that.
    length: Duration,
    /// Less than half of it.
    renewal: Duration,
}

/// Renewed twice before they run out, with time left for calls under way.
pub const PACE: Pace = Pace {
    length: Duration::from_mins(2),
    renewal: Duration::from_secs(40),
};

/// Leases that are renewed until they are given back or dropped.
pub struct Leases {
    store: PathBuf,
    owner: String,
    /// Hosts that somebody else has.
    pub left_out: Vec<Held>,
    lost: watch::Receiver<bool>,
    renewal: JoinHandle<()>,
}

impl Leases {
    /// Takes all hosts of an order that are free, and leaves the others out of it.
    pub fn take(store: &Path, owner: &str, order: &mut Order, pace: Pace) -> Result<Self, Refusal> {
        let hosts = order.hosts.iter();
        let mut hosts: Vec<Arc<str>> = hosts.map(|(host, _)| Arc::clone(&host.name)).collect();
        let leases = Self::of_hosts(store, owner, &mut hosts, pace);
        let leases = leases.map_err(|error| refusal(&error))?;
        let held: BTreeSet<Arc<str>> = hosts.into_iter().collect();
        order.hosts.retain(|(host, _)| held.contains(&host.name));
        Ok(leases)
    }

    fn of_hosts(
        store: &Path,
        owner: &str,
        hosts: &mut Vec<Arc<str>>,
        pace: Pace,
    ) -> Result<Self, HistoryError> {
        let mut history = History::open_existing(store)?;
        let taken = SystemClock.instant();
        let left_out = history.acquire_all(hosts, owner, SystemClock.now(), pace.length)?;
        let away: BTreeSet<&Arc<str>> = left_out.iter().map(|held| &held.host).collect();
        hosts.retain(|host| !away.contains(host));
        let (losing, lost) = watch::channel(false);
        let renewer = Renewer {
            history,
            owner: owner.to_owned(),
            hosts: hosts.clone(),
        };
        Ok(Self {
            store: store.to_owned(),
            owner: owner.to_owned(),
            left_out,
            lost,
            renewal: tokio::spawn(renewer.go_on(pace, taken, losing)),
        })
    }

    /// Becomes true when this does, and when a lease is lost: somebody else may work on the host.
    pub fn or_lost(&self, stop: watch::Receiver<bool>) -> watch::Receiver<bool> {
        either(stop, self.lost.clone())
    }

    /// Whether a lease was lost.
    pub fn was_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Gives them back; what cannot be given back is told, and runs out.
    pub fn release(self, talk: &Talk) {
        self.renewal.abort();
        let opened = History::open_existing(&self.store);
        let released = opened.and_then(|mut history| history.release_all(&self.owner));
        if let Err(error) = released {
            talk.note(&format!("warning: leases run out by themselves: {error}"));
        }
    }
}

/// Without this, a run that breaks off would keep its hosts for as long as the process lives.
impl Drop for Leases {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Until when a host is somebody else's, to the second.
pub fn until(held: &Held) -> Timestamp {
    let whole = held.until.round(jiff::Unit::Second);
    whole.unwrap_or(held.until)
}

/// Makes leases last.
struct Renewer {
    history: History,
    owner: String,
    hosts: Vec<Arc<str>>,
}

impl Renewer {
    /// Goes on until it is aborted. A history that cannot be written for a while costs nothing as long as the leases
    /// last; when the next attempt may come too late, they may be lost: nobody can know.
    async fn go_on(mut self, pace: Pace, mut good: Instant, losing: watch::Sender<bool>) {
        loop {
            SystemClock.sleep(pace.renewal).await;
            let begun = SystemClock.instant();
            let renewed = tokio::task::spawn_blocking(move || {
                let are_held = self.renew(pace.length);
                (self, are_held)
            });
            let Ok((back, are_held)) = renewed.await else {
                losing.send_replace(true);
                return;
            };
            self = back;
            let is_lost = match are_held {
                Ok(true) => {
                    good = begun;
                    false
                }
                Ok(false) => true,
                Err(_) => {
                    let passed = SystemClock.instant().saturating_duration_since(good);
                    passed + pace.renewal >= pace.length
                }
            };
            if is_lost {
                losing.send_replace(true);
            }
        }
    }

    /// Whether all of them are still held. The others are renewed when one is not, because calls are under way.
    fn renew(&mut self, length: Duration) -> Result<bool, HistoryError> {
        let mut are_held = true;
        for host in &self.hosts {
            let now = SystemClock.now();
            let lease = self.history.renew(host, &self.owner, now, length)?;
            are_held &= matches!(lease, Lease::Leased);
        }
        Ok(are_held)
    }
}

/// True as soon as one of them is.
fn either(
    mut one: watch::Receiver<bool>,
    mut other: watch::Receiver<bool>,
) -> watch::Receiver<bool> {
    let (sender, both) = watch::channel(*one.borrow() || *other.borrow());
    tokio::spawn(async move {
        tokio::select! {
            Ok(_) = one.wait_for(|flag| *flag) => {}
            Ok(_) = other.wait_for(|flag| *flag) => {}
            () = sender.closed() => return,
        }
        sender.send_replace(true);
    });
    both
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::Leases;
    use super::Pace;
    use crate::clock::Clock;
    use crate::clock::SystemClock;
    use crate::history::History;
    use crate::history::Lease;

    /// Ends leases between two renewals.
    const BRISK: Pace = Pace {
        length: Duration::from_mins(2),
        renewal: Duration::from_millis(10),
    };

    fn place() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("history.db");
        (folder, store)
    }

    fn open(store: &Path) -> History {
        History::open(store, SystemClock.now()).unwrap().history
    }

    fn take(store: &Path, pace: Pace) -> Leases {
        drop(open(store));
        let mut hosts: Vec<Arc<str>> = vec!["a".into(), "b".into()];
        Leases::of_hosts(store, "me", &mut hosts, pace).unwrap()
    }

    #[tokio::test]
    async fn leases_that_are_dropped_are_renewed_no_more() {
        let (_folder, store) = place();
        let leases = take(&store, BRISK);
        let renewal = leases.renewal.abort_handle();
        drop(leases);
        while !renewal.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_host_that_somebody_else_took_is_lost() {
        let (_folder, store) = place();
        let leases = take(&store, BRISK);
        let mut history = open(&store);
        history.release("b", "me").unwrap();
        // Between the two the host may be renewed; then it is released again.
        while history
            .acquire("b", "you", SystemClock.now(), BRISK.length)
            .unwrap()
            != Lease::Leased
        {
            history.release("b", "me").unwrap();
        }
        let (_never, stop) = tokio::sync::watch::channel(false);
        let mut told = leases.or_lost(stop);
        assert!(*told.wait_for(|lost| *lost).await.unwrap());
        assert!(leases.was_lost());
    }

    #[tokio::test]
    async fn a_history_that_is_busy_for_a_moment_costs_nothing_until_leases_may_run_out() {
        let (_folder, store) = place();
        let mut patient = take(&store, BRISK);
        let mut short = take(
            &store,
            Pace {
                length: Duration::from_millis(200),
                ..BRISK
            },
        );
        // The table goes away under them.
        let other = rusqlite::Connection::open(&store).unwrap();
        other
            .execute_batch("ALTER TABLE leases RENAME TO elsewhere")
            .unwrap();
        short.lost.wait_for(|lost| *lost).await.unwrap();
        assert!(!*patient.lost.borrow_and_update());
        other
            .execute_batch("ALTER TABLE elsewhere RENAME TO leases")
            .unwrap();
    }
}
