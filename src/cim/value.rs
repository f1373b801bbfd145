//! One CIM object as data: [`Value`] and [`Instance`].

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;

use crate::cim::query::Namespace;
use crate::cim::query::ObjectPath;
use crate::cim::session::CimError;

/// The value of a property or a parameter.
///
/// Types are not on the wire (they come from [`crate::cim::schema`]); what the schema does not know stays [`Value::Text`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value; not the same as an empty text.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any unsigned integer of CIM, up to 64 bits.
    Uint(u64),
    /// Any signed integer of CIM, up to 64 bits.
    Sint(i64),
    /// A real number.
    Real(f64),
    /// A string, not trimmed.
    Text(String),
    /// A moment; the offset that the host wrote it with is not kept.
    DateTime(Timestamp),
    /// A length of time.
    Interval(SignedDuration),
    /// An array; never holds `Null`.
    List(Vec<Value>),
    /// A pointer to another object.
    Reference(Box<ObjectPath>),
    /// An embedded object.
    Object(Box<Instance>),
}

impl Value {
    /// Shorthand for a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The number, when it is a whole one that is not negative; digits in a text count too, because types are not on the wire.
    pub fn as_uint(&self) -> Option<u64> {
        match self {
            Self::Uint(number) => Some(*number),
            Self::Sint(number) => u64::try_from(*number).ok(),
            Self::Text(text) => text.parse().ok(),
            Self::Null
            | Self::Bool(_)
            | Self::Real(_)
            | Self::DateTime(_)
            | Self::Interval(_)
            | Self::List(_)
            | Self::Reference(_)
            | Self::Object(_) => None,
        }
    }

    /// The truth value, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Self::Null
            | Self::Uint(_)
            | Self::Sint(_)
            | Self::Real(_)
            | Self::Text(_)
            | Self::DateTime(_)
            | Self::Interval(_)
            | Self::List(_)
            | Self::Reference(_)
            | Self::Object(_) => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Uint(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Uint(number)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Uint(number) => serializer.serialize_u64(*number),
            Self::Sint(number) => serializer.serialize_i64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::DateTime(moment) => serializer.collect_str(moment),
            Self::Interval(length) => serializer.collect_str(length),
            Self::List(items) => serializer.collect_seq(items),
            Self::Reference(path) => serializer.collect_str(path),
            Self::Object(instance) => instance.serialize(serializer),
        }
    }
}

/// One object as a host reported it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The real class in the host's own spelling (a query for a base class returns derived ones); empty for a fragment,
    /// which carries no class on the wire.
    pub class: String,
    /// Where the class lives.
    pub namespace: Namespace,
    /// Every property that was on the wire, by its name in the host's spelling.
    pub properties: BTreeMap<String, Value>,
}

impl Instance {
    /// An object without properties yet.
    pub fn new(namespace: Namespace, class: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            namespace,
            properties: BTreeMap::new(),
        }
    }

    /// Adds a property.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }

    /// The property, or `None` when it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties
            .get(name)
            .filter(|value| **value != Value::Null)
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, CimError> {
        self.get(name)
            .and_then(Value::as_text)
            .ok_or_else(|| self.unusable(name, "a text"))
    }

    /// A whole number that must be there.
    pub fn uint(&self, name: &str) -> Result<u64, CimError> {
        self.get(name)
            .and_then(Value::as_uint)
            .ok_or_else(|| self.unusable(name, "a number"))
    }

    /// A truth value that must be there.
    pub fn bool(&self, name: &str) -> Result<bool, CimError> {
        self.get(name)
            .and_then(Value::as_bool)
            .ok_or_else(|| self.unusable(name, "true or false"))
    }

    /// A moment that must be there.
    pub fn moment(&self, name: &str) -> Result<Timestamp, CimError> {
        match self.get(name) {
            Some(Value::DateTime(moment)) => Some(*moment),
            Some(Value::Text(text)) => text.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.unusable(name, "a moment"))
    }

    /// The items of an array property; one bare value counts as a list of one and null as an empty list, because the
    /// wire cannot tell them apart.
    pub fn list(&self, name: &str) -> Vec<&Value> {
        match self.get(name) {
            None => Vec::new(),
            Some(Value::List(items)) => items.iter().collect(),
            Some(single) => vec![single],
        }
    }

    fn unusable(&self, property: &str, wanted: &'static str) -> CimError {
        CimError::Property {
            class: self.class.clone(),
            property: property.to_owned(),
            wanted,
        }
    }
}

impl Serialize for Instance {
    /// `{"class":…,"namespace":…,"properties":{…}}`, the shape that `examples/decode_wsman.rs` prints.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("class", &self.class)?;
        map.serialize_entry("namespace", self.namespace.as_str())?;
        map.serialize_entry("properties", &self.properties)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::Instance;
    use super::Value;
    use crate::cim::query::Namespace;

    #[test]
    fn null_is_absent_but_an_empty_text_is_not() {
        let service = Instance::new(Namespace::CIMV2, "Win32_Service")
            .with("Description", "")
            .with("StartName", Value::Null);
        assert_eq!(service.get("Description"), Some(&Value::text("")));
        assert_eq!(service.get("StartName"), None);
    }

    #[test]
    fn digits_in_a_text_are_a_number() {
        assert_eq!(Value::text("3389").as_uint(), Some(3389));
        assert_eq!(Value::text("-1").as_uint(), None);
    }
}
