//! The playbook language: plays, tasks, handlers, conditions and templates.
//!
//! Knows what a playbook says; must not know hosts beyond the variables that it is handed, nor how anything is run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::Control;
use crate::control::Controls;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::facts::Facts;
use crate::files::Files;
use crate::inventory::HostVars;
use crate::playbook::shelf::Shelf;
use crate::resource::AnyResource;
use crate::resource::Kind;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::Values;
use crate::vault::Keyring;

pub mod actions;
mod around;
mod built_in;
mod condition;
mod conflict;
mod controls;
mod entry;
mod extra;
mod foreign;
mod keywords;
mod knowledge;
pub mod language;
mod library;
mod mention;
mod module;
mod needs;
mod parse;
mod play;
pub mod prepare;
mod reader;
mod repeat;
mod rollout;
mod shape;
mod shelf;
mod start;
mod statement;
mod tags;
mod translate;
mod vars;
mod words;

pub use crate::playbook::condition::Condition;
pub use crate::playbook::extra::extra_sources;
pub use crate::playbook::extra::extra_vars;
pub use crate::playbook::knowledge::fact_values;
pub use crate::playbook::library::Library;
pub use crate::playbook::mention::variables_mention;
pub use crate::playbook::start::starting_at;

/// A whole file.
#[derive(Debug)]
pub struct Playbook {
    /// The path as the user gave it.
    pub name: String,
    /// Its plays, in order.
    pub plays: Vec<Arc<Play>>,
    /// The controls that its tasks check, those of imported and included files among them.
    pub controls: Controls,
}

/// The rule that a task checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// The control.
    pub control: Arc<Control>,
    /// `note`: what to know about a difference, told with it.
    pub note: Option<Arc<str>>,
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
    /// `tags`; those of the tasks hold them too.
    pub tags: Vec<String>,
    /// `vars`, with those of `vars_files` on top, later files winning.
    pub vars: BTreeMap<String, Node>,
    /// `vars_prompt`, in order; answers stand between `vars` and `vars_files`.
    pub prompts: Vec<Prompt>,
    /// `pre_tasks`, in order; handlers that they notify run before `tasks`.
    pub pre_tasks: Vec<Statement>,
    /// `tasks`, in order.
    pub tasks: Vec<Statement>,
    /// `post_tasks`, in order.
    pub post_tasks: Vec<Statement>,
    /// `handlers`, in the order in which they run.
    pub handlers: Vec<Task>,
    /// Whether the Remote Desktop port is visited at the end (`prove: true`, the default).
    pub prove: bool,
    /// Whether a condition or a template of the play names facts, or `gather_facts` is true.
    pub needs_facts: bool,
    /// How the play goes over its hosts.
    pub rollout: Rollout,
    /// `force_handlers`: handlers that were notified run although the host failed.
    pub force_handlers: bool,
}

/// `serial`, `max_fail_percentage` and `any_errors_fatal`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rollout {
    /// The sizes of the waves; the last repeats. Empty: all hosts at once.
    pub serial: Vec<Batch>,
    /// When more than so many percent of a wave's hosts failed, no further wave is begun.
    pub max_fail_percentage: Option<f64>,
    /// The first failure stops the play everywhere.
    pub any_errors_fatal: bool,
}

/// The size of a wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Batch {
    /// So many hosts, at least 1.
    Hosts(usize),
    /// So many percent of the play's hosts, above 0 up to 100; at least one host.
    Percent(f64),
}

/// One question of `vars_prompt`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The variable.
    pub name: String,
    /// What to ask; the name when nothing is said.
    pub prompt: String,
    /// What an empty answer means.
    pub default: Option<Node>,
    /// Whether the answer is not shown while it is typed (`private: true`, the default).
    pub private: bool,
    /// Whether it is asked twice.
    pub confirm: bool,
    /// Whether the answer is a text whatever is in it, never a template (`unsafe: true`).
    pub is_unsafe: bool,
}

/// One entry of a list of tasks. Keywords of a block are pushed down to its tasks when it is read.
#[derive(Debug, Clone)]
pub enum Statement {
    /// A task.
    Task(Arc<Task>),
    /// `block`, with what follows a failure and what follows in any case.
    Block(Arc<Block>),
}

/// `block`, `rescue`, `always`.
#[derive(Debug, Clone)]
pub struct Block {
    /// `name`.
    pub name: Option<Arc<str>>,
    /// `block`.
    pub body: Vec<Statement>,
    /// `rescue`: done when a task of the body failed, which then counts as rescued.
    pub rescue: Vec<Statement>,
    /// `always`.
    pub always: Vec<Statement>,
    /// Where the block stands.
    pub span: Span,
}

