//! Hosts and groups as sources name them, step by step as Ansible takes them in, before files of variables and precedence.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;

/// The position of `all`, which always exists.
pub(super) const ALL: usize = 0;
/// The position of `ungrouped`, which always exists.
pub(super) const UNGROUPED: usize = 1;

/// The variable of a group that is no variable but its rank among groups of the same depth.
pub(super) const PRIORITY: &str = "ansible_group_priority";

/// A host in more groups than these has them looked up instead of gone through.
const FEW: usize = 16;

/// Variables in the order in which they were set; a later one of the same name wins.
pub(super) type Vars = Vec<(Arc<str>, Node)>;

/// An inventory under construction.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) hosts: Vec<DraftHost>,
    pub(super) groups: Vec<DraftGroup>,
    host_index: HashMap<Arc<str>, usize>,
    group_index: HashMap<Arc<str>, usize>,
    links: HashSet<(usize, usize)>,
    /// Groups with hosts, of those hosts that are in more than [`FEW`].
    members: HashSet<(usize, usize)>,
    /// Names of variables, each kept once.
    names: HashSet<Arc<str>>,
    /// Whether a source puts `all` below another group: Ansible dies of it when it puts groups in order.
    pub(super) is_upside_down: bool,
}

/// A host.
#[derive(Debug, Clone)]
pub(super) struct DraftHost {
    pub(super) name: Arc<str>,
    /// Shared by the hosts of a range until one of them gets another variable.
    pub(super) vars: Arc<Vars>,
    /// The groups that name it, in that order.
    pub(super) groups: Vec<usize>,
}

/// A group.
#[derive(Debug, Clone)]
pub(super) struct DraftGroup {
    pub(super) name: Arc<str>,
    /// Where it is named first; `None` for implicit ones that no file names.
    pub(super) span: Option<Span>,
    pub(super) vars: Vars,
    pub(super) parents: Vec<usize>,
    pub(super) children: Vec<usize>,
    /// The hosts that it names itself, in that order.
    pub(super) hosts: Vec<usize>,
    /// `ansible_group_priority`.
    pub(super) priority: i64,
}

/// Why a group cannot be put below another: it is above it already. The names of the circle, the first again at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circle(pub(super) Vec<Arc<str>>);

/// What variables that were meant for a host were set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Host,
    /// A group of the same name, which takes them, as in Ansible.
    Group,
}

impl Draft {
    pub(super) fn new() -> Self {
        let mut draft = Self {
            hosts: Vec::new(),
            groups: Vec::new(),
            host_index: HashMap::new(),
            group_index: HashMap::new(),
            links: HashSet::new(),
            members: HashSet::new(),
            names: HashSet::new(),
            is_upside_down: false,
        };
        for name in ["all", "ungrouped"] {
            draft.group(name, None);
        }
        draft.attach(ALL, UNGROUPED);
        draft
    }

