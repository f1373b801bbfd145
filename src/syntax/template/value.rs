//! The values that templates compute with; they behave as Python's do.
//!
//! Knows kinds, truth, length and items. How values are spelled stands in [`spell`], how they compare in [`compare`],
//! how they come from files and data and go back in [`convert`].

use std::sync::Arc;

use indexmap::IndexMap;

use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::variables::Lazy;

pub(super) mod access;
pub(super) mod compare;
pub(super) mod convert;
pub(super) mod number;
pub(super) mod operator;
pub(super) mod spell;

/// Keys with values, in the order in which they were made.
pub(super) type Map = IndexMap<Key, Value>;

/// One value. Cloning shares texts, lists and mappings.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// What does not exist; a mistake as soon as it is used.
    Undefined(Arc<Missing>),
    /// What could not be computed; a mistake as soon as it is used, and no default replaces it.
    Broken(Arc<Fault>),
    /// `omit`: the key or item that has this value disappears.
    Omit,
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Arc<str>),
    List(Arc<Vec<Value>>),
    Tuple(Arc<Vec<Value>>),
    Map(Arc<Map>),
    /// Computed on access.
    Lazy(Arc<dyn Lazy>),
    /// `range(…)`, not yet a list.
    Range(Range),
    /// A point in time without a zone.
    Time(jiff::civil::DateTime),
    /// What only the engine knows, such as a macro.
    Foreign,
}

/// Whole numbers from `start` on, before `stop`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) start: i128,
    pub(super) stop: i128,
    /// Never 0.
    pub(super) step: i128,
}

impl Range {
    pub(super) fn len(self) -> usize {
        let distance = if self.step > 0 {
            self.stop.saturating_sub(self.start)
        } else {
            self.start.saturating_sub(self.stop)
        };
        if distance <= 0 {
            return 0;
        }
        let step = self.step.saturating_abs();
        usize::try_from((distance - 1) / step + 1).unwrap_or(usize::MAX)
    }

    pub(super) fn at(self, index: usize) -> Option<Value> {
        let index = (index < self.len()).then(|| i128::try_from(index).ok())??;
        Some(Value::Int(self.start + index * self.step))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Self::Int(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Int(i128::try_from(number).unwrap_or(i128::MAX))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(Arc::new(items))
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl Value {
    pub(super) fn tuple(items: Vec<Value>) -> Self {
        Self::Tuple(Arc::new(items))
    }

    /// A mapping with texts as keys.
    pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Self {
        let entries = entries.map(|(name, value)| (Key::text(name), value));
        Self::from(Map::from_iter(entries))
    }

    /// The value, unless it is missing or broken: what every use begins with.
    pub(super) fn used(&self) -> Result<&Self, Fault> {
        match self {
            Self::Undefined(missing) => Err(Fault::Missing(Arc::clone(missing))),
            Self::Broken(fault) => Err(Fault::clone(fault)),
            usable => Ok(usable),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, also of a truth value.
    pub(super) fn as_int(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(truth) => Some(i128::from(*truth)),
            _ => None,
        }
    }

    /// The number, also of a truth value.
    pub(super) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            other => other.as_int().map(number::real),
        }
    }

    /// A list or a tuple.
    pub(super) fn as_sequence(&self) -> Option<&Arc<Vec<Value>>> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Lazy(_))
    }

    /// Whether it counts as true.
    pub(super) fn truth(&self) -> Result<bool, Fault> {
        Ok(match self.used()? {
            Self::Undefined(_) | Self::Broken(_) | Self::None => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) | Self::Tuple(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Lazy(lazy) => !lazy.keys().is_empty(),
            Self::Range(range) => range.len() > 0,
            Self::Omit | Self::Time(_) | Self::Foreign => true,
        })
    }

    /// How many items or characters it has; `None` for what has none.
    pub(super) fn length(&self) -> Result<Option<usize>, Fault> {
        Ok(match self.used()? {
            Self::Text(text) => Some(text.chars().count()),
            Self::List(items) | Self::Tuple(items) => Some(items.len()),
            Self::Map(map) => Some(map.len()),
            Self::Lazy(lazy) => Some(lazy.keys().len()),
            Self::Range(range) => Some(range.len()),
            _ => None,
        })
    }

    /// The items that a loop meets: characters of a text, keys of a mapping.
    pub(super) fn items(&self) -> Result<Arc<Vec<Value>>, Fault> {
        /// The most items that a `range` is unrolled to.
        const MOST: usize = 1_000_000;
        Ok(match self.used()? {
            Self::List(items) | Self::Tuple(items) => Arc::clone(items),
            Self::Text(text) => {
                let mut buffer = [0; 4];
                let letters = text.chars();
                let letters = letters.map(|letter| Value::from(&*letter.encode_utf8(&mut buffer)));
                Arc::new(letters.collect())
            }
            Self::Map(map) => Arc::new(map.keys().map(|key| key.value().clone()).collect()),
            Self::Lazy(lazy) => Arc::new(lazy.keys().into_iter().map(Value::from).collect()),
            Self::Range(range) if range.len() <= MOST => Arc::new(
                (0..range.len())
                    .filter_map(|index| range.at(index))
                    .collect(),
            ),
            Self::Range(_) => return Err(Fault::too_long()),
            other => {
                let message = format!("{} has no items to go through", other.describe());
                return Err(Fault::failed(message));
            }
        })
    }

    /// Keys and values, computing what is lazy; `None` for what is no mapping.
    pub(super) fn entries(&self) -> Result<Option<Arc<Map>>, Fault> {
        Ok(match self.used()? {
            Self::Map(map) => Some(Arc::clone(map)),
            Self::Lazy(lazy) => {
                let mut map = Map::new();
                for name in lazy.keys() {
                    if let Some(data) = lazy.at(&name).map_err(Fault::told)? {
                        map.insert(Key::text(&name), data.0);
                    }
                }
                Some(Arc::new(map))
            }
            _ => None,
        })
    }

    /// What it is, for messages: `a text`.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Undefined(_) | Self::Broken(_) => "something undefined",
            Self::Omit => "`omit`",
            Self::None => "null",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Map(_) | Self::Lazy(_) => "a mapping",
            Self::Range(_) => "a range",
            Self::Time(_) => "a point in time",
            Self::Foreign => "a function",
        }
    }

    /// Python's word for its kind, as `type_debug` tells it.
    pub(super) fn python_kind(&self) -> &'static str {
        match self {
            Self::Undefined(_) => "UndefinedMarker",
            Self::Broken(_) => "CapturedExceptionMarker",
            Self::Omit => "Omit",
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Map(_) | Self::Lazy(_) => "dict",
            Self::Range(_) => "range",
            Self::Time(_) => "datetime",
            Self::Foreign => "function",
        }
    }
}
