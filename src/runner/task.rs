//! One task on one host: its items, its tries, what it leaves behind and what follows when it failed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value as Json;
use tokio::sync::OwnedSemaphorePermit;

use crate::event::RunMode;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Action;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::runner::ahead::Entry;
use crate::runner::ahead::Said;
use crate::runner::ahead::address;
use crate::runner::duty::Duty;
use crate::runner::duty::Item;
use crate::runner::duty::Ready;
use crate::runner::duty::Role;
use crate::runner::duty::Ways;
use crate::runner::queue::Done;
use crate::runner::queue::End;
use crate::runner::queue::Rescued;
use crate::runner::result;
use crate::runner::result::Ended;
use crate::runner::result::Upshot;
use crate::runner::shared::Place;
use crate::runner::stop::Halt;
use crate::runner::turn::Turn;

/// One try of a task.
pub(super) struct Tried {
    pub(super) end: End,
    /// What only this action tells.
    pub(super) own: Map<String, Json>,
    pub(super) message: Option<Arc<str>>,
    /// Statements that it brought.
    pub(super) brought: Arc<Vec<Statement>>,
    pub(super) took: Duration,
    /// Whether it used up the time that the task has, so that there is no other try, as in Ansible.
    pub(super) is_last: bool,
}

impl Tried {
    pub(super) fn told(outcome: Outcome) -> Self {
        Self::ended(End::Told(outcome), Duration::ZERO)
    }

    pub(super) fn ended(end: End, took: Duration) -> Self {
        Self {
            end,
            own: Map::new(),
            message: None,
            brought: Arc::default(),
            took,
            is_last: false,
        }
    }

    /// How it ended, unless it is still to be looked at again.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match &self.end {
            End::Told(outcome) => Some(outcome),
            End::Corrected(..) => None,
        }
    }
}

impl Turn<'_, '_> {
    /// Does a task, unless it comes too late.
    pub(super) async fn task(&mut self, task: &Task, role: Role) {
        let meta = match &task.action {
            Action::Meta(meta) => Some(*meta),
            _ => None,
        };
        self.notice_the_end();
        if let Some(reason) = self.given_up.clone() {
            if meta.is_none() {
                self.pass_over(task, role, reason).await;
            }
            return;
        }
        if let Some(meta) = meta {
            self.meta(task, meta, role).await;
            return;
        }
        if !self.visit.may(&task.name).await {
            self.tell_skipped(task, role, SkipReason::Declined).await;
            return;
        }
        self.look_around();
        let is_include = matches!(task.action, Action::Include { .. });
        let upshot = if task.manner.run_once && !is_include {
            self.once(task, role).await
        } else {
            self.carry_out(task, role).await
        };
        self.follow(task, &upshot);
        let known = &self.visit.shared.known;
        known.learn(&self.visit.host.name, self.memory);
    }

    /// Sees who is still there.
    fn look_around(&mut self) {
        let companions = &self.visit.shared.companions;
        if companions.are_asked_for(self.play) {
            self.given.take(&companions.of(self.play));
        }
    }

    /// Gives the rest up when the run was interrupted.
    fn notice_the_end(&mut self) {
        let interrupted = self.visit.stop.check() == Some(Halt::Interrupted);
        if interrupted {
            self.given_up.get_or_insert(SkipReason::Interrupted);
        }
    }

    async fn pass_over(&mut self, task: &Task, role: Role, reason: SkipReason) {
        self.ahead.remove(&address(task));
        let reason = match self.said(task, &task.when, None) {
            Said::No(condition) => SkipReason::Condition(condition),
            Said::Yes | Said::Unknown(_) | Said::Failed(_) => reason,
        };
        self.tell_skipped(task, role, reason).await;
    }

    /// Does a task on one host for all that come by it; the others wait for the result.
    async fn once(&mut self, task: &Task, role: Role) -> Upshot {
        let place = Place::of(self.play, task, self.memory.come_by(task));
        let once = self.visit.shared.once(place);
        let Ok(mut done) = self.stop.wait_for_others(once.lock()).await else {
            return self.cut_short(task, role).await;
        };
        if let Some(upshot) = &*done {
            return self.adopt(task, upshot.clone());
        }
        let upshot = self.carry_out(task, role).await;
        // Whoever comes next tries it when this host could not.
        if upshot.end < Ended::Lost {
            *done = Some(upshot.clone());
        }
        upshot
    }

