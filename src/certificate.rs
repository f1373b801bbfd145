//! X.509 certificates as far as Remote Desktop cares, and the form in which the Windows registry keeps them.
//! Judges nothing: whether a certificate will do is decided elsewhere.
//!
//! The `Blob` of a certificate store key is a run of records: property id, encoding (1) and length as little-endian u32,
//! then the data; id 32 is the DER certificate, id 2 the key provider info, unknown ids are skipped ([MS-OSHARED] 2.3.2.5).

use jiff::Timestamp;
use sha1::Digest;
use sha1::Sha1;
use sha2::Sha256;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ExtendedKeyUsage;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::Oid;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;

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
        let (rest, parsed) = x509_parser::parse_x509_certificate(der)
            .map_err(|error| refused(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(refused("bytes follow the certificate"));
        }
        let subject = parsed.subject().to_string();
        let issuer = parsed.issuer().to_string();
        let common_name = parsed
            .subject()
            .iter_common_name()
            .find_map(|name| name.as_str().ok())
            .map_or_else(|| subject.clone(), str::to_owned);
        let (key_type, key_bits) = public_key(&parsed);
        Ok(Self {
            der: der.to_vec(),
            self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            subject,
            common_name,
            dns_names: dns_names(&parsed),
            issuer,
            not_before: moment(parsed.validity().not_before)?,
            not_after: moment(parsed.validity().not_after)?,
            key_bits,
            key_type,
            signature: algorithm_name(&parsed.signature_algorithm.algorithm),
            usages: usages(&parsed),
            thumbprint: hex(&Sha1::digest(der)),
            sha256: hex(&Sha256::digest(der)),
        })
    }
}

impl Certificate {
    /// Every name that it bears, the common name first, none twice.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.common_name.clone()];
        for name in &self.dns_names {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.clone());
            }
        }
        names
    }
}

fn refused(reason: &str) -> CertificateError {
    CertificateError::NotX509 {
        reason: reason.to_owned(),
    }
}

fn moment(time: ASN1Time) -> Result<Timestamp, CertificateError> {
    Timestamp::from_second(time.timestamp()).map_err(|error| refused(&error.to_string()))
}

/// Type and size of the key; the library counts a byte too few when the modulus has no leading zero, so RSA is counted here.
fn public_key(parsed: &X509Certificate<'_>) -> (String, u32) {
    let info = parsed.public_key();
    let (name, bits) = match info.parsed() {
        Ok(PublicKey::RSA(key)) => ("rsa".to_owned(), significant_bits(key.modulus)),
        Ok(PublicKey::EC(point)) => ("ec".to_owned(), point.key_size()),
        Ok(other) => (info.algorithm.algorithm.to_id_string(), other.key_size()),
        Err(_) => (info.algorithm.algorithm.to_id_string(), 0),
    };
    (name, u32::try_from(bits).unwrap_or(u32::MAX))
}

fn significant_bits(number: &[u8]) -> usize {
    let leading_zeros: usize = number.iter().take_while(|byte| **byte == 0).count();
    let Some(first) = number.get(leading_zeros) else {
        return 0;
    };
    let spare = usize::try_from(first.leading_zeros()).unwrap_or(0);
    (number.len() - leading_zeros) * 8 - spare
}

fn dns_names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    names
        .value
        .general_names
        .iter()
        .filter_map(|name| {
            if let GeneralName::DNSName(dns) = name {
                Some((*dns).to_owned())
            } else {
                None
            }
        })
        .collect()
}

fn usages(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = parsed.extended_key_usage() else {
        return Vec::new();
    };
    let ExtendedKeyUsage {
        any,
        server_auth,
        client_auth,
        code_signing,
        email_protection,
        time_stamping,
        ocsp_signing,
        other,
    } = extension.value;
    // RFC 5280 4.2.1.12.
    [
        (any, "2.5.29.37.0"),
        (server_auth, "1.3.6.1.5.5.7.3.1"),
        (client_auth, "1.3.6.1.5.5.7.3.2"),
        (code_signing, "1.3.6.1.5.5.7.3.3"),
        (email_protection, "1.3.6.1.5.5.7.3.4"),
        (time_stamping, "1.3.6.1.5.5.7.3.8"),
        (ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ]
    .into_iter()
    .filter(|(present, _)| **present)
    .map(|(_, identifier)| identifier.to_owned())
    .chain(other.iter().map(Oid::to_id_string))
    .collect()
}

fn algorithm_name(identifier: &Oid<'_>) -> String {
    x509_parser::objects::oid2sn(identifier, x509_parser::objects::oid_registry())
        .map_or_else(|_| identifier.to_id_string(), str::to_owned)
}

/// Bytes as upper-case hex: how Windows spells a thumbprint.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .map(|digit| digit.to_ascii_uppercase())
        .collect()
}

/// Property ids of a blob's records ([MS-OSHARED] 2.3.2.5, wincrypt.h).
const KEY_PROVIDER_INFO: u32 = 2;
const SHA1_HASH: u32 = 3;
const DER_CERTIFICATE: u32 = 32;
/// The encoding that every record names: X.509 ASN.1.
const ENCODING: u32 = 1;
/// The provider that holds the key of a self-signed listener certificate.
const KEY_PROVIDER: &str = "Microsoft Enhanced Cryptographic Provider v1.0";

