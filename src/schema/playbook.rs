//! The schema of playbooks.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::playbook::language;
use crate::playbook::language::Arguments;
use crate::playbook::language::COLLECTIONS;
use crate::playbook::language::Fate;
use crate::playbook::language::Place;
use crate::schema::Templates;
use crate::schema::document;
use crate::schema::object;
use crate::schema::template;

/// Keys that hold true or false, or a template that gives it.
const FLAGS: [&str; 10] = [
    "any_errors_fatal",
    "check_mode",
    "diff",
    "force_handlers",
    "gather_facts",
    "ignore_errors",
    "ignore_unreachable",
    "no_log",
    "prove",
    "run_once",
];
/// Keys that hold a whole number, or a template that gives it.
const NUMBERS: [&str; 4] = ["delay", "retries", "throttle", "timeout"];
/// Keys that hold a text or a list of texts.
const TEXTS: [&str; 4] = ["hosts", "listen", "notify", "tags"];
/// Keys that hold an expression or a list of expressions.
const CONDITIONS: [&str; 4] = ["changed_when", "failed_when", "until", "when"];
/// Keys that hold a list of tasks and blocks.
const LISTS: [&str; 7] = [
    "always",
    "block",
    "handlers",
    "post_tasks",
    "pre_tasks",
    "rescue",
    "tasks",
];

/// The schema of playbooks. It sees keys, words and shapes; what depends on several places at once (handlers, variables,
/// files) only `rdpfix lint` sees.
pub fn playbook() -> Value {
    let imports = ["import_playbook", "ansible.builtin.import_playbook"];
    let mut definitions = definitions();
    if let Some(fields) = definitions.as_object_mut() {
        for (word, arguments) in language::modules() {
            fields.insert(definition(word, arguments), arguments_of(arguments));
        }
    }
    document(
        "Playbook of rdpfix",
        json!({
            "type": "array",
            "minItems": 1,
            "items": {
                "if": {"anyOf": imports.map(|key| json!({"required": [key]}))},
                "then": {"$ref": "#/$defs/import"},
                "else": {"$ref": "#/$defs/play"},
            },
        }),
        definitions,
    )
}

fn definitions() -> Value {
    json!({
            "play": mapping(Place::Play, &["hosts"]),
            "import": mapping(Place::Import, &[]),
            "block": mapping(Place::Block, &["block"]),
            "task": task(),
            "statement": {
                "if": {"required": ["block"]},
                "then": {"$ref": "#/$defs/block"},
                "else": {"$ref": "#/$defs/task"},
            },
            "statements": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/statement"}},
                    {"type": "null"},
                ],
            },
    })
}

/// A mapping with the keys of a place and no others.
fn mapping(place: Place, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties(place),
        "required": required,
        "additionalProperties": false,
    })
}

fn properties(place: Place) -> Map<String, Value> {
    language::keys(place)
        .filter(|(_, fate)| !matches!(fate, Fate::Refused(_)))
        .map(|(key, _)| (key.to_owned(), keyword(key)))
        .collect()
}

/// What a key of the language holds.
fn keyword(key: &str) -> Value {
    let text = json!({"type": ["string", "number", "boolean"]});
    let one_or_many = |one: Value| json!({"anyOf": [one, {"type": "array", "items": one}]});
    if FLAGS.contains(&key) {
        return json!({"anyOf": [{"type": "boolean"}, word_of_truth(), template()]});
    }
    if NUMBERS.contains(&key) {
        let digits = json!({"type": "string", "pattern": "^[0-9]+$"});
        return json!({"anyOf": [{"type": "number"}, digits, template()]});
    }
    if TEXTS.contains(&key) {
        return one_or_many(json!({"type": ["string", "number", "boolean", "null"]}));
    }
    if CONDITIONS.contains(&key) {
        return one_or_many(json!({"type": ["string", "boolean", "number", "null"]}));
    }
    if LISTS.contains(&key) {
        return json!({"$ref": "#/$defs/statements"});
    }
    match key {
        "control" => json!({
            "anyOf": [{"type": ["string", "number"]}, object(language::CONTROL, Templates::Allowed)],
        }),
        "vars" => json!({"type": ["object", "null"]}),
        "loop_control" => json!({"type": "object"}),
        "register" => json!({"type": "string"}),
        "name" => text,
        _ => json!({}),
    }
}

/// Words that YAML 1.2 leaves texts and that are read as truth here, quoted or not.
fn word_of_truth() -> Value {
    let words = ["yes", "no", "on", "off", "true", "false"].map(any_case);
    json!({"type": "string", "pattern": format!("^({})$", words.join("|"))})
}

/// A pattern for a word in letters of any size; groups that do not care about it are too new for many engines.
fn any_case(word: &str) -> String {
    let letter = |letter: char| format!("[{}{letter}]", letter.to_ascii_uppercase());
    word.chars().map(letter).collect()
}

/// A task: its keys, and exactly one module.
fn task() -> Value {
    let mut all = properties(Place::Task);
    let mut one = vec![
        json!({"required": ["action"]}),
        json!({"required": ["local_action"]}),
    ];
    for (word, arguments) in language::modules() {
        let reference = json!({"$ref": format!("#/$defs/{}", definition(word, arguments))});
        let qualified = COLLECTIONS.iter().map(|prefix| format!("{prefix}{word}"));
        let names = match arguments {
            Arguments::Resource(_) => vec![word.to_owned()],
            Arguments::Properties(_) | Arguments::Other => {
                std::iter::once(word.to_owned()).chain(qualified).collect()
            }
        };
        for name in names {
            one.push(json!({"required": [name]}));
            all.insert(name, reference.clone());
        }
    }
    json!({
        "type": "object",
        "properties": all,
        "patternProperties": {"^with_(items|list|dict)$": {}},
        "additionalProperties": false,
        "oneOf": one,
    })
}

/// The name under which a module's arguments are described.
fn definition(word: &str, arguments: Arguments) -> String {
    match arguments {
        Arguments::Other => "arguments".to_owned(),
        Arguments::Resource(_) | Arguments::Properties(_) => format!("arguments-of-{word}"),
    }
}

fn arguments_of(arguments: Arguments) -> Value {
    match arguments {
        Arguments::Resource(properties) | Arguments::Properties(properties) => json!({
            "anyOf": [object(properties, Templates::Allowed), {"type": ["string", "null"]}],
        }),
        Arguments::Other => json!({"type": ["object", "string", "null"]}),
    }
}
