//! What the runner does with a host as a whole: `reboot`, `wait_for_connection` and `wait_for`, as a playbook writes them.
//!
//! Knows their keys and what they mean; must not know how any of it is done.

use std::time::Duration;

use crate::diag::Diagnostic;
use crate::playbook::Action;
use crate::syntax;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;

mod tables;

pub use crate::playbook::actions::tables::REBOOT;
pub use crate::playbook::actions::tables::WAIT_FOR;
pub use crate::playbook::actions::tables::WAIT_FOR_CONNECTION;

/// One such order, with everything that the playbook left open filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// `reboot`.
    Reboot(Reboot),
    /// `wait_for_connection`.
    WaitForConnection(Patience),
    /// `wait_for`.
    WaitFor(WaitFor),
}

/// `reboot`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reboot {
    /// `reboot_timeout`: how long the host may take to come back, counted from the order to reboot; 600 s.
    pub timeout: Duration,
    /// `pre_reboot_delay`: how long users are warned before it goes down; whole seconds, 2 s.
    pub pre_delay: Duration,
    /// `post_reboot_delay`: how long to let it be once it is back; none.
    pub post_delay: Duration,
    /// `connect_timeout`: how long one try to connect may take, 5 s.
    pub connect_timeout: Duration,
    /// `msg`: what users are shown and the host's log keeps.
    pub message: String,
    /// `when_pending`.
    pub occasion: Occasion,
}

/// When a reboot is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Whenever the task is reached.
    Always,
    /// Only when the host itself says that it waits for one.
    WhenPending,
}

/// How something is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// `delay`: before the first look; none.
    pub delay: Duration,
    /// `sleep`: between looks, 1 s.
    pub sleep: Duration,
    /// `timeout`: in all, the delay included.
    pub timeout: Duration,
    /// `connect_timeout`: how long one try to connect may take, 5 s.
    pub connect_timeout: Duration,
}

/// `wait_for`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitFor {
    /// `port` of the host; without one the whole timeout is slept through, as Ansible does.
    pub port: Option<u16>,
    /// `host`: has to mean the host itself.
    pub host: Option<String>,
    /// `state`.
    pub state: PortState,
    /// How it is waited for; the timeout is 300 s.
    pub patience: Patience,
    /// `msg`: what is said instead when it was in vain.
    pub message: Option<String>,
}

/// What a port shall be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortState {
    /// Connections are taken.
    Started,
    /// No connection comes about.
    Stopped,
}

impl PortState {
    /// The words in playbooks.
    pub const WORDS: &'static [&'static str] = &["started", "stopped"];

    /// The word in playbooks.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
        }
    }
}

impl Action {
    /// What the key of one of these actions holds, and which keys it may have; `None` for every other action.
    pub fn errand_node(&self) -> Option<(&Node, &'static [Property])> {
        match self {
            Self::Reboot(node) => Some((node, REBOOT)),
            Self::WaitForConnection(node) => Some((node, WAIT_FOR_CONNECTION)),
            Self::WaitFor(node) => Some((node, WAIT_FOR)),
            Self::Resource { .. }
            | Self::Assert { .. }
            | Self::Fail { .. }
            | Self::Debug { .. }
            | Self::SetFact(_)
            | Self::IncludeVars { .. }
            | Self::Include { .. }
            | Self::Nothing(_)
            | Self::Meta(_) => None,
        }
    }

    /// Checks the keys of one of these actions before the run; values for which `later` says so are left alone.
    pub fn check_errand(&self, later: &dyn Fn(&Node) -> bool, mistakes: &mut Vec<Diagnostic>) {
        if let Some((node, properties)) = self.errand_node() {
            let node = loosened(node, properties);
            syntax::args::check(self.word(), properties, &node, later, mistakes);
            warn_of_ignored(&node, mistakes);
        }
    }