    /// Tells a task that was not come to while others were waited for.
    async fn cut_short(&mut self, task: &Task, role: Role) -> Upshot {
        self.tell_skipped(task, role, SkipReason::Interrupted).await;
        Upshot {
            end: Ended::Interrupted,
            ..Upshot::default()
        }
    }

    /// Takes over what another host did for all.
    fn adopt(&mut self, task: &Task, upshot: Upshot) -> Upshot {
        self.adopt_variables(task, &upshot);
        // What is rescued fails nobody.
        if upshot.end == Ended::Failed && self.rescues == 0 {
            let reason = format!("{}: it failed on the host that did it for all", task.name);
            self.tale.fail(reason, None);
        }
        upshot
    }

    async fn carry_out(&mut self, task: &Task, role: Role) -> Upshot {
        let Ok(permit) = self.permit(task).await else {
            return self.cut_short(task, role).await;
        };
        let upshot = match self.entries(task).await {
            Ok(entries) if entries.is_empty() => self.nothing_to_do(task, role).await,
            Ok(entries) => self.all_entries(task, role, entries).await,
            Err(ready) => {
                let duty = self.broken_loop(task, role, ready);
                self.entry(task, duty, None).await
            }
        };
        drop(permit);
        upshot
    }

    /// The right to be at a task, where only so many hosts may be.
    async fn permit(&self, task: &Task) -> Result<Option<OwnedSemaphorePermit>, Halt> {
        // The tasks of an included file have limits of their own.
        let is_include = matches!(task.action, Action::Include { .. });
        let Some(limit) = task.manner.throttle.filter(|_| !is_include) else {
            return Ok(None);
        };
        let permits = self
            .visit
            .shared
            .throttle(Place::of(self.play, task, 0), limit);
        let permit = self.stop.wait_for_others(permits.acquire_owned()).await?;
        // The semaphore is never closed.
        Ok(permit.ok())
    }

    async fn nothing_to_do(&mut self, task: &Task, role: Role) -> Upshot {
        self.tell_skipped(task, role, SkipReason::NoItems).await;
        Upshot {
            value: result::of_loop(Vec::new()),
            ..Upshot::default()
        }
    }

    fn broken_loop(&self, task: &Task, role: Role, ready: Ready) -> Duty {
        Duty {
            ready,
            ways: Ways {
                no_log: task.manner.no_log.is_some(),
                aim: self.aim(),
                ..Ways::default()
            },
            name: Arc::clone(&task.name),
            kind: task.action.word(),
            role,
            notify: Vec::new(),
            item: None,
            rule: self.rule(task),
        }
    }

    async fn all_entries(&mut self, task: &Task, role: Role, entries: Vec<Entry>) -> Upshot {
        let mut upshots = Vec::new();
        for entry in entries {
            let (duty, look) = self.at_its_turn(task, entry, role);
            upshots.push(self.entry(task, duty, look).await);
            if upshots.last().is_some_and(|last| last.end >= Ended::Lost) {
                break;
            }
        }
        if task.repeat.is_none() {
            return upshots.pop().unwrap_or_default();
        }
        Upshot {
            end: upshots.iter().map(|one| one.end).max().unwrap_or_default(),
            unknown: upshots.iter().find_map(|one| one.unknown.clone()),
            value: if self.keeps_result(task) {
                result::of_loop(upshots.into_iter().map(|one| one.value).collect())
            } else {
                Json::Null
            },
        }
    }

    /// Whether the result of a task is needed before anything else is done.
    pub(super) fn keeps_result(&self, task: &Task) -> bool {
        task.register.is_some()
            || task.until.is_some()
            || !task.changed_when.is_empty()
            || !task.failed_when.is_empty()
            || task.manner.run_once
            || self.rescues > 0
    }

    /// Tells the last try of one item, and what follows from it.
    pub(super) async fn conclude(
        &mut self,
        task: &Task,
        duty: &Duty,
        attempts: u32,
        mut tried: Tried,
    ) -> Upshot {
        let rescued = if self.rescues > 0 {
            Rescued::Yes
        } else {
            Rescued::No
        };
        let upshot = self.upshot(task, duty, attempts, &mut tried);
        let brought = std::mem::take(&mut tried.brought);
        let done = Done {
            item: duty.item.as_deref().map(|item| self.label(task, item)),
            rescued,
            attempts,
            message: tried.message,
            ..Done::of(duty, tried.end, tried.took)
        };
        self.tell(done).await;
        if !brought.is_empty() {
            self.walk_included(task, duty, &brought).await;
        }
        upshot
    }

