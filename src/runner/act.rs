//! What the runner does by itself, without asking the host: variables, messages, included files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value as Json;

use crate::cim::CimError;
use crate::event::RunMode;
use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::plan::Unknown;
use crate::playbook::Action;
use crate::playbook::Condition;
use crate::playbook::Library;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::playbook::prepare::shown;
use crate::runner::ahead::Said;
use crate::runner::duty::Aim;
use crate::runner::duty::Duty;
use crate::runner::duty::Item;
use crate::runner::duty::Ready;
use crate::runner::duty::Role;
use crate::runner::duty::failure;
use crate::runner::result::Upshot;
use crate::runner::task::Tried;
use crate::runner::turn::Turn;
use crate::syntax::Node;

/// Files that may include each other in a row.
const DEEPEST: usize = 8;

impl Turn<'_, '_> {
    /// Does what a task orders.
    pub(super) async fn act(&mut self, task: &Task, duty: &Duty) -> Tried {
        if matches!(
            task.action,
            Action::Reboot(_) | Action::WaitForConnection(_) | Action::WaitFor(_)
        ) {
            // Whoever reads along sees what was done so far before it gets quiet.
            self.settle().await;
        }
        if matches!(task.action, Action::Reboot(_)) && duty.ways.aim == Aim::Look {
            // What was looked at before was looked at without it.
            self.eyes.epoch += 1;
            if self.visit.mode == RunMode::Apply {
                self.memory.foresight.remember_reboot(&duty.name);
                return Tried::told(Outcome::Drifted(Vec::new()));
            }
        }
        let item = duty.item.as_deref();
        let acted = match &task.action {
            Action::Assert {
                that,
                fail_msg,
                success_msg,
            } => self.assert(task, item, (that, fail_msg.as_ref(), success_msg.as_ref())),
            Action::Fail { msg } => self.fail(task, item, msg.as_ref()),
            Action::Debug { msg, verbosity } => self.debug(task, item, msg, *verbosity),
            Action::SetFact(facts) => self.set_facts(task, item, facts),
            Action::IncludeVars {
                file,
                name,
                library,
            } => self.include_vars(task, item, (file, name.as_deref(), library)),
            Action::Include { file, library } => self.include(task, duty, (file, library)),
            Action::Reboot(_) | Action::WaitForConnection(_) | Action::WaitFor(_) => {
                self.boot(task, item).await
            }
            // The last two do not come here: one is looked at, the other tells nothing.
            Action::Nothing(_) | Action::Resource { .. } | Action::Meta(_) => {
                Ok(Tried::told(Outcome::Compliant))
            }
        };
        acted.unwrap_or_else(ended)
    }

    /// A node with its templates replaced, unless that cannot be told.
    pub(super) fn told(
        &self,
        task: &Task,
        item: Option<&Item>,
        node: &Node,
    ) -> Result<Json, Ready> {
        if let Some(unknown) = self.doubt_within(task, node, item) {
            return Err(Ready::Unknown(unknown));
        }
        let found = self.scope(item).json(task, node);
        found.map_err(|found| self.refused(found))
    }

    /// A message, or what is said where there is none or it is `omit`.
    fn message(
        &self,
        task: &Task,
        item: Option<&Item>,
        (node, otherwise): (Option<&Node>, &str),
    ) -> Result<Json, Ready> {
        let said = node.map(|node| self.told_or_omitted(task, item, node));
        let said = said.transpose()?.flatten();
        Ok(said.unwrap_or_else(|| otherwise.into()))
    }

    /// As [`Self::told`]; `None` for `omit`.
    fn told_or_omitted(
        &self,
        task: &Task,
        item: Option<&Item>,
        node: &Node,
    ) -> Result<Option<Json>, Ready> {
        if let Some(unknown) = self.doubt_within(task, node, item) {
            return Err(Ready::Unknown(unknown));
        }
        let found = self.scope(item).unless_omitted(task, node);
        found.map_err(|found| self.refused(found))
    }

