//! One play on one host: its sections in order, and after each of them the handlers and restarts that it asked for.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::cim::CimError;
use crate::event::RunMode;
use crate::facts::Facts;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Action;
use crate::playbook::Play;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::runner::ahead::Entry;
use crate::runner::duty::Aim;
use crate::runner::duty::Duty;
use crate::runner::duty::Item;
use crate::runner::duty::Ready;
use crate::runner::duty::Role;
use crate::runner::duty::Ways;
use crate::runner::eyes::Eyes;
use crate::runner::host::Visit;
use crate::runner::memory::Memory;
use crate::runner::queue::Done;
use crate::runner::queue::End;
use crate::runner::queue::Queue;
use crate::runner::queue::Rescued;
use crate::runner::rule::Rule;
use crate::runner::sequel::Restart;
use crate::runner::sequel::SERVICE;
use crate::runner::sequel::Sequel;
use crate::runner::stop::Stop;
use crate::runner::tale::Tale;
use crate::syntax::template::Values;

/// One play on one host, while it is under way.
pub(super) struct Turn<'a, 't> {
    pub(super) visit: &'a Visit,
    pub(super) play: &'a Play,
    pub(super) memory: &'a mut Memory,
    pub(super) eyes: &'a mut Eyes,
    pub(super) tale: &'a mut Tale<'t>,
    /// What the play needs to know of the host.
    pub(super) facts: Result<Option<Facts>, CimError>,
    /// What the run tells.
    pub(super) given: Values,
    /// What the file was handed that is worked on.
    pub(super) locals: Values,
    /// Why tasks are not done any more.
    pub(super) given_up: Option<SkipReason>,
    /// Whether the host went away.
    pub(super) lost: bool,
    /// How many blocks around stand ready with a `rescue`.
    pub(super) rescues: usize,
    /// How many files around were included.
    pub(super) depth: usize,
    /// Whether one of these was included by a handler.
    pub(super) is_handling: bool,
    /// Of the task that is worked on, else of the host.
    pub(super) stop: Stop,
    pub(super) sequel: Sequel,
    pub(super) queue: Queue,
    /// What was looked at before its turn, by the address of the task.
    pub(super) ahead: HashMap<usize, Vec<Entry>>,
    /// Handlers that ran, by their position.
    handled: BTreeSet<usize>,
}

/// What one turn works with.
pub(super) struct Tools<'a, 't> {
    pub(super) memory: &'a mut Memory,
    pub(super) eyes: &'a mut Eyes,
    pub(super) tale: &'a mut Tale<'t>,
}

/// Whether handlers may still be notified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    Between,
    Last,
}

impl<'a, 't> Turn<'a, 't> {
    pub(super) fn new(
        visit: &'a Visit,
        play: &'a Play,
        facts: Result<Option<Facts>, CimError>,
        tools: Tools<'a, 't>,
    ) -> Self {
        let Tools { memory, eyes, tale } = tools;
        Self {
            visit,
            play,
            memory,
            eyes,
            tale,
            facts,
            given: visit.shared.given(&visit.host, play),
            locals: Values::default(),
            given_up: None,
            lost: false,
            rescues: 0,
            depth: 0,
            is_handling: false,
            stop: visit.stop.clone(),
            sequel: Sequel::default(),
            queue: Queue::default(),
            ahead: HashMap::new(),
            handled: BTreeSet::new(),
        }
    }

    /// Does the play; answers why later plays are not to be begun.
    pub(super) async fn run(mut self, given_up: Option<SkipReason>) -> Option<SkipReason> {
        let given_up = given_up.or_else(|| self.unknown_facts().then_some(SkipReason::Interrupted));
        if let Some(reason) = given_up {
            self.skip_all(&reason).await;
            return Some(reason);
        }
        let play = self.play;
        let sections = [&play.pre_tasks, &play.tasks, &play.post_tasks].map(Vec::as_slice);
        self.look_ahead(&sections).await;
        // Handlers that nobody notified are told of once: behind the last section that has anything in it.
        let last = sections.iter().rposition(|section| !section.is_empty());
        let last = last.unwrap_or_default();
        for (at, section) in sections.into_iter().enumerate().take(last + 1) {
            self.walk(section).await;
            let flush = if at == last {
                Flush::Last
            } else {
                Flush::Between
            };
            self.flush(flush).await;
        }
        if self.given_up == Some(SkipReason::EarlierFailure) {
            let host = &self.visit.host.name;
            self.visit.shared.companions.lose(host);
        }
        self.settle().await;
        self.given_up.filter(|reason| *reason != SkipReason::Ended)
    }

    /// Grows whenever a variable may have changed.
    pub(super) fn version(&self) -> usize {
        self.memory.version + self.visit.shared.version()
    }

    /// Whether conditions could not be evaluated because the host had to end before its facts were known.
    fn unknown_facts(&self) -> bool {
        self.play.needs_facts && matches!(self.facts, Ok(None))
    }

