//! A thing on the host: looked at, and corrected where that is allowed.

use std::time::Duration;

use crate::cim::CimError;
use crate::cim::Read;
use crate::plan::Change;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Task;
use crate::runner::correct::Correction;
use crate::runner::correct::Ended as Over;
use crate::runner::correct::Hand;
use crate::runner::duty::Aim;
use crate::runner::duty::Duty;
use crate::runner::duty::Known;
use crate::runner::duty::Look;
use crate::runner::duty::Recorder;
use crate::runner::duty::Sight;
use crate::runner::duty::guarded;
use crate::runner::queue;
use crate::runner::queue::Done;
use crate::runner::queue::End;
use crate::runner::result;
use crate::runner::result::Ended;
use crate::runner::stop::Halt;
use crate::runner::tale::is_ours;
use crate::runner::tale::owned_by_policy;
use crate::runner::turn::Turn;

impl Turn<'_, '_> {
    /// Looks at a duty, unless a look is at hand that still holds, and corrects it.
    pub(super) async fn resource(
        &mut self,
        duty: &Duty,
        look: Option<(usize, Look)>,
    ) -> (End, Duration) {
        let look = match look {
            Some((epoch, look)) if epoch == self.eyes.epoch => look,
            Some(_) | None => self.look(duty, &self.stop).await,
        };
        let corrects = duty.ways.aim == Aim::Correct;
        match look.sight {
            Sight::Known(known)
                if corrects && known.changes.iter().any(|change| !owned_by_policy(change)) =>
            {
                self.correct(duty, (known, look.reads), look.took).await
            }
            sight => {
                let outcome = sight.outcome();
                self.leave_unmade(duty, &outcome, look.reads);
                (End::Told(outcome), look.took)
            }
        }
    }

    /// Remembers what was not done, so that later looks take it into account.
    fn leave_unmade(&mut self, duty: &Duty, outcome: &Outcome, reads: Vec<Read>) {
        // Under a waiver it will not be done either.
        if duty.ways.aim == Aim::Correct || duty.rule.is_waived() {
            return;
        }
        match outcome {
            Outcome::Drifted(changes) => {
                let ours: Vec<Change> = changes.iter().filter(|c| is_ours(c)).cloned().collect();
                if self.aim() == Aim::Look {
                    self.sequel.follow(duty, &ours);
                }
                self.memory.foresight.remember(&duty.name, &ours);
            }
            Outcome::Unknown(_) if !reads.is_empty() => self.suspect(duty, reads),
            _ => return,
        }
        // What was looked at before was looked at without it.
        self.eyes.epoch += 1;
    }

    /// Remembers that a task may change what it looks at.
    pub(super) fn suspect(&mut self, duty: &Duty, reads: Vec<Read>) {
        self.memory.foresight.suspect(&duty.name, duty.kind, reads);
        self.eyes.epoch += 1;
    }

    /// What a task would look at of which it cannot be told whether it is done; nothing when that cannot be told either.
    pub(super) async fn reads_of(&self, task: &Task, duty: &Duty) -> Vec<Read> {
        let item = duty.item.as_deref();
        if self.doubt_about_resource(task, item).is_some() {
            return Vec::new();
        }
        let Ok(resource) = self.visit.prepare.resource(task, &self.scope(item)) else {
            return Vec::new();
        };
        let eyes = self.memory.foresight.over(&self.eyes.pass);
        let recorder = Recorder::of(&eyes);
        let looked = self.stop.or(guarded(resource.observe(&recorder))).await;
        match looked {
            Ok(Ok(_)) => recorder.reads(),
            // It may have wanted to see more.
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }

    /// A duty that stands in no list of statements.
    pub(super) async fn lone(&mut self, duty: Duty) {
        let (end, took) = self.resource(&duty, None).await;
        let ended = match &end {
            End::Told(outcome) if *outcome == Outcome::Skipped(SkipReason::Interrupted) => {
                Ended::Interrupted
            }
            End::Told(outcome) if duty.ways.aim == Aim::Look || !result::has_failed(outcome) => {
                Ended::Well
            }
            End::Told(outcome) if result::is_lost(outcome) => Ended::Lost,
            End::Told(_) => Ended::Failed,
            End::Corrected(..) => Ended::Well,
        };
        self.tell(Done::of(&duty, end, took)).await;
        self.note_end(ended);
    }

    async fn correct(
        &mut self,
        duty: &Duty,
        (known, reads): (Known, Vec<Read>),
        looked: Duration,
    ) -> (End, Duration) {
        let Some(session) = self.eyes.session() else {
            return (End::Told(Outcome::Drifted(known.changes)), looked);
        };
        let clock = &self.visit.world.clock;
        let begin = clock.instant();
        let patience = (&self.visit.stop, clock.as_ref());
        self.queue
            .settle_before(&known.changes, &self.eyes.pass, patience)
            .await;
        let hand = Hand {
            session: &session,
            clock,
            stop: &self.stop,
        };
        let correction = hand.correct(&known.changes).await;
        if correction.wrote {
            self.eyes.renew();
        }
        self.sequel.follow(duty, &correction.made);
        let passed = clock.instant().saturating_duration_since(begin);
        let end = match self.over(&correction) {
            Some(outcome) => End::Told(outcome),
            None => End::Corrected(known, reads),
        };
        (end, looked + passed)
    }

    /// How it ended when not everything was changed.
    fn over(&self, correction: &Correction) -> Option<Outcome> {
        Some(match &correction.ended {
            Over::Complete => return None,
            Over::Failed { during, error } => Outcome::Failed(correction.failure(during, error)),
            Over::Halted {
                halt: Halt::Interrupted,
                ..
            } if correction.made.is_empty() => Outcome::Skipped(SkipReason::Interrupted),
            Over::Halted {
                halt: Halt::Interrupted,
                before,
            } => {
                let error = CimError::Configuration {
                    detail: "interrupted before every change was made".to_owned(),
                    remedy: "run it again".to_owned(),
                };
                Outcome::Failed(correction.failure(&format!("setting `{before}`"), &error))
            }
            Over::Halted {
                halt: Halt::TimedOut,
                before,
            } => {
                let error = self.stop.overdue();
                Outcome::Failed(correction.failure(&format!("setting `{before}`"), &error))
            }
        })
    }

    /// Looks again at once at what was corrected.
    pub(super) async fn verify_now(&self, known: Known) -> Outcome {
        queue::verify(known, &self.eyes.pass, &self.visit.stop).await
    }
}