    /// Reads one of these actions from what its key holds once its templates are evaluated; `None` for every other action,
    /// or after a mistake was added.
    pub fn errand(&self, rendered: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Errand> {
        let (_, properties) = self.errand_node()?;
        let node = loosened(rendered, properties);
        let mut args = Args::new(self.word(), properties, &node, mistakes);
        let errand = match self {
            Self::Reboot(_) => Errand::Reboot(reboot(&args)),
            Self::WaitForConnection(_) => Errand::WaitForConnection(patience(&args, 600)),
            _ => Errand::WaitFor(wait_for(&mut args)),
        };
        args.is_clean().then_some(errand)
    }
}

fn reboot(args: &Args<'_>) -> Reboot {
    let message = args.text("msg").unwrap_or("Reboot initiated by rdpfix");
    let pending = args.bool("when_pending").unwrap_or_default();
    Reboot {
        timeout: seconds(args, &["reboot_timeout", "reboot_timeout_sec"], 600),
        pre_delay: seconds(args, &["pre_reboot_delay", "pre_reboot_delay_sec"], 2),
        post_delay: seconds(args, &["post_reboot_delay", "post_reboot_delay_sec"], 0),
        connect_timeout: seconds(args, &["connect_timeout", "connect_timeout_sec"], 5),
        message: message.to_owned(),
        occasion: if pending {
            Occasion::WhenPending
        } else {
            Occasion::Always
        },
    }
}

fn patience(args: &Args<'_>, timeout: u64) -> Patience {
    Patience {
        delay: seconds(args, &["delay"], 0),
        sleep: seconds(args, &["sleep"], 1),
        timeout: seconds(args, &["timeout"], timeout),
        connect_timeout: seconds(args, &["connect_timeout"], 5),
    }
}

fn wait_for(args: &mut Args<'_>) -> WaitFor {
    let state = match args.text("state") {
        Some("stopped") => PortState::Stopped,
        _ => PortState::Started,
    };
    let port = args.integer("port").and_then(|port| port.try_into().ok());
    if port.is_none()
        && let Some(node) = args.node("state")
    {
        args.push(
            Diagnostic::error("missing-key", "`state` without `port` says nothing")
                .at(&node.span)
                .label("of which port?")
                .help("add `port`; files and texts are not waited for"),
        );
    }
    WaitFor {
        port,
        host: args.text("host").map(str::to_owned),
        state,
        patience: patience(args, 300),
        message: args.text("msg").map(str::to_owned),
    }
}

fn seconds(args: &Args<'_>, names: &[&str], default: u64) -> Duration {
    let found = names.iter().find_map(|name| args.integer(name));
    let seconds = found.and_then(|number| u64::try_from(number).ok());
    Duration::from_secs(seconds.unwrap_or(default))
}

/// Numbers in quotes, and those with nothing behind the point, count as whole numbers here, as they do for Ansible.
fn loosened(node: &Node, properties: &'static [Property]) -> Node {
    let Content::Mapping(entries) = &node.content else {
        return node.clone();
    };
    let loosen = |(key, value): &(Node, Node)| {
        let number = properties.iter().any(|property| {
            key.spelled() == Some(property.name) && matches!(property.shape, Shape::Integer { .. })
        });
        let whole = number.then(|| whole(value)).flatten();
        let value = match whole {
            Some(number) => Node {
                span: value.span.clone(),
                content: Content::Int(number),
            },
            None => value.clone(),
        };
        (key.clone(), value)
    };
    Node {
        span: node.span.clone(),
        content: Content::Mapping(entries.iter().map(loosen).collect()),
    }
}

fn whole(value: &Node) -> Option<i64> {
    let text = match &value.content {
        Content::Text(text) | Content::Unsafe(text) => text.trim().to_owned(),
        Content::Float(number) => number.to_string(),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => return None,
    };
    text.parse().ok()
}

/// Keys of Ansible's modules that name programs to run on the host, or mean nothing here.
fn warn_of_ignored(node: &Node, mistakes: &mut Vec<Diagnostic>) {
    let ignored = node.entries().iter().filter(|(key, _)| {
        key.spelled()
            .is_some_and(|name| tables::IGNORED.contains(&name))
    });
    mistakes.extend(ignored.map(|(key, _)| {
        let name = key.spelled().unwrap_or_default();
        Diagnostic::warning("ignored-key", format!("`{name}` has no effect"))
            .at(&key.span)
            .label("no program is run on the host")
            .help("a new boot time and a session that answers prove the reboot; leave it out")
    }));
}

#[cfg(test)]
mod tests;