/// One named statement: a resource, or an action of the runner.
#[derive(Debug, Clone)]
pub struct Task {
    /// `name`, or the action's word when there is none; may hold templates.
    pub name: Arc<str>,
    /// What it is about.
    pub action: Action,
    /// `when`, those of the blocks around it first: all of these must hold.
    pub when: Vec<Condition>,
    /// `tags`, those of the play and the blocks among them.
    pub tags: Vec<String>,
    /// `notify`: names of handlers.
    pub notify: Vec<String>,
    /// `listen`, of a handler: further names that it answers to.
    pub listen: Vec<String>,
    /// `vars`, those of the blocks among them.
    pub vars: Arc<BTreeMap<String, Node>>,
    /// `register`.
    pub register: Option<Arc<str>>,
    /// `loop` and `with_items`.
    pub repeat: Option<Loop>,
    /// `until`, `retries`, `delay`.
    pub until: Option<Until>,
    /// `changed_when`; empty: the action decides.
    pub changed_when: Vec<Condition>,
    /// `failed_when`; empty: the action decides.
    pub failed_when: Vec<Condition>,
    /// `control`: the rule that it checks.
    pub control: Option<Ruled>,
    /// Keywords that bend how it is carried out.
    pub manner: Manner,
    /// Where the task stands.
    pub span: Span,
}

/// Keywords that bend how a task is carried out. Values with templates are evaluated for each host.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// `ignore_errors`.
    pub ignore_errors: Option<Node>,
    /// `ignore_unreachable`.
    pub ignore_unreachable: Option<Node>,
    /// `no_log`: values and messages are not reported.
    pub no_log: Option<Node>,
    /// `check_mode`: true looks only, also in a run that applies; false is refused when it is read, because check mode never writes.
    pub check_mode: Option<Node>,
    /// `diff`: whether differences are shown as unified diffs, whatever `--diff` says.
    pub diff: Option<Node>,
    /// `run_once`: done on one host of the wave, told and registered for all.
    pub run_once: bool,
    /// `throttle`: on at most so many hosts at once.
    pub throttle: Option<usize>,
    /// `timeout`: seconds that it may take.
    pub timeout: Option<u64>,
}

/// `loop`, with `loop_control`.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The list, or a template that gives one.
    pub items: Node,
    /// `loop_var`: `item`.
    pub var: Arc<str>,
    /// `index_var`.
    pub index_var: Option<Arc<str>>,
    /// `label`: what is reported instead of the item.
    pub label: Option<Node>,
}

/// `until`: done again until these hold.
#[derive(Debug, Clone)]
pub struct Until {
    /// What must hold; empty: that it did not fail.
    pub conditions: Vec<Condition>,
    /// `retries`, a number or a template; 3 when nothing is said.
    pub retries: Option<Node>,
    /// `delay`: seconds between tries, a number or a template; 5 when nothing is said.
    pub delay: Option<Node>,
}

/// What a task is about.
#[derive(Debug, Clone)]
pub enum Action {
    /// A thing on the host.
    Resource {
        /// The kind of resource.
        kind: &'static Kind,
        /// What the kind's key holds.
        body: Body,
    },
    /// `assert`.
    Assert {
        /// `that`: all of these must hold.
        that: Vec<Condition>,
        /// `fail_msg` (`msg`).
        fail_msg: Option<Node>,
        /// `success_msg`.
        success_msg: Option<Node>,
    },
    /// `fail`.
    Fail {
        /// `msg`.
        msg: Option<Node>,
    },
    /// `debug`.
    Debug {
        /// `msg`, or a template made of `var`.
        msg: Node,
        /// `verbosity`: told only when so many `-v` were given.
        verbosity: u8,
    },
    /// `set_fact`.
    SetFact(BTreeMap<String, Node>),
    /// `include_vars`, and other files of variables that are read while the run goes on.
    IncludeVars {
        /// The file, or a template that names it.
        file: Node,
        /// `name`: the variable that holds all of them.
        name: Option<Arc<str>>,
        /// Reads it.
        library: Arc<Library>,
    },
    /// `include_tasks`.
    Include {
        /// The file, or a template that names it.
        file: Node,
        /// Reads it.
        library: Arc<Library>,
    },
    /// `reboot` (`win_reboot`).
    Reboot(Node),
    /// `wait_for_connection`.
    WaitForConnection(Node),
    /// `wait_for` (`win_wait_for`): until a port of the host answers, or no longer does.
    WaitFor(Node),
    /// `ping`, `setup`: what every run does anyhow; told as ok.
    Nothing(&'static str),
    /// `meta`.
    Meta(Meta),
}

/// `meta`: orders to the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meta {
    /// `flush_handlers`.
    FlushHandlers,
    /// `end_host`.
    EndHost,
    /// `end_play`.
    EndPlay,
    /// `noop` and those that change nothing here.
    Nothing,
}

