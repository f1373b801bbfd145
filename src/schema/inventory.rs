//! The schema of YAML inventories.

use serde_json::Value;
use serde_json::json;

use crate::schema::document;

/// The schema of inventories in YAML: groups at the top, each with `hosts`, `vars` and `children`. Variables may be
/// anything; what those of a connection must be like, `rdpfix inventory` tells.
pub fn inventory() -> Value {
    let variables = json!({"type": ["object", "null"]});
    let group = json!({
        "type": ["object", "null"],
        "properties": {
            "hosts": {
                "description": "The hosts, each with its variables; `web[01:20]` stands for twenty.",
                "type": ["object", "string", "null"],
                "additionalProperties": {"$ref": "#/$defs/variables"},
            },
            "vars": {
                "description": "Variables of every host in the group.",
                "$ref": "#/$defs/variables",
            },
            "children": {
                "description": "Groups whose hosts belong to this one too.",
                "type": ["object", "string", "null"],
                "additionalProperties": {"$ref": "#/$defs/group"},
            },
        },
        "additionalProperties": false,
    });
    document(
        "Inventory of rdpfix, in Ansible's YAML",
        json!({
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/$defs/group"},
            "not": {"type": "object", "required": ["plugin"]},
        }),
        json!({"group": group, "variables": variables}),
    )
}
