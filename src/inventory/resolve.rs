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
    let inventory = Inventory {
        groups: groups(tree),
        hosts,
        index,
    };
    (inventory, SignIns { waiting, told })
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
        let mut connector = Reader::new(&defaults, &mut ignored, SignIn::Now);
        let mut hosts = Vec::with_capacity(self.draft.hosts.len());
        let mut index = HashMap::new();
        for (position, host) in self.draft.hosts.iter().enumerate() {
            index.insert(host.name.to_string(), position);
            let made = connector.host(&host.name, HostVars::default());
            hosts.push(Arc::new(made.host));
        }
        let names = Inventory {
            hosts,
            groups: groups(self),
            index,
        };
        pattern::select(&names, &pattern::split(pattern), pattern)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::diag::Source;
    use crate::inventory::Defaults;
    use crate::inventory::Inventory;
    use crate::inventory::Origin;
    use crate::inventory::Tree;

    #[test]
    fn a_tree_counts_the_hosts_of_groups_as_a_run_does() {
        let source = Arc::new(Source {
            name: "hosts.yml".into(),
            text: "b: {hosts: {h1: , h2: , h3: }}\na: {hosts: {h3: , h2: }, children: {c: {hosts: {h1: }}}}\nd: \n"
                .into(),
            secret: false,
        });
        let read = Tree::read(&[Origin::Text(Arc::clone(&source))], None, &BTreeMap::new());
        let tree = read.tree.unwrap();
        let (inventory, _) = Inventory::parse(&source, &Defaults::default());
        let inventory = inventory.unwrap();
        for pattern in [
            "a[0]",
            "a[1]",
            "a[-1]",
            "a[1:]",
            "a[:1]",
            "b[0]",
            "c[0]",
            "all[0]",
            "all[-1]",
            "a[0]:b[0]",
            "d",
            "[ab][1]",
            "a[7]",
        ] {
            let of_tree = tree.select(pattern).map(|positions| {
                let hosts = tree.draft.hosts.iter().enumerate();
                let chosen = hosts.filter(|(at, _)| positions.contains(at));
                chosen.map(|(_, host)| host.name.to_string()).collect()
            });
            let of_run = inventory.select(pattern).map(|hosts| {
                let names = hosts.iter().map(|host| host.name.to_string());
                names.collect::<Vec<String>>()
            });
            assert_eq!(of_tree, of_run, "{pattern}");
        }
        let first = tree.select("a[0]").unwrap();
        assert_eq!(first.into_iter().collect::<Vec<_>>(), [2]);
    }
}