impl Action {
    /// The word in reports: the kind, or the action's own.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Resource { kind, .. } => kind.name,
            Self::Assert { .. } => "assert",
            Self::Fail { .. } => "fail",
            Self::Debug { .. } => "debug",
            Self::SetFact(_) => "set_fact",
            Self::IncludeVars { .. } => "include_vars",
            Self::Include { .. } => "include_tasks",
            Self::Reboot(_) => "reboot",
            Self::WaitForConnection(_) => "wait_for_connection",
            Self::WaitFor(_) => "wait_for",
            Self::Nothing(word) => word,
            Self::Meta(_) => "meta",
        }
    }
}

impl Task {
    /// A task with nothing but a name and an action.
    pub fn plain(name: &str, action: Action, span: Span) -> Self {
        Self {
            name: name.into(),
            action,
            when: Vec::new(),
            tags: Vec::new(),
            notify: Vec::new(),
            listen: Vec::new(),
            vars: Arc::default(),
            register: None,
            repeat: None,
            until: None,
            changed_when: Vec::new(),
            failed_when: Vec::new(),
            control: None,
            manner: Manner::default(),
            span,
        }
    }
}

impl Play {
    /// Every task of the play in order, those of blocks among them, handlers last; not those of files that are included
    /// while the run goes on.
    pub fn all_tasks(&self) -> Vec<&Task> {
        let mut found = Vec::new();
        for list in [&self.pre_tasks, &self.tasks, &self.post_tasks] {
            collect(list, &mut found);
        }
        found.extend(&self.handlers);
        found
    }
}

fn collect<'a>(list: &'a [Statement], found: &mut Vec<&'a Task>) {
    for statement in list {
        match statement {
            Statement::Task(task) => found.push(task),
            Statement::Block(block) => {
                collect(&block.body, found);
                collect(&block.rescue, found);
                collect(&block.always, found);
            }
        }
    }
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

/// The variables that a task sees on a host; each field wins over those below it.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `-e`.
    pub extra: &'a BTreeMap<String, Node>,
    /// The item of a loop, and variables handed to an included file.
    pub locals: &'a Values,
    /// Registered results and `set_fact`.
    pub results: &'a Values,
    /// Variables of files that were included while the run went on; stronger than those of the task.
    pub included: &'a BTreeMap<String, Node>,
    /// `vars` of the play.
    pub play: &'a BTreeMap<String, Node>,
    /// Variables of the host from the inventory.
    pub host: &'a HostVars,
    /// `inventory_hostname`.
    pub host_name: &'a str,
    /// What the run tells: `groups`, `group_names`, `hostvars`, `ansible_check_mode`, `playbook_dir`, …
    pub given: &'a Values,
    /// Gathered only when [`Play::needs_facts`].
    pub facts: Option<&'a Facts>,
    /// The same under Ansible's names; stronger than the host's variables, weaker than the play's.
    pub fact_values: &'a Values,
    /// Evaluates what holds templates but no engine of its own.
    pub engine: &'a Engine,
}

/// What reading a playbook may draw on.
pub struct Reading {
    /// Opens imported and included files, and files of variables.
    pub files: Arc<dyn Files>,
    /// Opens what is encrypted.
    pub keyring: Arc<Keyring>,
    /// `-e`; may decide which files are imported.
    pub extra: BTreeMap<String, Node>,
    /// Evaluates templates; when nothing is said, one that knows the keyring and neither environment nor time.
    pub engine: Option<Arc<Engine>>,
}

/// Reads a playbook that imports nothing. All mistakes are reported at once; the playbook is `None` when one of them is
/// an error.
pub fn parse(source: &Arc<Source>) -> (Option<Playbook>, Vec<Diagnostic>) {
    parse::playbook(source, Shelf::empty())
}

/// Reads a playbook with everything that it imports; see [`parse`].
pub fn read(source: &Arc<Source>, reading: &Reading) -> (Option<Playbook>, Vec<Diagnostic>) {
    parse::playbook(source, Shelf::of(reading))
}
