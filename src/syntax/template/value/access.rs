//! Attributes, items and parts of values and of nodes.

use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::method;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::compare::Word;

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
        Value::List(items) | Value::Tuple(items) => {
            index(key, items.len()).and_then(|at| items.get(at).cloned())
        }
        Value::Range(range) => index(key, range.len()).and_then(|at| range.at(at)),
        Value::Text(text) => {
            let letter = index(key, text.chars().count()).and_then(|at| text.chars().nth(at));
            letter.map(|letter| Value::from(letter.to_string()))
        }
        Value::Time(_) => match key {
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

/// The part of a node under a key; `None` when it has none or is no mapping.
pub(in crate::syntax::template) fn part<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.content {
        Content::Mapping(_) => node
            .entries()
            .iter()
            .find(|(inner, _)| inner.as_text() == Some(key))
            .map(|(_, value)| value),
        _ => None,
    }
}
