//! Shapes that keys of plays and tasks share: truth values, texts, lists and mappings, with the mistake when it is another.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::truth_of_word;

/// The mistake of a value that is something else; of a key, or of something that has no key such as "a play".
pub(super) fn wrong(key: &str, wanted: &str, value: &Node) -> Diagnostic {
    let what = if key.contains(' ') {
        key.to_owned()
    } else {
        format!("`{key}`")
    };
    Diagnostic::error("wrong-type", format!("{what} must be {wanted}"))
        .at(&value.span)
        .label(format!("this is {}", value.describe()))
}

/// How many of the mistakes stop the run.
pub(super) fn errors(mistakes: &[Diagnostic]) -> usize {
    mistakes
        .iter()
        .filter(|mistake| mistake.severity == Severity::Error)
        .count()
}

/// Whether a value says nothing: null, false, or an empty list, mapping or text.
pub(super) fn is_idle(value: &Node) -> bool {
    match &value.content {
        Content::Null | Content::Bool(false) | Content::Int(0) => true,
        Content::Text(text) | Content::Unsafe(text) => text.is_empty(),
        Content::Sequence(items) => items.is_empty(),
        Content::Mapping(entries) => entries.is_empty(),
        Content::Bool(true) | Content::Int(_) | Content::Float(_) | Content::Sealed(_) => false,
    }
}

/// A truth value; words in quotes count too, as in Ansible.
pub(super) fn truth(key: &str, value: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<bool> {
    let word = match &value.content {
        Content::Bool(truth) => return Some(*truth),
        Content::Int(number) => truth_of_word(&number.to_string()),
        Content::Text(text) => truth_of_word(text),
        _ => None,
    };
    if word.is_none() {
        mistakes.push(wrong(key, "true or false", value));
    }
    word
}

/// A whole number, not negative; digits in quotes count too.
pub(super) fn number(key: &str, value: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<u64> {
    let found = match &value.content {
        Content::Int(number) => u64::try_from(*number).ok(),
        Content::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    if found.is_none() {
        mistakes.push(wrong(key, "a whole number from 0", value));
    }
    found
}

/// A text or a list of texts, each with its node.
pub(super) fn texts<'a>(
    node: Option<&'a Node>,
    key: &str,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(String, &'a Node)> {
    let Some(node) = node else {
        return Vec::new();
    };
    let items: Vec<&Node> = match &node.content {
        Content::Sequence(items) => items.iter().collect(),
        Content::Null => Vec::new(),
        _ => vec![node],
    };
    let mut found = Vec::new();
    for item in items {
        match item.spelled() {
            Some(text) => found.push((text.to_owned(), item)),
            None => mistakes.push(
                Diagnostic::error(
                    "wrong-type",
                    format!("`{key}` must be a text or a list of texts"),
                )
                .at(&item.span)
                .label(format!("this is {}", item.describe())),
            ),
        }
    }
    found
}

/// Words between commas.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Variables: names with values, whose templates are checked.
pub(super) fn variables(
    key: &str,
    value: &Node,
    engine: &Engine,
    mistakes: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Node> {
    let entries = match &value.content {
        Content::Mapping(entries) => entries,
        Content::Null => return BTreeMap::new(),
        _ => {
            let mistake = wrong(key, "names with values", value);
            mistakes.push(mistake.help("write `name: value`, one below the other"));
            return BTreeMap::new();
        }
    };
    engine.check(value, mistakes);
    let mut found = BTreeMap::new();
    for (name, value) in entries {
        let word = name.spelled().unwrap_or_default();
        if is_protected(word) {
            mistakes.push(without_effect(word, &name.span));
        }
        if is_name(word) {
            found.insert(word.to_owned(), value.clone());
        } else {
            mistakes.push(bad_name(word, name));
        }
    }
    mistakes.extend(engine.cycles(&found));
    found
}

/// Variables that the run sets over all others, as in Ansible; `inventory_hostname` is one here only.
const PROTECTED: [&str; 12] = [
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_verbosity",
    "groups",
    "hostvars",
    "inventory_hostname",
    "playbook_dir",
    "vars",
];

/// Whether the run sets a variable of this name over all others.
pub(super) fn is_protected(name: &str) -> bool {
    PROTECTED.contains(&name)
}

/// The warning of a variable that the run sets over all others.
pub(super) fn without_effect(name: &str, at: &Span) -> Diagnostic {
    Diagnostic::warning(
        "reserved-name",
        format!("`{name}` is filled in by the run itself"),
    )
    .at(at)
    .label("has no effect")
    .help("choose another name")
}

/// Whether templates can name a variable so.
pub(super) fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !NO_NAMES.contains(&word)
}

/// Words that Python, and so Ansible, takes for something else.
const NO_NAMES: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The mistake of a name that no variable can have.
pub(super) fn bad_name(word: &str, at: &Node) -> Diagnostic {
    Diagnostic::error("bad-variable-name", format!("no variable can be called `{word}`"))
        .at(&at.span)
        .help("names are made of letters, digits and `_`, and do not begin with a digit; words of Python such as `class` are none")
}
