//! The certificate authority of a lab: one certificate for the management service of all hosts, one key.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::SanType;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::Digest;
use sha2::Sha256;
use thiserror::Error;

/// How the management service of a lab's hosts does TLS.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) config: Arc<ServerConfig>,
    /// `tls-server-end-point:` and the hash of the certificate (wsman-wire 11).
    pub(super) binding: Vec<u8>,
    /// The authority's certificate, to be trusted by clients.
    pub(super) authority_pem: String,
}

/// TLS could not be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A certificate could not be made.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take it.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Makes an authority and a certificate for the address.
pub(super) fn establish(address: IpAddr) -> Result<Tls, AuthorityError> {
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "rdpfix lab authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut server = CertificateParams::new(vec!["localhost".to_owned()])?;
    server
        .distinguished_name
        .push(DnType::CommonName, "rdpfix lab");
    server.subject_alt_names.push(SanType::IpAddress(address));
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;

    // ECDSA with SHA-256 signs it, so SHA-256 binds it.
    let mut binding = b"tls-server-end-point:".to_vec();
    binding.extend_from_slice(&Sha256::digest(certificate.der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(Tls {
        config: Arc::new(config),
        binding,
        authority_pem: authority.pem(),
    })
}
