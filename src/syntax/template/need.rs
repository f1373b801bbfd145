//! What a template is given before its variables are computed, and what comes back when one is missing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value as Jinja;
use minijinja::value::Object;

use crate::syntax::template::bridge::Hole;
use crate::syntax::template::bridge::fault_in;
use crate::syntax::template::bridge::sources;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;

/// Paths by their first word, without it.
pub(super) fn by_first<'p>(paths: &[&'p [String]]) -> BTreeMap<&'p str, Vec<&'p [String]>> {
    let mut groups: BTreeMap<&str, Vec<&[String]>> = BTreeMap::new();
    for (first, rest) in paths.iter().filter_map(|path| path.split_first()) {
        groups.entry(first).or_default().push(rest);
    }
    groups
}

/// What stands for something that does not exist and of which parts are named; `None` when it is named itself.
pub(super) fn hole(paths: &[&[String]]) -> Option<Jinja> {
    if paths.is_empty() || paths.iter().any(|path| path.is_empty()) {
        return None;
    }
    let mut inside = Hole::default();
    for (first, inner) in by_first(paths) {
        if let Some(hole) = hole(&inner) {
            inside.0.insert(first.to_owned(), hole);
        }
    }
    Some(Jinja::from_object(inside))
}

/// The variable that has to be computed before evaluation can go on.
pub(super) fn wanted(error: &minijinja::Error) -> Option<usize> {
    let by_name = match fault_in(error) {
        Some(Fault::Wanted(key)) => Some(key),
        _ => None,
    };
    by_name.or_else(|| {
        sources(error).find_map(|source| source.downcast_ref::<Wanted>().map(|wanted| wanted.0))
    })
}

/// A variable that is not computed yet, by the address of its node.
#[derive(Debug)]
pub(super) struct Wanted(pub(super) usize);

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variable is not computed yet")
    }
}

impl std::error::Error for Wanted {}

/// Variables, or those parts of one that a template names.
#[derive(Debug, Default)]
pub(super) struct Parts(pub(super) BTreeMap<String, Jinja>);

impl Object for Parts {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.0.get(key.as_str()?).cloned()
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        self.0.get(key).cloned()
    }
}

/// The value, with a name for what is undefined in it and has none.
pub(super) fn named(value: Value, missing: &dyn Fn() -> Arc<Missing>) -> Value {
    match value {
        Value::Undefined(unnamed) if unnamed.what.is_empty() => Value::Undefined(missing()),
        Value::List(items) if items.iter().any(is_unnamed) => {
            let items = items.iter().cloned();
            Value::from(items.map(|item| named(item, missing)).collect::<Vec<_>>())
        }
        Value::Map(map) if map.values().any(is_unnamed) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (key.clone(), named(value.clone(), missing)));
            Value::from(entries.collect::<Map>())
        }
        other => other,
    }
}

fn is_unnamed(value: &Value) -> bool {
    match value {
        Value::Undefined(missing) => missing.what.is_empty(),
        Value::List(items) => items.iter().any(is_unnamed),
        Value::Map(map) => map.values().any(is_unnamed),
        _ => false,
    }
}