    /// The variables that a task sees, with one item of its loop.
    pub(super) fn scope<'s>(&'s self, item: Option<&'s Item>) -> Scope<'s> {
        Scope {
            extra: &self.visit.extra,
            locals: item.map_or(&self.locals, |item| &item.locals),
            results: &self.memory.results,
            included: &self.memory.included,
            play: &self.play.vars,
            host: &self.visit.host.vars,
            host_name: &self.visit.host.name,
            given: &self.given,
            facts: self.facts.as_ref().ok().and_then(Option::as_ref),
            fact_values: &self.memory.fact_values,
            engine: &self.visit.shared.around.engine,
        }
    }

    /// What tasks do that say nothing about it.
    pub(super) fn aim(&self) -> Aim {
        match self.visit.mode {
            RunMode::Check => Aim::Look,
            RunMode::Apply => Aim::Correct,
        }
    }

    async fn skip_all(&mut self, reason: &SkipReason) {
        let play = self.play;
        let handlers = play.handlers.len();
        let tasks = play.all_tasks();
        let first_handler = tasks.len() - handlers;
        for (at, task) in tasks.into_iter().enumerate() {
            let role = if at < first_handler {
                Role::Task
            } else {
                Role::Handler
            };
            if matches!(task.action, Action::Meta(_)) {
                continue;
            }
            self.tell_skipped(task, role, reason.clone()).await;
        }
    }

    /// Tells that a task was not done.
    pub(super) async fn tell_skipped(&mut self, task: &Task, role: Role, reason: SkipReason) {
        let done = Done {
            name: Arc::clone(&task.name),
            kind: task.action.word(),
            id: "".into(),
            role,
            item: None,
            rule: self.rule(task),
            ways: Ways::default(),
            rescued: Rescued::No,
            attempts: 1,
            message: None,
            took: Duration::ZERO,
            end: End::Told(Outcome::Skipped(reason)),
        };
        self.tell(done).await;
    }

    /// Tells a result, behind those that came before it.
    pub(super) async fn tell(&mut self, done: Done) {
        self.queue.push(done, &self.play.name, self.tale).await;
    }

    /// Looks again at what was corrected and tells everything that is not told yet.
    pub(super) async fn settle(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let pass = self.eyes.afresh();
        let clock = self.visit.world.clock.as_ref();
        self.queue
            .settle(
                (&self.play.name, self.tale),
                &pass,
                (&self.visit.stop, clock),
            )
            .await;
    }

    /// Runs the handlers that were notified, then the restarts that changes wait for.
    pub(super) fn flush(&mut self, flush: Flush) -> BoxFuture<'_, ()> {
        self.flush_now(flush).boxed()
    }

    async fn flush_now(&mut self, flush: Flush) {
        let held = self.force_handlers();
        let play = self.play;
        let mut ran = BTreeSet::new();
        loop {
            let next = play
                .handlers
                .iter()
                .enumerate()
                .find(|(at, handler)| !ran.contains(at) && self.sequel.wants(handler));
            let Some((at, handler)) = next else { break };
            ran.insert(at);
            self.handled.insert(at);
            if self.given_up.is_some() {
                self.tale.leave_undone(handler.name.to_string());
            }
            self.task(handler, Role::Handler).await;
        }
        self.sequel.clear_notified();
        if flush == Flush::Last {
            for (at, handler) in play.handlers.iter().enumerate() {
                if !self.handled.contains(&at) {
                    self.tell_skipped(handler, Role::Handler, SkipReason::NotNotified)
                        .await;
                }
            }
        }
        self.restart().await;
        self.given_up = self.given_up.take().or(held);
    }

    /// `force_handlers`: the failure that is not looked at while handlers run.
    fn force_handlers(&mut self) -> Option<SkipReason> {
        let failed = self.given_up == Some(SkipReason::EarlierFailure) && !self.lost;
        if failed && self.play.force_handlers && !self.sequel.is_empty() {
            self.given_up.take()
        } else {
            None
        }
    }

    async fn restart(&mut self) {
        for restart in std::mem::take(&mut self.sequel.restarts) {
            let duty = self.restart_duty(&restart);
            if let Some(reason) = self.given_up.clone() {
                self.tale.leave_undone(duty.name.to_string());
                let done = Done::of(&duty, End::Told(Outcome::Skipped(reason)), Duration::ZERO);
                self.tell(done).await;
                continue;
            }
            if !self.visit.may(&duty.name).await {
                let declined = End::Told(Outcome::Skipped(SkipReason::Declined));
                self.tell(Done::of(&duty, declined, Duration::ZERO)).await;
                continue;
            }
            self.lone(duty).await;
        }
    }

    fn restart_duty(&self, restart: &Restart) -> Duty {
        let resource = self.visit.prepare.restart(restart.service);
        Duty {
            name: restart.name().into(),
            kind: SERVICE,
            role: Role::Handler,
            notify: Vec::new(),
            item: None,
            rule: Rule::default(),
            ways: Ways {
                aim: self.aim(),
                ..Ways::default()
            },
            ready: Ready::Resource(resource),
        }
    }
}
