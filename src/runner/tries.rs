//! One item of a task: tried until it is as wanted, judged by the task's own conditions.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use crate::cim::CimError;
use crate::diag::Diagnostic;
use crate::plan::Change;
use crate::plan::Failure;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Action;
use crate::playbook::Condition;
use crate::playbook::Task;
use crate::runner::ahead::Said;
use crate::runner::duty::Aim;
use crate::runner::duty::Duty;
use crate::runner::duty::Look;
use crate::runner::duty::Ready;
use crate::runner::duty::failure;
use crate::runner::queue::End;
use crate::runner::result;
use crate::runner::result::Upshot;
use crate::runner::stop::Halt;
use crate::runner::task::Tried;
use crate::runner::task::value;
use crate::runner::turn::Turn;

/// Tries behind the first when `retries` says nothing.
const RETRIES: u32 = 3;
/// The pause between two tries when `delay` says nothing.
const DELAY: Duration = Duration::from_secs(5);
/// What is done between two tries.
const WAITING: &str = "waiting";

/// Whether a condition about a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
}

/// How often a task is tried again.
struct Patience {
    retries: u32,
    delay: Duration,
}

impl Turn<'_, '_> {
    /// Does one item of a task.
    pub(super) async fn entry(
        &mut self,
        task: &Task,
        mut duty: Duty,
        mut look: Option<(usize, Look)>,
    ) -> Upshot {
        let patience = match self.patience(task, &duty) {
            Ok(patience) => patience,
            Err(found) => {
                duty.ready = self.refused(found);
                None
            }
        };
        let mut attempt = 1;
        let mut made: Vec<Change> = Vec::new();
        let foreseen = self.memory.foresight.len();
        let mut tried = loop {
            let mut tried = self.bounded(task, &duty, look.take()).await;
            self.judge(task, &duty, attempt, &mut tried);
            let Some(patience) = &patience else {
                break tried;
            };
            if !self.is_tried_again(&tried) || self.is_as_wanted(task, &duty, attempt, &mut tried) {
                break tried;
            }
            if attempt > patience.retries {
                give_up(task, &mut tried);
                break tried;
            }
            made.extend(
                tried
                    .outcome()
                    .map(made_by)
                    .unwrap_or_default()
                    .iter()
                    .cloned(),
            );
            if self.pause(patience.delay, &mut tried).await.is_err() {
                break tried;
            }
            attempt += 1;
            // What the next try sees is the host, not what this one would have made of it.
            self.memory.foresight.forget_behind(foreseen);
            self.eyes.renew();
            duty = self.duty(task, duty.item.clone(), duty.role);
        };
        remember_made(task, made, &mut tried);
        self.notify(&duty, &tried);
        self.conclude(task, &duty, attempt, tried).await
    }

    fn patience(&self, task: &Task, duty: &Duty) -> Result<Option<Patience>, Diagnostic> {
        let Some(until) = &task.until else {
            return Ok(None);
        };
        let scope = self.scope(duty.item.as_deref());
        let retries = match &until.retries {
            Some(node) => whole(scope.number(task, "retries", node)?),
            None => RETRIES,
        };
        let delay = match &until.delay {
            Some(node) => Duration::try_from_secs_f64(scope.number(task, "delay", node)?)
                .unwrap_or(Duration::MAX),
            None => DELAY,
        };
        Ok(Some(Patience { retries, delay }))
    }

    /// One try, within the time that the task gives each of its tries.
    async fn bounded(&mut self, task: &Task, duty: &Duty, look: Option<(usize, Look)>) -> Tried {
        let Some(seconds) = task.manner.timeout else {
            return self.attempt(task, duty, look).await;
        };
        let limit = Duration::from_secs(seconds);
        let outer = std::mem::replace(&mut self.stop, self.visit.stop.within(limit));
        let mut tried = self.attempt(task, duty, look).await;
        tried.is_last = self.stop.check() == Some(Halt::TimedOut);
        self.stop = outer;
        tried
    }

    async fn attempt(&mut self, task: &Task, duty: &Duty, look: Option<(usize, Look)>) -> Tried {
        if let Ready::Act = duty.ready {
            let begin = self.visit.world.clock.instant();
            let mut tried = self.act(task, duty).await;
            let clock = &self.visit.world.clock;
            tried.took = clock.instant().saturating_duration_since(begin);
            return tried;
        }
        let (end, took) = self.resource(duty, look).await;
        let is_in_doubt = matches!(duty.ready, Ready::Unknown(_)) && !duty.rule.is_waived();
        if is_in_doubt && matches!(task.action, Action::Resource { .. }) {
            let reads = self.reads_of(task, duty).await;
            self.suspect(duty, reads);
        }
        let end = match end {
            End::Corrected(known, _) if self.keeps_result(task) => {
                End::Told(self.verify_now(known).await)
            }
            end => end,
        };
        Tried::ended(end, took)
    }

