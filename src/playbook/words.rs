//! The words that a task may be about, and what to say of others.

use crate::diag::Diagnostic;
use crate::diag::nearest;
use crate::playbook::foreign;
use crate::playbook::keywords;
use crate::playbook::module::short;
use crate::playbook::translate;
use crate::resource::CATALOGUE;
use crate::resource::Kind;
use crate::syntax::Node;

/// What the runner does itself.
pub(super) const ACTIONS: [&str; 18] = [
    "assert",
    "debug",
    "fail",
    "gather_facts",
    "import_tasks",
    "include_tasks",
    "include_vars",
    "meta",
    "ping",
    "reboot",
    "set_fact",
    "setup",
    "wait_for",
    "wait_for_connection",
    "win_ping",
    "win_reboot",
    "win_wait_for",
    "win_wait_for_connection",
];

/// The resource with this name, as the playbook writes it.
pub(super) fn kind(word: &str) -> Option<&'static Kind> {
    Kind::named(word)
}

/// Whether a task can be about it, or could be in Ansible.
pub(super) fn is_known(word: &str) -> bool {
    kind(word).is_some()
        || is_done(word)
        || foreign::module(word).is_some()
        || foreign::is_qualified(word)
}

/// Whether the runner does it itself.
pub(super) fn is_action(short: &str) -> bool {
    ACTIONS.contains(&short)
}

fn is_done(word: &str) -> bool {
    let short = short(word);
    is_action(short) || translate::names().any(|name| name == short)
}

/// The names of the resources.
pub(super) fn kinds() -> String {
    let names: Vec<String> = CATALOGUE
        .iter()
        .map(|kind| format!("`{}`", kind.name))
        .collect();
    names.join(", ")
}

/// The mistake of a word that is none of ours.
pub(super) fn unknown(key: &Node, word: &str) -> Diagnostic {
    if let Some(advice) = foreign::module(word) {
        return Diagnostic::error(
            "foreign-module",
            format!("Ansible's module `{word}` is not run here"),
        )
        .at(&key.span)
        .help(advice);
    }
    if foreign::is_qualified(word) {
        return Diagnostic::error(
            "foreign-module",
            format!("the module `{word}` is not run here"),
        )
        .at(&key.span)
        .help(format!("resources: {}", kinds()));
    }
    let diagnostic =
        Diagnostic::error("unknown-resource", format!("there is no resource `{word}`"))
            .at(&key.span)
            .label("no such resource");
    match nearest(word, candidates()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("resources: {}", kinds())),
    }
}

/// The mistake of a further key in a task whose word is known.
pub(super) fn unknown_key(key: &Node) -> Diagnostic {
    let word = key.spelled().unwrap_or_default();
    let near = nearest(word, candidates());
    match near {
        Some(near) if !keywords::names(keywords::TASK).any(|name| name == near) => {
            unknown(key, word)
        }
        _ => keywords::unknown("a task", keywords::TASK, key),
    }
}

fn candidates() -> impl Iterator<Item = &'static str> {
    CATALOGUE
        .iter()
        .map(|kind| kind.name)
        .chain(ACTIONS)
        .chain(translate::names())
        .chain(foreign::windows())
        .chain(keywords::names(keywords::TASK))
}