    fn assert(
        &self,
        task: &Task,
        item: Option<&Item>,
        (that, fail_msg, success_msg): (&[Condition], Option<&Node>, Option<&Node>),
    ) -> Result<Tried, Ready> {
        match self.said(task, that, item) {
            Said::Yes => {
                let message = (success_msg, "All assertions passed");
                let message = self.message(task, item, message)?;
                Ok(Tried {
                    message: Some(shown(&message).into()),
                    ..Tried::told(Outcome::Compliant)
                })
            }
            Said::No(condition) => {
                let message = (fail_msg, "Assertion failed");
                let message = shown(&self.message(task, item, message)?);
                let detail = format!("{message} (`{condition}` does not hold)");
                let mut tried = refused("asserting", detail, message);
                tried.own.insert("assertion".to_owned(), condition.into());
                tried.own.insert("evaluated_to".to_owned(), false.into());
                Ok(tried)
            }
            Said::Unknown(unknown) => Err(Ready::Unknown(unknown)),
            Said::Failed(error) => Err(Ready::Failed(error)),
        }
    }

    fn fail(&self, task: &Task, item: Option<&Item>, msg: Option<&Node>) -> Result<Tried, Ready> {
        let message = (msg, "Failed as requested from task");
        let message = shown(&self.message(task, item, message)?);
        Ok(refused("failing on purpose", message.clone(), message))
    }

    fn debug(
        &self,
        task: &Task,
        item: Option<&Item>,
        msg: &Node,
        verbosity: u8,
    ) -> Result<Tried, Ready> {
        if verbosity > self.visit.shared.around.verbosity {
            let reason = SkipReason::Condition(format!("verbosity >= {verbosity}"));
            return Ok(Tried::told(Outcome::Skipped(reason)));
        }
        let said = self.message(task, item, (Some(msg), "Hello world!"))?;
        let mut tried = Tried::told(Outcome::Compliant);
        tried.message = Some(shown(&said).into());
        tried.own.insert("msg".to_owned(), said);
        Ok(tried)
    }

    fn set_facts(
        &mut self,
        task: &Task,
        item: Option<&Item>,
        facts: &BTreeMap<String, Node>,
    ) -> Result<Tried, Ready> {
        let mut values = Map::new();
        let mut doubtful = None;
        for (name, node) in facts {
            match self.told_or_omitted(task, item, node) {
                Ok(value) => values.extend(value.map(|value| (name.clone(), value))),
                Err(Ready::Unknown(unknown)) => {
                    self.memory.doubt(name, &unknown);
                    doubtful = Some(unknown);
                }
                Err(ready) => return Err(ready),
            }
        }
        for (name, value) in &values {
            self.memory.set(name, value);
        }
        if let Some(unknown) = doubtful {
            return Err(Ready::Unknown(unknown));
        }
        let mut tried = Tried::told(Outcome::Compliant);
        tried.own.insert("ansible_facts".to_owned(), values.into());
        Ok(tried)
    }

    /// The name of a file; when it cannot be told, nor can anything that depends on what is in it.
    fn file(&mut self, task: &Task, item: Option<&Item>, file: &Node) -> Result<String, Ready> {
        let told = self.told(task, item, file);
        if let Err(Ready::Unknown(unknown)) = &told {
            let why = Unknown {
                what: "which file is included".to_owned(),
                ..unknown.clone()
            };
            self.memory.go_blind(&why);
        }
        told.map(|name| shown(&name))
    }

    fn include_vars(
        &mut self,
        task: &Task,
        item: Option<&Item>,
        (file, name, library): (&Node, Option<&str>, &Library),
    ) -> Result<Tried, Ready> {
        let file = self.file(task, item, file)?;
        let found = self.visit.prepare.variables(library, &file);
        let variables = found.map_err(Ready::Failed)?;
        let mut tried = Tried::told(Outcome::Compliant);
        match name {
            None => self.memory.include(&variables),
            Some(name) => {
                let mut whole = Map::new();
                for (key, node) in &*variables {
                    whole.insert(key.clone(), self.told(task, item, node)?);
                }
                let whole = Json::from(whole);
                self.memory.set(name, &whole);
                let facts = Map::from_iter([(name.to_owned(), whole)]);
                tried.own.insert("ansible_facts".to_owned(), facts.into());
            }
        }
        let files = Json::from(vec![Json::from(file)]);
        tried
            .own
            .insert("ansible_included_var_files".to_owned(), files);
        Ok(tried)
    }

