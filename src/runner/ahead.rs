//! Tasks made ready for a host, and looked at before their turn where that is possible: everything that a play wants to
//! know is asked together, so that a plain play costs as few round trips as it can.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value as Json;

use crate::cim::CimError;
use crate::diag::Diagnostic;
use crate::event::Differences;
use crate::plan::SkipReason;
use crate::plan::Unknown;
use crate::playbook::Action;
use crate::playbook::Condition;
use crate::playbook::Loop;
use crate::playbook::Scope;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::runner::duty::Aim;
use crate::runner::duty::Duty;
use crate::runner::duty::Item;
use crate::runner::duty::Look;
use crate::runner::duty::Ready;
use crate::runner::duty::Role;
use crate::runner::duty::Sight;
use crate::runner::duty::Ways;
use crate::runner::prepare::mistake;
use crate::runner::stop::Halt;
use crate::runner::stop::Stop;
use crate::runner::turn::Turn;

/// One item of a task, or the task itself when it has no loop.
pub(super) struct Entry {
    pub(super) item: Option<Arc<Item>>,
    /// What it was made before its turn, and with which variables.
    pub(super) made: Option<(usize, Duty)>,
    /// What was seen, and when.
    pub(super) look: Option<(usize, Look)>,
}

/// What conditions say.
pub(super) enum Said {
    Yes,
    /// This one does not hold.
    No(String),
    Unknown(Unknown),
    Failed(CimError),
}

impl Turn<'_, '_> {
    /// Looks at every thing of these statements that can be made ready by now.
    pub(super) async fn look_ahead(&mut self, lists: &[&[Statement]]) {
        let mut tasks = Vec::new();
        for list in lists {
            foreseeable(list, &mut tasks);
        }
        let mut found: Vec<(&Task, Vec<Entry>)> = Vec::new();
        for task in tasks {
            if let Ok(items) = self.items(task) {
                let entries = items.into_iter().map(|item| self.entry_of(task, item));
                found.push((task, entries.collect()));
            }
        }
        let entries = found
            .iter()
            .flat_map(|(task, entries)| entries.iter().map(|entry| (*task, entry)));
        let looks = entries.map(|(task, entry)| self.look_if_ready(task, entry));
        let mut looks = join_all(looks).await.into_iter();
        for (task, mut entries) in found {
            for entry in &mut entries {
                entry.look = looks.next().flatten();
            }
            self.ahead.insert(address(task), entries);
        }
    }

    fn entry_of(&self, task: &Task, item: Option<Arc<Item>>) -> Entry {
        let duty = self.duty(task, item.clone(), Role::Task);
        Entry {
            item,
            made: Some((self.version(), duty)),
            look: None,
        }
    }

    async fn look_if_ready(&self, task: &Task, entry: &Entry) -> Option<(usize, Look)> {
        let (_, duty) = entry.made.as_ref()?;
        if !matches!(duty.ready, Ready::Resource(_)) {
            return None;
        }
        let Some(seconds) = task.manner.timeout else {
            return Some((self.eyes.epoch, self.look(duty, &self.stop).await));
        };
        let stop = self.visit.stop.within(Duration::from_secs(seconds));
        let look = self.look(duty, &stop).await;
        // It shared its time with other looks; at its turn the task has all of it.
        let is_late = stop.check() == Some(Halt::TimedOut);
        (!is_late).then_some((self.eyes.epoch, look))
    }

    /// Looks at a duty; at the host as it would be when the duty is not to be done either.
    pub(super) async fn look(&self, duty: &Duty, stop: &Stop) -> Look {
        let clock = self.visit.world.clock.as_ref();
        let foresight = &self.memory.foresight;
        if duty.ways.aim == Aim::Correct || foresight.is_empty() {
            return duty.look(&self.eyes.pass, stop, clock).await;
        }
        let eyes = foresight.over(&self.eyes.pass);
        let mut look = duty.look(&eyes, stop, clock).await;
        if let Some(unknown) = eyes.doubt(&look.sight) {
            look.sight = Sight::Unknown(unknown);
        }
        look
    }

