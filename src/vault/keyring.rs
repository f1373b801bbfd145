//! The vault passwords of a run: which are tried, when they are fetched, and their keys, derived once each.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

use zeroize::Zeroizing;

use crate::secret::Hidden;
use crate::secret::Secret;
use crate::vault::DEFAULT_ID;
use crate::vault::Password;
use crate::vault::PasswordSource;
use crate::vault::Sealed;
use crate::vault::VaultError;
use crate::vault::cipher::Closed;
use crate::vault::cipher::Keys;
use crate::vault::envelope::Envelope;
use crate::vault::is_vault;

/// The vault passwords of a run. Passwords are fetched and keys derived when they are needed, once each; clones share
/// both. Threads may use it side by side.
#[derive(Clone, Default)]
pub struct Keyring {
    held: Vec<Arc<Held>>,
    matching: Matching,
    hidden: Arc<Hidden>,
}

/// What the vault id in a header is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// Passwords with this id are tried first, then all others.
    #[default]
    Preferred,
    /// Only passwords with this id are tried (Ansible's `vault_id_match`).
    Required,
}

/// A text that was opened, with what closes it again in the same way.
pub struct Opened {
    /// What is in it, byte for byte.
    pub clear: Zeroizing<Vec<u8>>,
    /// The vault id in its header.
    pub label: Option<String>,
    by: Arc<Held>,
}

impl Opened {
    /// The vault id of the password that opened it.
    pub fn id(&self) -> &str {
        &self.by.id
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Opened")
            .field("label", &self.label)
            .field("id", &self.by.id)
            .finish_non_exhaustive()
    }
}

/// One password with its keys.
struct Held {
    id: String,
    source: Option<Box<dyn PasswordSource>>,
    password: OnceLock<Result<Password, String>>,
    /// By salt; what is being derived by one thread is waited for by the others.
    keys: Mutex<HashMap<Vec<u8>, Arc<OnceLock<Keys>>>>,
}

impl Held {
    fn new(id: String, source: Option<Box<dyn PasswordSource>>) -> Self {
        Self {
            id,
            source,
            password: OnceLock::new(),
            keys: Mutex::default(),
        }
    }

    fn known(id: String, password: Password) -> Self {
        Self {
            password: OnceLock::from(Ok(password)),
            ..Self::new(id, None)
        }
    }

    fn password(&self) -> Result<&Password, &str> {
        let fetched = self.password.get_or_init(|| match &self.source {
            Some(source) => source.fetch(),
            None => Err(format!("`{}` has no source", self.id)),
        });
        fetched.as_ref().map_err(String::as_str)
    }

    fn with_keys<T>(&self, password: &Password, salt: &[u8], work: impl FnOnce(&Keys) -> T) -> T {
        let slot = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(keys.entry(salt.to_vec()).or_default())
        };
        work(slot.get_or_init(|| Keys::derive(password, salt)))
    }
}

impl Keyring {
    /// A keyring of vault ids with their passwords, in the order in which they are tried.
    pub fn new(passwords: Vec<(String, Secret)>) -> Self {
        passwords
            .into_iter()
            .fold(Self::default(), |keyring, (id, secret)| {
                keyring.with_password(&id, secret.into())
            })
    }

    /// Adds a password behind the others.
    #[must_use]
    pub fn with_password(mut self, id: &str, password: Password) -> Self {
        self.held
            .push(Arc::new(Held::known(id.to_owned(), password)));
        self
    }

    /// Adds a password that is fetched when something encrypted is met, behind the others.
    #[must_use]
    pub fn with_source(mut self, id: &str, source: Box<dyn PasswordSource>) -> Self {
        self.held
            .push(Arc::new(Held::new(id.to_owned(), Some(source))));
        self
    }

    /// Says what the vault id in a header is good for.
    #[must_use]
    pub fn with_matching(self, matching: Matching) -> Self {
        Self { matching, ..self }
    }

