//! The schema of scenario files.

use serde_json::Value;
use serde_json::json;

use crate::lab::scenario::Kind;
use crate::lab::scenario::file;
use crate::schema::Templates;
use crate::schema::document;
use crate::schema::object;

/// The schema of scenario files of the lab.
pub fn scenario() -> Value {
    let mut host = object(file::HOST, Templates::None);
    let list = |name: &str| {
        let reference = json!({"$ref": format!("#/$defs/{name}")});
        json!({"type": "array", "items": reference})
    };
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    for (key, schema) in [
        ("scenario", json!({"enum": kinds})),
        ("mishaps", list("mishap")),
        ("rdp_mishaps", list("rdp_mishap")),
    ] {
        if let Some(slot) = host.pointer_mut(&format!("/properties/{key}")) {
            *slot = schema;
        }
    }
    let mut whole = object(file::FILE, Templates::None);
    if let Some(slot) = whole.pointer_mut("/properties/hosts") {
        *slot = json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/$defs/host"},
        });
    }
    document(
        "Scenario file of rdpfix's lab",
        whole,
        json!({
            "host": host,
            "mishap": object(file::MISHAP, Templates::None),
            "rdp_mishap": object(file::RDP_MISHAP, Templates::None),
        }),
    )
}
