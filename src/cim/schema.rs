//! The types of the properties and parameters in use, because types are not on the wire.

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

/// The type of a property (or of a method's parameter, with the method's name as `Class.Method`), when it is known.
/// Class names compare without regard to letter case, property names exactly.
pub fn type_of(class: &str, property: &str) -> Option<CimType> {
    let _ = (class, property);
    None
}