    fn label(&self, task: &Task, item: &Item) -> Arc<str> {
        let label = task
            .repeat
            .as_ref()
            .and_then(|repeat| repeat.label.as_ref());
        let told = label.and_then(|label| self.scope(Some(item)).text(task, label).ok());
        told.unwrap_or_else(|| crate::playbook::prepare::shown(&item.value))
            .into()
    }

    fn upshot(&mut self, task: &Task, duty: &Duty, attempts: u32, tried: &mut Tried) -> Upshot {
        let Some(outcome) = tried.outcome() else {
            return Upshot::default();
        };
        let unknown = match outcome {
            Outcome::Unknown(unknown) => Some(unknown.clone()),
            _ => None,
        };
        let end = self.ended(task, duty, outcome);
        let value = if self.keeps_result(task) {
            Json::Object(value(task, duty, attempts, tried))
        } else {
            Json::Null
        };
        Upshot {
            value,
            end,
            unknown,
        }
    }

    /// What follows from how one item ended.
    fn ended(&self, task: &Task, duty: &Duty, outcome: &Outcome) -> Ended {
        if *outcome == Outcome::Skipped(SkipReason::Interrupted) {
            return Ended::Interrupted;
        }
        let is_lost = result::is_lost(outcome);
        let ignored = if is_lost {
            duty.ways.ignore_unreachable
        } else {
            duty.ways.ignore_errors
        };
        let checks = self.visit.mode == RunMode::Check;
        if ignored {
            return Ended::Well;
        }
        if !result::has_failed(outcome) {
            let would_fail = result::would_fail(outcome) && !duty.rule.is_waived();
            return if checks && self.rescues > 0 && would_fail {
                Ended::Failed
            } else {
                Ended::Well
            };
        }
        // A look that failed does not keep check mode from looking at the rest.
        let is_look = matches!(task.action, Action::Resource { .. }) && task.failed_when.is_empty();
        match (checks && is_look && self.rescues == 0, is_lost) {
            (true, _) => Ended::Well,
            (false, true) => Ended::Lost,
            (false, false) => Ended::Failed,
        }
    }

    /// Keeps the result, and gives the rest up when it has to be.
    fn follow(&mut self, task: &Task, upshot: &Upshot) {
        if let Some(name) = &task.register {
            match &upshot.unknown {
                Some(unknown) => self.memory.doubt(name, unknown),
                None => self.memory.set(name, &upshot.value),
            }
        }
        self.note_end(upshot.end);
        if upshot.end == Ended::Failed && self.rescues > 0 {
            let mut failed = Map::new();
            failed.insert("name".to_owned(), (&*task.name).into());
            failed.insert("action".to_owned(), task.action.word().into());
            self.memory.set("ansible_failed_task", &failed.into());
            self.memory.set("ansible_failed_result", &upshot.value);
        }
    }

    /// Gives the rest up when it has to be.
    pub(super) fn note_end(&mut self, end: Ended) {
        let interrupted = self.visit.stop.check() == Some(Halt::Interrupted);
        let reason = match end {
            Ended::Well => return,
            Ended::Failed | Ended::Lost if interrupted => SkipReason::Interrupted,
            Ended::Failed | Ended::Lost => SkipReason::EarlierFailure,
            Ended::Interrupted => SkipReason::Interrupted,
        };
        self.lost |= end == Ended::Lost;
        self.given_up.get_or_insert(reason);
    }
}

/// The result of one item as later tasks see it.
pub(super) fn value(task: &Task, duty: &Duty, attempts: u32, tried: &Tried) -> Map<String, Json> {
    let compliant = Outcome::Compliant;
    let outcome = tried.outcome().unwrap_or(&compliant);
    let mut value = result::value(outcome, tried.own.clone());
    if duty.rule.is_waived() {
        // What differs is left as it is.
        value.insert("changed".to_owned(), false.into());
    }
    if task.until.is_some() {
        value.insert("attempts".to_owned(), attempts.into());
    }
    if let Some(message) = &tried.message {
        value
            .entry("msg")
            .or_insert_with(|| Json::from(message.to_string()));
    }
    if let Some(item) = &duty.item {
        result::name_item(&mut value, item);
    }
    value
}
