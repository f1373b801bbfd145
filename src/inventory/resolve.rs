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
use crate::inventory::connection::Reader;
use crate::inventory::connection::SignIn;
use crate::inventory::members;
use crate::inventory::pattern;
use crate::inventory::sign_ins::SignIns;
use crate::inventory::tree::Tree;
use crate::syntax::Node;

/// What the members of the same groups have in common.
struct Shared {
    vars: Arc<BTreeMap<String, Node>>,
}

/// The inventory of a tree, and what its hosts still need to be signed in to; mistakes in connection settings are noted.
pub(super) fn resolve(
    tree: &Tree,
    defaults: &Defaults,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Inventory, SignIns) {
    connection::check_names(tree.variables(), diagnostics);
    let mut connector = Reader::new(defaults, diagnostics, SignIn::Later);
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
    let mut waiting = BTreeMap::new();
    let mut hosts = Vec::with_capacity(all_vars.len());
    let mut index = HashMap::with_capacity(all_vars.len());
    for (position, (host, vars)) in tree.draft.hosts.iter().zip(all_vars).enumerate() {
        index.insert(host.name.to_string(), position);
        let made = connector.host(&host.name, vars.clone());
        if made.waits {
            waiting.insert(position, vars);
        }
        hosts.push(Arc::new(made.host));
    }
    let told = connector.told;
    let groups = tree
        .draft
        .groups
        .iter()
        .map(|group| group.name.to_string())
        .zip(members::of(&tree.draft))
        .collect();
    let inventory = Inventory {
        hosts,
        groups,
        index,
    };
    (inventory, SignIns { waiting, told })
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
        let mut connector = Reader::new(&defaults, &mut ignored, SignIn::Now);
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut hosts = Vec::with_capacity(self.draft.hosts.len());
        let mut index = HashMap::new();
        for (position, host) in self.draft.hosts.iter().enumerate() {
            for group in self.groups_of(&host.groups) {
                if let Some(group) = self.draft.groups.get(group) {
                    members
                        .entry(group.name.to_string())
                        .or_default()
                        .push(position);
                }
            }
            index.insert(host.name.to_string(), position);
            let made = connector.host(&host.name, HostVars::default());
            hosts.push(Arc::new(made.host));
        }
        let names = Inventory {
            hosts,
            groups: members,
            index,
        };
        pattern::select(&names, &pattern::split(pattern), pattern)
    }
}
