//! The schema of waiver files.

use serde_json::Value;
use serde_json::json;

use crate::control::LONGEST_ID;
use crate::schema::Templates;
use crate::schema::document;
use crate::schema::object;
use crate::waiver;

/// A day; a validator may know that YAML has dates, and see it as a text nevertheless.
const DAY: &str = r"^\s*[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\s*$";

/// The schema of waiver files: a list, a mapping with `waivers`, or as InSpec has it a mapping from controls.
pub fn waivers() -> Value {
    let list = json!({"type": "array", "items": {"$ref": "#/$defs/waiver"}});
    let under_a_key = json!({
        "type": "object",
        "properties": {"waivers": {"anyOf": [list, {"type": "null"}]}},
        "required": ["waivers"],
        "additionalProperties": false,
    });
    let by_control = json!({
        "type": "object",
        "not": {"required": ["waivers"]},
        "propertyNames": {"pattern": id()},
        "additionalProperties": {"$ref": "#/$defs/waiver_of_control"},
    });
    document(
        "Waiver file of rdpfix",
        json!({"oneOf": [list, under_a_key, by_control, {"type": "null"}]}),
        json!({
            "waiver": entry(&[]),
            "waiver_of_control": entry(&["control"]),
        }),
    )
}

/// The letters that identify a control.
fn id() -> String {
    format!(r"^\s*[A-Za-z0-9._:-]{{1,{LONGEST_ID}}}\s*$")
}

/// A waiver, without the keys that are said elsewhere. Each key may be called as InSpec calls it, and not by both words.
fn entry(elsewhere: &[&str]) -> Value {
    let mut entry = object(waiver::KEYS, Templates::None);
    let Some(fields) = entry.as_object_mut() else {
        return entry;
    };
    let mut rules = Vec::new();
    if let Some(Value::Object(known)) = fields.get_mut("properties") {
        for (key, value) in known.iter_mut() {
            if let (Value::Object(value), Some(Value::Object(more))) = (value, shape(key)) {
                value.remove("anyOf");
                value.extend(more);
            }
        }
        for (theirs, ours) in waiver::ALIASES {
            if elsewhere.contains(&ours) {
                continue;
            }
            let value = known.get(ours).cloned().unwrap_or_default();
            known.insert(theirs.to_owned(), value);
            rules.push(json!({"oneOf": [{"required": [ours]}, {"required": [theirs]}]}));
        }
        for key in elsewhere {
            known.remove(*key);
        }
    }
    let has_own_rule = |key: &Value| waiver::ALIASES.iter().any(|(_, ours)| key == ours);
    if let Some(Value::Array(required)) = fields.get_mut("required") {
        required.retain(|key| !has_own_rule(key));
    }
    fields.insert("allOf".to_owned(), Value::Array(rules));
    entry
}

/// What the value of a key looks like; `None` where its table says it all.
fn shape(key: &str) -> Option<Value> {
    let says_something = json!({"type": ["string", "number"], "pattern": r"\S"});
    match key {
        "hosts" => Some(json!({"anyOf": [says_something, {
            "type": "array",
            "items": {"type": ["string", "number"], "minLength": 1},
            "contains": says_something,
        }]})),
        "control" => Some(json!({"type": ["string", "number"], "pattern": id()})),
        "owner" | "reason" => Some(says_something),
        "expires" => Some(json!({"type": "string", "pattern": DAY})),
        _ => None,
    }
}
