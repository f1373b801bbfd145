//! The order in which groups give their variables: by depth, then priority, then name, later ones winning.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::inventory::draft::ALL;
use crate::inventory::draft::Draft;

/// How deep groups may nest.
const DEPTH: usize = 100;

/// The depth of every group (the longest way from `all`), parents before children.
#[derive(Debug)]
pub(super) struct Order {
    parents_first: Vec<usize>,
    depths: Vec<usize>,
}

pub(super) fn order(draft: &Draft) -> Result<Order, Box<Diagnostic>> {
    let mut waiting: Vec<usize> = draft
        .groups
        .iter()
        .map(|group| group.parents.len())
        .collect();
    let mut depths = vec![0; draft.groups.len()];
    // All but `all` stand below another, unless no source could be read.
    let mut parents_first: Vec<usize> = waiting
        .iter()
        .enumerate()
        .filter(|(_, parents)| **parents == 0)
        .map(|(group, _)| group)
        .collect();
    let mut next = 0;
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
                if *waiting == 0 {
                    parents_first.push(child);
                }
            }
        }
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

/// Every group with all groups above it, itself included.
#[derive(Debug)]
pub(super) struct Lineages {
    above: Vec<BTreeSet<usize>>,
    depths: Vec<usize>,
}

impl Lineages {
    pub(super) fn of(draft: &Draft, order: Order) -> Self {
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
            depths: order.depths,
        }
    }

    /// The groups that a member of these groups belongs to, `all` first, the weakest before the strongest.
    pub(super) fn groups(&self, draft: &Draft, direct: &[usize]) -> Vec<usize> {
        let mut groups: BTreeSet<usize> = BTreeSet::new();
        for group in direct {
            groups.extend(self.above.get(*group).into_iter().flatten());
        }
        groups.remove(&ALL);
        let mut ranked: Vec<(usize, i64, &str, usize)> = groups
            .into_iter()
            .filter_map(|position| {
                let group = draft.groups.get(position)?;
                let depth = *self.depths.get(position)?;
                Some((depth, group.priority, &*group.name, position))
            })
            .collect();
        ranked.sort_unstable();
        let ranked = ranked.into_iter().map(|(_, _, _, position)| position);
        std::iter::once(ALL).chain(ranked).collect()
    }
}
