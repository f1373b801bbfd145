//! Host patterns: which hosts `web:&prod:!web03` names.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::diag::nearest;
use crate::inventory::Inventory;

/// Why a pattern names no hosts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Neither a host nor a group has this name.
    #[error("no host or group is named `{name}`")]
    Unknown {
        /// The part of the pattern.
        name: String,
        /// The host or group that differs least.
        near: Option<String>,
    },
    /// A wildcard that fits nothing.
    #[error("no host or group fits `{glob}`")]
    NoMatch {
        /// The part of the pattern.
        glob: String,
    },
    /// Each part names hosts, but together they leave none.
    #[error("the pattern `{pattern}` leaves no host")]
    NothingLeft {
        /// The whole pattern.
        pattern: String,
    },
    /// A pattern without parts.
    #[error("the host pattern is empty")]
    Empty,
    /// A part of Ansible's pattern language that is not read yet.
    #[error("`{part}` is not supported yet in host patterns")]
    Unsupported {
        /// The part of the pattern.
        part: String,
    },
}

impl PatternError {
    /// The name that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Unknown { near, .. } => near.as_deref(),
            Self::NoMatch { .. }
            | Self::NothingLeft { .. }
            | Self::Empty
            | Self::Unsupported { .. } => None,
        }
    }
}

/// The positions of the hosts that a pattern names: the union of its parts, then `&`, then `!`, as in Ansible.
pub(super) fn select(
    inventory: &Inventory,
    pattern: &str,
) -> Result<BTreeSet<usize>, PatternError> {
    let mut named = BTreeSet::new();
    let mut unions = 0;
    let mut kept: Vec<BTreeSet<usize>> = Vec::new();
    let mut dropped = BTreeSet::new();
    let parts = parts(inventory, pattern);
    for part in &parts {
        if let Some(part) = part.strip_prefix('&') {
            kept.push(one(inventory, part)?);
        } else if let Some(part) = part.strip_prefix('!') {
            dropped.extend(one(inventory, part)?);
        } else {
            named.extend(one(inventory, part)?);
            unions += 1;
        }
    }
    if parts.is_empty() {
        return Err(PatternError::Empty);
    }
    if unions == 0 {
        named.extend(0..inventory.hosts.len());
    }
    named.retain(|host| !dropped.contains(host) && kept.iter().all(|group| group.contains(host)));
    if named.is_empty() && !inventory.hosts.is_empty() {
        return Err(PatternError::NothingLeft {
            pattern: pattern.to_owned(),
        });
    }
    Ok(named)
}

/// The parts of a pattern: between commas, or between colons when it has no comma; a name with colons stays whole.
fn parts<'p>(inventory: &Inventory, pattern: &'p str) -> Vec<&'p str> {
    let mut found = Vec::new();
    for part in split(pattern, ',') {
        let bare = part.trim_start_matches(['&', '!']);
        if inventory.index.contains_key(bare) {
            found.push(part);
        } else {
            found.extend(split(part, ':'));
        }
    }
    found
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Splits outside of brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|letter: char| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == separator && depth == 0
    })
    .collect()
}

fn one(inventory: &Inventory, part: &str) -> Result<BTreeSet<usize>, PatternError> {
    if let Some(group) = inventory.groups.get(part) {
        return Ok(group.iter().copied().collect());
    }
    if let Some(host) = inventory.index.get(part) {
        return Ok(BTreeSet::from([*host]));
    }
    if part == "*" {
        return Ok((0..inventory.hosts.len()).collect());
    }
    if part.starts_with(['~', '@']) {
        return Err(PatternError::Unsupported {
            part: part.to_owned(),
        });
    }
    if let Some((group, slice)) = subscript(part)
        && let Some(hosts) = inventory.groups.get(group)
    {
        return sliced(hosts, slice).ok_or_else(|| PatternError::NothingLeft {
            pattern: part.to_owned(),
        });
    }
    if part.contains(['*', '?', '[']) {
        return wildcard(inventory, part);
    }
    let names = inventory.groups.keys().map(String::as_str);
    let hosts = inventory.hosts.iter().map(|host| &*host.name);
    Err(PatternError::Unknown {
        name: part.to_owned(),
        near: nearest(part, names.chain(hosts)).map(str::to_owned),
    })
}

fn wildcard(inventory: &Inventory, glob: &str) -> Result<BTreeSet<usize>, PatternError> {
    let groups = inventory
        .groups
        .iter()
        .filter(|(name, _)| fits(glob, name))
        .flat_map(|(_, hosts)| hosts.iter().copied());
    let hosts = inventory
        .hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| fits(glob, &host.name))
        .map(|(position, _)| position);
    let found: BTreeSet<usize> = groups.chain(hosts).collect();
    if found.is_empty() {
        return Err(PatternError::NoMatch {
            glob: glob.to_owned(),
        });
    }
    Ok(found)
}

