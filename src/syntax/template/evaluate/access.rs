//! Variables, attributes, items and slices.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Kind;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Given;
use crate::syntax::template::evaluate::Evaluator;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::method;
use crate::syntax::template::resolve::Reference;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::compare::Word;

impl<'r> Evaluator<'_, 'r> {
    /// The value of a name, an attribute or an item.
    pub(super) fn refer(&mut self, expression: &Expression) -> Answer {
        let reference = self.reference(expression)?;
        self.resolver.referred(reference)
    }

    /// What an expression refers to. Parts of variables are found without evaluating the other parts.
    fn reference(&mut self, expression: &Expression) -> Result<Reference<'r>, Fault> {
        let (of, key) = match &expression.kind {
            Kind::Name(name) => return Ok(self.name(name, expression)),
            Kind::Attribute(of, name) => (of, Value::Text(Arc::clone(name))),
            Kind::Item(of, key) => (of, self.eval(key)?),
            _ => return self.eval(expression).map(Reference::Ready),
        };
        self.resolver.enter()?;
        let owner = self.reference(of);
        self.resolver.leave();
        let owner = match owner? {
            Reference::Written(node, name) => match part(node, &key) {
                Some(inner) => {
                    let name = described(&name, &key);
                    return Ok(Reference::Written(inner, name));
                }
                None => self.resolver.referred(Reference::Written(node, name))?,
            },
            Reference::Ready(value) => value,
        };
        if let Value::Undefined(_) = owner {
            return Ok(Reference::Ready(owner));
        }
        let found = self.member(&owner, &key, expression)?;
        Ok(Reference::Ready(found))
    }

    /// Whether an expression is a variable that stands encrypted in its file.
    pub(super) fn is_sealed(&mut self, expression: &Expression) -> Result<bool, Fault> {
        Ok(match self.reference(expression)? {
            Reference::Written(node, _) => matches!(node.content, Content::Sealed(_)),
            Reference::Ready(_) => false,
        })
    }

    fn name(&self, name: &Arc<str>, expression: &Expression) -> Reference<'r> {
        if let Some(value) = self.local(name) {
            return Reference::Ready(value.clone());
        }
        self.resolver.reference(name).unwrap_or_else(|| {
            let global = Self::global(name);
            Reference::Ready(
                global.unwrap_or_else(|| {
                    self.missing(name.to_string(), name, None, expression.piece)
                }),
            )
        })
    }

    /// An attribute or an item of a value; undefined when there is none.
    fn member(&mut self, owner: &Value, key: &Value, expression: &Expression) -> Answer {
        key.used()?;
        let found = match (owner, key) {
            (Value::Variables, Value::Text(name)) => self.resolver.by_name(name)?,
            _ => item(owner, key)?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        if let (Kind::Attribute(_, name), true) = (
            &expression.kind,
            key.as_text()
                .is_some_and(|name| method::exists(owner, name)),
        ) {
            return Ok(Value::Method(Arc::new((owner.clone(), Arc::clone(name)))));
        }
        let word = key.spell()?;
        let what = written(expression).unwrap_or_else(|| word.clone());
        Ok(self.missing(what, &word, Some(owner.clone()), expression.piece))
    }
}

/// An item of a value; `None` when there is none.
pub(in crate::syntax::template) fn item(
    owner: &Value,
    key: &Value,
) -> Result<Option<Value>, Fault> {
    Ok(match owner.used()? {
        Value::Map(map) => match key {
            Value::Text(word) => map.get(&Word(word)).cloned(),
            Value::List(_) | Value::Map(_) | Value::Lazy(_) => None,
            key => map.get(&Key::of(key.clone())?).cloned(),
        },
        Value::Lazy(lazy) => match key {
            Value::Text(word) => lazy.at(word).map_err(Fault::told)?.map(|data| data.0),
            _ => None,
        },
        Value::Namespace(map) => match key {
            Value::Text(word) => locked(map).get(&Word(word)).cloned(),
            _ => None,
        },
        Value::Tuple(items) if key.as_text().is_some() => match (items.as_slice(), key.as_text()) {
            // The groups of `groupby` have names for their two parts.
            ([grouper, Value::List(_)], Some("grouper")) => Some(grouper.clone()),
            ([_, list @ Value::List(_)], Some("list")) => Some(list.clone()),
            _ => None,
        },
        Value::List(items) | Value::Tuple(items) => {
            index(key, items.len()).and_then(|at| items.get(at).cloned())
        }
        Value::Range(range) => index(key, range.len()).and_then(|at| range.at(at)),
        Value::Text(text) => {
            let letter = index(key, text.chars().count()).and_then(|at| text.chars().nth(at));
            letter.map(|letter| Value::from(letter.to_string()))
        }
        Value::Time(_) | Value::Span(_) => match key {
            Value::Text(name) => method::property(owner, name),
            _ => None,
        },
        _ => None,
    })
}

