//! From a tree to hosts that can be connected to.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::inventory::Defaults;
use crate::inventory::HostVars;
use crate::inventory::Inventory;
use crate::inventory::PatternError;
use crate::inventory::connection;
use crate::inventory::members;
use crate::inventory::pattern;
use crate::inventory::tree::Tree;
use crate::syntax::Node;

/// What the members of the same groups have in common.
struct Shared {
    vars: Arc<BTreeMap<String, Node>>,
}

/// The inventory of a tree; mistakes in connection settings are noted.
pub(super) fn resolve(
    tree: &Tree,
    defaults: &Defaults,
    diagnostics: &mut Vec<Diagnostic>,
) -> Inventory {
    connection::check_names(tree.variables(), diagnostics);
    let mut connector = connection::Reader::new(defaults, diagnostics);
    let mut shared: HashMap<&[usize], Shared> = HashMap::new();
    let mut all_vars = Vec::with_capacity(tree.draft.hosts.len());
    for (position, host) in tree.draft.hosts.iter().enumerate() {
        let shared = shared.entry(&host.groups).or_insert_with(|| {
            let groups = tree.groups_of(&host.groups);
            let vars = Arc::new(owned(tree.inherited(&groups)));
            Shared { vars }
        });
        let own = owned(tree.own(position));
        all_vars.push(HostVars::new(own, Arc::clone(&shared.vars)));
    }
    connection::open_passwords(&all_vars, &defaults.keyring);
    let mut hosts = Vec::with_capacity(all_vars.len());
    let mut index = HashMap::with_capacity(all_vars.len());
    for (position, (host, vars)) in tree.draft.hosts.iter().zip(all_vars).enumerate() {
        index.insert(host.name.to_string(), position);
        hosts.push(Arc::new(connector.host(&host.name, vars)));
    }
    Inventory {
        groups: groups(tree),
        hosts,
        index,
    }
}

/// The hosts of each group, in the order that subscripts of patterns count by.
fn groups(tree: &Tree) -> BTreeMap<String, Vec<usize>> {
    let names = tree.draft.groups.iter().map(|group| group.name.to_string());
    names.zip(members::of(&tree.draft)).collect()
}

fn owned(vars: BTreeMap<&str, &Node>) -> BTreeMap<String, Node> {
    vars.into_iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

impl Tree {
    /// The positions of the hosts that a pattern names; see [`Inventory::select`].
    pub fn select(&self, pattern: &str) -> Result<BTreeSet<usize>, PatternError> {
        // Patterns look at names only.
        let defaults = Defaults::default();
        let mut ignored = Vec::new();
        let mut connector = connection::Reader::new(&defaults, &mut ignored);
        let mut hosts = Vec::with_capacity(self.draft.hosts.len());
        let mut index = HashMap::new();
        for (position, host) in self.draft.hosts.iter().enumerate() {
            index.insert(host.name.to_string(), position);
            hosts.push(Arc::new(connector.host(&host.name, HostVars::default())));
        }
        let names = Inventory {
            hosts,
            groups: groups(self),
            index,
        };
        pattern::select(&names, &pattern::split(pattern), pattern)
    }
}
