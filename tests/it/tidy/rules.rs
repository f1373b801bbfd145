//! The rules of the house, each a function over a path and a text.

use std::fmt;

use super::layers;

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Breach {
    /// Path from the root.
    path: String,
    /// Line, from 1; 0 when the file as a whole is meant.
    line: usize,
    /// The rule, and what to do.
    rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// The longest that a file of code may be; aim for two thirds of it.
const LONGEST: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils", "helpers", "common", "misc", "manager"];

/// Words that code may not have, with what to do instead; split so that this file does not contain them.
const IN_CODE: [(&str, &str); 2] = [
    (
        concat!("#[ig", "nore"),
        "a test is run or deleted, never left aside",
    ),
    (
        concat!("should_", "panic"),
        "state the error that comes back instead",
    ),
];

/// Words that nothing in the tree may have.
const ANYWHERE: [(&str, &str); 10] = [
    (concat!("TO", "DO"), "do it, or describe the gap in README"),
    (
        concat!("FIX", "ME"),
        "mend it, or describe the gap in README",
    ),
    (
        concat!("crates", ".io"),
        "name the package, not the registry",
    ),
    (
        concat!("py", "pi.org"),
        "name the package, not the registry",
    ),
    (
        concat!("pythonhosted", ".org"),
        "name the package, not the registry",
    ),
    (
        concat!("npmjs", ".com"),
        "name the package, not the registry",
    ),
    (
        concat!("proxy.golang", ".org"),
        "name the package, not the registry",
    ),
    (
        concat!("/wo", "rk/"),
        "paths of one machine mean nothing elsewhere",
    ),
    (
        concat!("/ho", "me/"),
        "paths of one machine mean nothing elsewhere",
    ),
    (
        concat!("/roo", "t/."),
        "paths of one machine mean nothing elsewhere",
    ),
];

/// Everything that a file breaks.
pub(super) fn breaches(path: &str, text: &str) -> Vec<Breach> {
    let mut found = names(path);
    found.extend(words(path, text, &ANYWHERE));
    if has_extension(path, "rs") {
        found.extend(shape(path, text));
        found.extend(layering(path, text));
        found.extend(imports(path, text));
        found.extend(modules(path, text));
        found.extend(words(path, text, &IN_CODE));
    }
    found
}

fn breach(path: &str, line: usize, rule: impl Into<String>) -> Breach {
    Breach {
        path: path.to_owned(),
        line,
        rule: rule.into(),
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, found)| found == extension)
}

/// Lines with their numbers.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

fn is_empty_name(name: &str) -> bool {
    name.split(['_', '-'])
        .any(|word| EMPTY_NAMES.contains(&word))
}

/// Files and folders say what is inside.
fn names(path: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        if is_empty_name(stem) {
            found.push(breach(
                path,
                0,
                format!("`{stem}` says nothing: name the notion"),
            ));
        }
    }
    if path.ends_with("/mod.rs") {
        found.push(breach(
            path,
            0,
            "a folder's module stands beside it, not in it",
        ));
    }
    found
}

/// Modules inside files say what is inside, too.
fn modules(path: &str, text: &str) -> Vec<Breach> {
    let declared = |line: &str| {
        let (_, after) = line.split_once("mod ").filter(|(before, _)| {
            let before = before.trim();
            before.is_empty() || before.starts_with("pub")
        })?;
        let name: String = after.chars().take_while(|c| is_word(*c)).collect();
        is_empty_name(&name).then_some(name)
    };
    numbered(text)
        .filter_map(|(at, line)| {
            let name = declared(line)?;
            Some(breach(
                path,
                at,
                format!("`{name}` says nothing: name the notion"),
            ))
        })
        .collect()
}

/// Files begin by saying what they know, and end before they know too much.
fn shape(path: &str, text: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(breach(
            path,
            1,
            "begin with `//!`: what the file knows and must not know",
        ));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        let rule = format!("{lines} lines are more than {LONGEST}: split by notion");
        found.push(breach(path, lines, rule));
    }
    found
}

/// Modules name only those below them.
fn layering(path: &str, text: &str) -> Vec<Breach> {
    let Some(module) = layers::module_of(path) else {
        return Vec::new();
    };
    let Some(allowed) = layers::may_name(module) else {
        let rule = format!("`{module}` has no row in tests/it/tidy/layers.rs");
        return vec![breach(path, 0, rule)];
    };
    let mut found = Vec::new();
    let mut is_inner = false;
    for (at, line) in numbered(text) {
        is_inner = opens_module(line) || is_inner && line != "}";
        for named in named_modules(line) {
            if named != module && !allowed.contains(&named) {
                let rule = format!("`{module}` may not name `{named}`");
                found.push(breach(path, at, rule));
            }
        }
        if climbs_out(path, line) && !is_inner || line.contains("super::super::") {
            let rule = "name modules outside this one by `crate::`, so that the layers can be read";
            found.push(breach(path, at, rule));
        }
    }
    found
}

/// The modules in all paths of a line that start at the crate's root. Names in upper case are macros and types.
fn named_modules(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .filter_map(|(at, root)| {
            let (before, rest) = line.split_at_checked(at)?;
            let after = rest.strip_prefix(root)?;
            let name = after.split(|c| !is_word(c)).next()?;
            (!before.ends_with(is_word) && !name.is_empty()).then_some(name)
        })
        .collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether an inner module of a file begins here.
fn opens_module(line: &str) -> bool {
    after_visibility(line).starts_with("mod ") && line.ends_with('{')
}

/// An item without what it begins with to say who may name it.
fn after_visibility(item: &str) -> &str {
    match item.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ").map_or(item, |(_, rest)| rest),
        Some(rest) => rest.strip_prefix(' ').unwrap_or(item),
        None => item,
    }
}

/// Whether a `super::` leads to the crate's root: in a top module's own file it does, but for inner modules.
fn climbs_out(path: &str, line: &str) -> bool {
    let is_top = path.matches('/').count() == 1;
    let mut places = line.match_indices("super::");
    is_top
        && places.any(|(at, _)| {
            !line
                .get(..at)
                .is_some_and(|before| before.ends_with(is_word))
        })
}

/// One path in an import of the crate's own, so that a line tells one dependency.
fn imports(path: &str, text: &str) -> Vec<Breach> {
    numbered(text)
        .filter(|(_, line)| {
            let import = after_visibility(line.trim_start());
            ["use crate::", "use super::", "use rdpfix::"]
                .iter()
                .filter_map(|start| import.strip_prefix(start))
                .any(|rest| rest.contains(['{', '*']))
        })
        .map(|(at, _)| breach(path, at, "write one `use` for each path"))
        .collect()
}

fn words(path: &str, text: &str, forbidden: &[(&str, &str)]) -> Vec<Breach> {
    let mut found = Vec::new();
    for (at, line) in numbered(text) {
        for (word, instead) in forbidden {
            if line.contains(word) {
                found.push(breach(path, at, format!("`{word}`: {instead}")));
            }
        }
    }
    found
}
