//! What answers look like and what may be asked, as data: the description of the API is made from it, and requests are
//! held against it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// A kind of value in an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A moment, RFC 3339 in UTC.
    Time,
    /// A day.
    Day,
    /// A whole number, 0 or more.
    Count,
    /// True or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any number of these.
    List(&'static Shape),
    /// This, or null.
    Maybe(&'static Shape),
    /// An object that has a name.
    Object(&'static Object),
    /// Counts by word: an object with these keys.
    Counts(&'static [&'static str]),
    /// Any JSON value.
    Any,
    /// An object whose keys are names that somebody gave.
    ByName(&'static Shape),
    /// A field that is left out when there is nothing to say.
    Optional(&'static Shape),
}

/// An object with exactly these fields.
#[derive(Debug)]
pub(super) struct Object {
    /// Its name in the description.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) about: &'static str,
    /// Name, kind and meaning of each field.
    pub(super) fields: &'static [(&'static str, Shape, &'static str)],
}

impl Shape {
    /// As JSON Schema; objects are referred to by name.
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Day => json!({"type": "string", "format": "date"}),
            Self::Count => json!({"type": "integer", "minimum": 0}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::List(item) => json!({"type": "array", "items": item.schema()}),
            Self::Maybe(shape) => json!({"anyOf": [shape.schema(), {"type": "null"}]}),
            Self::Object(object) => {
                json!({"$ref": format!("#/components/schemas/{}", object.name)})
            }
            Self::Any => json!({}),
            Self::ByName(shape) => {
                json!({"type": "object", "additionalProperties": shape.schema()})
            }
            Self::Optional(shape) => shape.schema(),
            Self::Counts(words) => {
                let count = || Self::Count.schema();
                let fields: Map<String, Value> = words
                    .iter()
                    .map(|word| ((*word).to_owned(), count()))
                    .collect();
                json!({
                    "type": "object",
                    "properties": fields,
                    "required": words,
                    "additionalProperties": false,
                })
            }
        }
    }

    /// The objects in it, and those in them, by name.
    pub(super) fn collect(&self, schemas: &mut Map<String, Value>) {
        match self {
            Self::List(inner)
            | Self::Maybe(inner)
            | Self::ByName(inner)
            | Self::Optional(inner) => inner.collect(schemas),
            Self::Object(object) if !schemas.contains_key(object.name) => {
                schemas.insert(object.name.to_owned(), object.schema());
                for (_, shape, _) in object.fields {
                    shape.collect(schemas);
                }
            }
            Self::Text
            | Self::Time
            | Self::Day
            | Self::Count
            | Self::Flag
            | Self::Word(_)
            | Self::Any
            | Self::Object(_)
            | Self::Counts(_) => {}
        }
    }
}

impl Object {
    fn schema(&self) -> Value {
        let mut fields = Map::new();
        let mut names = Vec::new();
        for (name, shape, about) in self.fields {
            let mut schema = shape.schema();
            if let Value::Object(schema) = &mut schema {
                schema.insert("description".to_owned(), (*about).into());
            }
            fields.insert((*name).to_owned(), schema);
            if !matches!(shape, Shape::Optional(_)) {
                names.push(*name);
            }
        }
        json!({
            "type": "object",
            "description": self.about,
            "properties": fields,
            "required": names,
            "additionalProperties": false,
        })
    }
}

/// Something that a request may say.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name in the path or in the query.
    pub(super) name: &'static str,
    /// What it may be.
    pub(super) kind: Kind,
    /// What it does.
    pub(super) about: &'static str,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of the path: any text that is not empty.
    Segment,
    /// Any text of at most [`LONGEST_TEXT`] characters; left out, it restricts nothing.
    Text,
    /// The key after which the page begins; left out, the first page.
    Cursor,
    /// The place after which the page begins: three numbers; left out, the first page.
    Place,
    /// From 1 to `most`.
    Count {
        /// The most.
        most: u32,
        /// When nothing is said.
        usual: u32,
    },
    /// One of these words; the first when nothing is said.
    Word(&'static [&'static str]),
}

/// The longest text that is searched for, in characters.
pub(super) const LONGEST_TEXT: usize = 256;
/// The longest cursor, in characters; names of hosts are shorter.
const LONGEST_CURSOR: usize = 1024;

impl Parameter {
    /// Whether it is a part of the path; all others stand in the query.
    pub(super) fn is_of_path(&self) -> bool {
        self.kind == Kind::Segment
    }

    /// As the description has it.
    pub(super) fn described(&self) -> Value {
        let schema = match self.kind {
            Kind::Segment => json!({"type": "string", "minLength": 1}),
            Kind::Text => json!({"type": "string", "maxLength": LONGEST_TEXT}),
            Kind::Cursor => json!({"type": "string", "maxLength": LONGEST_CURSOR}),
            Kind::Place => {
                json!({"type": "string", "pattern": "^[0-9]{1,15}[.][0-9]{1,15}[.][0-9]{1,15}$"})
            }
            Kind::Count { most, usual } => {
                json!({"type": "integer", "minimum": 1, "maximum": most, "default": usual})
            }
            Kind::Word(words) => {
                json!({"type": "string", "enum": words, "default": words.first()})
            }
        };
        json!({
            "name": self.name,
            "in": if self.is_of_path() { "path" } else { "query" },
            "required": self.is_of_path(),
            "description": self.about,
            "schema": schema,
        })
    }

    /// What is wrong with a text for it; `None` when it fits.
    pub(super) fn mistake(&self, text: &str) -> Option<String> {
        let longer = |most: usize| text.chars().nth(most).is_some();
        let name = self.name;
        match self.kind {
            Kind::Segment => text.is_empty().then(|| format!("`{name}` is empty")),
            Kind::Text if longer(LONGEST_TEXT) => {
                Some(format!("`{name}` has more than {LONGEST_TEXT} characters"))
            }
            Kind::Cursor if longer(LONGEST_CURSOR) => Some(format!(
                "`{name}` has more than {LONGEST_CURSOR} characters"
            )),
            Kind::Text | Kind::Cursor => None,
            Kind::Place => {
                let numbers: Vec<&str> = text.split('.').collect();
                let is_number = |part: &&str| {
                    (1..=15).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                };
                let fits = numbers.len() == 3 && numbers.iter().all(is_number);
                (!fits).then(|| format!("`{name}` is the `next` of a page before"))
            }
            Kind::Count { most, .. } => {
                let plain = text.bytes().all(|byte| byte.is_ascii_digit());
                let fits = plain && text.parse().is_ok_and(|count| (1..=most).contains(&count));
                (!fits).then(|| format!("`{name}` is a number from 1 to {most}"))
            }
            Kind::Word(words) => (!words.contains(&text))
                .then(|| format!("`{name}` is one of: {}", words.join(", "))),
        }
    }
}
