//! What check mode cannot tell, because it depends on changes that were not made.

use crate::event::RunMode;
use crate::plan::Unknown;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Condition;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::runner::duty::Item;
use crate::runner::turn::Turn;
use crate::syntax::Node;

impl Turn<'_, '_> {
    /// Why it cannot be told what conditions say.
    pub(super) fn doubt_about_conditions(
        &self,
        task: &Task,
        conditions: &[Condition],
        scope: &Scope<'_>,
    ) -> Option<Unknown> {
        if self.memory.is_certain() {
            return None;
        }
        let is_doubtful = |name: &str| self.memory.doubt_of(name).is_some();
        let name = scope.needed_by_conditions(task, conditions, &is_doubtful)?;
        let texts: Vec<&str> = conditions.iter().map(Condition::text).collect();
        Some(Unknown {
            what: format!("whether `{}` holds", texts.join(" and ")),
            ..self.memory.doubt_of(&name)?.clone()
        })
    }

    /// Why it cannot be told what a node stands for.
    pub(super) fn doubt_about_node(&self, task: &Task, node: &Node) -> Option<Unknown> {
        self.doubt_within(task, node, None)
    }

    /// Why it cannot be told what a task wants.
    pub(super) fn doubt_about_resource(&self, task: &Task, item: Option<&Item>) -> Option<Unknown> {
        match &task.action {
            Action::Resource {
                body: Body::Templated { node, .. },
                ..
            } => self.doubt_within(task, node, item),
            _ => None,
        }
    }

    /// Why it cannot be told what a node stands for, with one item of a loop.
    pub(super) fn doubt_within(
        &self,
        task: &Task,
        node: &Node,
        item: Option<&Item>,
    ) -> Option<Unknown> {
        if self.memory.is_certain() {
            return None;
        }
        let is_doubtful = |name: &str| self.memory.doubt_of(name).is_some();
        let scope = self.scope(item);
        let name = scope.needed_by_node(task, node, &is_doubtful)?;
        Some(Unknown {
            what: format!("the value of `{name}`"),
            ..self.memory.doubt_of(&name)?.clone()
        })
    }

    /// Why a condition of `until` that does not hold may hold once changes are made.
    pub(super) fn doubt_about_change(&self, condition: &str) -> Option<Unknown> {
        let depends_on = self.memory.foresight.tasks();
        if self.visit.mode == RunMode::Apply || depends_on.is_empty() {
            return None;
        }
        Some(Unknown {
            depends_on,
            what: format!("whether `{condition}` holds then"),
        })
    }
}
