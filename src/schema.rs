//! JSON Schemas of the formats that people write and programs read, made from the tables that parse them.
//!
//! For editors, which complete and check while somebody types; `rdpfix lint` sees more than a schema can say.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::syntax::Property;
use crate::syntax::Shape;

mod inventory;
mod jobs;
mod playbook;
mod scenario;
mod waivers;

pub use crate::schema::inventory::inventory;
pub use crate::schema::jobs::jobs;
pub use crate::schema::playbook::playbook;
pub use crate::schema::scenario::scenario;
pub use crate::schema::waivers::waivers;

/// The dialect of every schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of the lines that `--reporter jsonl` writes. It is written by hand, because nothing here parses them; tests
/// hold it against what is written.
pub const JSONL: &str = include_str!("../docs/reference/jsonl.schema.json");

/// A text with a template in it, which may stand for a value of any shape.
fn template() -> Value {
    json!({"type": "string", "pattern": r"\{\{|\{%"})
}

/// What a value of this shape may look like, templates apart.
fn plain(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": ["string", "number", "boolean"], "minLength": 1}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Integer { min, max } => {
            json!({"type": "integer", "minimum": min, "maximum": max})
        }
        Shape::Word(words) => word(words),
        Shape::Words(words) => {
            json!({"anyOf": [word(words), {"type": "array", "items": word(words)}]})
        }
        Shape::Texts => {
            let text = plain(Shape::Text);
            json!({"anyOf": [text, {"type": "array", "items": text}]})
        }
        Shape::Any => json!({}),
    }
}

fn word(words: &[&str]) -> Value {
    json!({"enum": words})
}

/// Whether templates may stand for values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Templates {
    /// They may.
    Allowed,
    /// The file is read as it stands.
    None,
}

/// A mapping with these keys and no others.
fn object(properties: &[Property], templates: Templates) -> Value {
    let described = properties.iter().map(|property| {
        let shape = plain(property.shape);
        let value = match (templates, property.shape) {
            (_, Shape::Any) | (Templates::None, _) => shape,
            (Templates::Allowed, _) => json!({"anyOf": [shape, template()]}),
        };
        (property.name.to_owned(), about(value, property.about))
    });
    let required: Vec<&str> = properties
        .iter()
        .filter(|property| property.required)
        .map(|property| property.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "properties": described.collect::<Map<String, Value>>(),
        "additionalProperties": false,
    });
    if let (Some(fields), false) = (schema.as_object_mut(), required.is_empty()) {
        fields.insert("required".to_owned(), json!(required));
    }
    schema
}

/// The schema with a sentence for people.
fn about(mut schema: Value, sentence: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), json!(sentence));
    }
    schema
}

/// A whole document.
fn document(title: &str, schema: Value, definitions: Value) -> Value {
    let mut whole = json!({"$schema": DIALECT, "title": title});
    if let (Some(whole), Value::Object(fields)) = (whole.as_object_mut(), schema) {
        whole.extend(fields);
        if definitions != Value::Null {
            whole.insert("$defs".to_owned(), definitions);
        }
    }
    whole
}
