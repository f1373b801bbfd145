//! Texts that ansible-vault encrypted: [`Sealed`], and the [`Keyring`] that opens and makes them.
//!
//! Knows the format and the cryptography; must not know YAML, files or terminals. The passwords come from outside.

use thiserror::Error;

mod cipher;
mod envelope;
mod keyring;
mod password;

pub use crate::vault::envelope::Flaw;
pub use crate::vault::keyring::Keyring;
pub use crate::vault::keyring::Matching;
pub use crate::vault::keyring::Opened;
pub use crate::vault::password::Password;
pub use crate::vault::password::PasswordSource;

/// The vault id of a password that got no label.
pub const DEFAULT_ID: &str = "default";

/// What every text of ansible-vault begins with.
pub const HEADER: &str = "$ANSIBLE_VAULT";

/// An encrypted text as it stands in a file, header included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// `$ANSIBLE_VAULT;1.1;AES256` and the lines of digits below it, as written but without indentation.
    pub text: String,
}

impl Sealed {
    /// Whether the text is whole, which can be told without a password. A whole text may still be damaged.
    pub fn check(&self) -> Result<(), Flaw> {
        envelope::Envelope::read(self.text.as_bytes()).map(|_| ())
    }

    /// The vault id in its header; a hint only, because nothing protects it.
    pub fn label(&self) -> Option<String> {
        envelope::Envelope::read(self.text.as_bytes()).ok()?.label
    }
}

/// Why a text stays closed, or cannot be closed. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No password was given at all.
    #[error("it is encrypted, and no vault password was given")]
    NoPassword,
    /// None of the passwords fits.
    #[error(
        "none of the vault passwords opens it (tried: {}), or it was changed afterwards",
        .tried.join(", ")
    )]
    WrongPassword {
        /// The vault ids that were tried, in that order.
        tried: Vec<String>,
    },
    /// Passwords were promised, and none of them could be had.
    #[error("no vault password could be had: {}", .reasons.join("; "))]
    Unavailable {
        /// Why, for each source.
        reasons: Vec<String>,
    },
    /// No password has this vault id.
    #[error("no vault password has the vault id `{wanted}` (known: {})", .known.join(", "))]
    UnknownId {
        /// The vault id that was asked for.
        wanted: String,
        /// The vault ids with a password.
        known: Vec<String>,
    },
    /// The text is no vault text.
    #[error("it is not a text of ansible-vault: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The text was one of ansible-vault before something happened to it.
    #[error("it is a damaged text of ansible-vault: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// It opens, and what is in it is no UTF-8.
    #[error("it holds bytes that are no UTF-8 text")]
    NotText,
    /// What is to be encrypted is a vault already.
    #[error("it is already encrypted")]
    AlreadyEncrypted,
}

impl VaultError {
    /// Whether another password may open it; else the text itself is at fault.
    pub fn is_locked(&self) -> bool {
        match self {
            Self::NoPassword
            | Self::WrongPassword { .. }
            | Self::Unavailable { .. }
            | Self::UnknownId { .. } => true,
            Self::Malformed { .. }
            | Self::Damaged { .. }
            | Self::NotText
            | Self::AlreadyEncrypted => false,
        }
    }
}

