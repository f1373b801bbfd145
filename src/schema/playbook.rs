//! The schema of playbooks.

use serde_json::Value;
use serde_json::json;

use crate::schema::document;

/// The schema of playbooks.
pub fn playbook() -> Value {
    document("Playbook of rdpfix", json!({"type": "array"}), Value::Null)
}
