//! When a host has to end: on Ctrl-C and when its time is up. Knows time and one flag, nothing of what tasks do.

use std::future::Future;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::watch;

use crate::cim::CimError;
use crate::clock::Clock;

/// How long what must not be cut off (a call, the steps of a change) may go on once the host has to end.
const GRACE: Duration = Duration::from_secs(30);

/// Why a host has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The run was interrupted.
    Interrupted,
    /// The host's time is up.
    TimedOut,
}

/// Tells when a host has to end.
#[derive(Clone)]
pub(super) struct Stop {
    interrupted: watch::Receiver<bool>,
    clock: Arc<dyn Clock>,
    /// Shared, because waiting on purpose puts it off.
    host: Arc<Mutex<Deadline>>,
    limit: Duration,
    /// When the task that is worked on has to end, if it says so; never put off.
    own: Option<Own>,
}

/// When a host has to end.
struct Deadline {
    /// `None` when the limit lies beyond what an instant can hold.
    at: Option<Instant>,
    waited: Waited,
}

/// When a task has to end, and how long it was given.
#[derive(Clone, Copy)]
struct Own {
    at: Instant,
    limit: Duration,
}

/// How long was waited on purpose; neither is the host's slowness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waited {
    /// Because the playbook orders it.
    pub(super) ordered: Duration,
    /// For other hosts.
    pub(super) for_others: Duration,
}

impl Stop {
    /// Starts the host's time.
    pub(super) fn new(
        interrupted: watch::Receiver<bool>,
        clock: Arc<dyn Clock>,
        limit: Duration,
    ) -> Self {
        let deadline = Deadline {
            at: clock.instant().checked_add(limit),
            waited: Waited::default(),
        };
        Self {
            interrupted,
            clock,
            host: Arc::new(Mutex::new(deadline)),
            limit,
            own: None,
        }
    }

    /// The same, but for a task that may take no longer than this.
    pub(super) fn within(&self, limit: Duration) -> Self {
        let at = self.clock.instant().checked_add(limit);
        Self {
            own: at.map(|at| Own { at, limit }),
            ..self.clone()
        }
    }

    /// The error of a host or a task whose time was up.
    pub(super) fn overdue(&self) -> CimError {
        let host = self.host().at;
        let first = self.own.filter(|own| host.is_none_or(|at| own.at < at));
        let (detail, remedy) = match first {
            None => (
                format!("the host took longer than {} s", self.limit.as_secs()),
                "raise `--host-timeout`, or look at the load of the host",
            ),
            Some(own) => (
                format!("the task took longer than {} s", own.limit.as_secs()),
                "raise its `timeout`, or look at the load of the host",
            ),
        };
        CimError::Configuration {
            detail,
            remedy: remedy.to_owned(),
        }
    }

    /// Takes away the time that was spent on the host before.
    #[must_use]
    pub(super) fn after(self, spent: Duration) -> Self {
        {
            let mut host = self.host();
            host.at = host.at.and_then(|end| end.checked_sub(spent));
        }
        self
    }

    fn host(&self) -> MutexGuard<'_, Deadline> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deadline(&self) -> Option<Instant> {
        let host = self.host().at;
        host.into_iter().chain(self.own.map(|own| own.at)).min()
    }

    /// How long was waited on purpose so far.
    pub(super) fn waited(&self) -> Waited {
        self.host().waited
    }

    /// Gives the host more time: what it has to wait for is not its slowness.
    fn put_off(&self, by: Duration, counter: fn(&mut Waited) -> &mut Duration) {
        let mut host = self.host();
        host.at = host.at.and_then(|deadline| deadline.checked_add(by));
        let waited = counter(&mut host.waited);
        *waited = waited.saturating_add(by);
    }

    /// Waits as the playbook orders; an interruption cuts it off, and so does the task's own limit. The host's time is put
    /// off by as much.
    pub(super) async fn wait_as_ordered<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Halt> {
        let begin = self.clock.instant();
        let own = async {
            match self.own {
                Some(own) => {
                    let left = own.at.saturating_duration_since(begin);
                    self.clock.sleep(left).await;
                }
                None => pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            () = self.interruption() => Err(Halt::Interrupted),
            done = work => Ok(done),
            () = own => Err(Halt::TimedOut),
        };
        let waited = self.clock.instant().saturating_duration_since(begin);
        self.put_off(waited, |waited| &mut waited.ordered);
        ended
    }

    /// Waits for other hosts, each of which has a limit of its own; only an interruption cuts it off. The host's time is put
    /// off by as much.
    pub(super) async fn wait_for_others<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Halt> {
        let begin = self.clock.instant();
        let ended = tokio::select! {
            biased;
            () = self.interruption() => Err(Halt::Interrupted),
            done = work => Ok(done),
        };
        let waited = self.clock.instant().saturating_duration_since(begin);
        self.put_off(waited, |waited| &mut waited.for_others);
        ended
    }

    /// Waits until the run is interrupted.
    async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        // Without a sender nobody can interrupt any more.
        if interrupted.wait_for(|flag| *flag).await.is_err() {
            pending::<()>().await;
        }
    }

    /// How long the host may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether the host has to end by now.
    pub(super) fn check(&self) -> Option<Halt> {
        if *self.interrupted.borrow() {
            return Some(Halt::Interrupted);
        }
        let over = self
            .deadline()
            .is_some_and(|deadline| deadline <= self.clock.instant());
        over.then_some(Halt::TimedOut)
    }

    /// Waits until the host has to end.
    async fn halted(&self) -> Halt {
        let expiry = async {
            loop {
                let Some(deadline) = self.deadline() else {
                    return pending().await;
                };
                let left = deadline.saturating_duration_since(self.clock.instant());
                if left.is_zero() {
                    return;
                }
                // It may be put off meanwhile.
                self.clock.sleep(left).await;
            }
        };
        tokio::select! {
            biased;
            () = self.interruption() => Halt::Interrupted,
            () = expiry => Halt::TimedOut,
        }
    }

    /// Does what may be cut off at any time: reads, connecting, proving.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        if let Some(halt) = self.check() {
            return Err(halt);
        }
        tokio::select! {
            biased;
            done = work => Ok(done),
            halt = self.halted() => Err(halt),
        }
    }

    /// Does what should not be cut off; it is given a moment more once the host has to end.
    pub(super) async fn finish<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        let patience = async {
            let halt = self.halted().await;
            self.clock.sleep(GRACE).await;
            halt
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            halt = patience => Err(halt),
        }
    }
}

/// How long [`Stop::finish`] goes on at most, for messages.
pub(super) fn grace() -> Duration {
    GRACE
}