    /// The items of a task at its turn; several things on the host are looked at together.
    pub(super) async fn entries(&mut self, task: &Task) -> Result<Vec<Entry>, Ready> {
        let ahead = self.ahead.remove(&address(task)).unwrap_or_default();
        let holds = |entry: &Entry| {
            let made = entry.made.as_ref();
            made.is_some_and(|(version, _)| *version == self.version())
        };
        if !ahead.is_empty() && ahead.iter().all(holds) {
            return Ok(ahead);
        }
        let mut ahead = ahead.into_iter();
        let mut entries: Vec<Entry> = self
            .items(task)?
            .into_iter()
            .map(|item| {
                let (made, look) = match ahead.next() {
                    Some(known) => (known.made, known.look),
                    None => (None, None),
                };
                Entry { item, made, look }
            })
            .collect();
        let is_resource = matches!(task.action, Action::Resource { .. });
        if is_resource && entries.len() > 1 && entries.iter().all(|entry| entry.made.is_none()) {
            for entry in &mut entries {
                *entry = self.entry_of(task, entry.item.take());
            }
            let looks = entries.iter().map(|entry| self.look_if_ready(task, entry));
            let looks = join_all(looks).await;
            for (entry, look) in entries.iter_mut().zip(looks) {
                entry.look = look;
            }
        }
        Ok(entries)
    }

    /// The duty of an entry at its turn, with the look that was taken for it unless it wants something else by now.
    pub(super) fn at_its_turn(
        &self,
        task: &Task,
        entry: Entry,
        role: Role,
    ) -> (Duty, Option<(usize, Look)>) {
        match entry.made {
            Some((version, duty)) if version == self.version() && duty.role == role => {
                (duty, entry.look)
            }
            Some((_, stale)) => {
                let duty = self.duty(task, entry.item, role);
                let look = entry.look.filter(|_| duty.wants_the_same(&stale));
                (duty, look)
            }
            None => (self.duty(task, entry.item, role), None),
        }
    }

    /// The items of a task's loop; a task without a loop has one that is none.
    fn items(&self, task: &Task) -> Result<Vec<Option<Arc<Item>>>, Ready> {
        let Some(repeat) = &task.repeat else {
            return Ok(vec![None]);
        };
        if let Some(unknown) = self.doubt_about_node(task, &repeat.items) {
            return Err(Ready::Unknown(unknown));
        }
        let found = self.scope(None).items(task, &repeat.items);
        let values = found.map_err(|found| {
            // A condition that needs no item may keep the loop from being looked at.
            match self.said(task, &task.when, None) {
                Said::No(condition) => Ready::Skipped(SkipReason::Condition(condition)),
                Said::Yes | Said::Unknown(_) | Said::Failed(_) => self.refused(found),
            }
        })?;
        Ok(values
            .into_iter()
            .enumerate()
            .map(|(index, value)| Some(Arc::new(self.item(repeat, index, value))))
            .collect())
    }

    fn item(&self, repeat: &Loop, index: usize, value: Json) -> Item {
        let mut locals = self.locals.clone();
        locals.set(&repeat.var, &value);
        locals.set("ansible_loop_var", &repeat.var.to_string());
        let mut names = vec![(Arc::clone(&repeat.var), value.clone())];
        if let Some(name) = &repeat.index_var {
            locals.set(name, &index);
            locals.set("ansible_index_var", &name.to_string());
            names.push((Arc::clone(name), index.into()));
        }
        Item {
            value,
            names,
            locals,
        }
    }

    /// Makes a task ready for one item.
    pub(super) fn duty(&self, task: &Task, item: Option<Arc<Item>>, role: Role) -> Duty {
        let scope = self.scope(item.as_deref());
        let checked = self.rule(task);
        let (ways, mistaken) = match self.ways(task, &scope) {
            Ok(ways) if checked.is_waived() => {
                let aim = Aim::Look;
                (Ways { aim, ..ways }, None)
            }
            Ok(ways) => (ways, None),
            // Nobody knows whether it may be shown.
            Err(found) => (
                Ways {
                    no_log: task.manner.no_log.is_some(),
                    aim: Aim::Look,
                    ..Ways::default()
                },
                Some(found),
            ),
        };
        let ready = match (self.ready(task, item.as_deref()), mistaken) {
            (skipped @ Ready::Skipped(_), _) => skipped,
            (_, Some(found)) => self.refused(found),
            (ready, None) => ready,
        };
        Duty {
            name: scope.title(task),
            kind: task.action.word(),
            role,
            notify: task.notify.clone(),
            item,
            rule: checked,
            ways,
            ready,
        }
    }

