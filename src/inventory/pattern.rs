//! Host patterns: which hosts `web:&prod:!web03` names. Reads no files: the lines of a `@FILE` come from outside.

use std::collections::BTreeSet;

use regex::Regex;
use thiserror::Error;

use crate::diag::nearest;
use crate::inventory::Inventory;
use crate::syntax::template::python_pattern;

mod glob;
mod parts;

pub use crate::inventory::pattern::glob::Glob;

pub(in crate::inventory) use crate::inventory::pattern::parts::split;

/// Why a pattern names no hosts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Neither a host nor a group has this name.
    #[error("no host or group is named `{name}`")]
    Unknown {
        /// The part of the pattern, without a subscript.
        name: String,
        /// The subscript, brackets included, or nothing.
        subscript: String,
        /// The host or group that differs least.
        near: Option<String>,
    },
    /// A wildcard or a regular expression that fits nothing.
    #[error("no host or group fits `{glob}`")]
    NoMatch {
        /// The part of the pattern.
        glob: String,
    },
    /// A subscript beyond the hosts that there are.
    #[error("`{part}` is beyond the hosts there, of which there are {hosts}")]
    Beyond {
        /// The part of the pattern.
        part: String,
        /// How many hosts the part has without its subscript.
        hosts: usize,
    },
    /// Each part names hosts, but together they leave none.
    #[error("the pattern `{pattern}` leaves no host")]
    NothingLeft {
        /// The whole pattern.
        pattern: String,
    },
    /// A pattern without parts, or a part that is nothing but `&`, `!` or `~`.
    #[error("the host pattern is empty")]
    Empty,
    /// A part that begins with `~` and is no regular expression.
    #[error("`{part}` is not a regular expression: {reason}")]
    Regex {
        /// The part of the pattern.
        part: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl PatternError {
    /// The name that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Unknown { near, .. } => near.as_deref(),
            Self::NoMatch { .. }
            | Self::Beyond { .. }
            | Self::NothingLeft { .. }
            | Self::Empty
            | Self::Regex { .. } => None,
        }
    }

    /// What to do about it, when there is more to say than the message.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown {
                name, subscript, ..
            } if !subscript.is_empty() => Some(format!(
                "`{subscript}` takes hosts of `{name}` by their position; a wildcard ends in something else: `{name}{subscript}*`"
            )),
            Self::Unknown { name, .. } => help_with_name(name),
            Self::Regex { part: glob, .. } | Self::NoMatch { glob } if glob.starts_with('~') => Some(
                "commas, and without them colons, separate patterns even inside a regular expression; write `.` for them"
                    .to_owned(),
            ),
            Self::Regex { .. }
            | Self::NoMatch { .. }
            | Self::Beyond { .. }
            | Self::NothingLeft { .. }
            | Self::Empty => None,
        }
    }
}

fn help_with_name(name: &str) -> Option<String> {
    if let Some((before, port)) = name.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some(format!(
            "a name with a port is one name, and patterns have no ports: write `{before}`, or `{before},{port}` for both"
        ));
    }
    if name.contains(':') {
        return Some(
            "where a pattern has a comma, colons separate nothing: write commas only".to_owned(),
        );
    }
    matches!(name, "localhost" | "127.0.0.1" | "::1").then(|| {
        "this machine is a host only when the inventory names it, and is reached over WinRM then"
            .to_owned()
    })
}

/// The positions of the hosts that parts of a pattern name together: the union of its parts, then `&`, then `!`, as in
/// Ansible. The whole text is for messages.
pub(super) fn select(
    inventory: &Inventory,
    parts: &[String],
    whole: &str,
) -> Result<BTreeSet<usize>, PatternError> {
    let mut named = BTreeSet::new();
    let mut unions = 0_usize;
    let mut kept: Vec<BTreeSet<usize>> = Vec::new();
    let mut dropped = BTreeSet::new();
    for part in parts {
        if let Some(part) = part.strip_prefix('&') {
            kept.push(one(inventory, part)?.into_iter().collect());
        } else if let Some(part) = part.strip_prefix('!') {
            dropped.extend(one(inventory, part)?);
        } else {
            unions += 1;
            match inventory.index.get(part) {
                // A host comes before a group of the same name.
                Some(host) => named.extend([*host]),
                None => named.extend(one(inventory, part)?),
            }
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
            pattern: whole.to_owned(),
        });
    }
    Ok(named)
}

/// The hosts of one part, without `&` and `!` before it.
fn one(inventory: &Inventory, part: &str) -> Result<Vec<usize>, PatternError> {
    if part.is_empty() || part == "~" {
        return Err(PatternError::Empty);
    }
    if let Some(expression) = part.strip_prefix('~') {
        return by_regex(inventory, part, expression);
    }
    let Some((base, subscript)) = Subscript::of(part) else {
        return matches(inventory, part, "");
    };
    let written = part.get(base.len()..).unwrap_or_default();
    let hosts = matches(inventory, base, written)?;
    let chosen = subscript.and_then(|subscript| subscript.take(&hosts));
    chosen.ok_or_else(|| PatternError::Beyond {
        part: part.to_owned(),
        hosts: hosts.len(),
    })
}

/// The hosts of each group that fits, then each host that fits. Like Ansible, a name that is a group's is looked for among
/// the hosts only when it has a dot or a wildcard. The same host may stand there twice; subscripts count it twice.
fn matches(inventory: &Inventory, part: &str, subscript: &str) -> Result<Vec<usize>, PatternError> {
    if part.contains(['*', '?', '[']) {
        let glob = Glob::new(part);
        return fitting(inventory, part, &|name| glob.fits(name));
    }
    let group = inventory.groups.get(part);
    let mut found = group.cloned().unwrap_or_default();
    if group.is_none() || part.contains('.') {
        let host = inventory.index.get(part);
        if group.is_none() && host.is_none() {
            return Err(unknown(inventory, part, subscript));
        }
        found.extend(host);
    }
    Ok(found)
}

