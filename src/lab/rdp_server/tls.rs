//! TLS with machines' certificates: one configuration for each certificate, not for each connection, since reading a
//! private key costs more than the handshake around it. Knows certificates, not machines.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::NoServerSessionStorage;

use crate::lab::listener::ServedCertificate;

/// How many configurations are kept; a machine beyond that pays for its own again.
const KEPT: usize = 256;

type Kept = VecDeque<(Arc<ServedCertificate>, Arc<ServerConfig>)>;

static CONFIGS: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// The configuration for this certificate, the oldest one making room.
pub(super) fn config(served: &Arc<ServedCertificate>) -> Result<Arc<ServerConfig>, rustls::Error> {
    if let Some(found) = kept(served) {
        return Ok(found);
    }
    let built = build(served)?;
    let mut configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    if configs.len() >= KEPT {
        configs.pop_front();
    }
    configs.push_back((Arc::clone(served), Arc::clone(&built)));
    Ok(built)
}

fn kept(served: &Arc<ServedCertificate>) -> Option<Arc<ServerConfig>> {
    let configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    configs
        .iter()
        .rev()
        .find(|(known, _)| Arc::ptr_eq(known, served) || known == served)
        .map(|(_, config)| Arc::clone(config))
}

fn build(served: &ServedCertificate) -> Result<Arc<ServerConfig>, rustls::Error> {
    let certificate = CertificateDer::from(served.certificate.clone());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(served.key.clone()));
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    // Each visit shall see the certificate anew, and a fleet shall not remember its clients.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::CONFIGS;
    use super::KEPT;
    use super::config;
    use crate::lab::listener::ServedCertificate;
    use rcgen::CertificateParams;
    use rcgen::KeyPair;
    use std::sync::Arc;

    fn served() -> ServedCertificate {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["host".to_owned()]).unwrap();
        ServedCertificate {
            certificate: params.self_signed(&key).unwrap().der().to_vec(),
            key: key.serialize_der(),
        }
    }

    // One test, because the second half empties what the first half looks for.
    #[test]
    fn equal_certificates_share_a_configuration_until_newer_ones_displace_it() {
        let first = served();
        let second = config(&Arc::new(first.clone())).unwrap();
        assert!(Arc::ptr_eq(
            &config(&Arc::new(first.clone())).unwrap(),
            &second
        ));
        for _ in 0..KEPT {
            config(&Arc::new(served())).unwrap();
        }
        assert!(CONFIGS.lock().unwrap().len() <= KEPT);
        assert!(!Arc::ptr_eq(&config(&Arc::new(first)).unwrap(), &second));
    }
}
