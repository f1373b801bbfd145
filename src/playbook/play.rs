//! One play: its keys, and the tasks and handlers in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::Condition;
use crate::playbook::Play;
use crate::playbook::Ruled;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::playbook::around::Around;
use crate::playbook::around::Keywords;
use crate::playbook::around::Own;
use crate::playbook::around::PlaySide;
use crate::playbook::keywords;
use crate::playbook::needs;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::wrong;
use crate::playbook::shelf::folder_of;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::is_template;

/// What plays take from the `import_playbook` that brought them.
#[derive(Debug, Clone, Default)]
pub(super) struct Imported {
    /// The playbook, after those that led to it.
    pub(super) files: Vec<PathBuf>,
    /// `when`.
    pub(super) when: Vec<Condition>,
    /// `tags`.
    pub(super) tags: Vec<String>,
    /// `vars`; these beat those of the plays.
    pub(super) vars: BTreeMap<String, Node>,
    /// `control`.
    pub(super) control: Option<Ruled>,
}

/// The lists of statements, in the order in which they are carried out.
const LISTS: [&str; 3] = ["pre_tasks", "tasks", "post_tasks"];

impl Reader {
    /// Reads a play; `None` after a mistake was added.
    pub(super) fn play(&mut self, node: &Node, imported: &Imported) -> Option<Play> {
        if !matches!(node.content, Content::Mapping(_)) {
            self.push(wrong("a play", "keys with values", node));
            return None;
        }
        self.play_keys(node);
        let file = imported.files.last().cloned().unwrap_or_default();
        let folder = folder_of(&file).to_owned();
        let (vars, prompts) = self.play_vars(node, imported, &folder);
        let side = Arc::new(PlaySide {
            folder,
            vars,
            ..PlaySide::default()
        });
        let base = Around::play(Arc::clone(&side), file, Own::default());
        let (for_handlers, around) = self.arounds(node, &base, imported);
        let (handlers, names) = self.play_handlers(node, &for_handlers);
        let [pre_tasks, tasks, post_tasks] = LISTS.map(|key| {
            let items = self.list(node, key);
            self.statements(items, &around)
        });
        self.check_handlers(&side, &names);
        let rollout = self.rollout(node, &base);
        let prove = self.flag(node, "prove", &base).unwrap_or(true);
        let force_handlers = self.flag(node, "force_handlers", &base).unwrap_or_default();
        let gather = self.flag(node, "gather_facts", &base);
        let hosts = self.hosts(node, &base);
        self.check_empty(node);
        let (hosts, hosts_span) = hosts?;
        let needs_facts = gather.unwrap_or_default()
            || self.needs_facts(&side, &[&pre_tasks, &tasks, &post_tasks], &handlers);
        let name = self.play_name(node, &base);
        Some(Play {
            name: name.unwrap_or_else(|| hosts.clone()).into(),
            hosts,
            hosts_span,
            tags: around.tags.clone(),
            vars: side.vars.clone(),
            prompts,
            pre_tasks,
            tasks,
            post_tasks,
            handlers,
            prove,
            needs_facts,
            rollout,
            force_handlers,
        })
    }

    /// What is around the handlers of a play, and around its tasks.
    fn arounds(&mut self, node: &Node, base: &Around, imported: &Imported) -> (Around, Around) {
        let mut tags = imported.tags.clone();
        tags.extend(self.tags(node, base));
        let keywords = self.keywords(node, base, &BTreeMap::new());
        let control = keywords.control.clone();
        // A handler follows from a change and checks no rule.
        let for_handlers = base.within(Own {
            tags,
            keywords: Keywords {
                control: None,
                ..keywords
            },
            ..Own::default()
        });
        // Conditions of an import are not for handlers, as in Ansible.
        let around = for_handlers.within(Own {
            when: imported.when.clone(),
            keywords: Keywords {
                control: control.or_else(|| imported.control.clone()),
                ..Keywords::default()
            },
            ..Own::default()
        });
        (for_handlers, around)
    }

    /// The name, evaluated as far as that is possible before hosts are known.
    fn play_name(&self, node: &Node, around: &Around) -> Option<String> {
        let name = node.get("name")?;
        let known = around.fixed(name, &self.shelf).ok();
        let known = known.as_ref().and_then(Node::spelled);
        known.or(name.spelled()).map(str::to_owned)
    }

    fn needs_facts(&self, side: &PlaySide, lists: &[&Vec<Statement>], handlers: &[Task]) -> bool {
        let engine = &self.shelf.engine;
        side.vars
            .values()
            .any(|value| needs::names_fact(&engine.names(value)))
            || lists.iter().any(|list| needs::statements(list, engine))
            || handlers.iter().any(|handler| needs::task(handler, engine))
    }