/// A regular expression has to fit the beginning of a name only, as Python's `match` does.
fn by_regex(
    inventory: &Inventory,
    part: &str,
    expression: &str,
) -> Result<Vec<usize>, PatternError> {
    let regex = Regex::new(&python_pattern(expression)).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default();
        PatternError::Regex {
            part: part.to_owned(),
            reason: reason.trim().trim_start_matches("error: ").to_owned(),
        }
    })?;
    fitting(inventory, part, &|name| {
        regex.find(name).is_some_and(|found| found.start() == 0)
    })
}

fn fitting(
    inventory: &Inventory,
    part: &str,
    fits: &dyn Fn(&str) -> bool,
) -> Result<Vec<usize>, PatternError> {
    let mut has_group = false;
    let mut found = Vec::new();
    for (name, hosts) in &inventory.groups {
        if fits(name) {
            has_group = true;
            found.extend(hosts);
        }
    }
    let hosts = inventory.hosts.iter().enumerate();
    let hosts = hosts.filter(|(_, host)| fits(&host.name));
    found.extend(hosts.map(|(position, _)| position));
    if found.is_empty() && !has_group {
        return Err(PatternError::NoMatch {
            glob: part.to_owned(),
        });
    }
    Ok(found)
}

fn unknown(inventory: &Inventory, name: &str, subscript: &str) -> PatternError {
    let groups = inventory.groups.keys().map(String::as_str);
    let hosts = inventory.hosts.iter().map(|host| &*host.name);
    PatternError::Unknown {
        name: name.to_owned(),
        subscript: subscript.to_owned(),
        near: nearest(name, groups.chain(hosts)).map(str::to_owned),
    }
}

/// What is between brackets at the end of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subscript {
    /// `[2]`.
    At(usize),
    /// `[-1]`: counted from the end, which is 1.
    FromEnd(usize),
    /// `[1:2]`, `[1-2]`, both ends included; `[1:]` goes to the end.
    Slice(usize, Option<usize>),
}

impl Subscript {
    /// What is before a subscript, and the subscript, which is `None` when its numbers are beyond all hosts. A part whose
    /// brackets hold something else has no subscript.
    fn of(part: &str) -> Option<(&str, Option<Self>)> {
        let (base, inner) = part.strip_suffix(']')?.rsplit_once('[')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let read = |text: &str| text.parse().ok();
        if base.is_empty() {
            return None;
        }
        if is_number(inner) {
            return Some((base, read(inner).map(Self::At)));
        }
        if let Some(back) = inner.strip_prefix('-').filter(|back| is_number(back)) {
            // There is no negative zero.
            let back = read(back).map(|back| match back {
                0 => Self::At(0),
                back => Self::FromEnd(back),
            });
            return Some((base, back));
        }
        let (first, last) = inner.split_once([':', '-'])?;
        if !is_number(first) || !(last.is_empty() || is_number(last)) {
            return None;
        }
        let slice = |first| match last {
            "" => Some(Self::Slice(first, None)),
            last => match last.parse() {
                // Ansible takes an end of 0 for none at all.
                Ok(0) => Some(Self::At(first)),
                Ok(last) => Some(Self::Slice(first, Some(last))),
                Err(_) => Some(Self::Slice(first, None)),
            },
        };
        Some((base, read(first).and_then(slice)))
    }

    /// The hosts at these places; `None` when one host is asked for that is not there. Of no hosts, none are taken.
    fn take(self, hosts: &[usize]) -> Option<Vec<usize>> {
        if hosts.is_empty() {
            return Some(Vec::new());
        }
        let at = |place: usize| hosts.get(place).map(|host| vec![*host]);
        match self {
            Self::At(place) => at(place),
            Self::FromEnd(back) => at(hosts.len().checked_sub(back)?),
            Self::Slice(first, last) => {
                let end = last.map_or(hosts.len(), |last| last.saturating_add(1));
                let end = end.min(hosts.len());
                Some(hosts.get(first..end).unwrap_or_default().to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Subscript;

    #[test]
    fn subscripts_include_both_ends() {
        let hosts = [10, 11, 12, 13];
        let slice = |text: &str| Subscript::of(text).unwrap().1.unwrap().take(&hosts);
        assert_eq!(slice("g[0]"), Some(vec![10]));
        assert_eq!(slice("g[-1]"), Some(vec![13]));
        assert_eq!(slice("g[-0]"), Some(vec![10]));
        assert_eq!(slice("g[1:2]"), Some(vec![11, 12]));
        assert_eq!(slice("g[1-2]"), Some(vec![11, 12]));
        assert_eq!(slice("g[2:]"), Some(vec![12, 13]));
        assert_eq!(slice("g[1:0]"), Some(vec![11]));
        assert_eq!(slice("g[2:1]"), Some(vec![]));
        assert_eq!(slice("g[2:99]"), Some(vec![12, 13]));
        assert_eq!(slice("g[7:9]"), Some(vec![]));
        assert_eq!(slice("g[9]"), None);
        assert_eq!(slice("g[-9]"), None);
    }

    #[test]
    fn other_brackets_are_no_subscript() {
        for part in [
            "g[:2]", "g[1:-1]", "g[a]", "g[]", "[1]", "g[1]*", "g[1:2:1]",
        ] {
            assert_eq!(Subscript::of(part), None, "{part}");
        }
        assert_eq!(Subscript::of("g[99999999999999999999]"), Some(("g", None)));
    }
}
