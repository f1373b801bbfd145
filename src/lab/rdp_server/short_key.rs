//! Signing a TLS handshake with an RSA key that is too short for the TLS library's own arithmetic, as very old hosts do.

use std::fmt;
use std::sync::Arc;

use rsa::Pkcs1v15Sign;
use rsa::Pss;
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rustls::Error;
use rustls::SignatureAlgorithm;
use rustls::SignatureScheme;
use rustls::sign::Signer;
use rustls::sign::SigningKey;
use sha2::Digest;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;

/// The TLS library's own arithmetic signs with keys from this size on.
const LONG_ENOUGH: u32 = 2048;
/// What a key of 1024 bits has room for, the preferred first.
const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// The key.
pub(super) struct ShortKey(Arc<RsaPrivateKey>);

impl fmt::Debug for ShortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ShortKey(hidden)")
    }
}

impl ShortKey {
    /// Reads PKCS #8; `None` unless it is an RSA key, and a short one.
    pub(super) fn read(pkcs8: &[u8]) -> Option<Self> {
        let key = RsaPrivateKey::from_pkcs8_der(pkcs8).ok()?;
        (key.n().bits() < LONG_ENOUGH).then(|| Self(Arc::new(key)))
    }
}

impl SigningKey for ShortKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = SCHEMES
            .into_iter()
            .find(|scheme| offered.contains(scheme))?;
        Some(Box::new(Signing {
            key: Arc::clone(&self.0),
            scheme,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

/// The key with the scheme that both sides know.
struct Signing {
    key: Arc<RsaPrivateKey>,
    scheme: SignatureScheme,
}

impl fmt::Debug for Signing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signing")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = &mut rand::rng();
        let signed = match self.scheme {
            SignatureScheme::RSA_PSS_SHA256 => {
                let hash = Sha256::digest(message);
                self.key.sign_with_rng(random, Pss::<Sha256>::new(), &hash)
            }
            SignatureScheme::RSA_PSS_SHA384 => {
                let hash = Sha384::digest(message);
                self.key.sign_with_rng(random, Pss::<Sha384>::new(), &hash)
            }
            SignatureScheme::RSA_PKCS1_SHA384 => {
                let hash = Sha384::digest(message);
                self.key.sign(Pkcs1v15Sign::new::<Sha384>(), &hash)
            }
            SignatureScheme::RSA_PKCS1_SHA512 => {
                let hash = Sha512::digest(message);
                self.key.sign(Pkcs1v15Sign::new::<Sha512>(), &hash)
            }
            _ => {
                let hash = Sha256::digest(message);
                self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &hash)
            }
        };
        signed.map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
