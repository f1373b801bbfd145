//! Equality, order and membership of values, as Python has them, and the keys of mappings.

use std::cmp::Ordering;
use std::hash::Hash;
use std::hash::Hasher;

use indexmap::Equivalent;

use crate::syntax::template::fault::Fault;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::number;
use crate::syntax::template::value::spell::DEPTH;

/// A key of a mapping: a value that cannot hold a list or a mapping. `1`, `1.0` and `true` are the same key.
#[derive(Debug, Clone)]
pub(in crate::syntax::template) struct Key(Value);

/// A text to look up without making a key of it.
pub(in crate::syntax::template) struct Word<'a>(pub(in crate::syntax::template) &'a str);

impl Key {
    pub(in crate::syntax::template) fn text(text: &str) -> Self {
        Self(Value::from(text))
    }

    /// Fails for lists and mappings.
    pub(in crate::syntax::template) fn of(value: Value) -> Result<Self, Fault> {
        match value.used()? {
            Value::List(_) | Value::Map(_) | Value::Lazy(_) => {
                let message = format!("{} cannot be a key", value.describe());
                return Err(Fault::failed(message));
            }
            Value::Tuple(items) => {
                for item in items.iter() {
                    Self::of(item.clone())?;
                }
            }
            _ => {}
        }
        Ok(Self(value))
    }

    pub(in crate::syntax::template) fn value(&self) -> &Value {
        &self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Key {}

/// Equality of what may be in a key; never fails.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Tuple(left), Value::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| same(a, b))
        }
        _ => simple(left, right),
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        digest(&self.0, state);
    }
}

fn digest<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Text(text) => Word(text).hash(state),
        Value::Bool(_) | Value::Int(_) => value.as_int().hash(state),
        Value::Float(real) => match number::whole(*real) {
            Some(whole) if real.fract() == 0.0 => Some(whole).hash(state),
            _ => real.to_bits().hash(state),
        },
        Value::Tuple(items) => {
            for item in items.iter() {
                digest(item, state);
            }
        }
        other => other.python_kind().hash(state),
    }
}

impl Hash for Word<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for Word<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.0.as_text() == Some(self.0)
    }
}