impl StoredCertificate {
    /// Reads the `Blob` of a registry store.
    pub fn from_blob(blob: &[u8]) -> Result<Self, CertificateError> {
        let mut certificate = None;
        let mut key_container = None;
        let mut rest = blob;
        while !rest.is_empty() {
            let offset = blob.len() - rest.len();
            let (id, data, after) = record(rest).ok_or(CertificateError::TornBlob { offset })?;
            match id {
                KEY_PROVIDER_INFO => key_container = container_name(data),
                DER_CERTIFICATE => certificate = Some(Certificate::from_der(data)?),
                _ => {}
            }
            rest = after;
        }
        Ok(Self {
            certificate: certificate.ok_or(CertificateError::NoCertificate)?,
            key_container,
        })
    }

    /// Writes a `Blob`, as the lab's machines keep it.
    pub fn to_blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        if let Some(container) = &self.key_container {
            push_record(&mut blob, KEY_PROVIDER_INFO, &provider_info(container));
        }
        let der = &self.certificate.der;
        push_record(&mut blob, SHA1_HASH, &Sha1::digest(der));
        push_record(&mut blob, DER_CERTIFICATE, der);
        blob
    }
}

/// Id and data of the first record, and what follows it.
fn record(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (id, bytes) = little_endian(bytes)?;
    let (_encoding, bytes) = little_endian(bytes)?;
    let (length, bytes) = little_endian(bytes)?;
    let (data, after) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    Some((id, data, after))
}

fn little_endian(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, after) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), after))
}

fn push_record(blob: &mut Vec<u8>, id: u32, data: &[u8]) {
    blob.extend_from_slice(&id.to_le_bytes());
    blob.extend_from_slice(&ENCODING.to_le_bytes());
    blob.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    blob.extend_from_slice(data);
}

/// The container's name in a key provider record; its offset counts from the start of the data.
fn container_name(data: &[u8]) -> Option<String> {
    let (offset, _) = little_endian(data)?;
    let text = data.get(usize::try_from(offset).ok()?..)?;
    let units: Vec<u16> = text
        .chunks_exact(2)
        .map_while(|unit| unit.first_chunk::<2>())
        .map(|unit| u16::from_le_bytes(*unit))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16(&units)
        .ok()
        .filter(|name| !name.is_empty())
}

/// A key provider record: seven numbers, then container and provider as UTF-16 texts ending with a zero.
fn provider_info(container: &str) -> Vec<u8> {
    const NUMBERS: u32 = 7 * 4;
    const PROVIDER_TYPE_RSA: u32 = 1;
    const MACHINE_KEYSET: u32 = 0x20;
    const KEY_EXCHANGE: u32 = 1;
    let container = wide(container);
    let provider = wide(KEY_PROVIDER);
    let provider_offset = NUMBERS + u32::try_from(container.len()).unwrap_or(0);
    let end = provider_offset + u32::try_from(provider.len()).unwrap_or(0);
    let mut data = Vec::new();
    for number in [
        NUMBERS,
        provider_offset,
        PROVIDER_TYPE_RSA,
        MACHINE_KEYSET,
        0,
        end,
        KEY_EXCHANGE,
    ] {
        data.extend_from_slice(&number.to_le_bytes());
    }
    data.extend(container);
    data.extend(provider);
    data
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Certificate;
    use super::CertificateError;
    use super::StoredCertificate;

    fn sample() -> Certificate {
        let mut parameters =
            rcgen::CertificateParams::new(vec!["host01.corp.test".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "HOST01");
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_before = rcgen::date_time_ymd(2025, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2025, 7, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        Certificate::from_der(parameters.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn a_certificate_tells_names_dates_and_key() {
        let certificate = sample();
        assert_eq!(certificate.common_name, "HOST01");
        assert_eq!(certificate.subject, "CN=HOST01");
        assert_eq!(certificate.dns_names, ["host01.corp.test"]);
        assert_eq!(certificate.not_after.to_string(), "2025-07-01T00:00:00Z");
        assert_eq!(
            (certificate.key_type.as_str(), certificate.key_bits),
            ("ec", 256)
        );
        assert_eq!(certificate.signature, "ecdsa-with-SHA256");
        assert_eq!(certificate.usages, ["1.3.6.1.5.5.7.3.1"]);
        assert_eq!(certificate.thumbprint.len(), 40);
        assert!(certificate.self_signed);
    }

    #[test]
    fn unknown_records_of_a_blob_are_skipped() {
        let stored = StoredCertificate {
            certificate: sample(),
            key_container: None,
        };
        let mut blob = Vec::new();
        super::push_record(&mut blob, 11, b"friendly");
        blob.extend(stored.to_blob());
        assert_eq!(StoredCertificate::from_blob(&blob), Ok(stored));
    }

    #[test]
    fn a_blob_without_certificate_or_with_a_torn_record_is_an_error() {
        assert_eq!(
            StoredCertificate::from_blob(&[]),
            Err(CertificateError::NoCertificate)
        );
        let mut blob = StoredCertificate {
            certificate: sample(),
            key_container: None,
        }
        .to_blob();
        blob.pop();
        assert_eq!(
            StoredCertificate::from_blob(&blob),
            Err(CertificateError::TornBlob { offset: 32 })
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(container in proptest::option::of("[a-zA-Z0-9 äß-]{1,40}")) {
            let stored = StoredCertificate { certificate: sample(), key_container: container };
            prop_assert_eq!(StoredCertificate::from_blob(&stored.to_blob()), Ok(stored));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _either = StoredCertificate::from_blob(&bytes);
            let _either = Certificate::from_der(&bytes);
        }

        #[test]
        fn a_damaged_certificate_is_read_or_refused(at in 0_usize..400, to in any::<u8>()) {
            let mut der = sample().der;
            let index = at % der.len();
            der[index] = to;
            let _either = Certificate::from_der(&der);
        }
    }
}
