//! Certificates as no library makes them any more: signed with SHA-1, or by an RSA key of 1024 bits.

use std::sync::Arc;
use std::sync::OnceLock;

use rsa::Pkcs1v15Sign;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::DecodePrivateKey;
use sha1::Sha1;
use sha2::Digest;
use sha2::Sha256;

use crate::certificate::Certificate;
use crate::lab::machine::certificates::Issue;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::certificates::PrivateKey;
use crate::lab::machine::certificates::new_key;
use crate::lab::machine::certificates::parameters;
use crate::lab::machine::certificates::shared_key;

/// `sha256WithRSAEncryption`, 1.2.840.113549.1.1.11, as DER contents.
const SHA256_WITH_RSA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
/// `sha1WithRSAEncryption`, 1.2.840.113549.1.1.5: as long, so that lengths around it stay true.
const SHA1_WITH_RSA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05];

/// What is weak about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// An RSA key of 1024 bits, signed with SHA-256.
    ShortKey,
    /// Signed with SHA-1 by a key of 2048 bits.
    Sha1,
    /// Both.
    Both,
}

/// Makes a weak self-signed certificate, and gives its key too, because it need not be that of all other machines.
pub fn issue_weak(
    issue: &Issue,
    weakness: Weakness,
) -> Result<(Certificate, Arc<PrivateKey>), MakingError> {
    let private = match weakness {
        Weakness::ShortKey | Weakness::Both => short_key()?,
        Weakness::Sha1 => shared_key()?,
    };
    let signer = Signer::read(&private)?;
    let made = parameters(issue)?
        .self_signed(&signer)
        .map_err(|error| refused(&error))?;
    let der = match weakness {
        Weakness::ShortKey => made.der().to_vec(),
        Weakness::Sha1 | Weakness::Both => signer.with_sha1(made.der())?,
    };
    Ok((Certificate::from_der(&der)?, private))
}

/// The RSA key of 1024 bits that all machines of this process share.
fn short_key() -> Result<Arc<PrivateKey>, MakingError> {
    static KEY: OnceLock<Result<Arc<PrivateKey>, MakingError>> = OnceLock::new();
    KEY.get_or_init(|| new_key(1024).map(Arc::new)).clone()
}

fn refused(error: &impl ToString) -> MakingError {
    MakingError::Certificate {
        reason: error.to_string(),
    }
}

/// A key of any size that signs certificates.
struct Signer {
    key: RsaPrivateKey,
    /// PKCS #1 DER of the public half.
    public: Vec<u8>,
}

impl Signer {
    fn read(private: &PrivateKey) -> Result<Self, MakingError> {
        let key = RsaPrivateKey::from_pkcs8_der(&private.pkcs8).map_err(|error| refused(&error))?;
        let public = key
            .to_public_key()
            .to_pkcs1_der()
            .map_err(|error| refused(&error))?
            .as_bytes()
            .to_vec();
        Ok(Self { key, public })
    }

    /// The same certificate, said to be signed with SHA-1, and signed so.
    fn with_sha1(&self, der: &[u8]) -> Result<Vec<u8>, MakingError> {
        let mut renamed = Vec::with_capacity(der.len());
        let mut rest = der;
        while let Some((first, others)) = rest.split_first() {
            if let Some(after) = rest.strip_prefix(&SHA256_WITH_RSA) {
                renamed.extend(SHA1_WITH_RSA);
                rest = after;
            } else {
                renamed.push(*first);
                rest = others;
            }
        }
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&renamed).map_err(|error| refused(&error))?;
        let digest = Sha1::digest(parsed.tbs_certificate.as_ref());
        let signature = self
            .key
            .sign(Pkcs1v15Sign::new::<Sha1>(), &digest)
            .map_err(|error| refused(&error))?;
        // The signature is the end of the certificate.
        renamed.truncate(renamed.len().saturating_sub(signature.len()));
        renamed.extend(signature);
        Ok(renamed)
    }
}

impl rcgen::PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key
            .sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
            .map_err(|_lost| rcgen::Error::RemoteKeyError)
    }
}

#[cfg(test)]
mod tests {
    use super::Weakness;
    use super::issue_weak;
    use crate::certificate::Certificate;
    use crate::lab::machine::certificates::Issue;
    use rsa::Pkcs1v15Sign;
    use rsa::RsaPublicKey;
    use rsa::pkcs8::DecodePublicKey;
    use sha1::Sha1;
    use sha2::Digest;
    use sha2::Sha256;

    fn made(weakness: Weakness) -> Certificate {
        let issue = Issue {
            common_name: "WIN-OLD".to_owned(),
            dns_names: Vec::new(),
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-07-01T00:00:00Z".parse().unwrap(),
            serial: 5,
        };
        issue_weak(&issue, weakness).unwrap().0
    }

    /// Whether the certificate's signature is by its own key over its own words.
    fn is_signed(certificate: &Certificate) -> bool {
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate.der).unwrap();
        let key = RsaPublicKey::from_public_key_der(parsed.public_key().raw).unwrap();
        let told = parsed.tbs_certificate.as_ref();
        let signature = &parsed.signature_value.data;
        let verified = if certificate.signature.starts_with("sha1") {
            key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(told), signature)
        } else {
            key.verify(
                Pkcs1v15Sign::new::<Sha256>(),
                &Sha256::digest(told),
                signature,
            )
        };
        verified.is_ok()
    }

    #[test]
    fn each_weakness_shows_and_the_signature_holds() {
        for (weakness, bits, signature) in [
            (Weakness::ShortKey, 1024, "sha256WithRSAEncryption"),
            (Weakness::Sha1, 2048, "sha1WithRSAEncryption"),
            (Weakness::Both, 1024, "sha1WithRSAEncryption"),
        ] {
            let certificate = made(weakness);
            assert_eq!(certificate.key_bits, bits, "{weakness:?}");
            assert_eq!(certificate.signature, signature, "{weakness:?}");
            assert_eq!(certificate.common_name, "WIN-OLD");
            assert!(is_signed(&certificate), "{weakness:?}");
        }
    }
}