    /// The name of a variable, shared.
    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(name);
        self.names.insert(Arc::clone(&name));
        name
    }

    /// The group with this name, made when it is new.
    pub(super) fn group(&mut self, name: &str, span: Option<&Span>) -> usize {
        if let Some(position) = self.group_index.get(name).copied() {
            if let Some(group) = self.groups.get_mut(position)
                && group.span.is_none()
            {
                group.span = span.cloned();
            }
            return position;
        }
        let position = self.groups.len();
        let name: Arc<str> = Arc::from(name);
        self.group_index.insert(Arc::clone(&name), position);
        self.groups.push(DraftGroup {
            name,
            span: span.cloned(),
            vars: Vars::new(),
            parents: Vec::new(),
            children: Vec::new(),
            hosts: Vec::new(),
            priority: 1,
        });
        position
    }

    /// The position of a group that is known already.
    pub(super) fn known_group(&self, name: &str) -> Option<usize> {
        self.group_index.get(name).copied()
    }

    /// The host with this name, made when it is new; then with this port.
    pub(super) fn host(&mut self, name: &str, port: Option<&Node>) -> usize {
        if let Some(position) = self.host_index.get(name) {
            return *position;
        }
        let position = self.hosts.len();
        let name: Arc<str> = Arc::from(name);
        self.host_index.insert(Arc::clone(&name), position);
        let vars = port.map_or_else(Arc::default, |port| {
            Arc::new(vec![(self.name("ansible_port"), port.clone())])
        });
        self.hosts.push(DraftHost {
            name,
            vars,
            groups: Vec::new(),
        });
        position
    }

    /// Makes one group the child of another.
    pub(super) fn link(&mut self, parent: usize, child: usize) -> Result<(), Circle> {
        if self.links.contains(&(parent, child)) {
            return Ok(());
        }
        if let Some(circle) = self.circle(parent, child) {
            return Err(circle);
        }
        self.attach(parent, child);
        Ok(())
    }

    fn attach(&mut self, parent: usize, child: usize) {
        self.links.insert((parent, child));
        if let Some(group) = self.groups.get_mut(parent) {
            group.children.push(child);
        }
        if let Some(group) = self.groups.get_mut(child) {
            group.parents.push(parent);
        }
    }

    /// The circle that would close when `child` came below `parent`.
    fn circle(&self, parent: usize, child: usize) -> Option<Circle> {
        // Everything is below `all` in the end.
        if child == ALL && parent != ALL {
            return Some(self.circle_of(&[ALL, parent]));
        }
        let is_leaf = self.groups.get(child)?.children.is_empty();
        if is_leaf && parent != child {
            return None;
        }
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut waiting = vec![parent];
        while let Some(group) = waiting.pop() {
            if group == child {
                let mut path = vec![child];
                let mut current = child;
                while current != parent {
                    current = came_from.get(&current).copied()?;
                    path.push(current);
                }
                return Some(self.circle_of(&path));
            }
            for above in self.groups.get(group).iter().flat_map(|one| &one.parents) {
                if *above != parent && !came_from.contains_key(above) {
                    came_from.insert(*above, group);
                    waiting.push(*above);
                }
            }
        }
        None
    }

    fn circle_of(&self, path: &[usize]) -> Circle {
        let names = path.iter().chain(path.first());
        Circle(
            names
                .filter_map(|group| Some(Arc::clone(&self.groups.get(*group)?.name)))
                .collect(),
        )
    }

    /// Puts a host into a group.
    pub(super) fn join(&mut self, group: usize, host: usize) {
        let Some(joining) = self.hosts.get_mut(host) else {
            return;
        };
        let is_in_few = joining.groups.len() < FEW;
        if is_in_few && joining.groups.contains(&group) {
            return;
        }
        if joining.groups.len() == FEW {
            let groups = joining.groups.iter();
            self.members.extend(groups.map(|group| (*group, host)));
        }
        if !is_in_few && !self.members.insert((group, host)) {
            return;
        }
        joining.groups.push(group);
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.push(host);
        }
    }

    /// Sets variables of a host; those of hosts of the same range are shared.
    pub(super) fn give(&mut self, host: usize, vars: &Arc<Vars>) -> Result<Given, Node> {
        let group = self
            .hosts
            .get(host)
            .and_then(|host| self.known_group(&host.name));
        if let Some(group) = group {
            for (name, value) in vars.iter() {
                self.set(group, Arc::clone(name), value.clone())?;
            }
            return Ok(Given::Group);
        }
        if let Some(host) = self.hosts.get_mut(host) {
            if host.vars.is_empty() {
                host.vars = Arc::clone(vars);
            } else {
                Arc::make_mut(&mut host.vars).extend(vars.iter().cloned());
            }
        }
        Ok(Given::Host)
    }

    /// Sets a variable of a group; gives the value back when it is a priority and no number.
    pub(super) fn set(&mut self, group: usize, name: Arc<str>, value: Node) -> Result<(), Node> {
        let Some(group) = self.groups.get_mut(group) else {
            return Ok(());
        };
        if &*name != PRIORITY {
            group.vars.push((name, value));
        } else if let Some(priority) = priority(&value.content) {
            group.priority = priority;
        } else {
            return Err(value);
        }
        Ok(())
    }

    /// Gives every group a parent and every host a group, and takes hosts with a group out of `ungrouped`.
    pub(super) fn complete(&mut self) {
        for position in 0..self.groups.len() {
            let is_orphan = self
                .groups
                .get(position)
                .is_some_and(|group| group.parents.is_empty());
            if is_orphan && position != ALL {
                self.attach(ALL, position);
            }
        }
        // Who is above `ungrouped` is above its hosts, which then are not ungrouped.
        let is_open = self
            .groups
            .get(UNGROUPED)
            .is_some_and(|group| group.parents == [ALL]);
        let mut left = HashSet::new();
        for position in 0..self.hosts.len() {
            let Some(host) = self.hosts.get_mut(position) else {
                continue;
            };
            if host.groups.contains(&UNGROUPED) {
                let has_another = host
                    .groups
                    .iter()
                    .any(|group| !matches!(*group, ALL | UNGROUPED));
                if has_another || !is_open {
                    host.groups.retain(|group| *group != UNGROUPED);
                    left.insert(position);
                }
            } else if host.groups.iter().all(|group| *group == ALL) {
                self.join(UNGROUPED, position);
            }
        }
        if let Some(ungrouped) = self.groups.get_mut(UNGROUPED).filter(|_| !left.is_empty()) {
            ungrouped.hosts.retain(|host| !left.contains(host));
        }
    }

    /// The position of the host with this name.
    pub(super) fn known_host(&self, name: &str) -> Option<usize> {
        self.host_index.get(name).copied()
    }
}

/// A whole number as Python's `int` reads it.
fn priority(content: &Content) -> Option<i64> {
    match content {
        Content::Int(number) => Some(*number),
        Content::Bool(truth) => Some(i64::from(*truth)),
        // Cut off behind the point; the text is the way from one number to the other that loses nothing by itself.
        Content::Float(number) => format!("{:.0}", number.trunc()).parse().ok(),
        Content::Text(text) | Content::Unsafe(text) => {
            let digits = text.trim().replace('_', "");
            digits.parse().ok()
        }
        Content::Null | Content::Sealed(_) | Content::Sequence(_) | Content::Mapping(_) => None,
    }
}