    /// The vault ids, in the order in which they are tried.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.held.iter().map(|held| held.id.as_str())
    }

    /// What this keyring has opened so far, so that nobody writes it anywhere.
    pub fn hidden(&self) -> &Arc<Hidden> {
        &self.hidden
    }

    /// How many keys were derived so far; each took milliseconds.
    pub fn derived(&self) -> usize {
        let of_one = |held: &Arc<Held>| {
            let keys = held.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.values().filter(|slot| slot.get().is_some()).count()
        };
        self.held.iter().map(of_one).sum()
    }

    /// Fetches every password now; each vault id with the reason when it has none.
    pub fn fetch_all(&self) -> Vec<(&str, Result<(), &str>)> {
        self.held
            .iter()
            .map(|held| (held.id.as_str(), held.password().map(|_| ())))
            .collect()
    }

    /// The text in clear; from now on it is among what is [`Keyring::hidden`].
    pub fn open(&self, sealed: &Sealed) -> Result<Arc<Secret>, VaultError> {
        let clear = self.open_file(sealed)?;
        self.hidden.add(clear.reveal());
        Ok(clear)
    }

    /// A whole file in clear. Which of the texts in it are to be hidden is for whoever reads it to tell.
    pub fn open_file(&self, sealed: &Sealed) -> Result<Arc<Secret>, VaultError> {
        let mut clear = self.unlock(sealed.text.as_bytes())?.clear;
        match String::from_utf8(std::mem::take(&mut *clear)) {
            Ok(text) => Ok(Arc::new(Secret::new(text))),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(VaultError::NotText)
            }
        }
    }

    /// Many texts in clear, in their order, on all cores. Blocks the thread: for what is known to be needed, such as the
    /// passwords of all hosts.
    pub fn open_all(&self, sealed: &[&Sealed]) -> Vec<Result<Arc<Secret>, VaultError>> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        if cores == 1 || sealed.len() < 2 {
            return sealed.iter().map(|sealed| self.open(sealed)).collect();
        }
        let next = AtomicUsize::new(0);
        let results: Vec<OnceLock<_>> = sealed.iter().map(|_| OnceLock::new()).collect();
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some(sealed), Some(result)) = (sealed.get(at), results.get(at)) else {
                    break;
                };
                let _first = result.set(self.open(sealed));
            }
        };
        thread::scope(|scope| {
            for _ in 0..cores.min(sealed.len()) {
                scope.spawn(work);
            }
        });
        results
            .into_iter()
            .zip(sealed)
            .map(|(result, sealed)| result.into_inner().unwrap_or_else(|| self.open(sealed)))
            .collect()
    }

    /// What is in a file that is a vault as a whole, byte for byte.
    pub fn open_bytes(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.unlock(file).map(|opened| opened.clear)
    }

    /// What is in a text, and what closes it again.
    pub fn unlock(&self, text: &[u8]) -> Result<Opened, VaultError> {
        let envelope = Envelope::read(text)?;
        if self.held.is_empty() {
            return Err(VaultError::NoPassword);
        }
        let (mut tried, mut reasons) = (Vec::new(), Vec::new());
        for held in self.candidates(envelope.label.as_deref())? {
            let password = match held.password() {
                Ok(password) => password,
                Err(reason) => {
                    reasons.push(reason.to_owned());
                    continue;
                }
            };
            tried.push(held.id.clone());
            match held.with_keys(password, &envelope.salt, |keys| keys.open(&envelope)) {
                Ok(clear) => {
                    return Ok(Opened {
                        clear,
                        label: envelope.label,
                        by: Arc::clone(held),
                    });
                }
                Err(Closed::Proof) => {}
                Err(Closed::Padding) => {
                    return Err(VaultError::Damaged {
                        reason: "its padding is wrong".to_owned(),
                    });
                }
            }
        }
        Err(if tried.is_empty() {
            VaultError::Unavailable { reasons }
        } else {
            VaultError::WrongPassword { tried }
        })
    }

    /// The passwords to try: those with the id of the header first.
    fn candidates(&self, label: Option<&str>) -> Result<Vec<&Arc<Held>>, VaultError> {
        let wanted = label.unwrap_or(DEFAULT_ID);
        let (mut candidates, others): (Vec<_>, Vec<_>) =
            self.held.iter().partition(|held| held.id == wanted);
        match self.matching {
            Matching::Preferred => candidates.extend(others),
            Matching::Required if candidates.is_empty() => return Err(self.unknown(wanted)),
            Matching::Required => {}
        }
        Ok(candidates)
    }

    fn unknown(&self, wanted: &str) -> VaultError {
        VaultError::UnknownId {
            wanted: wanted.to_owned(),
            known: self.ids().map(str::to_owned).collect(),
        }
    }

    /// Encrypts with the password of a vault id, or with the first that can be had. The header carries the id unless it is
    /// [`DEFAULT_ID`]. The text ends with a line break.
    pub fn seal(&self, clear: &[u8], id: Option<&str>) -> Result<String, VaultError> {
        let held = self.sealing(id)?;
        closed(clear, held, Some(held.id.clone()))
    }

    /// Fetches the password that [`Keyring::seal`] takes, before there is something to encrypt.
    pub fn ready(&self, id: Option<&str>) -> Result<(), VaultError> {
        self.sealing(id).map(|_| ())
    }

    fn sealing(&self, id: Option<&str>) -> Result<&Held, VaultError> {
        let mut reasons = Vec::new();
        let fitting = self
            .held
            .iter()
            .filter(|held| id.is_none_or(|id| held.id == id));
        for held in fitting {
            match held.password() {
                Ok(_) => return Ok(held),
                Err(reason) => reasons.push(reason.to_owned()),
            }
        }
        Err(match id {
            _ if !reasons.is_empty() => VaultError::Unavailable { reasons },
            Some(id) if !self.held.is_empty() => self.unknown(id),
            Some(_) | None => VaultError::NoPassword,
        })
    }

    /// Encrypts with the password that opened a text, and the header that it had.
    pub fn seal_again(clear: &[u8], opened: &Opened) -> Result<String, VaultError> {
        closed(clear, &opened.by, opened.label.clone())
    }
}

fn closed(clear: &[u8], held: &Held, label: Option<String>) -> Result<String, VaultError> {
    if is_vault(clear) && clear.is_ascii() {
        return Err(VaultError::AlreadyEncrypted);
    }
    let password = held.password().map_err(|reason| VaultError::Unavailable {
        reasons: vec![reason.to_owned()],
    })?;
    let salt: [u8; 32] = rand::random();
    // A salt is used once, so nothing is gained by keeping its keys.
    let keys = Keys::derive(password, &salt);
    Ok(keys.seal(clear, salt.to_vec(), label).write())
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Keyring")
            .field("ids", &self.ids().collect::<Vec<_>>())
            .field("matching", &self.matching)
            .finish_non_exhaustive()
    }
}
