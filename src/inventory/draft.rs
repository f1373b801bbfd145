//! Hosts and groups as the files name them, before variables are merged.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use crate::diag::Span;
use crate::syntax::Node;

/// The position of `all`, which always exists.
pub(super) const ALL: usize = 0;
/// The position of `ungrouped`, which always exists.
pub(super) const UNGROUPED: usize = 1;

/// An inventory under construction.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) hosts: Vec<DraftHost>,
    pub(super) groups: Vec<DraftGroup>,
    host_index: HashMap<String, usize>,
    group_index: HashMap<String, usize>,
    links: HashSet<(usize, usize)>,
    members: HashSet<(usize, usize)>,
}

/// A host.
#[derive(Debug)]
pub(super) struct DraftHost {
    pub(super) name: String,
    pub(super) vars: BTreeMap<String, Node>,
    /// The groups that name it, in that order.
    pub(super) groups: Vec<usize>,
}

/// A group.
#[derive(Debug)]
pub(super) struct DraftGroup {
    pub(super) name: String,
    /// Where it is named first; `None` for implicit ones that no file names.
    pub(super) span: Option<Span>,
    pub(super) vars: BTreeMap<String, Node>,
    pub(super) parents: Vec<usize>,
    pub(super) children: Vec<usize>,
    /// The hosts that it names itself, in that order.
    pub(super) hosts: Vec<usize>,
    /// `ansible_group_priority`.
    pub(super) priority: i64,
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
        };
        for name in ["all", "ungrouped"] {
            draft.group(name, None);
        }
        draft.link(ALL, UNGROUPED);
        draft
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
        self.group_index.insert(name.to_owned(), position);
        self.groups.push(DraftGroup {
            name: name.to_owned(),
            span: span.cloned(),
            vars: BTreeMap::new(),
            parents: Vec::new(),
            children: Vec::new(),
            hosts: Vec::new(),
            priority: 1,
        });
        position
    }

    /// The host with this name, made when it is new.
    pub(super) fn host(&mut self, name: &str) -> usize {
        if let Some(position) = self.host_index.get(name) {
            return *position;
        }
        let position = self.hosts.len();
        self.host_index.insert(name.to_owned(), position);
        self.hosts.push(DraftHost {
            name: name.to_owned(),
            vars: BTreeMap::new(),
            groups: Vec::new(),
        });
        position
    }

    /// Makes one group the child of another.
    pub(super) fn link(&mut self, parent: usize, child: usize) {
        if !self.links.insert((parent, child)) {
            return;
        }
        if let Some(group) = self.groups.get_mut(parent) {
            group.children.push(child);
        }
        if let Some(group) = self.groups.get_mut(child) {
            group.parents.push(parent);
        }
    }

    /// Puts a host into a group.
    pub(super) fn join(&mut self, group: usize, host: usize) {
        if !self.members.insert((group, host)) {
            return;
        }
        if let Some(host) = self.hosts.get_mut(host) {
            host.groups.push(group);
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.push(host);
        }
    }

    /// Gives every group a parent and every host a group.
    pub(super) fn complete(&mut self) {
        for position in 0..self.groups.len() {
            let is_orphan = self
                .groups
                .get(position)
                .is_some_and(|group| group.parents.is_empty());
            if is_orphan && position != ALL {
                self.link(ALL, position);
            }
        }
        for position in 0..self.hosts.len() {
            let is_lone = self
                .hosts
                .get(position)
                .is_some_and(|host| host.groups.iter().all(|group| *group == ALL));
            if is_lone {
                self.join(UNGROUPED, position);
            }
        }
    }

    /// Whether a host of this name is known.
    pub(super) fn has_host(&self, name: &str) -> bool {
        self.host_index.contains_key(name)
    }

    /// The position of each host by its name.
    pub(super) fn into_hosts(self) -> (Vec<DraftHost>, HashMap<String, usize>) {
        (self.hosts, self.host_index)
    }
}