fn index(key: &Value, length: usize) -> Option<usize> {
    let Value::Int(at) = key else { return None };
    let length = i128::try_from(length).ok()?;
    let at = if *at < 0 { *at + length } else { *at };
    usize::try_from(at).ok().filter(|_| at < length)
}

pub(super) fn locked(map: &Mutex<Map>) -> MutexGuard<'_, Map> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of a node under a key; `None` when it has none or is no list or mapping.
pub(in crate::syntax::template) fn part<'n>(node: &'n Node, key: &Value) -> Option<&'n Node> {
    match (&node.content, key) {
        (Content::Mapping(_), Value::Text(name)) => node
            .entries()
            .iter()
            .find(|(key, _)| key.as_text() == Some(name))
            .map(|(_, value)| value),
        (Content::Sequence(items), key) => items.get(index(key, items.len())?),
        _ => None,
    }
}

fn described(owner: &str, key: &Value) -> String {
    match key {
        Value::Text(name) => format!("{owner}.{name}"),
        key => format!("{owner}[{}]", key.spell().unwrap_or_default()),
    }
}

/// How a chain of names is written: `result.results[0].rc`.
fn written(expression: &Expression) -> Option<String> {
    match &expression.kind {
        Kind::Name(name) => Some(name.to_string()),
        Kind::Attribute(of, name) => Some(format!("{}.{name}", written(of)?)),
        Kind::Item(of, key) => {
            let owner = written(of)?;
            match &key.kind {
                Kind::Constant(key) => Some(format!("{owner}[{}]", key.literal().ok()?)),
                _ => Some(format!("{owner}[{}]", written(key)?)),
            }
        }
        _ => None,
    }
}

/// A piece of a text or a list.
pub(super) fn slice(of: &Value, bounds: [Option<i128>; 3]) -> Answer {
    let indices = |length: usize| indices(length, bounds);
    Ok(match of.used()? {
        Value::Text(text) => {
            let letters: Vec<char> = text.chars().collect();
            let chosen = indices(letters.len())?.into_iter();
            let chosen = chosen.filter_map(|at| letters.get(at));
            Value::from(chosen.collect::<String>())
        }
        Value::List(items) => Value::from(picked(items, indices(items.len())?)),
        Value::Tuple(items) => Value::tuple(picked(items, indices(items.len())?)),
        Value::Range(_) => {
            let items = of.items()?;
            Value::from(picked(&items, indices(items.len())?))
        }
        other => {
            return Err(Fault::failed(format!(
                "{} cannot be sliced",
                other.describe()
            )));
        }
    })
}

fn picked(items: &[Value], indices: Vec<usize>) -> Vec<Value> {
    let indices = indices.into_iter();
    indices.filter_map(|at| items.get(at).cloned()).collect()
}

/// The indices of a slice, as Python counts them.
fn indices(length: usize, [from, to, step]: [Option<i128>; 3]) -> Result<Vec<usize>, Fault> {
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Fault::failed("the step of a slice must not be 0"));
    }
    let (low, high) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let bound = |given: Option<i128>, default: i128| match given {
        None => default,
        Some(at) if at < 0 => (at.saturating_add(length)).max(low),
        Some(at) => at.min(high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let mut at = bound(from, first);
    let end = bound(to, last);
    let mut found = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        found.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    Ok(found)
}

/// `loop.cycle('odd', 'even')`
pub(super) fn cycled(current: &Value, given: &Given) -> Answer {
    let index = item(current, &Value::from("index0"))?
        .and_then(|index| index.as_int())
        .and_then(|index| usize::try_from(index).ok())
        .unwrap_or_default();
    let count = given.positional.len();
    let chosen = index
        .checked_rem(count)
        .and_then(|at| given.positional.get(at));
    match chosen {
        Some(value) => Ok(value.clone()),
        None => Err(Fault::failed("`loop.cycle` needs values")),
    }
}

#[cfg(test)]
mod tests {
    use super::indices;

    #[test]
    fn slices_count_as_pythons_do() {
        let of = |start, stop, step| indices(5, [start, stop, step]).unwrap();
        assert_eq!(of(None, None, None), [0, 1, 2, 3, 4]);
        assert_eq!(of(Some(1), Some(-1), None), [1, 2, 3]);
        assert_eq!(of(None, None, Some(-2)), [4, 2, 0]);
        assert_eq!(of(Some(-2), None, Some(-1)), [3, 2, 1, 0]);
        assert_eq!(of(Some(10), Some(20), None), [0_usize; 0]);
        assert_eq!(of(Some(-10), Some(2), None), [0, 1]);
        assert!(indices(5, [None, None, Some(0)]).is_err());
    }
}
