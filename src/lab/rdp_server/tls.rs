//! TLS with machines' certificates as Schannel speaks it: TLS 1.2 and 1.3 by the TLS library, restricted to what is on;
//! what is older is played in plain text and ends there.
//!
//! One configuration for each certificate, not for each connection, since reading a private key costs more than the
//! handshake around it. Knows certificates and settings, not machines.

use std::collections::VecDeque;
use std::io;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustls::AlertDescription;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::NoServerSessionStorage;
use rustls::sign::CertifiedKey;
use rustls::sign::SingleCertAndKey;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;
use crate::lab::listener::ServedCertificate;
use crate::lab::machine::schannel::Schannel;
use crate::lab::rdp_server::choice;
use crate::lab::rdp_server::choice::Choice;
use crate::lab::rdp_server::choice::Means;
use crate::lab::rdp_server::short_key::ShortKey;
use crate::tls::ProtocolVersion;
use crate::tls::flight;
use crate::tls::flight::ServerHello;
use crate::tls::handshake::Asked;
use crate::tls::handshake::AwaitingClientHello;
use crate::tls::handshake::Step;
use crate::tls::suite::CipherSuite;

/// How many configurations are kept; a machine beyond that pays for its own again.
const KEPT: usize = 256;

type Kept = VecDeque<(Terms, Arc<ServerConfig>)>;

static CONFIGS: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
static LIBRARY: LazyLock<Vec<CipherSuite>> = LazyLock::new(|| {
    PROVIDER
        .cipher_suites
        .iter()
        .map(|suite| CipherSuite(u16::from(suite.suite())))
        .collect()
});

/// What the TLS library is configured with.
#[derive(Debug, Clone)]
struct Terms {
    served: Arc<ServedCertificate>,
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
}

impl Terms {
    fn are_those_of(&self, other: &Self) -> bool {
        (self.version, &self.suites) == (other.version, &other.suites)
            && (Arc::ptr_eq(&self.served, &other.served) || self.served == other.served)
    }
}

/// What became of a handshake.
#[derive(Debug)]
pub(in crate::lab) enum Handshake<S> {
    /// It is complete.
    Secured(S),
    /// It ended by an alert, because nothing is in common.
    NothingInCommon,
    /// It is too old for more than its beginning.
    PlayedOut,
}

/// Answers a client's hello; `early` came already.
pub(in crate::lab) async fn accept(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    early: Vec<u8>,
    served: &Arc<ServedCertificate>,
    schannel: &Schannel,
) -> io::Result<Handshake<impl AsyncRead + AsyncWrite + Unpin>> {
    let asked = read_hello(&mut stream, early).await?;
    let certificate = Certificate::from_der(&served.certificate).map_err(super::invalid)?;
    let means = Means {
        key_type: &certificate.key_type,
        library: &LIBRARY,
    };
    let last_words = match choice::choose(schannel, means, &asked.hello) {
        Choice::Library(version, suites) => {
            let terms = Terms {
                served: Arc::clone(served),
                version,
                suites,
            };
            let config = config(&terms).map_err(super::invalid)?;
            let (read, write) = tokio::io::split(stream);
            let stream = tokio::io::join(Cursor::new(asked.bytes).chain(read), write);
            let accepted = TlsAcceptor::from(config).accept(stream).await;
            return accepted.map(Handshake::Secured);
        }
        Choice::Flight(version, suite) => flight(version, suite, &certificate)?,
        Choice::Refused(alert) => {
            stream.write_all(&alert.encode(asked.hello.version)).await?;
            stream.shutdown().await?;
            return Ok(Handshake::NothingInCommon);
        }
    };
    stream.write_all(&last_words).await?;
    // Whatever the client says next is beyond what is played here.
    let _next = stream.read_u8().await;
    stream.shutdown().await?;
    Ok(Handshake::PlayedOut)
}