    /// Whether a task that was not done is worth another try.
    fn is_tried_again(&self, tried: &Tried) -> bool {
        let done = match tried.outcome() {
            Some(Outcome::Skipped(_) | Outcome::Unknown(_)) | None => false,
            Some(_) => true,
        };
        done && !tried.is_last && self.stop.check().is_none()
    }

    /// Whether `until` holds.
    fn is_as_wanted(&mut self, task: &Task, duty: &Duty, attempt: u32, tried: &mut Tried) -> bool {
        let Some(until) = &task.until else {
            return true;
        };
        if until.conditions.is_empty() {
            return !tried.outcome().is_some_and(result::has_failed);
        }
        match self.said_of(task, duty, (&until.conditions, attempt), tried) {
            Said::Yes => true,
            Said::No(condition) => {
                if let Some(unknown) = self.doubt_about_change(&condition) {
                    tried.end = End::Told(Outcome::Unknown(unknown));
                    return true;
                }
                false
            }
            Said::Unknown(unknown) => {
                tried.end = End::Told(Outcome::Unknown(unknown));
                true
            }
            Said::Failed(error) => {
                tried.end = End::Told(Outcome::Failed(failure("judging `until`", error)));
                true
            }
        }
    }

    /// What conditions say that see the result of the task itself.
    fn said_of(
        &mut self,
        task: &Task,
        duty: &Duty,
        (conditions, attempt): (&[Condition], u32),
        tried: &Tried,
    ) -> Said {
        if let Some(name) = &task.register {
            let value = value(task, duty, attempt, tried);
            self.memory.set(name, &Json::Object(value));
        }
        self.said(task, conditions, duty.item.as_deref())
    }

    /// `changed_when` and `failed_when`.
    fn judge(&mut self, task: &Task, duty: &Duty, attempt: u32, tried: &mut Tried) {
        let skipped = match tried.outcome() {
            Some(Outcome::Skipped(_) | Outcome::Unknown(_)) | None => true,
            Some(outcome) => result::is_lost(outcome),
        };
        if skipped {
            return;
        }
        if !task.changed_when.is_empty() {
            let said = self.said_of(task, duty, (&task.changed_when, attempt), tried);
            settle_judgement(said, tried, |outcome, holds, _| {
                change(outcome, holds, duty.ways.aim)
            });
        }
        if !task.failed_when.is_empty() {
            let said = self.said_of(task, duty, (&task.failed_when, attempt), tried);
            let conditions: Vec<&str> = task.failed_when.iter().map(Condition::text).collect();
            let text = conditions.join(" and ");
            settle_judgement(said, tried, |outcome, holds, message| match holds {
                Holds::Yes => fail(outcome, &text),
                Holds::No => forgive(outcome, message),
            });
        }
    }

    /// Waits before the next try.
    async fn pause(&mut self, delay: Duration, tried: &mut Tried) -> Result<(), Halt> {
        self.settle().await;
        let sleeping = self.visit.world.clock.sleep(delay);
        let waited = self.stop.wait_as_ordered(sleeping).await;
        if waited.is_err() {
            tried.end = End::Told(Outcome::Skipped(SkipReason::Interrupted));
        }
        waited
    }

    /// Notifies handlers when something changed, or would have.
    fn notify(&mut self, duty: &Duty, tried: &Tried) {
        let changed = match &tried.end {
            End::Told(outcome) => result::has_changed(outcome),
            End::Corrected(..) => true,
        };
        if changed && !duty.rule.is_waived() {
            self.sequel.notify(duty);
        }
    }
}

fn whole(number: f64) -> u32 {
    // Nobody waits for more tries than this.
    let bounded = number.min(1e6).trunc();
    format!("{bounded:.0}").parse().unwrap_or(u32::MAX)
}

fn give_up(task: &Task, tried: &mut Tried) {
    let Some(outcome) = tried.outcome() else {
        return;
    };
    if result::has_failed(outcome) {
        return;
    }
    let conditions = task.until.iter().flat_map(|until| &until.conditions);
    let text: Vec<&str> = conditions.map(Condition::text).collect();
    let failed = Failure {
        made: made_by(outcome).to_vec(),
        ..failure(
            WAITING,
            CimError::Configuration {
                detail: format!("`until` did not come true: `{}`", text.join(" and ")),
                remedy: "raise `retries` or `delay`, or look at why it stays so".to_owned(),
            },
        )
    };
    tried.end = End::Told(Outcome::Failed(failed));
}