/// Whether a file's bytes are a vault as a whole.
pub fn is_vault(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::Keyring;
    use super::Matching;
    use super::Password;
    use super::PasswordSource;
    use super::Sealed;
    use super::VaultError;
    use crate::secret::Secret;

    /// Both made by `ansible-vault` with the password `test-password` and the salt `0123456789abcdef0123456789abcdef`.
    const PLAIN: &str = include_str!("vault/golden/plain.vault");
    const LABELLED: &str = include_str!("vault/golden/labelled.vault");

    fn keyring(passwords: &[(&str, &str)]) -> Keyring {
        let passwords = passwords
            .iter()
            .map(|(id, password)| ((*id).to_owned(), Secret::new(*password)))
            .collect();
        Keyring::new(passwords)
    }

    fn sealed(text: &str) -> Sealed {
        Sealed {
            text: text.to_owned(),
        }
    }

    fn opened(keyring: &Keyring, text: &str) -> Result<String, VaultError> {
        keyring
            .open(&sealed(text))
            .map(|secret| secret.reveal().to_owned())
    }

    struct Counted(Arc<AtomicUsize>, Result<&'static str, &'static str>);

    impl PasswordSource for Counted {
        fn fetch(&self) -> Result<Password, String> {
            self.0.fetch_add(1, Ordering::SeqCst);
            self.1.map(Password::new).map_err(str::to_owned)
        }
    }

    #[test]
    fn golden_texts_open() {
        let keyring = keyring(&[("other", "wrong"), ("prod", "test-password")]);
        assert_eq!(
            opened(&keyring, PLAIN),
            Ok("secret_value: hunter2\n".into())
        );
        assert_eq!(opened(&keyring, LABELLED), Ok("hunter2".into()));
        let file = keyring.unlock(LABELLED.as_bytes()).unwrap();
        assert_eq!((file.label.as_deref(), file.id()), (Some("prod"), "prod"));
    }

    #[test]
    fn golden_texts_come_out_of_the_same_salt() {
        let keys = super::cipher::Keys::derive(
            &Password::new("test-password"),
            b"0123456789abcdef0123456789abcdef",
        );
        let salt = b"0123456789abcdef0123456789abcdef".to_vec();
        let text = |clear: &[u8], label: Option<&str>| {
            keys.seal(clear, salt.clone(), label.map(str::to_owned))
                .write()
        };
        assert_eq!(text(b"secret_value: hunter2\n", None), PLAIN);
        assert_eq!(text(b"secret_value: hunter2\n", Some("default")), PLAIN);
        assert_eq!(text(b"hunter2", Some("prod")), LABELLED);
    }

    #[test]
    fn errors_tell_what_was_tried() {
        assert_eq!(
            opened(&Keyring::default(), PLAIN),
            Err(VaultError::NoPassword)
        );
        let wrong = keyring(&[("dev", "x"), ("prod", "y")]);
        assert_eq!(
            opened(&wrong, LABELLED).unwrap_err().to_string(),
            "none of the vault passwords opens it (tried: prod, dev), or it was changed afterwards"
        );
        let right = keyring(&[("dev", "test-password")]);
        let changed = PLAIN.replace("6430\n", "6431\n");
        assert!(matches!(
            opened(&right, &changed),
            Err(VaultError::WrongPassword { .. })
        ));
        let cut = PLAIN.trim_end_matches(|letter| letter != 'a');
        assert!(matches!(
            opened(&right, cut),
            Err(VaultError::Damaged { .. })
        ));
        assert!(matches!(
            opened(&right, "hunter2"),
            Err(VaultError::Malformed { .. })
        ));
    }

    #[test]
    fn only_the_id_of_the_header_is_tried_when_that_is_wanted() {
        let keyring = keyring(&[("dev", "test-password")]).with_matching(Matching::Required);
        assert_eq!(
            opened(&keyring, LABELLED).unwrap_err().to_string(),
            "no vault password has the vault id `prod` (known: dev)"
        );
    }

    #[test]
    fn a_source_is_asked_once_and_only_when_it_is_needed() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = |told| Box::new(Counted(Arc::clone(&asked), told));
        let keyring = Keyring::default()
            .with_source("dev", counted(Err("`dev.txt` is missing")))
            .with_source("prod", counted(Ok("test-password")));
        assert_eq!(opened(&keyring, LABELLED), Ok("hunter2".into()));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "the label fits");
        assert_eq!(
            opened(&keyring, PLAIN),
            Ok("secret_value: hunter2\n".into())
        );
        assert_eq!(
            opened(&keyring.clone(), PLAIN),
            Ok("secret_value: hunter2\n".into())
        );
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        let keyring = Keyring::default().with_source("dev", counted(Err("`dev.txt` is missing")));
        assert_eq!(
            opened(&keyring, PLAIN).unwrap_err().to_string(),
            "no vault password could be had: `dev.txt` is missing"
        );
    }

    #[test]
    fn many_texts_open_side_by_side_in_their_order() {
        let asked = Arc::new(AtomicUsize::new(0));
        let source = Counted(Arc::clone(&asked), Ok("test-password"));
        let keyring = Keyring::default().with_source("prod", Box::new(source));
        let texts = [sealed(PLAIN), sealed(LABELLED), sealed("x")];
        let many: Vec<&Sealed> = texts.iter().cycle().take(30).collect();
        let results = keyring.open_all(&many);
        assert_eq!(results.len(), 30);
        for three in results.chunks(3) {
            assert_eq!(
                three[0].as_ref().unwrap().reveal(),
                "secret_value: hunter2\n"
            );
            assert_eq!(three[1].as_ref().unwrap().reveal(), "hunter2");
            assert!(three[2].is_err());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn sealing_takes_the_password_of_the_id() {
        let keyring = keyring(&[("default", "a"), ("prod", "b")]);
        let text = keyring.seal(b"\0\xFF", Some("prod")).unwrap();
        assert!(
            text.starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"),
            "{text}"
        );
        assert_eq!(**keyring.open_bytes(text.as_bytes()).unwrap(), *b"\0\xFF");
        assert_eq!(opened(&keyring, &text), Err(VaultError::NotText));
        let first = keyring.seal(b"", None).unwrap();
        assert!(first.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"), "{first}");
        assert_eq!(opened(&keyring, &first), Ok(String::new()));
        let id = keyring.seal(b"", Some("qa")).unwrap_err();
        assert_eq!(
            id.to_string(),
            "no vault password has the vault id `qa` (known: default, prod)"
        );
        assert_eq!(
            keyring.seal(text.as_bytes(), None),
            Err(VaultError::AlreadyEncrypted)
        );
    }

    #[test]
    fn what_was_opened_is_closed_in_the_same_way() {
        let keyring = keyring(&[("default", "a"), ("prod", "b")]);
        let text = keyring.seal(b"one", Some("prod")).unwrap();
        let relabelled = text.replace(";prod\n", ";elsewhere\n");
        let opened = keyring.unlock(relabelled.as_bytes()).unwrap();
        assert_eq!(opened.id(), "prod");
        let again = Keyring::seal_again(b"two", &opened).unwrap();
        assert!(
            again.starts_with("$ANSIBLE_VAULT;1.2;AES256;elsewhere\n"),
            "{again}"
        );
        assert_eq!(**keyring.open_bytes(again.as_bytes()).unwrap(), *b"two");
    }

    #[test]
    fn debug_output_tells_ids_only() {
        let keyring = keyring(&[("prod", "hunter2")]);
        let text = keyring.seal(b"hunter2", None).unwrap();
        let shown = format!("{keyring:?} {:?}", keyring.unlock(text.as_bytes()));
        assert!(
            shown.contains("prod") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
