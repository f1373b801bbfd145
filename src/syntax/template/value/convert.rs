//! Values from data and nodes, and back.

use std::sync::Arc;

use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::number;
use crate::syntax::template::value::spell::DEPTH;

/// A value of data that came from elsewhere.
pub(in crate::syntax::template) fn of_json(data: serde_json::Value) -> Value {
    match data {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => {
            let whole = number.as_i64().map(i128::from);
            match whole.or_else(|| number.as_u64().map(i128::from)) {
                Some(whole) => Value::Int(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            }
        }
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => {
            Value::from(items.into_iter().map(of_json).collect::<Vec<_>>())
        }
        serde_json::Value::Object(entries) => Value::from(
            entries
                .into_iter()
                .map(|(name, data)| (Key::text(&name), of_json(data)))
                .collect::<Map>(),
        ),
    }
}

/// What a YAML text without templates says.
pub(in crate::syntax::template) fn of_node(node: &Node) -> Result<Value, Fault> {
    Ok(match &node.content {
        Content::Null => Value::None,
        Content::Bool(truth) => Value::Bool(*truth),
        Content::Int(number) => Value::Int((*number).into()),
        Content::Float(number) => Value::Float(*number),
        Content::Text(text) | Content::Unsafe(text) => Value::from(text.as_str()),
        Content::Sealed(_) => {
            return Err(Fault::failed(
                "an encrypted value cannot stand here".to_owned(),
            ));
        }
        Content::Sequence(items) => {
            let items: Result<Vec<Value>, Fault> = items.iter().map(of_node).collect();
            Value::from(items?)
        }
        Content::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(Key::of(of_node(key)?)?, of_node(value)?);
            }
            Value::from(map)
        }
    })
}

/// The value as data; fails when something in it is undefined or has no form in data.
pub(in crate::syntax::template) fn to_json(value: &Value) -> Result<serde_json::Value, Fault> {
    json_at(value, 0)
}

fn json_at(value: &Value, depth: usize) -> Result<serde_json::Value, Fault> {
    if depth > DEPTH {
        return Err(Fault::too_deep());
    }
    Ok(match value.used()? {
        Value::None => serde_json::Value::Null,
        Value::Bool(truth) => serde_json::Value::Bool(*truth),
        Value::Int(number) => json_number(*number),
        // What JSON has no number for becomes the text that Python writes.
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or_else(
            || serde_json::Value::String(value.spell().unwrap_or_default()),
            serde_json::Value::Number,
        ),
        Value::Text(text) => serde_json::Value::String(text.to_string()),
        Value::List(items) | Value::Tuple(items) => serde_json::Value::Array(
            items
                .iter()
                .filter(|item| !matches!(item, Value::Omit))
                .map(|item| json_at(item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Value::Time(_) => serde_json::Value::String(value.spell()?),
        other => match other.entries()? {
            Some(map) => {
                let mut object = serde_json::Map::new();
                for (key, value) in map
                    .iter()
                    .filter(|(_, value)| !matches!(value, Value::Omit))
                {
                    object.insert(json_key(key.value())?, json_at(value, depth + 1)?);
                }
                serde_json::Value::Object(object)
            }
            None => return Err(not_data(other)),
        },
    })
}

fn json_number(number: i128) -> serde_json::Value {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => number.into(),
        (Err(_), Ok(number)) => number.into(),
        (Err(_), Err(_)) => serde_json::Number::from_f64(number::real(number))
            .map_or(serde_json::Value::Null, serde_json::Value::Number),
    }
}

/// Keys that are no texts become the words that JSON has for them.
pub(in crate::syntax::template) fn json_key(key: &Value) -> Result<String, Fault> {
    match key {
        Value::None => Ok("null".to_owned()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => other.spell(),
    }
}

fn not_data(value: &Value) -> Fault {
    let fault = Fault::failed(format!("{} is no data", value.describe()));
    match value {
        Value::Range(_) => fault.help("make a list of it: `| list`"),
        Value::Foreign => fault.help("call it: `()`"),
        _ => fault,
    }
}

/// The value as a node at the place of the template; `None` when it is `omit`.
pub(in crate::syntax::template) fn to_node(
    value: &Value,
    span: &Span,
) -> Result<Option<Node>, Fault> {
    node_at(value, span, 0)
}

fn node_at(value: &Value, span: &Span, depth: usize) -> Result<Option<Node>, Fault> {
    if depth > DEPTH {
        return Err(Fault::too_deep());
    }
    let content = match value.used()? {
        Value::Omit => return Ok(None),
        Value::None => Content::Null,
        Value::Bool(truth) => Content::Bool(*truth),
        // Beyond 64 bits the digits are kept as a text, as they are when a file has them.
        Value::Int(number) => {
            i64::try_from(*number).map_or_else(|_| Content::Text(number.to_string()), Content::Int)
        }
        Value::Float(number) => Content::Float(*number),
        Value::Text(text) => Content::Text(text.to_string()),
        Value::Time(_) => Content::Text(value.spell()?),
        Value::List(items) | Value::Tuple(items) => Content::Sequence(
            items
                .iter()
                .filter_map(|item| node_at(item, span, depth + 1).transpose())
                .collect::<Result<_, _>>()?,
        ),
        other => match other.entries()? {
            Some(map) => Content::Mapping(node_entries(&map, span, depth)?),
            None => return Err(not_data(other)),
        },
    };
    Ok(Some(Node {
        span: span.clone(),
        content,
    }))
}

fn node_entries(map: &Arc<Map>, span: &Span, depth: usize) -> Result<Vec<(Node, Node)>, Fault> {
    let mut entries = Vec::new();
    for (key, value) in map.iter() {
        let key = node_at(key.value(), span, depth + 1)?;
        if let (Some(key), Some(value)) = (key, node_at(value, span, depth + 1)?) {
            entries.push((key, value));
        }
    }
    Ok(entries)
}
