//! TLS as a visitor needs it: every certificate is accepted and remembered, because looking at it is the purpose. No
//! secret ever travels over such a connection, but for what CredSSP has sealed for whoever holds the certificate's key.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::Error;
use rustls::SignatureScheme;
use rustls::client::Resumption;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::server::ParsedCertificate;

use crate::certificate::Certificate;
use crate::certificate::CertificateError;

/// The TLS library verifies RSA signatures only by keys of at least so many bits.
const SMALLEST_RSA: u32 = 2048;

/// What a host shows: its own certificate first, then those above it.
type Chain = Vec<CertificateDer<'static>>;

/// Remembers the certificates that a host shows.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    provider: Arc<CryptoProvider>,
    seen: Arc<Mutex<Chain>>,
}

impl Recorder {
    pub(super) fn new(provider: &Arc<CryptoProvider>) -> Self {
        Self {
            provider: Arc::clone(provider),
            seen: Arc::default(),
        }
    }

    /// What was shown, read; `None` when TLS did not get that far.
    pub(super) fn certificate(&self) -> Option<Result<Certificate, CertificateError>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.first().map(|leaf| Certificate::from_der(leaf))
    }

    /// All that was shown, leaf first; nothing when TLS did not get that far.
    pub(super) fn chain(&self) -> Chain {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

/// Whether the library can verify a signature by this certificate's key at all.
fn is_verifiable(certificate: &CertificateDer<'_>) -> bool {
    let large_enough = Certificate::from_der(certificate)
        .is_ok_and(|read| read.key_type != "rsa" || read.key_bits >= SMALLEST_RSA);
    large_enough && ParsedCertificate::try_from(certificate).is_ok()
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !is_verifiable(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !is_verifiable(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A configuration for one visit.
pub(super) fn config(
    provider: &Arc<CryptoProvider>,
    recorder: &Recorder,
) -> Result<Arc<ClientConfig>, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder.clone()))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The same configuration with another recorder. What is large in it is shared, so this costs far less than a new one.
pub(super) fn with_recorder(config: &ClientConfig, recorder: &Recorder) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(recorder.clone()));
    Arc::new(config)
}
