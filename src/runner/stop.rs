//! When a host has to end: on Ctrl-C and when its time is up. Knows time and one flag, nothing of what tasks do.

use std::future::Future;
use std::future::pending;
use std::sync::Arc;
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
    /// `None` when the limit lies beyond what an instant can hold.
    deadline: Option<Instant>,
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
            deadline,
            limit,
            whose: Whose::Host,
        }
    }

    /// The same, but for a task that may take no longer than this.
    pub(super) fn within(&self, limit: Duration) -> Self {
        let mut stop = self.clone();
        let own = self.clock.instant().checked_add(limit);
        if let Some(own) = own.filter(|own| self.deadline.is_none_or(|host| *own < host)) {
            stop.deadline = Some(own);
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
            .deadline
            .is_some_and(|deadline| deadline <= self.clock.instant());
        over.then_some(Halt::TimedOut)
    }

    /// Waits until the host has to end.
    async fn halted(&self) -> Halt {
        let mut interrupted = self.interrupted.clone();
        let interruption = async {
            // Without a sender nobody can interrupt any more.
            if interrupted.wait_for(|flag| *flag).await.is_err() {
                pending::<()>().await;
            }
        };
        let expiry = async {
            match self.deadline {
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(self.clock.instant());
                    self.clock.sleep(left).await;
                }
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = interruption => Halt::Interrupted,
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
