//! What every reader of a source does: naming hosts and groups, setting variables, noting mistakes.
//!
//! Ansible keeps what it read of a source up to the mistake that ends the reading. We read on to tell every mistake, and
//! then put the draft back to what Ansible would have.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::inventory::address;
use crate::inventory::address::Ranges;
use crate::inventory::draft::ALL;
use crate::inventory::draft::Draft;
use crate::inventory::draft::Given;
use crate::inventory::draft::Vars;
use crate::inventory::range;
use crate::syntax::Content;
use crate::syntax::Node;

/// How many hosts an inventory may have.
const HOSTS: usize = 1_000_000;

/// A draft that takes in one source after the other.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) draft: Draft,
    mistakes: Vec<Diagnostic>,
    /// What was there when the first mistake came that ends the reading of the source.
    kept: Option<Box<Draft>>,
    has_failed: bool,
}

/// The hosts of a name with ranges.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) names: Vec<String>,
    pub(super) port: Option<Node>,
}

/// How the reading of a source went.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Whether Ansible would take the source as read.
    pub(super) is_whole: bool,
    pub(super) mistakes: Vec<Diagnostic>,
}

impl Intake {
    pub(super) fn new() -> Self {
        Self {
            draft: Draft::new(),
            mistakes: Vec::new(),
            kept: None,
            has_failed: false,
        }
    }

    /// Reads a source, or tries to.
    pub(super) fn attempt(&mut self, read: impl FnOnce(&mut Self)) -> Attempt {
        let before = std::mem::take(&mut self.mistakes);
        read(self);
        if let Some(kept) = self.kept.take() {
            self.draft = *kept;
        }
        Attempt {
            is_whole: !std::mem::take(&mut self.has_failed),
            mistakes: std::mem::replace(&mut self.mistakes, before),
        }
    }

    /// Notes a mistake.
    pub(super) fn tell(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Ansible reads no further than here.
    pub(super) fn give_up(&mut self) {
        if self.kept.is_none() && !self.has_failed {
            self.kept = Some(Box::new(self.draft.clone()));
        }
        self.has_failed = true;
    }

    /// Ansible keeps everything, but does not count the source as read.
    pub(super) fn fail(&mut self) {
        self.has_failed = true;
    }

    /// The hosts that a name stands for.
    pub(super) fn named(&mut self, written: &str, span: &Span) -> Option<Named> {
        let (pattern, port) = address::split(written, Ranges::Allowed);
        let mistake = match range::expand(pattern) {
            Ok(names) if names.iter().any(String::is_empty) => {
                Diagnostic::error("bad-host", "a host without a name").at(span)
            }
            Ok(names) if self.draft.hosts.len() + names.len() > HOSTS => Diagnostic::error(
                "too-many-hosts",
                format!("an inventory may have {HOSTS} hosts"),
            )
            .at(span)
            .label("the limit is passed here"),
            Ok(names) => {
                let port = port.filter(|port| *port != 0).map(|port| Node {
                    span: span.clone(),
                    content: Content::Int(port),
                });
                return Some(Named { names, port });
            }
            Err(error) => {
                let mistake = Diagnostic::error("bad-range", error.to_string())
                    .at(span)
                    .label("in this name")
                    .help(error.help());
                if error.is_passed_over() {
                    self.tell(mistake);
                    return None;
                }
                mistake
            }
        };
        self.tell(mistake);
        self.give_up();
        None
    }

    /// Puts hosts into a group and sets their variables.
    pub(super) fn hosts(&mut self, group: usize, named: &Named, vars: &Arc<Vars>, span: &Span) {
        for name in &named.names {
            let host = self.draft.host(name, named.port.as_ref());
            self.draft.join(group, host);
            self.give(host, vars, span);
        }
    }

    /// Sets variables of a host.
    pub(super) fn give(&mut self, host: usize, vars: &Arc<Vars>, span: &Span) {
        if vars.is_empty() {
            return;
        }
        match self.draft.give(host, vars) {
            Ok(Given::Host) => {}
            Ok(Given::Group) => {
                let name = self
                    .draft
                    .hosts
                    .get(host)
                    .map(|host| Arc::clone(&host.name));
                let name = name.unwrap_or_default();
                let mistake = Diagnostic::warning(
                    "name-clash",
                    format!("the variables of the host `{name}` are set on the group `{name}`"),
                )
                .at(span)
                .label("all hosts of the group have them")
                .help("give the host or the group another name");
                self.tell(mistake);
            }
            Err(value) => self.wrong_priority(&value),
        }
    }

    /// Sets a variable of a group.
    pub(super) fn set(&mut self, group: usize, name: Arc<str>, value: Node) {
        if let Err(value) = self.draft.set(group, name, value) {
            self.wrong_priority(&value);
        }
    }

    fn wrong_priority(&mut self, value: &Node) {
        let mistake = Diagnostic::error(
            "wrong-type",
            "`ansible_group_priority` must be a whole number",
        )
        .at(&value.span)
        .label(format!("this is {}", value.describe()));
        self.tell(mistake);
        self.give_up();
    }

    /// Makes one group the child of another.
    pub(super) fn link(&mut self, parent: usize, child: usize, span: &Span) {
        if let Err(circle) = self.draft.link(parent, child) {
            let mistake = Diagnostic::error(
                "group-cycle",
                format!(
                    "groups are children of each other: {}",
                    circle.0.join(" → ")
                ),
            )
            .at(span)
            .label("the circle closes here")
            .help("a group cannot be below itself");
            self.tell(mistake);
            if child == ALL && parent != ALL {
                self.draft.is_upside_down = true;
            } else {
                self.give_up();
            }
        }
    }
}
