//! Results in the order in which they are told, those among them that still have to be looked at again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Read;
use crate::clock::Clock;
use crate::event::Tolerated;
use crate::plan::Change;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::runner::duty::Duty;
use crate::runner::duty::Known;
use crate::runner::duty::Role;
use crate::runner::duty::Ways;
use crate::runner::duty::failure;
use crate::runner::duty::guarded;
use crate::runner::foresight::effect;
use crate::runner::foresight::effect::Effect;
use crate::runner::result::has_failed;
use crate::runner::result::is_lost;
use crate::runner::rule::Rule;
use crate::runner::stop::Stop;
use crate::runner::tale::Ending;
use crate::runner::tale::Tale;
use crate::runner::tale::censored;
use crate::runner::tale::is_ours;
use crate::runner::tale::owned_by_policy;

/// A duty that is over, but for looking again.
pub(super) struct Done {
    pub(super) name: Arc<str>,
    pub(super) kind: &'static str,
    pub(super) id: Arc<str>,
    pub(super) role: Role,
    /// What is told of the item.
    pub(super) item: Option<Arc<str>>,
    pub(super) rule: Rule,
    pub(super) ways: Ways,
    /// Whether a `rescue` takes over when it failed.
    pub(super) rescued: Rescued,
    pub(super) attempts: u32,
    pub(super) message: Option<Arc<str>>,
    pub(super) took: Duration,
    pub(super) end: End,
}

/// Whether a `rescue` stands ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rescued {
    Yes,
    No,
}

/// How far a duty is.
pub(super) enum End {
    Told(Outcome),
    /// Corrected; to be looked at again, by these questions.
    Corrected(Known, Vec<Read>),
}

/// Results that are not told yet.
#[derive(Default)]
pub(super) struct Queue(Vec<Done>);

impl Queue {
    /// Whether everything was told.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells a result, behind those that came before it.
    pub(super) async fn push(&mut self, done: Done, play: &Arc<str>, tale: &mut Tale<'_>) {
        match done {
            Done {
                end: End::Told(_), ..
            } if self.0.is_empty() => done.tell(play, tale).await,
            done => self.0.push(done),
        }
    }

    /// Looks again at what was corrected, all at once, and tells every result in order.
    pub(super) async fn settle(
        &mut self,
        (play, tale): (&Arc<str>, &mut Tale<'_>),
        host: &dyn CimReader,
        (stop, clock): (&Stop, &dyn Clock),
    ) {
        let ends = std::mem::take(&mut self.0)
            .into_iter()
            .map(|done| done.verify(host, stop, clock));
        for done in join_all(ends).await {
            done.tell(play, tale).await;
        }
    }

    /// Looks again at what these changes are about to change anew, while it still shows.
    pub(super) async fn settle_before(
        &mut self,
        changes: &[Change],
        host: &dyn CimReader,
        (stop, clock): (&Stop, &dyn Clock),
    ) {
        let steps = changes.iter().flat_map(steps);
        let effects: Vec<Effect> = steps.flat_map(effect::of).collect();
        let touches = |read: &Read| effects.iter().any(|effect| effect.touches(read));
        let is_at_risk = |done: &Done| match &done.end {
            End::Told(_) => false,
            End::Corrected(_, reads) => reads.iter().any(touches),
        };
        if !self.0.iter().any(is_at_risk) {
            return;
        }
        let ends = std::mem::take(&mut self.0).into_iter().map(|done| async {
            if is_at_risk(&done) {
                done.verify(host, stop, clock).await
            } else {
                done
            }
        });
        self.0 = join_all(ends).await;
    }
}

/// The steps that make a change.
fn steps(change: &Change) -> &[Step] {
    match &change.remedy {
        Remedy::Steps { apply, .. } => apply,
        Remedy::OwnedByPolicy { .. } | Remedy::Manual { .. } => &[],
    }
}

impl Done {
    /// A duty that is over at the first try.
    pub(super) fn of(duty: &Duty, end: End, took: Duration) -> Self {
        Self {
            name: Arc::clone(&duty.name),
            kind: duty.kind,
            id: duty.id(),
            role: duty.role,
            item: None,
            rule: duty.rule.clone(),
            ways: duty.ways,
            rescued: Rescued::No,
            attempts: 1,
            message: None,
            took,
            end,
        }
    }

