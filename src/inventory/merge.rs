//! Merges variables by precedence: group by group from `all` downwards, then the host's own, then extra ones.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::inventory::Defaults;
use crate::inventory::Host;
use crate::inventory::HostVars;
use crate::inventory::Inventory;
use crate::inventory::connection;
use crate::inventory::draft::ALL;
use crate::inventory::draft::Draft;
use crate::inventory::members;
use crate::syntax::Node;

/// How deep groups may nest.
const DEPTH: usize = 100;

/// The inventory of a draft; `None` when there are errors, among them those that were found before.
pub(super) fn merge(
    draft: Draft,
    defaults: &Defaults,
    extra: &BTreeMap<String, Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Inventory> {
    let groups = draft.groups.iter().map(|group| &group.vars);
    let own = draft.hosts.iter().map(|host| &host.vars);
    let variables = groups.chain(own).flatten();
    connection::check_names(
        variables.map(|(name, value)| (name.as_str(), value)),
        diagnostics,
    );
    let order = match order(&draft) {
        Ok(order) => order,
        Err(mistake) => {
            diagnostics.push(*mistake);
            return None;
        }
    };
    let lineages = Lineages::of(&draft, &order);
    let mut connector = connection::Reader::new(defaults, diagnostics);
    let mut merged: HashMap<&[usize], Inherited> = HashMap::new();
    let mut hosts = Vec::with_capacity(draft.hosts.len());
    for host in &draft.hosts {
        let inherited = merged
            .entry(&host.groups)
            .or_insert_with(|| lineages.inherited(&draft, &host.groups));
        let mut vars = inherited.vars.clone();
        vars.extend(
            host.vars
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        vars.extend(
            extra
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let name = Arc::from(host.name.as_str());
        let vars = HostVars::new(vars, Arc::default());
        hosts.push(Arc::new(connector.host(&name, vars)));
    }
    drop(merged);
    let is_broken = diagnostics
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    (!is_broken).then(|| assemble(draft, hosts))
}

fn assemble(draft: Draft, hosts: Vec<Arc<Host>>) -> Inventory {
    let groups = draft
        .groups
        .iter()
        .map(|group| group.name.clone())
        .zip(members::of(&draft))
        .collect();
    let (_, index) = draft.into_hosts();
    Inventory {
        hosts,
        groups,
        index,
    }
}

/// The depth of every group (the longest way from `all`), parents before children.
struct Order {
    parents_first: Vec<usize>,
    depths: Vec<usize>,
}

fn order(draft: &Draft) -> Result<Order, Box<Diagnostic>> {
    let mut waiting: Vec<usize> = draft
        .groups
        .iter()
        .map(|group| group.parents.len())
        .collect();
    let mut depths = vec![0; draft.groups.len()];
    let mut parents_first = vec![ALL];
    let mut next = 0;
    // `all` begins even when a circle makes it somebody's child; the count below tells.
    while let Some(group) = parents_first.get(next).copied() {
        next += 1;
        let depth: usize = depths.get(group).copied().unwrap_or_default() + 1;
        let children = draft.groups.get(group).map(|group| &group.children);
        for child in children.into_iter().flatten().copied() {
            if let (Some(depth_of_child), Some(waiting)) =
                (depths.get_mut(child), waiting.get_mut(child))
            {
                *depth_of_child = depth.max(*depth_of_child);
                *waiting = waiting.saturating_sub(1);
                if *waiting == 0 && child != ALL {
                    parents_first.push(child);
                }
            }
        }
    }
    let all_is_child = draft
        .groups
        .get(ALL)
        .is_some_and(|all| !all.parents.is_empty());
    if parents_first.len() < draft.groups.len() || all_is_child {
        return Err(Box::new(circle(draft, &parents_first)));
    }
    let deepest = depths.iter().enumerate().max_by_key(|(_, depth)| **depth);
    if let Some((group, depth)) = deepest
        && *depth > DEPTH
    {
        let mistake = Diagnostic::error(
            "too-deep",
            format!("groups nest more than {DEPTH} levels deep"),
        );
        let span = draft
            .groups
            .get(group)
            .and_then(|group| group.span.as_ref());
        return Err(Box::new(match span {
            Some(span) => mistake.at(span),
            None => mistake,
        }));
    }
    Ok(Order {
        parents_first,
        depths,
    })
}

/// Names a circle among the groups that could not be put in order: walks from parent to parent until one comes again.
fn circle(draft: &Draft, ordered: &[usize]) -> Diagnostic {
    let ordered: BTreeSet<usize> = ordered
        .iter()
        .copied()
        .filter(|group| *group != ALL)
        .collect();
    let stuck = |group: &usize| !ordered.contains(group);
    let start = draft
        .groups
        .iter()
        .enumerate()
        .map(|(position, _)| position)
        .find(|group| {
            stuck(group)
                && (*group != ALL
                    || draft
                        .groups
                        .get(ALL)
                        .is_some_and(|all| !all.parents.is_empty()))
        })
        .unwrap_or(ALL);
    let mut path = vec![start];
    let mut current = start;
    while let Some(parent) = draft
        .groups
        .get(current)
        .and_then(|group| group.parents.iter().copied().find(|group| stuck(group)))
    {
        if let Some(begin) = path.iter().position(|before| *before == parent) {
            path.drain(..begin);
            break;
        }
        path.push(parent);
        current = parent;
    }
    path.reverse();
    path.extend(path.first().copied());
    let groups: Vec<_> = path
        .iter()
        .filter_map(|group| draft.groups.get(*group))
        .collect();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let mistake = Diagnostic::error(
        "group-cycle",
        format!("groups are children of each other: {}", names.join(" → ")),
    )
    .label("the circle begins here")
    .help("a group cannot be below itself");
    match groups.iter().find_map(|group| group.span.as_ref()) {
        Some(span) => mistake.at(span),
        None => mistake,
    }
}

/// What the members of the same groups have in common.
struct Inherited {
    vars: BTreeMap<String, Node>,
}

/// Every group with all groups above it, itself included.
struct Lineages<'o> {
    above: Vec<BTreeSet<usize>>,
    depths: &'o [usize],
}

impl<'o> Lineages<'o> {
    fn of(draft: &Draft, order: &'o Order) -> Self {
        let mut above: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); draft.groups.len()];
        for group in &order.parents_first {
            let parents = draft.groups.get(*group).map(|group| &group.parents);
            let mut own = BTreeSet::from([*group]);
            for parent in parents.into_iter().flatten() {
                own.extend(above.get(*parent).into_iter().flatten());
            }
            if let Some(slot) = above.get_mut(*group) {
                *slot = own;
            }
        }
        Self {
            above,
            depths: &order.depths,
        }
    }

    /// The groups that a member of these groups belongs to, and the variables that it has from them: sorted by depth,
    /// priority and name, later ones winning.
    fn inherited(&self, draft: &Draft, direct: &[usize]) -> Inherited {
        let mut groups: BTreeSet<usize> = BTreeSet::from([ALL]);
        for group in direct {
            groups.extend(self.above.get(*group).into_iter().flatten());
        }
        let mut ranked: Vec<(usize, i64, &str, usize)> = groups
            .into_iter()
            .filter_map(|position| {
                let group = draft.groups.get(position)?;
                let depth = *self.depths.get(position)?;
                Some((depth, group.priority, group.name.as_str(), position))
            })
            .collect();
        ranked.sort_unstable();
        let groups: Vec<usize> = ranked
            .into_iter()
            .map(|(_, _, _, position)| position)
            .collect();
        let vars = groups
            .iter()
            .filter_map(|group| draft.groups.get(*group))
            .flat_map(|group| {
                group
                    .vars
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
            })
            .collect();
        Inherited { vars }
    }
}
