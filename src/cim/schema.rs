//! The types of the properties and parameters in use, because types are not on the wire.
//!
//! Knows one table per class; must not know how a value is written. What is not in a table stays text.

mod account;
mod event;
mod file;
mod firewall;
mod network;
mod registry;
mod service;
mod system;
mod terminal;

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool,
    /// Any unsigned integer.
    Uint,
    /// Any signed integer.
    Sint,
    /// A real number.
    Real,
    /// A string.
    Text,
    /// A moment.
    DateTime,
    /// A length of time.
    Interval,
}

/// The type of a property or parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CimType {
    /// One value.
    One(Scalar),
    /// An array, which looks like a scalar on the wire when it holds one element.
    Many(Scalar),
}

const BOOL: CimType = CimType::One(Scalar::Bool);
const UINT: CimType = CimType::One(Scalar::Uint);
const SINT: CimType = CimType::One(Scalar::Sint);
const TEXT: CimType = CimType::One(Scalar::Text);
const TIME: CimType = CimType::One(Scalar::DateTime);
const TEXTS: CimType = CimType::Many(Scalar::Text);
const UINTS: CimType = CimType::Many(Scalar::Uint);

/// Properties or parameters with their types.
type Table = &'static [(&'static str, CimType)];

/// Every class in use, and every method with parameters as `Class.Method`.
static CLASSES: &[&[(&str, Table)]] = &[
    event::CLASSES,
    service::CLASSES,
    system::CLASSES,
    terminal::CLASSES,
    firewall::CLASSES,
    network::CLASSES,
    file::CLASSES,
    account::CLASSES,
    registry::CLASSES,
];

/// The types of one class's properties or of one method's parameters, looked up once for a whole object.
#[derive(Debug, Clone, Copy)]
pub struct Types {
    table: Table,
    method: bool,
}

impl Types {
    /// Those of a class, or of a method as `Class.Method`; of an unknown one nothing is known but that a method's
    /// `ReturnValue` is a number. Letter case does not matter.
    pub fn of(class: &str) -> Self {
        let table = CLASSES
            .iter()
            .flat_map(|part| part.iter())
            .find(|(known, _)| known.eq_ignore_ascii_case(class))
            .map_or(Table::default(), |(_, table)| *table);
        Self {
            table,
            method: class.contains('.'),
        }
    }

    /// The type of a property or parameter, when it is known; its letter case matters.
    pub fn get(&self, property: &str) -> Option<CimType> {
        if self.method && property == "ReturnValue" {
            return Some(UINT);
        }
        self.table
            .iter()
            .find(|(known, _)| *known == property)
            .map(|(_, kind)| *kind)
    }

    /// Every property or parameter that is known, with its type.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, CimType)> + use<> {
        self.table.iter().copied()
    }
}

/// The type of a property (or of a method's parameter, with the method's name as `Class.Method`), when it is known.
/// Class names compare without regard to letter case, property names exactly.
pub fn type_of(class: &str, property: &str) -> Option<CimType> {
    Types::of(class).get(property)
}

/// The names of all classes and methods that have a table.
pub fn known_classes() -> impl Iterator<Item = &'static str> {
    CLASSES
        .iter()
        .flat_map(|part| part.iter())
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CimType;
    use super::Scalar;
    use super::Types;
    use super::known_classes;
    use super::type_of;

    #[test]
    fn class_names_ignore_letter_case_and_property_names_do_not() {
        let expected = Some(CimType::One(Scalar::Uint));
        assert_eq!(type_of("win32_service", "ProcessId"), expected);
        assert_eq!(type_of("Win32_Service", "processid"), None);
    }

    #[test]
    fn the_return_value_of_any_method_is_a_number() {
        let expected = Some(CimType::One(Scalar::Uint));
        assert_eq!(type_of("Win32_Share.Delete", "ReturnValue"), expected);
        assert_eq!(type_of("Win32_Share", "ReturnValue"), None);
    }

    #[test]
    fn no_class_and_no_property_stands_twice() {
        let mut classes = BTreeSet::new();
        for class in known_classes() {
            assert!(classes.insert(class.to_ascii_lowercase()), "{class}");
            let mut names = BTreeSet::new();
            for (name, _) in Types::of(class).known() {
                assert!(names.insert(name), "{class}.{name}");
            }
        }
    }
}