    async fn verify(mut self, host: &dyn CimReader, stop: &Stop, clock: &dyn Clock) -> Self {
        if let End::Corrected(known, _) = self.end {
            let begin = clock.instant();
            let outcome = verify(known, host, stop).await;
            self.took += clock.instant().saturating_duration_since(begin);
            self.end = End::Told(outcome);
        }
        self
    }

    async fn tell(self, play: &Arc<str>, tale: &mut Tale<'_>) {
        let End::Told(outcome) = self.end else {
            return;
        };
        let tolerated = tolerated(&outcome, self.ways, self.rescued);
        let mut ending = Ending {
            play: Arc::clone(play),
            task: self.name,
            resource: self.kind,
            id: self.id,
            handler: self.role == Role::Handler,
            outcome,
            item: self.item,
            rule: self.rule,
            attempts: self.attempts,
            tolerated,
            message: self.message,
            differences: self.ways.differences,
            took: self.took,
        };
        if self.ways.no_log {
            ending = censored(ending);
        }
        tale.tell(ending).await;
    }
}

/// What follows from how a task ended.
pub(super) fn tolerated(outcome: &Outcome, ways: Ways, rescued: Rescued) -> Tolerated {
    let ignored = if is_lost(outcome) {
        ways.ignore_unreachable
    } else {
        ways.ignore_errors
    };
    match (has_failed(outcome), ignored, rescued) {
        (true, true, _) => Tolerated::Ignored,
        (true, false, Rescued::Yes) if !is_lost(outcome) => Tolerated::Rescued,
        (_, _, _) => Tolerated::No,
    }
}

/// Looks again at what was corrected.
pub(super) async fn verify(known: Known, host: &dyn CimReader, stop: &Stop) -> Outcome {
    let looking = guarded(async {
        let after = known.resource.observe(host).await?;
        known.resource.verify(&known.before, &after)
    });
    // Reads only: worth a moment even when the host has to end, because an unverified change is not a result.
    match stop.finish(looking).await {
        Ok(Ok(left)) => judge(known.changes, left),
        Ok(Err(error)) => unverified(known.changes, error),
        Err(_) => unverified(known.changes, stop.overdue()),
    }
}

/// What was left although it was corrected; what Group Policy owned from the start was left alone on purpose.
fn judge(changes: Vec<Change>, left: Vec<Change>) -> Outcome {
    let left: Vec<Change> = left
        .into_iter()
        .filter(|left| {
            let known = changes
                .iter()
                .find(|change| change.property == left.property);
            !known.is_some_and(owned_by_policy)
        })
        .collect();
    if left.is_empty() {
        Outcome::Changed(changes)
    } else {
        Outcome::Unconverged {
            left,
            made: changes.into_iter().filter(is_ours).collect(),
        }
    }
}

fn unverified(changes: Vec<Change>, error: CimError) -> Outcome {
    let mut failed = failure(&format!("{OBSERVING} again"), error);
    failed.made = changes.into_iter().filter(is_ours).collect();
    Outcome::Failed(failed)
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::cim::Value;
    use crate::plan::Change;
    use crate::plan::Disruption;
    use crate::plan::Layer;
    use crate::plan::Outcome;
    use crate::plan::Remedy;

    fn change(property: &'static str, remedy: Remedy) -> Change {
        Change {
            property,
            from: Value::Bool(false),
            to: Value::Bool(true),
            decided_by: Layer::Local,
            remedy,
            disruption: Disruption::Harmless,
            restart: None,
        }
    }

    fn ours(property: &'static str) -> Change {
        let remedy = Remedy::Steps {
            apply: Vec::new(),
            undo: Vec::new(),
        };
        change(property, remedy)
    }

    #[test]
    fn what_held_is_made_too_when_something_else_did_not_last() {
        let setting = "HKLM".to_owned();
        let owned = change("encryption", Remedy::OwnedByPolicy { setting });
        let outcome = judge(
            vec![ours("nla"), ours("port"), owned.clone()],
            vec![ours("port"), owned],
        );
        let Outcome::Unconverged { left, made } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(left, [ours("port")]);
        assert_eq!(made, [ours("nla"), ours("port")]);
    }
}
