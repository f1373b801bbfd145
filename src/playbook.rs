//! The playbook language: plays, tasks, handlers, conditions and templates.
//!
//! Knows what a playbook says; must not know hosts beyond the variables that it is handed, nor how anything is run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::facts::Facts;
use crate::resource::AnyResource;
use crate::resource::Kind;
use crate::syntax::Node;
use crate::syntax::template::Engine;

mod condition;
mod extra;
mod foreign;
mod parse;
mod tags;
mod task;

pub use crate::playbook::condition::Condition;
pub use crate::playbook::extra::extra_vars;

/// A whole file.
#[derive(Debug)]
pub struct Playbook {
    /// The path as the user gave it.
    pub name: String,
    /// Its plays, in order.
    pub plays: Vec<Arc<Play>>,
}

/// Hosts with what they should be like.
#[derive(Debug, Clone)]
pub struct Play {
    /// `name`, or the host pattern when there is none.
    pub name: Arc<str>,
    /// `hosts`: a host pattern.
    pub hosts: String,
    /// Where `hosts` stands.
    pub hosts_span: Span,
    /// `vars`.
    pub vars: BTreeMap<String, Node>,
    /// `tasks`, in order.
    pub tasks: Vec<Task>,
    /// `handlers`, in the order in which they run.
    pub handlers: Vec<Task>,
    /// Whether the Remote Desktop port is visited at the end (`prove: true`, the default).
    pub prove: bool,
    /// Whether a condition or a template of the play names `facts`.
    pub needs_facts: bool,
}

/// One named statement about one resource.
#[derive(Debug, Clone)]
pub struct Task {
    /// `name`, or the kind when there is none.
    pub name: Arc<str>,
    /// The kind of resource.
    pub kind: &'static Kind,
    /// `when`: all of these must hold.
    pub when: Vec<Condition>,
    /// `tags`, those of the play among them.
    pub tags: Vec<String>,
    /// `notify`: names of handlers.
    pub notify: Vec<String>,
    /// What the kind's key holds.
    pub body: Body,
    /// Where the task stands.
    pub span: Span,
}

/// What a task's resource is made from.
#[derive(Debug, Clone)]
pub enum Body {
    /// No templates: parsed once, shared by all hosts.
    Fixed(Arc<dyn AnyResource>),
    /// Templates: parsed for each host.
    Templated {
        /// What the kind's key holds.
        node: Node,
        /// Evaluates; one for the whole file.
        engine: Arc<Engine>,
    },
}

/// A task made ready for one host.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// To be done.
    Resource(Arc<dyn AnyResource>),
    /// Its `when` was false: the condition's text.
    Skipped(String),
}

/// The variables that a task sees on a host, strongest first: extra variables, play variables, host variables; besides
/// them `inventory_hostname` and `facts`.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `-e`.
    pub extra: &'a BTreeMap<String, Node>,
    /// `vars` of the play.
    pub play: &'a BTreeMap<String, Node>,
    /// Variables of the host from the inventory.
    pub host: &'a BTreeMap<String, Node>,
    /// `inventory_hostname`.
    pub host_name: &'a str,
    /// Gathered only when [`Play::needs_facts`].
    pub facts: Option<&'a Facts>,
}

/// Reads a playbook. All mistakes are reported at once; the playbook is `None` when one of them is an error.
pub fn parse(source: &Arc<Source>) -> (Option<Playbook>, Vec<Diagnostic>) {
    parse::playbook(source)
}
