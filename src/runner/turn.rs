//! One play on one host: what is looked at, in which order it is corrected, what follows from it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::facts::Facts;
use crate::plan::Change;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::SkipReason;
use crate::playbook::Play;
use crate::playbook::Prepared;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::runner::correct::Correction;
use crate::runner::correct::Ended;
use crate::runner::correct::Hand;
use crate::runner::duty::Duty;
use crate::runner::duty::Known;
use crate::runner::duty::Look;
use crate::runner::duty::Sight;
use crate::runner::duty::failure;
use crate::runner::duty::guarded;
use crate::runner::duty::overdue;
use crate::runner::host::Visit;
use crate::runner::pass::Pass;
use crate::runner::stop::Halt;
use crate::runner::tale::OBSERVING;
use crate::runner::tale::Tale;
use crate::runner::tale::owned_by_policy;
use crate::syntax::template::Values;

/// The kind whose resources restart services.
const SERVICE: &str = "service";

/// One play on one host.
pub(super) struct Turn<'a> {
    visit: &'a Visit,
    play: &'a Play,
    facts: Result<Option<Facts>, CimError>,
}

/// A restart that changes wait for.
struct Restart {
    service: &'static str,
    /// `rdp_listener.port`, one for each change.
    needed_by: Vec<String>,
}

/// What tasks ask for at the end of the play.
#[derive(Default)]
struct Sequel {
    notified: BTreeSet<String>,
    restarts: Vec<Restart>,
}

/// A duty that is over, but for looking again.
struct Done {
    duty: Duty,
    took: Duration,
    end: End,
}

enum End {
    Told(Outcome),
    /// Corrected; to be looked at again.
    Corrected(Known),
}

