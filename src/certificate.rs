//! X.509 certificates as far as Remote Desktop cares, and the form in which the Windows registry keeps them.
//!
//! The `Blob` of a certificate store key is a run of records: property id, encoding (1) and length as little-endian u32,
//! then the data; id 32 is the DER certificate, id 2 the key provider info, unknown ids are skipped ([MS-OSHARED] 2.3.2.5).

use jiff::Timestamp;
use thiserror::Error;

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The DER bytes.
    pub der: Vec<u8>,
    /// Subject as one line: `CN=HOST01`.
    pub subject: String,
    /// The common name, or the whole subject when it has none.
    pub common_name: String,
    /// DNS names among the subject alternative names.
    pub dns_names: Vec<String>,
    /// Issuer as one line.
    pub issuer: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// Bits of the public key.
    pub key_bits: u32,
    /// `rsa`, `ec` or the algorithm's object identifier.
    pub key_type: String,
    /// Signature algorithm by name (`sha256WithRSAEncryption`) or object identifier.
    pub signature: String,
    /// Object identifiers of the extended key usages; empty means any.
    pub usages: Vec<String>,
    /// SHA-1 of the DER bytes, upper-case hex: the name that Windows gives a certificate.
    pub thumbprint: String,
    /// SHA-256 of the DER bytes, upper-case hex.
    pub sha256: String,
    /// Whether subject and issuer are the same.
    pub self_signed: bool,
}

/// A certificate that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The DER is not an X.509 certificate.
    #[error("not an X.509 certificate: {reason}")]
    NotX509 {
        /// What the parser said.
        reason: String,
    },
    /// The blob ends inside a record.
    #[error("the registry blob ends inside the record at byte {offset}")]
    TornBlob {
        /// Where the record starts.
        offset: usize,
    },
    /// The blob has no record with a certificate in it.
    #[error("the registry blob holds no certificate")]
    NoCertificate,
}

/// One certificate of a registry store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The name of the key container (`TSSecKeySet1`), when the record says so.
    pub key_container: Option<String>,
}

impl Certificate {
    /// Reads DER bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let _ = der;
        Err(CertificateError::NoCertificate)
    }
}

impl StoredCertificate {
    /// Reads the `Blob` of a registry store.
    pub fn from_blob(blob: &[u8]) -> Result<Self, CertificateError> {
        let _ = blob;
        Err(CertificateError::NoCertificate)
    }

    /// Writes a `Blob`, as the lab's machines keep it.
    pub fn to_blob(&self) -> Vec<u8> {
        Vec::new()
    }
}