    /// Takes over the variables that another host came to have by a task that runs once.
    pub(super) fn adopt_variables(&mut self, task: &Task, upshot: &Upshot) {
        let results = match upshot.value.get("results").and_then(Json::as_array) {
            Some(results) => results.as_slice(),
            None => std::slice::from_ref(&upshot.value),
        };
        for result in results {
            if let Some(Json::Object(facts)) = result.get("ansible_facts") {
                for (name, value) in facts {
                    self.memory.set(name, value);
                }
            }
            self.adopt_files(task, result);
        }
        match (&task.action, &upshot.unknown) {
            (Action::SetFact(facts), Some(unknown)) => {
                for name in facts.keys() {
                    self.memory.doubt(name, unknown);
                }
            }
            (Action::IncludeVars { .. }, Some(unknown)) => self.memory.go_blind(unknown),
            _ => {}
        }
    }

    /// Reads the files whose variables another host included.
    fn adopt_files(&mut self, task: &Task, result: &Json) {
        let Action::IncludeVars {
            name: None,
            library,
            ..
        } = &task.action
        else {
            return;
        };
        let files = result
            .get("ansible_included_var_files")
            .and_then(Json::as_array);
        for file in files.into_iter().flatten().filter_map(Json::as_str) {
            if let Ok(variables) = self.visit.prepare.variables(library, file) {
                self.memory.include(&variables);
            }
        }
    }

    fn include(
        &mut self,
        task: &Task,
        duty: &Duty,
        (file, library): (&Node, &Library),
    ) -> Result<Tried, Ready> {
        let file = self.file(task, duty.item.as_deref(), file)?;
        if self.depth >= DEEPEST {
            return Err(Ready::Failed(CimError::Configuration {
                detail: format!("more than {DEEPEST} files include each other: `{file}`"),
                remedy: "give the task a `when` that ends it".to_owned(),
            }));
        }
        let found = self.visit.prepare.statements(library, &file);
        let mut tried = Tried::told(Outcome::Compliant);
        let found = found.map_err(Ready::Failed)?;
        tried.brought = if self.is_handling || duty.role == Role::Handler {
            // Tags select no handlers, nor what these include.
            found
        } else {
            let around = &self.visit.shared.around;
            let chosen = Statement::narrowed(&found, &around.tags, &around.skip_tags);
            Arc::new(chosen)
        };
        tried.own.insert("include".to_owned(), file.into());
        Ok(tried)
    }

    /// Does the statements of a file that was included, with the item and the variables that it was handed.
    pub(super) async fn walk_included(
        &mut self,
        task: &Task,
        duty: &Duty,
        statements: &[Statement],
    ) {
        let mut locals = match duty.item.as_deref() {
            Some(item) => item.locals.clone(),
            None => self.locals.clone(),
        };
        for (name, node) in &*task.vars {
            // What cannot be told yet is missing where it is needed.
            if let Ok(value) = self.told(task, duty.item.as_deref(), node) {
                locals.set(name, &value);
            }
        }
        let outer = std::mem::replace(&mut self.locals, locals);
        let was_handling = self.is_handling;
        self.is_handling |= duty.role == Role::Handler;
        self.memory.version += 1;
        self.depth += 1;
        self.look_ahead(&[statements]).await;
        self.walk(statements).await;
        self.depth -= 1;
        self.is_handling = was_handling;
        self.locals = outer;
        self.memory.version += 1;
    }
}

fn refused(during: &str, detail: String, message: String) -> Tried {
    let error = CimError::Configuration {
        detail,
        remedy: "the playbook states this on purpose".to_owned(),
    };
    let mut tried = Tried::told(Outcome::Failed(failure(during, error)));
    tried.own.insert("msg".to_owned(), message.as_str().into());
    tried.message = Some(message.into());
    tried
}

/// What could not be made ready, as the end of a task.
pub(super) fn ended(ready: Ready) -> Tried {
    Tried::told(match ready {
        Ready::Skipped(reason) => Outcome::Skipped(reason),
        Ready::Unknown(unknown) => Outcome::Unknown(unknown),
        Ready::Failed(error) => Outcome::Failed(failure("preparing", error)),
        Ready::Resource(_) | Ready::Act => Outcome::Compliant,
    })
}
