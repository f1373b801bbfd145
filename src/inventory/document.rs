//! A file as a text: read, opened when ansible-vault encrypted it, and taken as UTF-8.

use std::path::Path;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::source_from_bytes;
use crate::inventory::source::Reading;
use crate::vault::Sealed;
use crate::vault::is_vault;

/// Reads a file.
pub(super) fn read(path: &Path, reading: &Reading) -> Result<Arc<Source>, Box<Diagnostic>> {
    let name = path.display().to_string();
    let bytes = reading.files.read(path).map_err(|error| {
        Diagnostic::error("unreadable", format!("cannot read `{name}`: {error}"))
    })?;
    let is_secret = is_vault(&bytes);
    let source = source_from_bytes(&name, without_strange_comments(bytes))?;
    if !is_secret {
        return Ok(source);
    }
    let sealed = Sealed {
        text: source.text.clone(),
    };
    match reading.keyring.open_file(&sealed) {
        Ok(text) => Ok(Arc::new(Source {
            name,
            text: text.reveal().to_owned(),
            secret: true,
        })),
        Err(error) => {
            let text = format!("cannot open `{name}`: {error}");
            Err(Box::new(if error.is_locked() {
                Diagnostic::error("vault-closed", text)
                    .help("name a password with `--vault-password-file FILE`, `--vault-id LABEL@FILE` or `-J`")
            } else {
                Diagnostic::error("vault-broken", text)
                    .help("take the file from a backup or the history of versions; what is lost of it cannot be had from the rest")
            }))
        }
    }
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
