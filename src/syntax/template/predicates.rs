//! Tests: what may stand behind `is`, and the table that the documentation is made from.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Undefined;

mod kind;
mod outcome;
mod relation;
pub(super) mod version;

/// A test with what the documentation says of it.
#[derive(Debug)]
pub(super) struct Predicate {
    /// Its names, the usual one first.
    pub(super) names: &'static [&'static str],
    /// One line.
    pub(super) line: &'static str,
    /// An expression, and what it gives as JSON; `!` and a message when it is refused.
    pub(super) example: [&'static str; 2],
    pub(super) run: Run,
    pub(super) undefined: Undefined,
}

type Run = fn(&mut Call<'_, '_>) -> Result<bool, Fault>;

impl Predicate {
    const fn new(
        names: &'static [&'static str],
        run: Run,
        line: &'static str,
        example: [&'static str; 2],
    ) -> Self {
        Self {
            names,
            line,
            example,
            run,
            undefined: Undefined::Passes,
        }
    }

    const fn takes_undefined(self) -> Self {
        Self {
            undefined: Undefined::Taken,
            ..self
        }
    }

    /// The usual name.
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

/// All tests, by theme.
pub(super) const THEMES: [(&str, &[Predicate]); 4] = [
    ("Kinds of values", kind::PREDICATES),
    ("Comparisons", relation::PREDICATES),
    ("Results of tasks", outcome::PREDICATES),
    ("Versions", version::PREDICATES),
];

/// Tests that are known and not run, with a message that says what to use.
pub(super) const REFUSED: &[Predicate] = &[
    Predicate::new(
        &[
            "exists",
            "file",
            "directory",
            "link",
            "is_file",
            "is_dir",
            "is_link",
            "link_exists",
            "mount",
            "is_mount",
            "same_file",
            "is_same_file",
        ],
        files,
        "files of this machine are not looked at",
        [
            "'x' is exists",
            "!tests of files look at this machine, not at the host",
        ],
    ),
    Predicate::new(
        &["vaulted_file"],
        files,
        "files of this machine are not looked at",
        [
            "'x' is vaulted_file",
            "!tests of files look at this machine, not at the host",
        ],
    ),
    Predicate::new(
        &["vault_encrypted"],
        opened,
        "values are open before a test sees them",
        [
            "'x' is vault_encrypted",
            "!values are open already where a test could ask how they stand in their file",
        ],
    ),
];

fn opened(_: &mut Call<'_, '_>) -> Result<bool, Fault> {
    let message = "values are open already where a test could ask how they stand in their file";
    let fault = Fault::named("template-refused", message);
    Err(fault.help("`rdpfix vault check` tells which files have encrypted values"))
}

fn files(_: &mut Call<'_, '_>) -> Result<bool, Fault> {
    let message = "tests of files look at this machine, not at the host";
    Err(Fault::named("template-refused", message).help("register a task that looks at the host"))
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Predicate>> = LazyLock::new(|| {
    all()
        .flat_map(|test| test.names.iter().map(move |name| (*name, test)))
        .collect()
});

/// Every test, those that are refused included.
pub(super) fn all() -> impl Iterator<Item = &'static Predicate> {
    let themes = THEMES.iter().flat_map(|(_, tests)| tests.iter());
    themes.chain(REFUSED)
}

/// A test by one of its names, also as `ansible.builtin.NAME`.
pub(super) fn named(name: &str) -> Option<&'static Predicate> {
    let short = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    BY_NAME.get(short).copied()
}

/// The names of all tests, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().flat_map(|test| test.names.iter().copied())
}
