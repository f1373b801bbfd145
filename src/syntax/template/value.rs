//! Between nodes and the values of the template engine.

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;

/// Ansible's `bool`: words of truth are true, everything else is false.
#[expect(clippy::needless_pass_by_value, reason = "the signature of filters")]
pub(super) fn as_ansible_bool(value: Value) -> bool {
    match value.kind() {
        ValueKind::Bool => value.is_true(),
        ValueKind::Number => value.as_i64() == Some(1),
        _ => value.as_str().is_some_and(|text| {
            matches!(
                text.to_lowercase().as_str(),
                "yes" | "on" | "1" | "true" | "t" | "y"
            )
        }),
    }
}

pub(super) fn of_json(data: serde_json::Value) -> Value {
    match data {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(truth) => Value::from(truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(real)) => Value::from(real),
            (None, None) => Value::from(number.to_string()),
        },
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => items.into_iter().map(of_json).collect(),
        serde_json::Value::Object(entries) => Value::from_pairs(
            entries
                .into_iter()
                .map(|(name, data)| (name, of_json(data))),
        ),
    }
}

pub(super) fn to_json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// What a template gave, at the place of the template.
pub(super) fn of_value(value: &Value, span: &Span) -> Node {
    let node = |content| Node {
        span: span.clone(),
        content,
    };
    let items = |value: &Value| -> Vec<Node> {
        value
            .try_iter()
            .map(|items| items.map(|item| of_value(&item, span)).collect())
            .unwrap_or_default()
    };
    node(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Content::Null,
        ValueKind::Bool => Content::Bool(value.is_true()),
        ValueKind::Number => match value.as_i64() {
            Some(number) if value.is_integer() => Content::Int(number),
            _ => value
                .to_string()
                .parse()
                .map_or_else(|_| Content::Text(value.to_string()), Content::Float),
        },
        ValueKind::Seq | ValueKind::Iterable => Content::Sequence(items(value)),
        ValueKind::Map => Content::Mapping(
            items(value)
                .into_iter()
                .zip(value.try_iter().into_iter().flatten())
                .map(|(key, name)| {
                    let inner = value.get_item(&name).unwrap_or_default();
                    (key, of_value(&inner, span))
                })
                .collect(),
        ),
        _ => Content::Text(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        ),
    })
}
