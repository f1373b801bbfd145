//! One thing to look at on one host: a task, a handler or a restart, made ready and observed.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::plan::Change;
use crate::plan::Failure;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Prepared;
use crate::resource::AnyResource;
use crate::resource::Observation;
use crate::runner::host::Visit;
use crate::runner::stop::Halt;
use crate::runner::tale::Ending;
use crate::runner::tale::OBSERVING;
use crate::runner::tale::owned_by_policy;

/// One thing to look at.
pub(super) struct Duty {
    pub(super) play: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) kind: &'static str,
    pub(super) handler: bool,
    pub(super) notify: Vec<String>,
    pub(super) ready: Result<Prepared, CimError>,
}

/// What was seen, and how long looking took.
pub(super) struct Look {
    pub(super) sight: Sight,
    pub(super) took: Duration,
}

/// What was seen.
pub(super) enum Sight {
    /// Nothing, on purpose.
    Skipped(SkipReason),
    /// Nothing, because it failed.
    Failed(Failure),
    /// The thing itself.
    Known(Known),
}

/// What is known of a thing.
pub(super) struct Known {
    pub(super) resource: Arc<dyn AnyResource>,
    pub(super) before: Observation,
    pub(super) changes: Vec<Change>,
}

impl Duty {
    /// Which one of its kind; empty when it could not be made ready.
    pub(super) fn id(&self) -> Arc<str> {
        match &self.ready {
            Ok(Prepared::Resource(resource)) => resource.id().into(),
            Ok(Prepared::Skipped(_)) | Err(_) => "".into(),
        }
    }

    /// The result that says how it ended.
    pub(super) fn ending(&self, outcome: Outcome, took: Duration) -> Ending {
        Ending {
            play: Arc::clone(&self.play),
            task: Arc::clone(&self.name),
            resource: self.kind,
            id: self.id(),
            handler: self.handler,
            outcome,
            took,
        }
    }

    /// The condition that was false, or nothing.
    pub(super) fn condition(&self) -> Option<SkipReason> {
        match &self.ready {
            Ok(Prepared::Skipped(condition)) => Some(SkipReason::Condition(condition.clone())),
            Ok(Prepared::Resource(_)) | Err(_) => None,
        }
    }

    /// Looks and decides; nothing is written.
    pub(super) async fn look(&self, visit: &Visit, host: &dyn CimReader) -> Look {
        let begin = visit.world.clock.instant();
        let sight = self.sight(visit, host).await;
        let took = visit.world.clock.instant().saturating_duration_since(begin);
        Look { sight, took }
    }

    async fn sight(&self, visit: &Visit, host: &dyn CimReader) -> Sight {
        let resource = match &self.ready {
            Ok(Prepared::Resource(resource)) => resource,
            Ok(Prepared::Skipped(condition)) => {
                return Sight::Skipped(SkipReason::Condition(condition.clone()));
            }
            Err(error) => return Sight::Failed(failure("preparing", error.clone())),
        };
        match visit.stop.or(guarded(observe(resource, host))).await {
            Ok(Ok((before, changes))) => Sight::Known(Known {
                resource: Arc::clone(resource),
                before,
                changes,
            }),
            Ok(Err(error)) => Sight::Failed(failure(OBSERVING, error)),
            Err(Halt::Interrupted) => Sight::Skipped(SkipReason::Interrupted),
            Err(Halt::TimedOut) => Sight::Failed(failure(OBSERVING, overdue(visit.stop.limit()))),
        }
    }
}

impl Look {
    /// How it ends when nothing is to be changed.
    pub(super) fn outcome(self) -> Outcome {
        match self.sight {
            Sight::Skipped(reason) => Outcome::Skipped(reason),
            Sight::Failed(failure) => Outcome::Failed(failure),
            Sight::Known(known) if known.changes.is_empty() => Outcome::Compliant,
            Sight::Known(known) if known.changes.iter().all(owned_by_policy) => {
                Outcome::Overridden(known.changes)
            }
            Sight::Known(known) => Outcome::Drifted(known.changes),
        }
    }
}

/// The error of a host whose time was up.
pub(super) fn overdue(limit: Duration) -> CimError {
    CimError::Configuration {
        detail: format!("the host took longer than {} s", limit.as_secs()),
        remedy: "raise `--host-timeout`, or look at the load of the host".to_owned(),
    }
}

/// A failure before anything was made.
pub(super) fn failure(during: &str, error: CimError) -> Failure {
    Failure {
        during: during.to_owned(),
        error,
        made: Vec::new(),
    }
}

async fn observe(
    resource: &Arc<dyn AnyResource>,
    host: &dyn CimReader,
) -> Result<(Observation, Vec<Change>), CimError> {
    let before = resource.observe(host).await?;
    let changes = resource.diff(&before)?;
    Ok((before, changes))
}

/// Turns a panic into an error, so that it ends what caused it and nothing else.
pub(super) async fn guarded<T>(
    work: impl Future<Output = Result<T, CimError>>,
) -> Result<T, CimError> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done,
        Err(payload) => Err(CimError::Broken {
            promise: format!("a task panicked: {}", words(payload.as_ref())),
        }),
    }
}

fn words(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}
