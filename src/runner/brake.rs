//! What ends a run before its end on hosts that are under way: an interruption, the deadline, or a failure where none is
//! allowed. Knows time and flags, nothing of hosts.

use std::future::pending;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;

use crate::event::Stopped;
use crate::runner::World;

/// Why hosts under way have to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Ctrl-C.
    Interrupted,
    /// `--deadline` passed.
    Deadline,
    /// A host failed in a play with `any_errors_fatal`.
    Fatal,
}

/// Pulled once; hosts under way look at it as they look at an interruption.
pub(super) struct Brake {
    pulled: watch::Sender<bool>,
    cause: OnceLock<Cause>,
}

impl Brake {
    pub(super) fn new() -> Self {
        Self {
            pulled: watch::Sender::new(false),
            cause: OnceLock::new(),
        }
    }

    /// Ends all hosts under way; the first cause counts.
    pub(super) fn pull(&self, cause: Cause) {
        let _first = self.cause.set(cause);
        self.pulled.send_replace(true);
    }

    /// Becomes true when it is pulled.
    pub(super) fn flag(&self) -> watch::Receiver<bool> {
        self.pulled.subscribe()
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        self.cause.get().copied()
    }

    /// Why the run was stopped, when it was this that stopped it.
    pub(super) fn stopped(&self) -> Option<Stopped> {
        match self.cause()? {
            Cause::Interrupted => None,
            Cause::Deadline => Some(Stopped::Deadline),
            Cause::Fatal => Some(Stopped::Fatal),
        }
    }

    /// Pulls it on Ctrl-C and when the deadline passes; never ends.
    pub(super) async fn watch(&self, world: &World, deadline: Option<Duration>) {
        let mut interrupted = world.interrupted.clone();
        let interruption = async {
            // Without a sender nobody can interrupt any more.
            if interrupted.wait_for(|flag| *flag).await.is_err() {
                pending::<()>().await;
            }
        };
        let expiry = async {
            match deadline {
                // Not even a moment is left.
                Some(Duration::ZERO) => {}
                Some(deadline) => world.clock.sleep(deadline).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = interruption => self.pull(Cause::Interrupted),
            () = expiry => self.pull(Cause::Deadline),
        }
        pending::<()>().await;
    }
}
