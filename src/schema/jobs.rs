//! The schema of job files.

use serde_json::Value;
use serde_json::json;

use crate::job::keys;
use crate::schema::Templates;
use crate::schema::document;
use crate::schema::object;

/// A duration. Days have 24 hours, and there are no longer units than weeks.
const DURATION: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*[a-zA-Zµ]+.*$";

/// A time of the day, which YAML takes for a number in base 60 when it has no quotes.
const TIME: &str = r"^([01][0-9]|2[0-3]):[0-5][0-9]$";

/// One day, or the first and the last of several.
const DAYS: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$";

/// The schema of job files.
pub fn jobs() -> Value {
    let mut file = object(keys::FILE, Templates::None);
    refine(
        &mut file,
        "jobs",
        json!({"type": "array", "minItems": 1, "items": reference("job")}),
    );
    refine(&mut file, "defaults", reference("defaults"));
    let mut job = object(keys::JOB, Templates::None);
    let mut defaults = object(keys::DEFAULTS, Templates::None);
    for mapping in [&mut job, &mut defaults] {
        keys_of_jobs(mapping);
        exclusive(mapping, "cron", "every");
    }
    refine(
        &mut job,
        "name",
        json!({"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"}),
    );
    document(
        "Job file of rdpfix",
        file,
        json!({
            "job": job,
            "defaults": defaults,
            "duration": {"type": "string", "pattern": DURATION},
            "splay": splay(),
            "retries": retries(),
            "window": window(),
            "webhook": webhook(),
        }),
    )
}

fn keys_of_jobs(mapping: &mut Value) {
    for key in ["every", "deadline"] {
        refine(mapping, key, reference("duration"));
    }
    refine(
        mapping,
        "splay",
        either(&reference("duration"), &reference("splay")),
    );
    refine(mapping, "retries", either(&count(), &reference("retries")));
    for key in ["windows", "blackouts"] {
        refine(mapping, key, several(&reference("window")));
    }
    refine(mapping, "notify", hooks());
}

fn hooks() -> Value {
    let hook = reference("webhook");
    either(&hook, &json!({"type": "array", "items": hook}))
}

fn splay() -> Value {
    let mut splay = object(keys::SPLAY, Templates::None);
    refine(&mut splay, "up_to", reference("duration"));
    splay
}

fn retries() -> Value {
    let mut retries = object(keys::RETRIES, Templates::None);
    refine(&mut retries, "delay", reference("duration"));
    retries
}

fn window() -> Value {
    let mut window = object(keys::WINDOW, Templates::None);
    let time = |pattern: &str| {
        either(
            &json!({"type": "string", "pattern": pattern}),
            &json!({"type": "integer"}),
        )
    };
    refine(&mut window, "from", time(TIME));
    refine(&mut window, "to", time(&format!("{TIME}|^24:00$")));
    let days = json!({"type": "string", "pattern": DAYS});
    refine(
        &mut window,
        "dates",
        either(&days, &json!({"type": "array", "items": days})),
    );
    if let Some(fields) = window.as_object_mut() {
        fields.insert("minProperties".to_owned(), json!(1));
    }
    window
}

fn webhook() -> Value {
    let mut webhook = object(keys::WEBHOOK, Templates::None);
    refine(
        &mut webhook,
        "url",
        json!({"pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s]+([/?#]\S*)?$"}),
    );
    refine(&mut webhook, "timeout", reference("duration"));
    refine(
        &mut webhook,
        "retries",
        either(&count(), &reference("retries")),
    );
    let text = json!({"type": ["string", "number", "boolean"]});
    refine(
        &mut webhook,
        "headers",
        json!({"type": "object", "additionalProperties": text}),
    );
    exclusive(&mut webhook, "token_env", "token_file");
    webhook
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": keys::MOST_RETRIES})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn either(one: &Value, other: &Value) -> Value {
    json!({"anyOf": [one, other]})
}

/// One, or a list with at least one.
fn several(one: &Value) -> Value {
    either(one, &json!({"type": "array", "minItems": 1, "items": one}))
}

/// Says more about the value of a key; its description stays.
fn refine(mapping: &mut Value, key: &str, more: Value) {
    let slot = mapping.pointer_mut(&format!("/properties/{key}"));
    if let (Some(Value::Object(slot)), Value::Object(more)) = (slot, more) {
        slot.extend(more);
    }
}

/// Keys of which a mapping has one at most.
fn exclusive(mapping: &mut Value, one: &str, other: &str) {
    if let Some(fields) = mapping.as_object_mut() {
        fields.insert("not".to_owned(), json!({"required": [one, other]}));
    }
}
