//! Filters: what may stand behind a `|`, by theme, and the table that the documentation is made from.
//!
//! Each behaves as the filter of that name in ansible-core 2.19; filters know values and nothing of files or hosts.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;

mod digest;
mod encode;
mod list;
mod logic;
mod mapping;
mod network;
mod number;
mod order;
mod path;
pub(super) mod pattern;
mod refused;
mod select;
mod set;
mod size;
pub(super) mod text;
pub(super) mod time;
pub(super) mod url;
mod wrap;
mod yaml;

pub(super) use crate::syntax::template::filters::logic::truth_of;
pub use crate::syntax::template::filters::pattern::python_pattern;

/// A filter with what the documentation says of it.
#[derive(Debug)]
pub(super) struct Filter {
    /// Its names, the usual one first.
    pub(super) names: &'static [&'static str],
    /// One line.
    pub(super) line: &'static str,
    /// An expression, and what it gives as JSON; `!` and a message when it is refused.
    pub(super) example: [&'static str; 2],
    pub(super) run: fn(&mut Call<'_, '_>) -> Answer,
    pub(super) undefined: Undefined,
}

/// What a filter or test does with what does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undefined {
    /// It is not called: the undefined value goes on.
    Passes,
    /// It is called.
    Taken,
}

impl Filter {
    const fn new(
        names: &'static [&'static str],
        run: fn(&mut Call<'_, '_>) -> Answer,
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

/// All filters, by theme.
pub(super) const THEMES: [(&str, &[Filter]); 17] = [
    ("Defaults and decisions", logic::FILTERS),
    ("Texts", text::FILTERS),
    ("Long texts", wrap::FILTERS),
    ("Patterns", pattern::FILTERS),
    ("Lists", list::FILTERS),
    ("Choosing items", select::FILTERS),
    ("Sets", set::FILTERS),
    ("Mappings", mapping::FILTERS),
    ("Numbers", number::FILTERS),
    ("Sizes", size::FILTERS),
    ("Encodings", encode::FILTERS),
    ("YAML", yaml::FILTERS),
    ("Digests", digest::FILTERS),
    ("Paths", path::FILTERS),
    ("Addresses on the web", url::FILTERS),
    ("Networks", network::FILTERS),
    ("Time", time::FILTERS),
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Filter>> = LazyLock::new(|| {
    all()
        .flat_map(|filter| filter.names.iter().map(move |name| (*name, filter)))
        .collect()
});

/// Every filter, those that are refused included.
pub(super) fn all() -> impl Iterator<Item = &'static Filter> {
    let themes = THEMES.iter().flat_map(|(_, filters)| filters.iter());
    themes.chain(refused::FILTERS)
}

/// Filters that are known and not run, with a message that says what to use.
pub(super) const REFUSED: &[Filter] = refused::FILTERS;

/// A filter by one of its names, also as `ansible.builtin.NAME`.
pub(super) fn named(name: &str) -> Option<&'static Filter> {
    let short = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    BY_NAME.get(short).copied()
}

/// The names of all filters, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().flat_map(|filter| filter.names.iter().copied())
}
