//! Reboots a host and waits for it: `reboot`, `wait_for_connection`, `wait_for`.
//!
//! Knows when a host counts as back: never by a mere connection, always by another boot. Must not know in which order
//! tasks come, nor what follows from their outcomes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::cim::Traffic;
use crate::clock::Clock;
use crate::connect::Prover;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::plan::Change;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::actions::Errand;
use crate::runner::World;
use crate::runner::duty;
use crate::runner::line::Line;
use crate::runner::stop::Stop;

mod moment;
mod reboot;
mod wait;

/// What an errand may touch.
pub(super) struct BootContext<'a> {
    /// The host's session. After a reboot it leads to the host as it is then; answers of a pass from before are void.
    pub(super) line: &'a Arc<Line>,
    /// The host.
    pub(super) host: &'a Host,
    /// Knocks at ports.
    pub(super) prover: &'a Arc<dyn Prover>,
    /// Time.
    pub(super) clock: &'a Arc<dyn Clock>,
    /// When the host has to end; the time that an errand takes is added to it.
    pub(super) stop: &'a Stop,
    /// Check mode looks once and waits for nothing.
    pub(super) mode: RunMode,
}

/// What came of an errand.
#[derive(Debug, Clone, PartialEq)]
pub struct BootOutcome {
    /// Never `Unknown`: whether changes that were not made stand in its way is the caller's to know.
    pub outcome: Outcome,
    /// What else there is to say.
    pub message: Option<Arc<str>>,
    /// What `register` holds besides what every result has, in Ansible's names.
    pub values: Map<String, Value>,
}

/// Carries one errand out by itself, outside of any play: connects first unless the errand is to wait for that, and
/// closes the session afterwards. Tells also what it cost.
pub async fn errand(
    world: &World,
    host: &Arc<Host>,
    errand: &Errand,
    (mode, limit): (RunMode, Duration),
) -> (BootOutcome, Traffic) {
    let line = Line::new(Arc::clone(&world.connector), Arc::clone(host));
    let stop = Stop::new(world.interrupted.clone(), Arc::clone(&world.clock), limit);
    let context = BootContext {
        line: &line,
        host,
        prover: &world.prover,
        clock: &world.clock,
        stop: &stop,
        mode,
    };
    let connected = match errand {
        Errand::Reboot(_) => duty::guarded(line.connect()).await,
        Errand::WaitForConnection(_) | Errand::WaitFor(_) => Ok(()),
    };
    let ended = match connected {
        Ok(()) => act(errand, &context).await,
        Err(error) => BootOutcome::failed(OBSERVING, error),
    };
    line.close().await;
    (ended, line.traffic())
}

/// Carries an errand out. Ends within the errand's own timeout, or soon after an interruption.
pub(super) async fn act(errand: &Errand, context: &BootContext<'_>) -> BootOutcome {
    let begin = context.clock.instant();
    let mut ended = match errand {
        Errand::Reboot(order) => reboot::act(order, context).await,
        Errand::WaitForConnection(patience) => wait::for_connection(*patience, context).await,
        Errand::WaitFor(wanted) => wait::for_port(wanted, context).await,
    };
    let elapsed = context.clock.instant().saturating_duration_since(begin);
    ended
        .values
        .insert("elapsed".to_owned(), elapsed.as_secs().into());
    ended
}

impl BootOutcome {
    fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            message: None,
            values: Map::new(),
        }
    }

    fn failed(during: &str, error: CimError) -> Self {
        Self::of(Outcome::Failed(duty::failure(during, error)))
    }

    /// A failure after the host was told to reboot.
    fn failed_after(change: Change, during: &str, error: CimError) -> Self {
        let mut failure = duty::failure(during, error);
        failure.made.push(change);
        Self::of(Outcome::Failed(failure))
    }

    fn interrupted() -> Self {
        Self::of(Outcome::Skipped(SkipReason::Interrupted))
    }

    #[must_use]
    fn saying(mut self, words: Option<String>) -> Self {
        self.message = words.map(Into::into);
        self
    }

    #[must_use]
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

/// An error that names what a person can do; hosts that do not do what they were told are nobody's bug.
fn stuck(detail: String, remedy: impl Into<String>) -> CimError {
    CimError::Configuration {
        detail,
        remedy: remedy.into(),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