/// What goes wrong is told as the TLS library tells it, which is what everybody here understands.
async fn read_hello(stream: &mut (impl AsyncRead + Unpin), early: Vec<u8>) -> io::Result<Asked> {
    let mut waiting = AwaitingClientHello::default();
    let mut chunk = early;
    loop {
        let step = waiting
            .handle(&chunk)
            .map_err(|error| super::invalid(rustls::Error::General(error.to_string())))?;
        match step {
            Step::More(more) => waiting = more,
            Step::Refused(alert) => {
                let alert = AlertDescription::from(alert.number);
                return Err(super::invalid(rustls::Error::AlertReceived(alert)));
            }
            Step::Done(asked) => return Ok(asked),
        }
        chunk = super::some_bytes(stream).await?;
    }
}

fn flight(
    version: ProtocolVersion,
    suite: CipherSuite,
    certificate: &Certificate,
) -> io::Result<Vec<u8>> {
    let hello = ServerHello {
        version,
        random: rand::random(),
        session: rand::random::<[u8; 32]>().to_vec(),
        suite,
        extensions: Vec::new(),
    };
    flight::encode(&hello, std::slice::from_ref(&certificate.der)).map_err(super::invalid)
}

/// The configuration for these terms, the oldest one making room.
fn config(terms: &Terms) -> Result<Arc<ServerConfig>, rustls::Error> {
    if let Some(found) = kept(terms) {
        return Ok(found);
    }
    let built = build(terms)?;
    let mut configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    if configs.len() >= KEPT {
        configs.pop_front();
    }
    configs.push_back((terms.clone(), Arc::clone(&built)));
    Ok(built)
}

fn kept(terms: &Terms) -> Option<Arc<ServerConfig>> {
    let configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    configs
        .iter()
        .rev()
        .find(|(known, _)| known.are_those_of(terms))
        .map(|(_, config)| Arc::clone(config))
}

fn build(terms: &Terms) -> Result<Arc<ServerConfig>, rustls::Error> {
    let certificate = CertificateDer::from(terms.served.certificate.clone());
    let version = if terms.version == ProtocolVersion::TLS_1_3 {
        &rustls::version::TLS13
    } else {
        &rustls::version::TLS12
    };
    let builder = ServerConfig::builder_with_provider(provider(&terms.suites))
        .with_protocol_versions(&[version])?
        .with_no_client_auth();
    let mut config = if let Some(key) = ShortKey::read(&terms.served.key) {
        let certified = CertifiedKey::new(vec![certificate], Arc::new(key));
        builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
    } else {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(terms.served.key.clone()));
        builder.with_single_cert(vec![certificate], key)?
    };
    // Windows goes by its own list.
    config.ignore_client_order = true;
    // Each visit shall see the certificate anew, and a fleet shall not remember its clients.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The library with these suites alone, in this order.
fn provider(suites: &[CipherSuite]) -> Arc<CryptoProvider> {
    let library = &PROVIDER.cipher_suites;
    let cipher_suites = suites
        .iter()
        .filter_map(|wanted| {
            library
                .iter()
                .find(|suite| u16::from(suite.suite()) == wanted.0)
                .copied()
        })
        .collect();
    Arc::new(CryptoProvider {
        cipher_suites,
        ..CryptoProvider::clone(&PROVIDER)
    })
}

#[cfg(test)]
mod tests {
    use super::CONFIGS;
    use super::KEPT;
    use super::Terms;
    use super::config;
    use crate::lab::listener::ServedCertificate;
    use crate::tls::ProtocolVersion;
    use crate::tls::suite::CipherSuite;
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

    fn terms(served: &ServedCertificate) -> Terms {
        Terms {
            served: Arc::new(served.clone()),
            version: ProtocolVersion::TLS_1_3,
            suites: vec![CipherSuite(0x1301)],
        }
    }

    // One test, because the second half empties what the first half looks for.
    #[test]
    fn equal_certificates_share_a_configuration_until_newer_ones_displace_it() {
        let first = served();
        let second = config(&terms(&first)).unwrap();
        assert!(Arc::ptr_eq(&config(&terms(&first)).unwrap(), &second));
        for _ in 0..KEPT {
            config(&terms(&served())).unwrap();
        }
        assert!(CONFIGS.lock().unwrap().len() <= KEPT);
        assert!(!Arc::ptr_eq(&config(&terms(&first)).unwrap(), &second));
    }
}
