//! When a host has to end: on Ctrl-C and when its time is up. Knows time and one flag, nothing of what tasks do.

use std::future::Future;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;
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
    /// `None` when the limit lies beyond what an instant can hold. Shared, because waiting on purpose puts it off.
    deadline: Arc<Mutex<Option<Instant>>>,
    /// When the task that is worked on has to end, if it says so; never put off.
    own: Option<Instant>,
    limit: Duration,
    whose: Whose,
}

/// What a limit of time is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Host,
    Task,
}

impl Stop {
    /// Starts the host's time.
    pub(super) fn new(
        interrupted: watch::Receiver<bool>,
        clock: Arc<dyn Clock>,
        limit: Duration,
    ) -> Self {
        let deadline = clock.instant().checked_add(limit);
        Self {
            interrupted,
            clock,
            deadline: Arc::new(Mutex::new(deadline)),
            own: None,
            limit,
            whose: Whose::Host,
        }
    }

    /// The same, but for a task that may take no longer than this.
    pub(super) fn within(&self, limit: Duration) -> Self {
        let mut stop = self.clone();
        let own = self.clock.instant().checked_add(limit);
        if let Some(own) = own.filter(|own| self.deadline().is_none_or(|host| *own < host)) {
            stop.own = Some(own);
            stop.limit = limit;
            stop.whose = Whose::Task;
        }
        stop
    }

    /// The error of a host or a task whose time was up.
    pub(super) fn overdue(&self) -> CimError {
        let seconds = self.limit.as_secs();
        let (detail, remedy) = match self.whose {
            Whose::Host => (
                format!("the host took longer than {seconds} s"),
                "raise `--host-timeout`, or look at the load of the host",
            ),
            Whose::Task => (
                format!("the task took longer than {seconds} s"),
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
            let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            *deadline = deadline.and_then(|end| end.checked_sub(spent));
        }
        self
    }

    fn deadline(&self) -> Option<Instant> {
        let host = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        host.into_iter().chain(self.own).min()
    }

    /// Gives the host more time: what a playbook orders to wait for is not its slowness.
    pub(super) fn put_off(&self, by: Duration) {
        let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        *deadline = deadline.and_then(|deadline| deadline.checked_add(by));
    }

    /// Does what may be cut off by an interruption but takes its own time; the host's is put off by as much.
    pub(super) async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Halt> {
        let begin = self.clock.instant();
        let ended = tokio::select! {
            biased;
            () = self.interruption() => Err(Halt::Interrupted),
            done = work => Ok(done),
        };
        self.put_off(self.clock.instant().saturating_duration_since(begin));
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