/// What was changed, whatever came of it.
fn made_by(outcome: &Outcome) -> &[Change] {
    match outcome {
        Outcome::Changed(changes) => changes,
        Outcome::Unconverged { made, .. } => made,
        Outcome::Failed(failure) => &failure.made,
        Outcome::Compliant
        | Outcome::Drifted(_)
        | Outcome::Overridden(_)
        | Outcome::Skipped(_)
        | Outcome::Unknown(_) => &[],
    }
}

/// Changes of earlier tries count, although the last one found nothing left to do; they stand before those of the last.
fn remember_made(task: &Task, mut changes: Vec<Change>, tried: &mut Tried) {
    let End::Told(outcome) = &mut tried.end else {
        return;
    };
    if changes.is_empty() {
        return;
    }
    match outcome {
        // The task says by itself whether it changed something.
        Outcome::Compliant if !task.changed_when.is_empty() => {}
        Outcome::Compliant => *outcome = Outcome::Changed(changes),
        Outcome::Skipped(SkipReason::Interrupted) => {
            let error = CimError::Configuration {
                detail: "interrupted before the next try".to_owned(),
                remedy: "run it again".to_owned(),
            };
            *outcome = Outcome::Failed(Failure {
                made: changes,
                ..failure(WAITING, error)
            });
        }
        Outcome::Changed(last)
        | Outcome::Unconverged { made: last, .. }
        | Outcome::Failed(Failure { made: last, .. }) => {
            changes.append(last);
            *last = changes;
        }
        Outcome::Drifted(_)
        | Outcome::Overridden(_)
        | Outcome::Skipped(_)
        | Outcome::Unknown(_) => {}
    }
}

fn change(outcome: Outcome, holds: Holds, aim: Aim) -> Outcome {
    match (outcome, holds) {
        (Outcome::Compliant, Holds::Yes) if aim == Aim::Look => Outcome::Drifted(Vec::new()),
        (Outcome::Compliant, Holds::Yes) => Outcome::Changed(Vec::new()),
        (Outcome::Changed(_) | Outcome::Drifted(_), Holds::No) => Outcome::Compliant,
        (outcome, _) => outcome,
    }
}

fn fail(outcome: Outcome, conditions: &str) -> Outcome {
    match outcome {
        failed @ Outcome::Failed(_) => failed,
        outcome => Outcome::Failed(Failure {
            made: made_by(&outcome).to_vec(),
            ..failure(
                "judging the result",
                CimError::Configuration {
                    detail: format!("`failed_when` holds: `{conditions}`"),
                    remedy: "the playbook calls this a failure; `register` the result and `debug` it to see why"
                        .to_owned(),
                },
            )
        }),
    }
}

/// `failed_when` is false: what went wrong is still said.
fn forgive(outcome: Outcome, message: &mut Option<Arc<str>>) -> Outcome {
    match outcome {
        Outcome::Failed(failure) => {
            let said = format!("{}: {}", failure.during, failure.error);
            message.get_or_insert_with(|| said.into());
            well(failure.made)
        }
        Outcome::Unconverged { made, .. } => well(made),
        outcome => outcome,
    }
}

/// What came of a try that is no failure.
fn well(made: Vec<Change>) -> Outcome {
    if made.is_empty() {
        Outcome::Compliant
    } else {
        Outcome::Changed(made)
    }
}

/// Ends a try as conditions about it say.
fn settle_judgement(
    said: Said,
    tried: &mut Tried,
    judge: impl FnOnce(Outcome, Holds, &mut Option<Arc<str>>) -> Outcome,
) {
    let outcome = match std::mem::replace(&mut tried.end, End::Told(Outcome::Compliant)) {
        End::Told(outcome) => outcome,
        corrected @ End::Corrected(..) => {
            tried.end = corrected;
            return;
        }
    };
    tried.end = End::Told(match said {
        Said::Yes => judge(outcome, Holds::Yes, &mut tried.message),
        Said::No(_) => judge(outcome, Holds::No, &mut tried.message),
        Said::Unknown(unknown) => Outcome::Unknown(unknown),
        Said::Failed(error) => Outcome::Failed(Failure {
            made: made_by(&outcome).to_vec(),
            ..failure("judging the result", error)
        }),
    });
}
