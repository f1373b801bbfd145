//! The hosts of every group in the order in which Ansible counts them, which is what `group[0]` depends on.

use std::collections::HashSet;

use crate::inventory::draft::Draft;

/// The hosts of each group, once each: those that it names itself, in the order in which it does, then those of the groups
/// below it, level by level.
pub(super) fn of(draft: &Draft) -> Vec<Vec<usize>> {
    (0..draft.groups.len())
        .map(|group| hosts(draft, group))
        .collect()
}

fn hosts(draft: &Draft, group: usize) -> Vec<usize> {
    let mut levels = vec![group];
    let mut known = HashSet::from([group]);
    let mut next = 0;
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    while let Some(group) = levels.get(next).and_then(|group| draft.groups.get(*group)) {
        next += 1;
        found.extend(group.hosts.iter().filter(|host| taken.insert(**host)));
        levels.extend(group.children.iter().filter(|child| known.insert(**child)));
    }
    found
}