    fn ways(&self, task: &Task, scope: &Scope<'_>) -> Result<Ways, Diagnostic> {
        let manner = &task.manner;
        let truth = |key, node: &Option<_>| match node {
            Some(node) => scope.truth(task, key, node),
            None => Ok(false),
        };
        let looks_only = truth("check_mode", &manner.check_mode)?;
        let differences = match &manner.diff {
            None => Differences::AsAsked,
            Some(node) if scope.truth(task, "diff", node)? => Differences::Shown,
            Some(_) => Differences::Hidden,
        };
        Ok(Ways {
            ignore_errors: truth("ignore_errors", &manner.ignore_errors)?,
            ignore_unreachable: truth("ignore_unreachable", &manner.ignore_unreachable)?,
            no_log: truth("no_log", &manner.no_log)?,
            differences,
            aim: if looks_only { Aim::Look } else { self.aim() },
        })
    }

    fn ready(&self, task: &Task, item: Option<&Item>) -> Ready {
        if let Err(error) = &self.facts {
            return Ready::Failed(error.clone());
        }
        match self.said(task, &task.when, item) {
            Said::Yes => {}
            Said::No(condition) => return Ready::Skipped(SkipReason::Condition(condition)),
            Said::Unknown(unknown) => return Ready::Unknown(unknown),
            Said::Failed(error) => return Ready::Failed(error),
        }
        if !matches!(task.action, Action::Resource { .. }) {
            return Ready::Act;
        }
        if let Some(unknown) = self.doubt_about_resource(task, item) {
            return Ready::Unknown(unknown);
        }
        match self.visit.prepare.resource(task, &self.scope(item)) {
            Ok(resource) => Ready::Resource(resource),
            Err(error) => Ready::Failed(error),
        }
    }

    /// What conditions of a task say; one that is false decides, whatever others depend on.
    pub(super) fn said(&self, task: &Task, conditions: &[Condition], item: Option<&Item>) -> Said {
        let scope = self.scope(item);
        let mut unknown = None;
        for condition in conditions {
            let one = std::slice::from_ref(condition);
            if let Some(doubt) = self.doubt_about_conditions(task, one, &scope) {
                unknown.get_or_insert(doubt);
                continue;
            }
            match scope.refusal(task, one) {
                Ok(None) => {}
                Ok(Some(refused)) => return Said::No(refused.text().to_owned()),
                Err(found) => match self.refused(found) {
                    Ready::Unknown(doubt) => {
                        unknown.get_or_insert(doubt);
                    }
                    Ready::Failed(error) => return Said::Failed(error),
                    Ready::Resource(_) | Ready::Act | Ready::Skipped(_) => {}
                },
            }
        }
        unknown.map_or(Said::Yes, Said::Unknown)
    }

    /// A mistake, or what check mode cannot tell because it does not know every variable.
    pub(super) fn refused(&self, found: Diagnostic) -> Ready {
        match self.memory.blindness() {
            Some(unknown) => Ready::Unknown(unknown.clone()),
            None => Ready::Failed(mistake(found)),
        }
    }
}

/// What tells a task from all others while it is not moved.
pub(super) fn address(task: &Task) -> usize {
    std::ptr::from_ref(task).addr()
}

/// Tasks about things on the host, in order; not those that only follow a failure, nor those that another host may do.
fn foreseeable<'s>(list: &'s [Statement], found: &mut Vec<&'s Task>) {
    for statement in list {
        match statement {
            Statement::Task(task) => {
                let is_resource = matches!(task.action, Action::Resource { .. });
                if is_resource && !task.manner.run_once {
                    found.push(task);
                }
            }
            Statement::Block(block) => {
                foreseeable(&block.body, found);
                foreseeable(&block.always, found);
            }
        }
    }
}