/// The course of a play that corrects.
struct Course<'a> {
    turn: &'a Turn<'a>,
    session: &'a Arc<dyn CimSession>,
    /// Valid until something is written.
    pass: Pass,
    /// Counts the passes, to tell which of them a look belongs to.
    epoch: usize,
    given_up: Option<SkipReason>,
    sequel: Sequel,
    done: Vec<Done>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        visit: &'a Visit,
        play: &'a Play,
        facts: Result<Option<Facts>, CimError>,
    ) -> Self {
        Self { visit, play, facts }
    }

    fn duty(&self, task: &Task, handler: Handler) -> Duty {
        let ready = match &self.facts {
            Err(error) => Err(error.clone()),
            Ok(facts) => self.visit.prepare.task(
                task,
                &Scope {
                    extra: &self.visit.extra,
                    locals: &Values::default(),
                    results: &Values::default(),
                    play: &self.play.vars,
                    host: &self.visit.host.vars,
                    host_name: &self.visit.host.name,
                    given: &Values::default(),
                    facts: facts.as_ref(),
                },
            ),
        };
        Duty {
            play: Arc::clone(&self.play.name),
            name: Arc::clone(&task.name),
            kind: task.action.word(),
            handler: handler == Handler::Yes,
            notify: task.notify.clone(),
            ready,
        }
    }

    fn tasks(&self) -> Vec<&Task> {
        let mut tasks = self.play.all_tasks();
        tasks.truncate(tasks.len() - self.play.handlers.len());
        tasks
    }

    fn duties(&self) -> Vec<Duty> {
        self.tasks()
            .into_iter()
            .map(|task| self.duty(task, Handler::No))
            .collect()
    }

    fn restart(&self, restart: &Restart) -> Duty {
        let name = format!(
            "restart {} (needed by {})",
            restart.service,
            restart.needed_by.join(", ")
        );
        let resource = self.visit.prepare.restart(restart.service);
        Duty {
            play: Arc::clone(&self.play.name),
            name: name.into(),
            kind: SERVICE,
            handler: true,
            notify: Vec::new(),
            ready: Ok(Prepared::Resource(resource)),
        }
    }

    /// Whether conditions could not be evaluated because the host had to end before its facts were known.
    fn unknown_facts(&self) -> bool {
        self.play.needs_facts && matches!(self.facts, Ok(None))
    }

    /// Looks at everything at once and tells what differs. Takes a reader, so it cannot write.
    pub(super) async fn check(&self, pass: &Pass, tale: &mut Tale<'_>) {
        if self.unknown_facts() {
            self.skip_all(&SkipReason::Interrupted, tale).await;
            return;
        }
        let mut sequel = Sequel::default();
        self.check_all(self.duties(), pass, &mut sequel, tale).await;
        for task in &self.play.handlers {
            let duty = self.duty(task, Handler::Yes);
            if sequel.notified.contains(&*task.name) {
                self.check_all(vec![duty], pass, &mut sequel, tale).await;
            } else {
                let outcome = Outcome::Skipped(SkipReason::NotNotified);
                tale.tell(duty.ending(outcome, Duration::ZERO)).await;
            }
        }
        let restarts: Vec<Duty> = std::mem::take(&mut sequel.restarts)
            .iter()
            .map(|restart| self.restart(restart))
            .collect();
        self.check_all(restarts, pass, &mut sequel, tale).await;
    }

    async fn check_all(
        &self,
        duties: Vec<Duty>,
        pass: &Pass,
        sequel: &mut Sequel,
        tale: &mut Tale<'_>,
    ) {
        let mut agreed = Vec::new();
        for duty in duties {
            if self.visit.may(&duty.name).await {
                agreed.push(duty);
            } else {
                let outcome = Outcome::Skipped(SkipReason::Declined);
                tale.tell(duty.ending(outcome, Duration::ZERO)).await;
            }
        }
        let duties = agreed;
        let looks = join_all(duties.iter().map(|duty| duty.look(self.visit, pass))).await;
        for (duty, look) in duties.iter().zip(looks) {
            let took = look.took;
            let outcome = look.outcome();
            if let Outcome::Drifted(changes) = &outcome {
                let ours: Vec<Change> = changes.iter().filter(|c| is_ours(c)).cloned().collect();
                sequel.follow(duty, &ours);
            }
            tale.tell(duty.ending(outcome, took)).await;
        }
    }

    async fn skip_all(&self, reason: &SkipReason, tale: &mut Tale<'_>) {
        let tasks = self.tasks().into_iter().map(|task| (task, Handler::No));
        let handlers = self.play.handlers.iter().map(|task| (task, Handler::Yes));
        for (task, handler) in tasks.chain(handlers) {
            let duty = Duty {
                play: Arc::clone(&self.play.name),
                name: Arc::clone(&task.name),
                kind: task.action.word(),
                handler: handler == Handler::Yes,
                notify: Vec::new(),
                ready: Ok(Prepared::Skipped(String::new())),
            };
            let outcome = Outcome::Skipped(reason.clone());
            tale.tell(duty.ending(outcome, Duration::ZERO)).await;
        }
    }

    /// Corrects what differs, in order; looks again at what was corrected; tells all of it. Answers why later plays are
    /// not to be begun.
    pub(super) async fn apply(
        &self,
        session: &Arc<dyn CimSession>,
        given_up: Option<SkipReason>,
        tale: &mut Tale<'_>,
    ) -> Option<SkipReason> {
        let given_up = given_up.or_else(|| self.unknown_facts().then_some(SkipReason::Interrupted));
        if let Some(reason) = given_up {
            self.skip_all(&reason, tale).await;
            return Some(reason);
        }
        let mut course = Course {
            turn: self,
            session,
            pass: Pass::new(Arc::<dyn CimSession>::clone(session)),
            epoch: 0,
            given_up: None,
            sequel: Sequel::default(),
            done: Vec::new(),
        };
        course.tasks().await;
        course.handlers(tale).await;
        course.restarts(tale).await;
        let given_up = course.given_up.clone();
        course.tell(tale).await;
        given_up
    }
}