    fn play_keys(&mut self, node: &Node) {
        for (key, value) in node.entries() {
            if !keywords::tell(keywords::PLAY, key, value, &mut self.mistakes) {
                let mistake = keywords::unknown("a play", keywords::PLAY, key);
                self.push(mistake);
            }
        }
    }

    fn play_vars(
        &mut self,
        node: &Node,
        imported: &Imported,
        folder: &std::path::Path,
    ) -> (BTreeMap<String, Node>, Vec<crate::playbook::Prompt>) {
        let engine = self.engine();
        let mut vars = node
            .get("vars")
            .map(|vars| shape::variables("vars", vars, &engine, &mut self.mistakes))
            .unwrap_or_default();
        vars.extend(imported.vars.clone());
        let prompts = self.prompts(node);
        let files = self.vars_files(node, &mut vars, folder);
        let prompts = self.open_prompts(prompts, &files);
        (vars, prompts)
    }

    fn play_handlers(&mut self, node: &Node, around: &Around) -> (Vec<Task>, Vec<(String, Span)>) {
        let items = self.list(node, "handlers");
        let mut names = Vec::new();
        let handlers = self.handlers(items, around, &mut names);
        let mut known: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
        known.extend(handlers.iter().flat_map(|handler| handler.listen.clone()));
        // Handlers with mistakes answer too, so that one mistake is not told twice.
        let listened = items.iter().filter_map(|item| item.get("listen"));
        for listen in listened {
            let texts = shape::texts(Some(listen), "listen", &mut Vec::new());
            known.extend(texts.into_iter().map(|(name, _)| name));
        }
        around.play.handlers.get_or_init(|| known);
        (handlers, names)
    }

    /// Names that nobody answers to, and handlers that nobody calls.
    fn check_handlers(&mut self, side: &PlaySide, names: &[(String, Span)]) {
        let known = side.handlers.get().map(Vec::as_slice).unwrap_or_default();
        let notified: Vec<String> = self.notified.iter().map(|(name, _)| name.clone()).collect();
        let is_open = self.is_open || notified.iter().any(|name| is_template(name));
        self.is_open = false;
        self.check_notified(known);
        if is_open {
            return;
        }
        for (name, span) in names {
            let listens = self.listening.contains(name);
            if !notified.contains(name) && !listens && !is_template(name) {
                self.push(
                    Diagnostic::warning(
                        "unused-handler",
                        format!("no task notifies the handler `{name}`"),
                    )
                    .at(span)
                    .help(format!(
                        "add `notify: {name}` to a task, or remove the handler"
                    )),
                );
            }
        }
        self.listening.clear();
    }

    fn flag(&mut self, node: &Node, key: &str, around: &Around) -> Option<bool> {
        let value = self.now(node, key, around)?;
        shape::truth(key, &value, &mut self.mistakes)
    }

    fn check_empty(&mut self, node: &Node) {
        let is_empty = |list: &Node| {
            matches!(&list.content, Content::Sequence(items) if items.is_empty())
                || list.content == Content::Null
        };
        let has_some = LISTS
            .into_iter()
            .chain(["handlers", "roles"])
            .any(|key| !node.get(key).is_none_or(is_empty));
        if !has_some {
            self.push(
                Diagnostic::warning("empty-play", "the play has no tasks")
                    .at(&node.span)
                    .label("nothing to do here"),
            );
        }
    }

    fn hosts(&mut self, node: &Node, around: &Around) -> Option<(String, Span)> {
        let Some(value) = node.get("hosts") else {
            self.push(
                Diagnostic::error("missing-key", "the play lacks `hosts`")
                    .at(&node.span)
                    .help("`hosts: all` takes every host of the inventory"),
            );
            return None;
        };
        let known = around.fixed(value, &self.shelf);
        let known = known.map_err(|mistake| self.push(mistake)).ok()?;
        let before = self.mistakes.len();
        let patterns: Vec<String> = shape::texts(Some(&known), "hosts", &mut self.mistakes)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        if self.mistakes.len() > before {
            return None;
        }
        if patterns.iter().all(|pattern| pattern.trim().is_empty()) {
            self.push(
                Diagnostic::error("missing-key", "`hosts` names no host")
                    .at(&value.span)
                    .help("`hosts: all` takes every host of the inventory"),
            );
            return None;
        }
        Some((patterns.join(","), value.span.clone()))
    }
}
