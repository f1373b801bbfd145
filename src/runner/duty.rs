//! One thing to do on one host: a task with one item of its loop, a handler or a restart, made ready and looked at.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value as Json;

use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Read;
use crate::clock::Clock;
use crate::event::Differences;
use crate::plan::Change;
use crate::plan::Failure;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::plan::Unknown;
use crate::resource::AnyResource;
use crate::resource::Observation;
use crate::runner::rule::Rule;
use crate::runner::stop::Halt;
use crate::runner::stop::Stop;
use crate::runner::tale::owned_by_policy;
use crate::syntax::template::Values;

/// One thing to do.
pub(super) struct Duty {
    pub(super) name: Arc<str>,
    pub(super) kind: &'static str,
    pub(super) role: Role,
    /// Names of handlers.
    pub(super) notify: Vec<String>,
    pub(super) item: Option<Arc<Item>>,
    pub(super) rule: Rule,
    pub(super) ways: Ways,
    pub(super) ready: Ready,
}

/// Whether a task is a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Task,
    Handler,
}

/// One item of a loop, with the variables that a task sees because of it.
pub(super) struct Item {
    pub(super) value: Json,
    /// Names of variables with their values, `item` and the index.
    pub(super) names: Vec<(Arc<str>, Json)>,
    pub(super) locals: Values,
}

/// How a task is carried out, as its keywords say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ways {
    pub(super) ignore_errors: bool,
    pub(super) ignore_unreachable: bool,
    pub(super) no_log: bool,
    pub(super) differences: Differences,
    pub(super) aim: Aim,
}

/// Whether a task may change the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Aim {
    /// `check_mode: true`, or check mode as a whole.
    Look,
    /// What differs is corrected.
    #[default]
    Correct,
}

/// What came of making a task ready.
pub(super) enum Ready {
    /// A thing on the host.
    Resource(Arc<dyn AnyResource>),
    /// Something that the runner does by itself.
    Act,
    /// Nothing to be done, on purpose.
    Skipped(SkipReason),
    /// It depends on changes that were not made.
    Unknown(Unknown),
    /// A mistake.
    Failed(CimError),
}

/// What was seen, and how long looking took.
pub(super) struct Look {
    pub(super) sight: Sight,
    /// What was asked.
    pub(super) reads: Vec<Read>,
    pub(super) took: Duration,
}

/// What was seen.
pub(super) enum Sight {
    /// Nothing, on purpose.
    Skipped(SkipReason),
    /// Nothing, because it failed.
    Failed(Failure),
    /// Nothing certain.
    Unknown(Unknown),
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
            Ready::Resource(resource) => resource.id().into(),
            Ready::Act | Ready::Skipped(_) | Ready::Unknown(_) | Ready::Failed(_) => "".into(),
        }
    }

    /// Whether both want the same, so that a look for one of them serves the other.
    pub(super) fn wants_the_same(&self, other: &Self) -> bool {
        let (Ready::Resource(one), Ready::Resource(two)) = (&self.ready, &other.ready) else {
            return false;
        };
        // What resources show of themselves is all that they want.
        Arc::ptr_eq(one, two)
            || (one.kind() == two.kind() && format!("{one:?}") == format!("{two:?}"))
    }

    /// Looks and decides; nothing is written.
    pub(super) async fn look(&self, host: &dyn CimReader, stop: &Stop, clock: &dyn Clock) -> Look {
        let begin = clock.instant();
        let recorder = Recorder::of(host);
        let sight = self.sight(&recorder, stop).await;
        let took = clock.instant().saturating_duration_since(begin);
        Look {
            sight,
            reads: recorder.reads(),
            took,
        }
    }

    async fn sight(&self, host: &dyn CimReader, stop: &Stop) -> Sight {
        let resource = match &self.ready {
            Ready::Resource(resource) => resource,
            Ready::Act => {
                let promise = "what the runner does by itself is not looked at".to_owned();
                return Sight::Failed(failure("preparing", CimError::Broken { promise }));
            }
            Ready::Skipped(reason) => return Sight::Skipped(reason.clone()),
            Ready::Unknown(unknown) => return Sight::Unknown(unknown.clone()),
            Ready::Failed(error) => return Sight::Failed(failure("preparing", error.clone())),
        };
        match stop.or(guarded(observe(resource, host))).await {
            Ok(Ok((before, changes))) => Sight::Known(Known {
                resource: Arc::clone(resource),
                before,
                changes,
            }),
            Ok(Err(error)) => Sight::Failed(failure(OBSERVING, error)),
            Err(Halt::Interrupted) => Sight::Skipped(SkipReason::Interrupted),
            Err(Halt::TimedOut) => Sight::Failed(failure(OBSERVING, stop.overdue())),
        }
    }
}

impl Sight {
    /// How it ends when nothing is to be changed.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Skipped(reason) => Outcome::Skipped(reason),
            Self::Failed(failure) => Outcome::Failed(failure),
            Self::Unknown(unknown) => Outcome::Unknown(unknown),
            Self::Known(known) if known.changes.is_empty() => Outcome::Compliant,
            Self::Known(known) if known.changes.iter().all(owned_by_policy) => {
                Outcome::Overridden(known.changes)
            }
            Self::Known(known) => Outcome::Drifted(known.changes),
        }
    }
}

/// Remembers what is asked.
pub(super) struct Recorder<'a> {
    host: &'a dyn CimReader,
    reads: Mutex<Vec<Read>>,
}

impl<'a> Recorder<'a> {
    pub(super) fn of(host: &'a dyn CimReader) -> Self {
        let reads = Mutex::default();
        Self { host, reads }
    }

    /// What was asked, each question as often as it was put.
    pub(super) fn reads(self) -> Vec<Read> {
        self.reads
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CimReader for Recorder<'_> {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        {
            let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            reads.push(read.clone());
        }
        self.host.read(read).await
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