/// Whether a task is a handler.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handler {
    Yes,
    No,
}

impl Sequel {
    /// Notes what changes made, or to be made, ask for.
    fn follow(&mut self, duty: &Duty, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        self.notified.extend(duty.notify.iter().cloned());
        if duty.kind == SERVICE && changes.iter().any(restarts) {
            let service = duty.id();
            self.restarts
                .retain(|restart| !restart.service.eq_ignore_ascii_case(&service));
        }
        for change in changes {
            let Some(service) = change.restart else {
                continue;
            };
            let label = format!("{}.{}", duty.kind, change.property);
            let known = self
                .restarts
                .iter_mut()
                .find(|restart| restart.service.eq_ignore_ascii_case(service));
            match known {
                Some(restart) => restart.needed_by.push(label),
                None => self.restarts.push(Restart {
                    service,
                    needed_by: vec![label],
                }),
            }
        }
    }
}

/// Whether a change of a service makes it run anew, or not at all, so that it need not be restarted for other changes.
fn restarts(change: &Change) -> bool {
    change.property == "state"
}

fn is_ours(change: &Change) -> bool {
    matches!(change.remedy, Remedy::Steps { .. })
}

impl Course<'_> {
    async fn tasks(&mut self) {
        let duties = self.turn.duties();
        let looks = join_all(
            duties
                .iter()
                .map(|duty| duty.look(self.turn.visit, &self.pass)),
        )
        .await;
        for (duty, look) in duties.into_iter().zip(looks) {
            self.advance(duty, Some((0, look))).await;
        }
    }

    async fn handlers(&mut self, tale: &mut Tale<'_>) {
        for task in &self.turn.play.handlers {
            let duty = self.turn.duty(task, Handler::Yes);
            if self.sequel.notified.contains(&*task.name) {
                if self.given_up.is_some() {
                    tale.leave_undone(duty.name.to_string());
                }
                self.advance(duty, None).await;
            } else {
                self.end(duty, Duration::ZERO, skipped(SkipReason::NotNotified));
            }
        }
    }

    async fn restarts(&mut self, tale: &mut Tale<'_>) {
        for restart in std::mem::take(&mut self.sequel.restarts) {
            let duty = self.turn.restart(&restart);
            if self.given_up.is_some() {
                tale.leave_undone(duty.name.to_string());
            }
            self.advance(duty, None).await;
        }
    }

    /// Looks at a duty, unless a look is at hand that still holds, and corrects it.
    async fn advance(&mut self, duty: Duty, look: Option<(usize, Look)>) {
        if let Some(reason) = self.given_up.clone() {
            let reason = duty.condition().unwrap_or(reason);
            self.end(duty, Duration::ZERO, skipped(reason));
            return;
        }
        if !self.turn.visit.may(&duty.name).await {
            self.end(duty, Duration::ZERO, skipped(SkipReason::Declined));
            return;
        }
        let look = match look {
            Some((epoch, look)) if epoch == self.epoch => look,
            Some(_) | None => duty.look(self.turn.visit, &self.pass).await,
        };
        match look.sight {
            Sight::Known(known) if known.changes.iter().any(|change| !owned_by_policy(change)) => {
                self.correct(duty, known, look.took).await;
            }
            Sight::Skipped(SkipReason::Interrupted) => {
                self.given_up = Some(SkipReason::Interrupted);
                self.end(duty, look.took, skipped(SkipReason::Interrupted));
            }
            Sight::Failed(failed) => {
                self.given_up = Some(SkipReason::EarlierFailure);
                self.end(duty, look.took, End::Told(Outcome::Failed(failed)));
            }
            Sight::Known(_) | Sight::Skipped(_) => {
                let took = look.took;
                self.end(duty, took, End::Told(look.outcome()));
            }
        }
    }

    async fn correct(&mut self, duty: Duty, known: Known, looked: Duration) {
        let visit = self.turn.visit;
        let begin = visit.world.clock.instant();
        let hand = Hand {
            session: self.session,
            clock: &visit.world.clock,
            stop: &visit.stop,
        };
        let correction = hand.correct(&known.changes).await;
        if correction.wrote {
            self.epoch += 1;
            self.pass = Pass::new(Arc::<dyn CimSession>::clone(self.session));
        }
        self.sequel.follow(&duty, &correction.made);
        let passed = visit.world.clock.instant().saturating_duration_since(begin);
        let end = self.conclude(known, &correction);
        self.end(duty, looked + passed, end);
    }

    fn conclude(&mut self, known: Known, correction: &Correction) -> End {
        let outcome = match &correction.ended {
            Ended::Complete => return End::Corrected(known),
            Ended::Failed { during, error } => {
                self.given_up = Some(SkipReason::EarlierFailure);
                Outcome::Failed(correction.failure(during, error))
            }
            Ended::Halted {
                halt: Halt::Interrupted,
                ..
            } if correction.made.is_empty() => {
                self.given_up = Some(SkipReason::Interrupted);
                Outcome::Skipped(SkipReason::Interrupted)
            }
            Ended::Halted {
                halt: Halt::Interrupted,
                before,
            } => {
                self.given_up = Some(SkipReason::Interrupted);
                let error = CimError::Configuration {
                    detail: "interrupted before every change was made".to_owned(),
                    remedy: "run it again".to_owned(),
                };
                Outcome::Failed(correction.failure(&format!("setting `{before}`"), &error))
            }
            Ended::Halted {
                halt: Halt::TimedOut,
                before,
            } => {
                self.given_up = Some(SkipReason::EarlierFailure);
                let error = overdue(self.turn.visit.stop.limit());
                Outcome::Failed(correction.failure(&format!("setting `{before}`"), &error))
            }
        };
        End::Told(outcome)
    }

    fn end(&mut self, duty: Duty, took: Duration, end: End) {
        self.done.push(Done { duty, took, end });
    }

    /// Looks again at what was corrected, all at once, and tells every result in order.
    async fn tell(self, tale: &mut Tale<'_>) {
        let reader: Arc<dyn CimReader> = Arc::<dyn CimSession>::clone(self.session);
        let (pass, visit) = (Pass::new(reader), self.turn.visit);
        let ends = self.done.into_iter().map(|done| done.verify(visit, &pass));
        for (duty, outcome, took) in join_all(ends).await {
            tale.tell(duty.ending(outcome, took)).await;
        }
    }
}

