//! Which server certificates are accepted. Settings are made once per run and kind of trust, not once per host.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::crypto::verify_tls12_signature;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject as _;

use crate::cim::CimError;
use crate::inventory::TlsTrust;

/// Makes and keeps TLS settings.
#[derive(Debug)]
pub(super) struct TlsSettings {
    provider: Arc<CryptoProvider>,
    /// The PEM files that hosts name, by that name.
    files: BTreeMap<String, Vec<u8>>,
    made: Mutex<HashMap<TlsTrust, Arc<ClientConfig>>>,
}

impl TlsSettings {
    pub(super) fn new(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            files,
            made: Mutex::new(HashMap::new()),
        }
    }

    /// The settings for this kind of trust.
    pub(super) fn get(&self, trust: &TlsTrust) -> Result<Arc<ClientConfig>, CimError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(trust) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(trust)?);
        made.insert(trust.clone(), Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, trust: &TlsTrust) -> Result<ClientConfig, CimError> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| CimError::Broken {
                promise: format!("the TLS library has its protocol versions: {error}"),
            })?;
        let builder = match trust {
            TlsTrust::System => builder.with_root_certificates(system_roots()?),
            TlsTrust::File(name) => builder.with_root_certificates(self.roots_of(name)?),
            TlsTrust::Unchecked => {
                let verifier = AnyCertificate(Arc::clone(&self.provider));
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier))
            }
        };
        Ok(builder.with_no_client_auth())
    }

    fn roots_of(&self, name: &str) -> Result<RootCertStore, CimError> {
        let unusable = |detail: String| CimError::Configuration {
            detail,
            remedy: "`ansible_winrm_ca_trust_path` must name a file of certificates in PEM form"
                .to_owned(),
        };
        let Some(pem) = self.files.get(name) else {
            return Err(unusable(format!("`{name}` was not read")));
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| unusable(format!("`{name}` is not PEM: {error}")))?;
            roots.add(certificate).map_err(|error| {
                unusable(format!("a certificate in `{name}` is unusable: {error}"))
            })?;
        }
        if roots.is_empty() {
            return Err(unusable(format!("`{name}` holds no certificate")));
        }
        Ok(roots)
    }
}

fn system_roots() -> Result<RootCertStore, CimError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems carry odd certificates among good ones; the good ones are enough.
    let (usable, _unusable) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let why = found
        .errors
        .first()
        .map_or_else(|| "the store is empty".to_owned(), ToString::to_string);
    Err(CimError::Configuration {
        detail: format!("this system has no trusted certificates: {why}"),
        remedy: "install the package `ca-certificates`, or set `ansible_winrm_ca_trust_path`"
            .to_owned(),
    })
}

/// Accepts whatever certificate the server shows, though the server must still own its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::TlsSettings;
    use crate::cim::Blame;
    use crate::inventory::TlsTrust;

    fn settings(pem: &[u8]) -> TlsSettings {
        TlsSettings::new(BTreeMap::from([("ca.pem".to_owned(), pem.to_vec())]))
    }

    #[test]
    fn settings_are_made_once() {
        let settings = settings(b"");
        let first = settings.get(&TlsTrust::Unchecked).unwrap();
        let second = settings.get(&TlsTrust::Unchecked).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn a_file_without_certificates_is_a_wrong_configuration() {
        for (pem, name) in [
            (b"".as_slice(), "ca.pem"),
            (b"nonsense", "ca.pem"),
            (b"", "other.pem"),
        ] {
            let trust = TlsTrust::File(name.to_owned());
            let refused = settings(pem).get(&trust).unwrap_err();
            assert_eq!(refused.blame(), Blame::Request);
            assert!(refused.to_string().contains(name), "{refused}");
        }
    }

    #[test]
    fn a_certificate_in_a_file_is_trusted() {
        let certificate = rcgen::generate_simple_self_signed(vec!["pc-1".to_owned()]).unwrap();
        let settings = settings(certificate.cert.pem().as_bytes());
        assert!(settings.get(&TlsTrust::File("ca.pem".to_owned())).is_ok());
    }
}
