//! A change as data: what a plan shows, a journal records, an undo reverses and a session sends.

use std::fmt;

use crate::cim::query::Namespace;
use crate::cim::query::ObjectPath;
use crate::cim::query::RegistryData;
use crate::cim::query::RegistryKey;
use crate::cim::query::RegistryPath;
use crate::cim::value::Value;

/// Something that changes a host.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A method of a class or an object.
    Method {
        /// The object, or the class for a static method.
        target: ObjectPath,
        /// The method.
        method: &'static str,
        /// Input parameters by name; optional ones are left out rather than sent as null.
        arguments: Vec<(&'static str, Value)>,
        /// Return values besides 0 that mean success, such as "already running".
        accepts: &'static [u32],
    },
    /// Changes only the named properties of an object.
    Put {
        /// The object.
        target: ObjectPath,
        /// The properties to change.
        properties: Vec<(&'static str, Value)>,
    },
    /// Makes a new object.
    Create {
        /// Where the class lives.
        namespace: Namespace,
        /// The class.
        class: &'static str,
        /// Its properties, keys among them.
        properties: Vec<(&'static str, Value)>,
    },
    /// Removes an object.
    Delete {
        /// The object.
        target: ObjectPath,
    },
    /// Writes a registry value, and the key when it is missing.
    SetRegistry {
        /// Which value.
        key: RegistryKey,
        /// Its name; empty for the default value.
        name: String,
        /// What it shall hold.
        data: RegistryData,
    },
    /// Removes a registry value; one that is missing already is success.
    DeleteRegistryValue(RegistryPath),
    /// Makes a registry key with its parents.
    CreateRegistryKey(RegistryKey),
    /// Removes a registry key that has no keys below it; one that is missing already is success.
    DeleteRegistryKey(RegistryKey),
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method {
                target,
                method,
                arguments,
                ..
            } => {
                let shown: Vec<String> = arguments
                    .iter()
                    .map(|(name, value)| format!("{name}={}", Brief(value)))
                    .collect();
                write!(formatter, "{target}.{method}({})", shown.join(", "))
            }
            Self::Put { target, properties } => {
                let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
                write!(formatter, "put {} of {target}", names.join(", "))
            }
            Self::Create { class, .. } => write!(formatter, "create {class}"),
            Self::Delete { target } => write!(formatter, "delete {target}"),
            Self::SetRegistry { key, name, .. } => write!(formatter, "set {key}\\{name}"),
            Self::DeleteRegistryValue(path) => write!(formatter, "delete {path}"),
            Self::CreateRegistryKey(key) => write!(formatter, "create {key}"),
            Self::DeleteRegistryKey(key) => write!(formatter, "delete {key}"),
        }
    }
}

/// A value short enough for one line.
struct Brief<'a>(&'a Value);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => write!(formatter, "\"{text}\""),
            Value::Uint(number) => write!(formatter, "{number}"),
            Value::Bool(truth) => write!(formatter, "{truth}"),
            Value::Null
            | Value::Sint(_)
            | Value::Real(_)
            | Value::DateTime(_)
            | Value::Interval(_)
            | Value::List(_)
            | Value::Reference(_)
            | Value::Object(_) => formatter.write_str("…"),
        }
    }
}
