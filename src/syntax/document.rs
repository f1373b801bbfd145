//! A file as a text: opened when ansible-vault encrypted it, and taken as UTF-8.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::source_from_bytes;
use crate::vault::Keyring;
use crate::vault::Sealed;
use crate::vault::is_vault;

/// What stands in a file of this name. What was encrypted is secret: its lines are never shown.
///
/// # Errors
///
/// `vault-closed` when no password opens it, `vault-broken` when none could, and `not-utf8`.
pub fn document(
    name: &str,
    bytes: Vec<u8>,
    keyring: &Keyring,
) -> Result<Arc<Source>, Box<Diagnostic>> {
    if !is_vault(&bytes) {
        return Ok(source_from_bytes(name, bytes)?);
    }
    let sealed = Sealed {
        text: String::from_utf8_lossy(&bytes).into_owned(),
    };
    match keyring.open_file(&sealed) {
        Ok(text) => Ok(Arc::new(Source {
            name: name.to_owned(),
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
