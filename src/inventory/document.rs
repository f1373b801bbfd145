//! A file as a text: read, opened when ansible-vault encrypted it, and taken as UTF-8.

use std::path::Path;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::inventory::source::Reading;
use crate::syntax;

/// Reads a file.
pub(super) fn read(path: &Path, reading: &Reading) -> Result<Arc<Source>, Box<Diagnostic>> {
    let name = path.display().to_string();
    let bytes = reading.files.read(path).map_err(|error| {
        Diagnostic::error("unreadable", format!("cannot read `{name}`: {error}"))
    })?;
    syntax::document(&name, without_strange_comments(bytes), &reading.keyring)
}

/// Comments of INI inventories may have any bytes; each such line is blanked.
fn without_strange_comments(mut bytes: Vec<u8>) -> Vec<u8> {
    if std::str::from_utf8(&bytes).is_ok() {
        return bytes;
    }
    for line in bytes.split_mut(|byte| *byte == b'\n') {
        if line.starts_with(b"#") || line.starts_with(b";") {
            line.fill(b' ');
        }
    }
    bytes
}
