//! Which keys plays, blocks and tasks have, and what becomes of those of Ansible's that mean nothing here.

use crate::diag::Diagnostic;
use crate::diag::nearest;
use crate::playbook::shape::is_idle;
use crate::syntax::Node;

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is read.
    Read,
    /// It changes nothing here, and nothing is lost by that.
    Idle,
    /// It changes nothing here, which the author should know: why.
    Lost(&'static str),
    /// It is refused: what to do instead.
    Refused(&'static str),
}

use Fate::Idle;
use Fate::Lost;
use Fate::Read;
use Fate::Refused;

/// Keys with what becomes of them.
pub(super) type Table = &'static [(&'static str, Fate)];

const ACCOUNT: &str =
    "everything is done with the rights of the account that signs in (`ansible_user`)";
const COMMANDS: &str =
    "nothing is run on hosts, so there is no process that could have an environment; leave it out";
const DEFAULTS: &str = "state the values at the tasks themselves, or use YAML anchors";
const DEBUGGER: &str = "there is no debugger; `-v` shows more";
const FATAL: &str = "state `any_errors_fatal: true` at the play";

/// Keys that plays, blocks and tasks may all have.
const EVERYWHERE: Table = &[
    ("name", Read),
    ("vars", Read),
    ("tags", Read),
    ("ignore_errors", Read),
    ("ignore_unreachable", Read),
    ("no_log", Read),
    ("check_mode", Read),
    ("control", Read),
    ("diff", Read),
    ("throttle", Read),
    ("timeout", Read),
    ("run_once", Read),
    ("become", Lost(ACCOUNT)),
    ("become_exe", Idle),
    ("become_flags", Idle),
    ("become_method", Idle),
    ("become_user", Lost(ACCOUNT)),
    ("collections", Idle),
    ("connection", Read),
    ("debugger", Lost(DEBUGGER)),
    ("environment", Refused(COMMANDS)),
    ("module_defaults", Lost(DEFAULTS)),
    ("port", Lost("set `ansible_port` in the inventory")),
    (
        "remote_user",
        Lost("set `ansible_user` in the inventory, or give `--user`"),
    ),
];

/// Keys of plays besides those.
pub(super) const PLAY: Table = &[
    ("hosts", Read),
    ("any_errors_fatal", Read),
    ("force_handlers", Read),
    ("gather_facts", Read),
    ("handlers", Read),
    ("max_fail_percentage", Read),
    ("post_tasks", Read),
    ("pre_tasks", Read),
    ("prove", Read),
    ("serial", Read),
    ("strategy", Read),
    ("tasks", Read),
    ("vars_files", Read),
    ("vars_prompt", Read),
    ("order", Read),
    ("fact_path", Idle),
    ("gather_subset", Idle),
    ("gather_timeout", Idle),
    (
        "roles",
        Refused(
            "take the role's tasks by `- import_tasks: roles/NAME/tasks/main.yml`, its `defaults` and `vars` by `vars_files` and its handlers by `import_tasks` under `handlers`",
        ),
    ),
];

/// Keys of blocks besides those.
pub(super) const BLOCK: Table = &[
    ("block", Read),
    ("rescue", Read),
    ("always", Read),
    ("when", Read),
    ("notify", Read),
    ("delegate_to", Read),
    ("delegate_facts", Idle),
    ("any_errors_fatal", Refused(FATAL)),
];

/// Keys of tasks besides those.
pub(super) const TASK: Table = &[
    ("action", Read),
    ("args", Read),
    ("changed_when", Read),
    ("delay", Read),
    ("delegate_to", Read),
    ("failed_when", Read),
    ("listen", Read),
    ("local_action", Read),
    ("loop", Read),
    ("loop_control", Read),
    ("notify", Read),
    ("register", Read),
    ("retries", Read),
    ("until", Read),
    ("when", Read),
    ("any_errors_fatal", Refused(FATAL)),
    (
        "async",
        Refused(
            "a task is over when it is done; `timeout: SECONDS` bounds it, and other hosts go on meanwhile",
        ),
    ),
    (
        "poll",
        Refused("a task is over when it is done; leave `async` and `poll` out"),
    ),
    ("delegate_facts", Idle),
];

/// Keys of `import_playbook`.
pub(super) const IMPORT: Table = &[
    ("import_playbook", Read),
    ("ansible.builtin.import_playbook", Read),
    ("when", Read),
];

/// What becomes of a key; `None` for one that is not of Ansible's language, nor of ours.
pub(super) fn fate(table: Table, word: &str) -> Option<Fate> {
    table
        .iter()
        .chain(EVERYWHERE)
        .find(|(key, _)| *key == word)
        .map(|(_, fate)| *fate)
}

/// All keys of a table, with what becomes of them.
pub(super) fn all(table: Table) -> impl Iterator<Item = (&'static str, Fate)> {
    table.iter().chain(EVERYWHERE).copied()
}

/// The keys of a table that are read.
pub(super) fn names(table: Table) -> impl Iterator<Item = &'static str> {
    table
        .iter()
        .chain(EVERYWHERE)
        .filter(|(_, fate)| *fate == Read)
        .map(|(key, _)| *key)
}

/// Tells what becomes of a key that is not read; `false` when it is unknown.
pub(super) fn tell(table: Table, key: &Node, value: &Node, mistakes: &mut Vec<Diagnostic>) -> bool {
    let word = key.spelled().unwrap_or_default();
    match fate(table, word) {
        Some(Lost(advice)) if !is_idle(value) => mistakes.push(
            Diagnostic::warning("without-effect", format!("`{word}` has no effect here"))
                .at(&key.span)
                .help(advice),
        ),
        Some(Refused(advice)) if !is_idle(value) => mistakes.push(
            Diagnostic::error("unsupported-keyword", format!("`{word}` is not supported"))
                .at(&key.span)
                .help(advice),
        ),
        Some(_) => {}
        None => return false,
    }
    true
}

/// The mistake of a key that nothing knows.
pub(super) fn unknown(what: &str, table: Table, key: &Node) -> Diagnostic {
    let word = key.spelled().unwrap_or_default();
    let diagnostic = Diagnostic::error("unknown-key", format!("{what} has no key `{word}`"))
        .at(&key.span)
        .label("no such key");
    let elsewhere = [("play", PLAY), ("block", BLOCK), ("task", TASK)]
        .into_iter()
        .find(|(_, other)| other.iter().any(|(key, _)| *key == word));
    if let Some((place, _)) = elsewhere {
        return diagnostic.help(format!("it is a key of a {place}"));
    }
    if let Some(near) = nearest(word, names(table)) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = names(table).collect();
    diagnostic.help(format!("keys of {what}: `{}`", all.join("`, `")))
}