fn skipped(reason: SkipReason) -> End {
    End::Told(Outcome::Skipped(reason))
}

impl Done {
    async fn verify(self, visit: &Visit, pass: &Pass) -> (Duty, Outcome, Duration) {
        let known = match self.end {
            End::Told(outcome) => return (self.duty, outcome, self.took),
            End::Corrected(known) => known,
        };
        let begin = visit.world.clock.instant();
        let looking = guarded(async {
            let after = known.resource.observe(pass).await?;
            known.resource.verify(&known.before, &after)
        });
        // Reads only: worth a moment even when the host has to end, because an unverified change is not a result.
        let outcome = match visit.stop.finish(looking).await {
            Ok(Ok(left)) => judge(known.changes, left),
            Ok(Err(error)) => unverified(known.changes, error),
            Err(_) => unverified(known.changes, overdue(visit.stop.limit())),
        };
        let passed = visit.world.clock.instant().saturating_duration_since(begin);
        (self.duty, outcome, self.took + passed)
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
        Outcome::Unconverged(left)
    }
}

fn unverified(changes: Vec<Change>, error: CimError) -> Outcome {
    let mut failed = failure(&format!("{OBSERVING} again"), error);
    failed.made = changes.into_iter().filter(is_ours).collect();
    Outcome::Failed(failed)
}
