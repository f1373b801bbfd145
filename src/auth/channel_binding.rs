//! What ties a sign-in to the TLS channel that carries it: WinRM's to the certificate (RFC 5929 `tls-server-end-point`,
//! wsman-wire 11), CredSSP's to the key in it.

use sha2::Digest as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// The channel binding of a server with this certificate (DER): `tls-server-end-point:` and the certificate's hash.
pub fn tls_server_end_point(certificate: &[u8]) -> Vec<u8> {
    let mut binding = b"tls-server-end-point:".to_vec();
    match hash_of(certificate) {
        Hash::Sha256 => binding.extend(Sha256::digest(certificate)),
        Hash::Sha384 => binding.extend(Sha384::digest(certificate)),
        Hash::Sha512 => binding.extend(Sha512::digest(certificate)),
    }
    binding
}

/// The public key of a certificate (DER) as CredSSP binds to it: the content of `subjectPublicKey` without the
/// algorithm around it ([MS-CSSP] 3.1.5); `None` when the certificate cannot be read.
pub fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.public_key().subject_public_key.data.to_vec())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The hash of the certificate's own signature; SHA-256 for weak and unknown ones.
fn hash_of(certificate: &[u8]) -> Hash {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return Hash::Sha256;
    };
    let algorithm = &certificate.signature_algorithm;
    let name = match SignatureAlgorithm::try_from(algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => {
            parameters.hash_algorithm_oid().to_id_string()
        }
        _ => algorithm.algorithm.to_id_string(),
    };
    match name.as_str() {
        // RSA with, ECDSA with, plain.
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
        _ => Hash::Sha256,
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;
    use rcgen::CertificateParams;
    use rcgen::KeyPair;
    use rcgen::SignatureAlgorithm;

    use super::Hash;
    use super::hash_of;
    use super::public_key;
    use super::tls_server_end_point;

    fn certificate(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let parameters = CertificateParams::new(vec!["pc-1".to_owned()]).unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_hash_follows_the_signature_of_the_certificate() {
        let strong = certificate(&rcgen::PKCS_ECDSA_P384_SHA384);
        let usual = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(hash_of(&strong), Hash::Sha384);
        assert_eq!(hash_of(&usual), Hash::Sha256);
        assert_eq!(hash_of(&certificate(&rcgen::PKCS_ED25519)), Hash::Sha256);
        assert_eq!(tls_server_end_point(&strong).len(), 21 + 48);
    }

    #[test]
    fn the_public_key_is_the_bare_key() {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["pc-1".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        assert_eq!(
            public_key(certificate.der()).as_deref(),
            Some(key.public_key_raw())
        );
        assert_eq!(public_key(b"no certificate"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_binding(bytes: Vec<u8>) {
            assert!(tls_server_end_point(&bytes).starts_with(b"tls-server-end-point:"));
        }
    }
}
