//! A playbook while it is read: what was found wrong so far, and which handlers were notified.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::Condition;
use crate::playbook::around::Around;
use crate::playbook::around::Keywords;
use crate::playbook::around::Own;
use crate::playbook::controls::Stated;
use crate::playbook::shape;
use crate::playbook::shape::wrong;
use crate::playbook::shelf::Shelf;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::has_template;
use crate::syntax::template::is_template;

/// Connections of Ansible that come to the same.
const OVER_WINRM: [&str; 5] = [
    "winrm",
    "psrp",
    "smart",
    "ansible.builtin.winrm",
    "ansible.builtin.psrp",
];

/// Collects what is found while something is read.
#[derive(Debug)]
pub(super) struct Reader {
    /// The files.
    pub(super) shelf: Arc<Shelf>,
    /// What is wrong.
    pub(super) mistakes: Vec<Diagnostic>,
    /// The names that tasks notify, as written.
    pub(super) notified: Vec<(String, Span)>,
    /// Handlers that answer to a further name.
    pub(super) listening: Vec<String>,
    /// Whether tasks may notify handlers that cannot be told yet: a file is included whose name is a template.
    pub(super) is_open: bool,
    /// The controls that were stated so far.
    pub(super) controls: Stated,
}

impl Reader {
    /// A reader that has found nothing yet.
    pub(super) fn new(shelf: Arc<Shelf>) -> Self {
        Self {
            shelf,
            mistakes: Vec::new(),
            notified: Vec::new(),
            listening: Vec::new(),
            is_open: false,
            controls: Stated::default(),
        }
    }

    /// Checks and, later, evaluates.
    pub(super) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.shelf.engine)
    }

    /// Adds a mistake.
    pub(super) fn push(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// How many mistakes stop the run.
    pub(super) fn errors(&self) -> usize {
        shape::errors(&self.mistakes)
    }

    /// The conditions of a key.
    pub(super) fn conditions(&mut self, node: &Node, key: &str) -> Vec<Condition> {
        let engine = self.engine();
        node.get(key)
            .map(|value| Condition::parse_all(key, value, &engine, &mut self.mistakes))
            .unwrap_or_default()
    }

    /// `when`, `tags`, `vars` and the keywords of which the innermost counts.
    pub(super) fn own(&mut self, node: &Node, around: &Around) -> Own {
        let engine = self.engine();
        let when = self.conditions(node, "when");
        let tags = self.tags(node, around);
        let vars = node
            .get("vars")
            .map(|vars| shape::variables("vars", vars, &engine, &mut self.mistakes))
            .unwrap_or_default();
        let keywords = self.keywords(node, around, &vars);
        Own {
            when,
            tags,
            vars,
            keywords,
        }
    }

    /// `tags`: a list, or words between commas.
    pub(super) fn tags(&mut self, node: &Node, around: &Around) -> Vec<String> {
        let value = self.now(node, "tags", around);
        shape::texts(value.as_ref(), "tags", &mut self.mistakes)
            .into_iter()
            .flat_map(|(text, _)| shape::split(&text))
            .collect()
    }

    /// The keywords of which the innermost counts.
    pub(super) fn keywords(
        &mut self,
        node: &Node,
        around: &Around,
        vars: &BTreeMap<String, Node>,
    ) -> Keywords {
        let inner = around.within(Own {
            vars: vars.clone(),
            ..Own::default()
        });
        self.check_connection(node);
        Keywords {
            ignore_errors: self.later(node, "ignore_errors"),
            ignore_unreachable: self.later(node, "ignore_unreachable"),
            no_log: self.later(node, "no_log"),
            check_mode: self.later(node, "check_mode"),
            diff: self.later(node, "diff"),
            run_once: self
                .now(node, "run_once", &inner)
                .and_then(|value| shape::truth("run_once", &value, &mut self.mistakes)),
            throttle: self
                .now(node, "throttle", &inner)
                .and_then(|value| shape::number("throttle", &value, &mut self.mistakes))
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            timeout: self
                .now(node, "timeout", &inner)
                .and_then(|value| shape::number("timeout", &value, &mut self.mistakes)),
            notify: self.notify(node),
            delegate_to: node
                .get("delegate_to")
                .filter(|value| value.content != Content::Null)
                .cloned(),
            control: self.stated_control(node, &inner),
        }
    }

    fn check_connection(&mut self, node: &Node) {
        let value = node
            .get("connection")
            .and_then(|value| Some((value, value.as_text()?)));
        if let Some((value, word)) = value
            && !is_template(word)
            && !OVER_WINRM.contains(&word)
        {
            self.push(
                Diagnostic::warning(
                    "without-effect",
                    format!("`connection: {word}` has no effect here"),
                )
                .at(&value.span)
                .help("hosts are managed over WinRM"),
            );
        }
    }

    /// A truth value, or a template that is evaluated for each host.
    fn later(&mut self, node: &Node, key: &str) -> Option<Node> {
        let value = node
            .get(key)
            .filter(|value| value.content != Content::Null)?;
        if has_template(value) {
            self.engine().check(value, &mut self.mistakes);
            return Some(value.clone());
        }
        let truth = shape::truth(key, value, &mut self.mistakes)?;
        Some(Node {
            span: value.span.clone(),
            content: Content::Bool(truth),
        })
    }

    /// A value that is needed before hosts are known.
    pub(super) fn now(&mut self, node: &Node, key: &str, around: &Around) -> Option<Node> {
        let value = node
            .get(key)
            .filter(|value| value.content != Content::Null)?;
        match around.fixed(value, &self.shelf) {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.push(mistake);
                None
            }
        }
    }

    fn notify(&mut self, node: &Node) -> Option<Vec<String>> {
        let value = node.get("notify")?;
        let names = shape::texts(Some(value), "notify", &mut self.mistakes);
        self.shelf.engine.check(value, &mut self.mistakes);
        let mut found = Vec::new();
        for (name, place) in names {
            self.notified.push((name.clone(), place.span.clone()));
            found.push(name);
        }
        Some(found)
    }

    /// Tells of names that nobody answers to. Names with templates are looked up when they are known.
    pub(super) fn check_notified(&mut self, known: &[String]) {
        for (name, span) in std::mem::take(&mut self.notified) {
            if is_template(&name) || known.contains(&name) {
                continue;
            }
            self.mistakes.push(
                Diagnostic::error(
                    "unknown-handler",
                    format!("there is no handler `{name}` in this play"),
                )
                .at(&span)
                .label("no such handler")
                .suggest(&name, known.iter().map(String::as_str)),
            );
        }
    }

    /// The list under a key; an absent key and null are an empty one.
    pub(super) fn list<'a>(&mut self, node: &'a Node, key: &str) -> &'a [Node] {
        match node.get(key) {
            None => &[],
            Some(value) => self.items(value, key),
        }
    }

    /// The items of a list of tasks.
    pub(super) fn items<'a>(&mut self, value: &'a Node, key: &str) -> &'a [Node] {
        if !matches!(value.content, Content::Sequence(_) | Content::Null) {
            self.push(
                wrong(key, "a list of tasks", value).help("begin each task with `- name: ...`"),
            );
        }
        value.items()
    }
}
