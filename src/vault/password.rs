//! Vault passwords, and the promise of one that is fetched when it is needed.

use std::fmt;

use zeroize::Zeroizing;

use crate::secret::Secret;

/// A vault password: bytes, because password files need not be UTF-8. It cannot be printed and is cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Takes bytes into custody.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing in it; no vault has such a password.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Secret> for Password {
    fn from(secret: Secret) -> Self {
        Self::new(secret.reveal())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(hidden)")
    }
}

/// Where a password comes from that is not at hand yet: a person, a program, an encrypted file.
pub trait PasswordSource: Send + Sync {
    /// The password. Asked at most once, when the first encrypted text is met; may take as long as a person takes. The
    /// error says which source has none and why: lower case, no full stop.
    fn fetch(&self) -> Result<Password, String>;
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn debug_output_hides_the_password() {
        assert_eq!(
            format!("{:?}", Password::new("hunter2")),
            "Password(hidden)"
        );
    }
}