/// Equality of what holds nothing else.
fn simple(left: &Value, right: &Value) -> bool {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return left == right;
    }
    match (left, right) {
        (Value::None, Value::None) | (Value::Omit, Value::Omit) => true,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Range(left), Value::Range(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        _ => match (left.as_float(), right.as_float()) {
            // As Python compares them: exactly.
            (Some(left), Some(right)) => left.partial_cmp(&right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

/// Whether two values are the same as far as `==` sees.
pub(in crate::syntax::template) fn equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    equal_at(left, right, 0)
}

fn equal_at(left: &Value, right: &Value, depth: usize) -> Result<bool, Fault> {
    if depth > DEPTH {
        return Err(Fault::too_deep());
    }
    match (left.used()?, right.used()?) {
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal_at(left, right, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(left), Value::Map(right)) => equal_maps(left, right, depth),
        (left, right) if left.is_mapping() && right.is_mapping() => {
            match (left.entries()?, right.entries()?) {
                (Some(left), Some(right)) => equal_maps(&left, &right, depth),
                _ => Ok(false),
            }
        }
        (left, right) => Ok(simple(left, right)),
    }
}

fn equal_maps(left: &Map, right: &Map, depth: usize) -> Result<bool, Fault> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left {
        match right.get(key) {
            Some(other) if equal_at(value, other, depth + 1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Which is smaller; fails for kinds that have no order between them. `None` when one is not a number (`nan`).
pub(in crate::syntax::template) fn order(
    left: &Value,
    right: &Value,
) -> Result<Option<Ordering>, Fault> {
    order_at(left, right, 0)
}

fn order_at(left: &Value, right: &Value, depth: usize) -> Result<Option<Ordering>, Fault> {
    if depth > DEPTH {
        return Err(Fault::too_deep());
    }
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return Ok(Some(left.cmp(&right)));
    }
    match (left.used()?, right.used()?) {
        (Value::Text(left), Value::Text(right)) => Ok(Some(left.cmp(right))),
        (Value::Time(left), Value::Time(right)) => Ok(Some(left.cmp(right))),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal_at(left, right, depth + 1)? {
                    return order_at(left, right, depth + 1);
                }
            }
            Ok(Some(left.len().cmp(&right.len())))
        }
        (left, right) => match (left.as_float(), right.as_float()) {
            (Some(left), Some(right)) => Ok(left.partial_cmp(&right)),
            _ => Err(Fault::failed(format!(
                "{} and {} have no order between them",
                left.describe(),
                right.describe()
            ))),
        },
    }
}

/// Sorts, keeping the order of what is equal; the first failed comparison is told.
pub(in crate::syntax::template) fn sort<T>(
    items: &mut [T],
    mut key: impl FnMut(&T) -> Value,
) -> Result<(), Fault> {
    let mut failed = None;
    items.sort_by(|left, right| match order(&key(left), &key(right)) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(fault) => {
            failed.get_or_insert(fault);
            Ordering::Equal
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Whether `item in container`.
pub(in crate::syntax::template) fn contains(
    container: &Value,
    item: &Value,
) -> Result<bool, Fault> {
    item.used()?;
    match container.used()? {
        Value::Text(text) => match item.as_text() {
            Some(piece) => Ok(text.contains(piece)),
            None => Err(Fault::failed(format!(
                "only a text can be in a text, this is {}",
                item.describe()
            ))),
        },
        Value::List(items) | Value::Tuple(items) => {
            for candidate in items.iter() {
                if equal(candidate, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => Ok(map.contains_key(&Key::of(item.clone())?)),
        Value::Lazy(lazy) => Ok(item
            .as_text()
            .is_some_and(|word| lazy.keys().iter().any(|key| key == word))),
        Value::Range(range) => Ok(item.as_int().is_some_and(|number| {
            let is_within = if range.step > 0 {
                (range.start..range.stop).contains(&number)
            } else {
                number > range.stop && number <= range.start
            };
            // Two numbers may be further apart than any number says; what is left of each tells the same.
            let rest = |number: i128| number.checked_rem_euclid(range.step).unwrap_or(0);
            is_within && rest(number) == rest(range.start)
        })),
        other => Err(Fault::failed(format!(
            "nothing can be in {}",
            other.describe()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::Key;
    use super::Map;
    use super::Word;
    use super::equal;
    use super::order;
    use crate::syntax::template::value::Value;

    #[test]
    fn one_and_true_are_the_same_key() {
        let mut map = Map::new();
        map.insert(Key::of(Value::Int(1)).unwrap(), Value::from("int"));
        map.insert(Key::of(Value::Float(1.0)).unwrap(), Value::from("float"));
        map.insert(Key::of(Value::Bool(true)).unwrap(), Value::from("bool"));
        assert_eq!(map.len(), 1);
        assert!(map.get(&Word("1")).is_none());
        assert!(Key::of(Value::from(Vec::new())).is_err());
    }

    #[test]
    fn lists_are_compared_item_by_item() {
        let list = |numbers: &[i128]| {
            Value::from(numbers.iter().copied().map(Value::Int).collect::<Vec<_>>())
        };
        assert_eq!(
            order(&list(&[1, 2]), &list(&[1, 3])).unwrap(),
            Some(Ordering::Less)
        );
        assert_eq!(
            order(&list(&[1, 2]), &list(&[1])).unwrap(),
            Some(Ordering::Greater)
        );
        assert!(!equal(&list(&[1]), &Value::tuple(vec![Value::Int(1)])).unwrap());
        assert!(order(&Value::from("a"), &Value::Int(1)).is_err());
        assert_eq!(
            order(&Value::Float(f64::NAN), &Value::Int(1)).unwrap(),
            None
        );
    }
}
