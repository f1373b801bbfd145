//! Facts about the beginning of an RDP connection: the codec, the lab's listener and the prober, alone and together.
#![cfg(test)]

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use rdpfix::lab::listener::Negotiation;
use rdpfix::lab::listener::ServedCertificate;
use rdpfix::lab::machine::schannel::Schannel;
use rdpfix::lab::rdp_server;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

pub(crate) mod sign_in;
mod sign_in_peers;

mod codec;
mod credssp;
mod gateway;
mod listener;
mod peers;
mod prober;
mod survey;
mod versions;

pub(crate) use survey::negotiation;
pub(crate) use versions::versions;
pub(crate) use versions::visit;

/// A self-signed certificate of `WIN-LAB01` that is valid in these years.
pub(crate) fn made(from: i32, until: i32) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["WIN-LAB01".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "WIN-LAB01");
    (params.self_signed(&key).unwrap(), key)
}

/// The same, as the lab's machines hold it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a machine may have none, so this is what its field takes"
)]
fn served(from: i32, until: i32) -> Option<Arc<ServedCertificate>> {
    let (certificate, key) = made(from, until);
    Some(Arc::new(ServedCertificate {
        certificate: certificate.der().to_vec(),
        key: key.serialize_der(),
    }))
}

/// A host as it should be: TLS, network level authentication, a certificate that is valid in 2026.
fn healthy() -> Negotiation {
    Negotiation {
        security_layer: 2,
        nla: true,
        restricted_admin: false,
        negotiates: true,
        encryption_level: 2,
        schannel: Schannel::current(),
        certificate: served(2025, 2027),
        identity: Arc::default(),
    }
}

/// Puts a listener of the lab on a port of its own, for as long as the test's runtime lives.
async fn open(negotiation: Negotiation) -> SocketAddr {
    each_client(move |stream| {
        let negotiation = negotiation.clone();
        async move {
            let _ended = rdp_server::serve_connection(stream, negotiation).await;
        }
    })
    .await
}

/// Listens and does this with each client.
async fn each_client<F, Fut>(mut serve: F) -> SocketAddr
where
    F: FnMut(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}
