//! What templates see: layers of variables, and values that came to be while a run goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::diag::Diagnostic;
use crate::syntax::Node;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::convert::of_json;
use crate::syntax::template::value::convert::to_json;

/// A value ready for templates; cloning shares it.
#[derive(Debug, Clone)]
pub struct Data(pub(super) Value);

/// A mapping whose values are computed when a template asks for them, such as `hostvars`.
pub trait Lazy: fmt::Debug + Send + Sync {
    /// The keys, in the order in which a loop meets them.
    fn keys(&self) -> Vec<String>;

    /// The value of a key; `None` when there is no such key.
    fn at(&self, key: &str) -> Result<Option<Data>, Diagnostic>;
}

impl Data {
    /// Anything that serialises; what does not is null.
    pub fn of<T: Serialize>(data: &T) -> Self {
        Self(of_json(serde_json::to_value(data).unwrap_or_default()))
    }

    /// A mapping that is computed on access.
    pub fn lazy(mapping: Arc<dyn Lazy>) -> Self {
        Self(Value::Lazy(mapping))
    }

    /// The value as data; computes all of a lazy mapping. Null when something in it is undefined.
    pub fn json(&self) -> serde_json::Value {
        to_json(&self.0).unwrap_or_default()
    }
}

/// The variables that templates see.
#[derive(Debug)]
pub struct Variables<'a> {
    layers: Vec<Layer<'a>>,
    given: Vec<(&'static str, Value)>,
}

/// Some variables, stronger or weaker than others.
#[derive(Debug, Clone, Copy)]
pub enum Layer<'a> {
    /// As files say; may be templates themselves.
    Written(&'a BTreeMap<String, Node>),
    /// Values that came to be; never templates.
    Values(&'a Values),
    /// The same without some of them.
    Except(&'a Values, &'static [&'static str]),
}

/// Variables whose values came to be while a run goes on: results, facts, items of loops.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Sets a variable.
    pub fn set<T: Serialize>(&mut self, name: &str, data: &T) {
        self.set_data(name, Data::of(data));
    }

    /// Sets a variable to what is shared or computed on access.
    pub fn set_data(&mut self, name: &str, data: Data) {
        self.0.insert(name.to_owned(), data.0);
    }

    /// A variable as data; `None` when there is none.
    pub fn json(&self, name: &str) -> Option<serde_json::Value> {
        let value = self.0.get(name)?;
        Some(to_json(value).unwrap_or_default())
    }

    /// Takes over all variables of another, its values winning.
    pub fn take(&mut self, other: &Self) {
        let pairs = other.0.iter();
        self.0
            .extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Whether there is such a variable.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl<'a> Variables<'a> {
    /// Layers of variables, the strongest first.
    pub fn new(layers: Vec<&'a BTreeMap<String, Node>>) -> Self {
        Self::layered(layers.into_iter().map(Layer::Written).collect())
    }

    /// Layers of any sort, the strongest first.
    pub fn layered(layers: Vec<Layer<'a>>) -> Self {
        Self {
            layers,
            given: Vec::new(),
        }
    }

    /// Adds something that no layer can replace, such as `inventory_hostname`.
    #[must_use]
    pub fn with<T: Serialize>(self, name: &'static str, data: &T) -> Self {
        self.with_data(name, Data::of(data))
    }

    /// Adds something shared or computed that no layer can replace, such as `hostvars`.
    #[must_use]
    pub fn with_data(mut self, name: &'static str, data: Data) -> Self {
        self.given.push((name, data.0));
        self
    }

    pub(super) fn found(&self, name: &str) -> Option<Found<'a>> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Written(vars) => vars.get(name).map(Found::Written),
            Layer::Except(_, without) if without.contains(&name) => None,
            Layer::Values(known) | Layer::Except(known, _) => known.0.get(name).map(Found::Values),
        })
    }

    /// Where a variable is written; `None` for values that came to be.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        match self.found(name) {
            Some(Found::Written(node)) => Some(node),
            Some(Found::Values(_)) | None => None,
        }
    }

    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.given
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }

    /// The names of all variables; one that several layers have comes several times.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let given = self.given.iter().map(|(name, _)| *name);
        let layered = self.layers.iter().flat_map(|layer| match layer {
            Layer::Written(vars) => vars.keys().map(String::as_str).collect::<Vec<_>>(),
            Layer::Values(known) => known.0.keys().map(String::as_str).collect(),
            Layer::Except(known, without) => {
                let names = known.0.keys().map(String::as_str);
                names.filter(|name| !without.contains(name)).collect()
            }
        });
        given.chain(layered)
    }
}

/// A variable.
pub(super) enum Found<'a> {
    Written(&'a Node),
    Values(&'a Value),
}