/// `web[0]`, `web[-1]`, `web[1:3]`, `web[1-3]`, `web[2:]`: a group and what is between the brackets.
fn subscript(part: &str) -> Option<(&str, &str)> {
    let (group, slice) = part.strip_suffix(']')?.split_once('[')?;
    let fits = slice
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == ':' || letter == '-');
    (fits && !slice.is_empty()).then_some((group, slice))
}

/// Both ends are included; an end before the beginning counts as the beginning.
fn sliced(hosts: &[usize], slice: &str) -> Option<BTreeSet<usize>> {
    let at = |text: &str| -> Option<usize> {
        match text.strip_prefix('-') {
            Some(back) => hosts.len().checked_sub(back.parse().ok()?),
            None => text.parse().ok(),
        }
    };
    let ends = slice.split_once(':').or_else(|| {
        let dash = slice.rfind('-').filter(|dash| *dash > 0)?;
        Some((slice.get(..dash)?, slice.get(dash + 1..)?))
    });
    let (first, last) = match ends {
        None => (at(slice)?, at(slice)?),
        Some((first, last)) => {
            let first = if first.is_empty() { 0 } else { at(first)? };
            let last = if last.is_empty() {
                hosts.len().checked_sub(1)?
            } else {
                at(last)?.max(first)
            };
            (first, last)
        }
    };
    let last = last.min(hosts.len().checked_sub(1)?);
    hosts
        .get(first..=last)
        .map(|hosts| hosts.iter().copied().collect())
}

/// Shell wildcards: `*`, `?`, `[ab]`, `[!a-z]`. Takes a step back only to the last star, so it never explodes.
fn fits(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut g, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if glob.get(g) == Some(&'*') {
            retry = Some((g + 1, n));
            g += 1;
            continue;
        }
        if let (Some(rest), Some(letter)) = (glob.get(g..), name.get(n))
            && let Some(width) = fits_one(rest, *letter)
        {
            g += width;
            n += 1;
            continue;
        }
        let Some((star, from)) = retry else {
            return false;
        };
        retry = Some((star, from + 1));
        g = star;
        n = from + 1;
    }
    glob.get(g..)
        .is_none_or(|rest| rest.iter().all(|letter| *letter == '*'))
}

/// How many characters of the wildcard the letter uses up; `None` when it does not fit.
fn fits_one(glob: &[char], letter: char) -> Option<usize> {
    match glob.first()? {
        '?' => Some(1),
        '[' => {
            let end = glob.iter().skip(2).position(|other| *other == ']')? + 2;
            let set = glob.get(1..end)?;
            let (negated, set) = match set.split_first() {
                Some(('!', rest)) => (true, rest),
                _ => (false, set),
            };
            (in_set(set, letter) != negated).then_some(end + 1)
        }
        other => (*other == letter).then_some(1),
    }
}

fn in_set(set: &[char], letter: char) -> bool {
    let ranged = set
        .windows(3)
        .any(|three| matches!(three, [from, '-', to] if (*from..=*to).contains(&letter)));
    ranged || set.contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::fits;
    use super::sliced;

    #[test]
    fn wildcards_fit_as_in_a_shell() {
        for (glob, name, expected) in [
            ("*", "", true),
            ("web*", "web01", true),
            ("web?", "web01", false),
            ("web0[1-3]", "web02", true),
            ("web0[!1-3]", "web02", false),
            ("*.corp.*", "a.corp.corp.b", true),
            ("[ab", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(fits(glob, name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn a_wildcard_of_stars_ends_soon() {
        assert!(!fits(&"*a".repeat(50), &"a".repeat(49)));
        assert!(!fits(&"*a".repeat(200), &format!("{}b", "a".repeat(5000))));
    }

    #[test]
    fn subscripts_include_both_ends() {
        let hosts = [10, 11, 12, 13];
        let slice =
            |text: &str| sliced(&hosts, text).map(|hosts| hosts.into_iter().collect::<Vec<_>>());
        assert_eq!(slice("0"), Some(vec![10]));
        assert_eq!(slice("-1"), Some(vec![13]));
        assert_eq!(slice("1:2"), Some(vec![11, 12]));
        assert_eq!(slice("1-2"), Some(vec![11, 12]));
        assert_eq!(slice("2:"), Some(vec![12, 13]));
        assert_eq!(slice("1:0"), Some(vec![11]));
        assert_eq!(slice("9"), None);
        assert_eq!(slice("-9"), None);
    }
}
