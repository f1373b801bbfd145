//! Certificates and private keys of a simulated host: where Windows keeps them, and how new ones are made.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::SystemTime;

use jiff::SignedDuration;
use jiff::Timestamp;
use rsa::pkcs8::EncodePrivateKey;
use thiserror::Error;

use crate::certificate::Certificate;
use crate::certificate::CertificateError;
use crate::certificate::StoredCertificate;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::registry::Registry;

mod weak;

pub use crate::lab::machine::certificates::weak::Weakness;
pub use crate::lab::machine::certificates::weak::issue_weak;

/// The container of the key that self-signed listener certificates use (windows-facts 2.1).
pub const LISTENER_CONTAINER: &str = "TSSecKeySet1";

/// The name of the file that the container's key lies in starts with this (windows-facts 2.1).
pub const LISTENER_KEY_FILE: &str = "f686aace6942fb7f7ceb231212eef4a4_";

/// Server authentication, the only usage of a self-signed listener certificate.
pub const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";

/// How long a self-signed listener certificate is valid: about six months (windows-facts 2.1).
pub const SELF_SIGNED_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 182);

/// A certificate store of the local machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// `Remote Desktop`, where self-signed listener certificates are.
    RemoteDesktop,
    /// `MY`, the personal store, where certificates of an authority are.
    Personal,
}

impl Store {
    /// The registry key that has one key per certificate.
    pub fn key(self) -> RegistryKey {
        let name = match self {
            Self::RemoteDesktop => "Remote Desktop",
            Self::Personal => "MY",
        };
        RegistryKey::local_machine(format!(
            r"SOFTWARE\Microsoft\SystemCertificates\{name}\Certificates"
        ))
    }

    /// The certificate with this thumbprint, when it is there and can be read.
    pub fn find(self, registry: &Registry, thumbprint: &str) -> Option<StoredCertificate> {
        let blob = registry.binary(&self.key().child(thumbprint), "Blob")?;
        StoredCertificate::from_blob(blob).ok()
    }

    /// All certificates that can be read.
    pub fn all(self, registry: &Registry) -> Vec<StoredCertificate> {
        registry
            .sub_keys(&self.key())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|thumbprint| self.find(registry, thumbprint))
            .collect()
    }

    /// Adds a certificate.
    pub fn add(self, registry: &mut Registry, stored: &StoredCertificate) {
        let key = self.key().child(&stored.certificate.thumbprint);
        registry.set(&key, "Blob", RegistryData::Binary(stored.to_blob()));
    }

    /// Removes all certificates.
    pub fn clear(self, registry: &mut Registry) {
        let names: Vec<String> = registry
            .sub_keys(&self.key())
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        for name in names {
            let _kept = registry.remove_key(&self.key().child(&name));
        }
    }
}

/// A private key that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// PKCS #8 DER.
    pub pkcs8: Vec<u8>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(hidden)")
    }
}

/// The file with the listener's key in MachineKeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFile {
    /// Services can read it.
    Readable(Arc<PrivateKey>),
    /// It is there, but its rights keep the services out; it cannot be replaced either.
    Unreadable(Arc<PrivateKey>),
    /// There is none; the next certificate makes one.
    Missing,
}

/// The private keys of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineKeys {
    /// That of the listener's own certificates.
    pub listener: KeyFile,
    /// Those of certificates in the personal store, by thumbprint in upper case.
    pub personal: BTreeMap<String, Arc<PrivateKey>>,
}

impl MachineKeys {
    /// The key of a certificate, when the services can use it.
    pub fn usable(&self, stored: &StoredCertificate) -> Option<Arc<PrivateKey>> {
        if stored.key_container.as_deref() == Some(LISTENER_CONTAINER) {
            return match &self.listener {
                KeyFile::Readable(key) => Some(Arc::clone(key)),
                KeyFile::Unreadable(_) | KeyFile::Missing => None,
            };
        }
        self.personal.get(&stored.certificate.thumbprint).cloned()
    }
}

/// Why the lab could not make a key or a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MakingError {
    /// No key came about.
    #[error("the lab cannot make an RSA key: {reason}")]
    Key {
        /// What the library said.
        reason: String,
    },
    /// No certificate came about.
    #[error("the lab cannot make a certificate: {reason}")]
    Certificate {
        /// What the library said.
        reason: String,
    },
    /// What was made cannot be read.
    #[error("the lab made a certificate that cannot be read")]
    Unreadable(#[from] CertificateError),
}

/// The one key of a process, in the two forms that are needed.
struct SharedKey {
    signer: rcgen::KeyPair,
    private: Arc<PrivateKey>,
}

/// Making an RSA key takes long, so that all machines of a process share one.
fn shared() -> Result<&'static SharedKey, MakingError> {
    static KEY: OnceLock<Result<SharedKey, MakingError>> = OnceLock::new();
    KEY.get_or_init(make_key).as_ref().map_err(Clone::clone)
}

fn make_key() -> Result<SharedKey, MakingError> {
    let private = new_key(2048)?;
    let signer =
        rcgen::KeyPair::try_from(private.pkcs8.as_slice()).map_err(|error| no_key(&error))?;
    Ok(SharedKey {
        signer,
        private: Arc::new(private),
    })
}

/// A new RSA key of so many bits.
fn new_key(bits: usize) -> Result<PrivateKey, MakingError> {
    let key = rsa::RsaPrivateKey::new(&mut rand::rng(), bits).map_err(|error| no_key(&error))?;
    let document = key.to_pkcs8_der().map_err(|error| no_key(&error))?;
    Ok(PrivateKey {
        pkcs8: document.as_bytes().to_vec(),
    })
}

fn no_key(error: &impl ToString) -> MakingError {
    MakingError::Key {
        reason: error.to_string(),
    }
}

/// The RSA key of 2048 bits that all machines of this process share; the first call takes its time.
pub fn shared_key() -> Result<Arc<PrivateKey>, MakingError> {
    shared().map(|key| Arc::clone(&key.private))
}

/// What a new certificate shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The common name, the whole of the subject.
    pub common_name: String,
    /// DNS names; self-signed listener certificates have none.
    pub dns_names: Vec<String>,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// Tells apart certificates that are otherwise alike.
    pub serial: u64,
}

/// Makes a self-signed certificate for the shared key.
pub fn issue(issue: &Issue) -> Result<Certificate, MakingError> {
    let made = parameters(issue)?
        .self_signed(&shared()?.signer)
        .map_err(|error| no_certificate(&error))?;
    Ok(Certificate::from_der(made.der())?)
}

fn parameters(issue: &Issue) -> Result<rcgen::CertificateParams, MakingError> {
    let mut parameters = rcgen::CertificateParams::new(issue.dns_names.clone())
        .map_err(|error| no_certificate(&error))?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, issue.common_name.as_str());
    parameters.not_before = SystemTime::from(issue.not_before).into();
    parameters.not_after = SystemTime::from(issue.not_after).into();
    parameters.serial_number = Some(issue.serial.max(1).into());
    parameters.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyEncipherment,
        rcgen::KeyUsagePurpose::DataEncipherment,
    ];
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

fn no_certificate(error: &rcgen::Error) -> MakingError {
    MakingError::Certificate {
        reason: error.to_string(),
    }
}
