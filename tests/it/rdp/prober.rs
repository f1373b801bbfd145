//! The prober against listeners of the lab and against ports that misbehave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Prover;
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Host;
use rdpfix::inventory::HostVars;
use rdpfix::inventory::PasswordSource;
use rdpfix::inventory::Scheme;
use rdpfix::inventory::TlsTrust;
use rdpfix::inventory::WinRm;
use rdpfix::lab::listener::Negotiation;
use rdpfix::probe::RdpProver;
use rdpfix::proof::Proof;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::secret::Secret;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::each_client;
use super::healthy;
use super::negotiation;
use super::open;
use super::served;
use super::versions;
use super::visit;

/// It is the middle of 2026, and waiting ends when the test says so, or never.
struct TestClock {
    over: Option<Arc<Notify>>,
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    async fn sleep(&self, _duration: Duration) {
        match &self.over {
            Some(over) => over.notified().await,
            None => std::future::pending().await,
        }
    }
}

pub(super) fn host(address: &str, rdp_port: u16) -> Host {
    Host {
        name: "win-lab01".into(),
        address: address.to_owned(),
        winrm: WinRm {
            port: 5986,
            scheme: Scheme::Https,
            path: "/wsman".to_owned(),
            user: "user".to_owned(),
            password: Secret::new("unused"),
            password_source: PasswordSource::Stated,
            scheme_of_authentication: Authentication::Ntlm,
            trust: TlsTrust::System,
            operation_timeout: None,
            obstacle: None,
        },
        rdp_port,
        rdp_gateway: None,
        vars: HostVars::default(),
    }
}

async fn prove_by(clock: TestClock, address: SocketAddr) -> Proof {
    RdpProver::new(Arc::new(clock), RdpProver::DEADLINE)
        .prove(&host(&address.ip().to_string(), address.port()))
        .await
}

pub(super) async fn prove(address: SocketAddr) -> Proof {
    prove_by(TestClock { over: None }, address).await
}

/// Stage, identifier and reason of a refutation.
pub(super) fn refuted(proof: &Proof) -> (Stage, &'static str, &str) {
    match &proof.verdict {
        Verdict::Refuted { stage, id, reason } => (*stage, id, reason),
        Verdict::Proven => panic!("proven: {proof:?}"),
    }
}

/// A disconnect in plain MCS, where TLS should be.
const DISCONNECT: &[u8] = b"\x03\x00\x00\x09\x02\xf0\x80\x21\x80";

/// Yes to TLS.
fn agreement() -> Vec<u8> {
    let answer = Answer::Selected {
        flags: ResponseFlags::default(),
        protocol: Protocols::SSL,
    };
    answer.encode().unwrap()
}

/// Says yes to TLS, and leaves the rest to the test.
async fn agree(mut stream: TcpStream) -> TcpStream {
    let asked = stream.read(&mut [0; 512]).await.unwrap();
    assert!(asked > 0);
    stream.write_all(&agreement()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_healthy_host_is_proven_by_one_connection() {
    let negotiation = healthy();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let address = each_client(move |stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        let negotiation = negotiation.clone();
        async move {
            let _ended = rdpfix::lab::rdp_server::serve_connection(stream, negotiation).await;
        }
    })
    .await;
    let proof = prove(address).await;
    assert_eq!(proof.verdict, Verdict::Proven);
    assert_eq!(proof.selected, Some("nla"));
    let certificate = proof.certificate.unwrap();
    assert_eq!(certificate.subject, "CN=WIN-LAB01");
    assert_eq!(certificate.not_after.to_string(), "2027-01-01T00:00:00Z");
    let stages: Vec<Stage> = proof.stages.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(
        stages,
        [
            Stage::Resolve,
            Stage::Connect,
            Stage::Negotiate,
            Stage::Tls,
            Stage::Certificate
        ]
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_host_with_optional_nla_is_proven() {
    for security_layer in [1, 2] {
        let negotiation = Negotiation {
            security_layer,
            nla: false,
            ..healthy()
        };
        assert_eq!(
            prove(open(negotiation).await).await.verdict,
            Verdict::Proven
        );
    }
}

#[tokio::test]
async fn an_expired_certificate_refutes_and_is_shown() {
    let negotiation = Negotiation {
        certificate: served(2024, 2026),
        ..healthy()
    };
    let proof = prove(open(negotiation).await).await;
    assert_eq!(
        refuted(&proof),
        (
            Stage::Certificate,
            "cert-expired",
            "the certificate `CN=WIN-LAB01` expired at 2026-01-01T00:00:00Z"
        )
    );
    assert_eq!(proof.certificate.unwrap().subject, "CN=WIN-LAB01");
    assert_eq!(proof.stages.len(), 4);
}

#[tokio::test]
async fn a_certificate_of_the_future_refutes() {
    let negotiation = Negotiation {
        certificate: served(2027, 2028),
        ..healthy()
    };
    let proof = prove(open(negotiation).await).await;
    assert_eq!(
        refuted(&proof),
        (
            Stage::Certificate,
            "cert-expired",
            "the certificate `CN=WIN-LAB01` is not valid before 2027-01-01T00:00:00Z"
        )
    );
}

#[tokio::test]
async fn a_missing_certificate_refutes() {
    let negotiation = Negotiation {
        certificate: None,
        ..healthy()
    };
    let proof = prove(open(negotiation).await).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "cert-missing"));
    assert!(reason.contains("3 (SSL_CERT_NOT_ON_SERVER)"), "{reason}");
    assert_eq!(proof.selected, None);
}

#[tokio::test]
async fn classic_security_refutes() {
    let negotiation = Negotiation {
        security_layer: 0,
        ..healthy()
    };
    let proof = prove(open(negotiation).await).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "security-layer-mismatch"));
    assert!(reason.contains("SSL_NOT_ALLOWED_BY_SERVER"), "{reason}");
}

#[tokio::test]
async fn a_key_that_does_not_fit_refutes_as_machine_keys() {
    let mut certificate = served(2025, 2027).unwrap().as_ref().clone();
    certificate.key.clone_from(&served(2025, 2027).unwrap().key);
    let negotiation = Negotiation {
        certificate: Some(Arc::new(certificate)),
        ..healthy()
    };
    let proof = prove(open(negotiation).await).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "machine-keys"));
    assert_eq!(proof.selected, Some("nla"));
    assert_eq!(proof.certificate, None);
}

#[tokio::test]
async fn a_closed_port_refutes_as_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let proof = prove(address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Connect, "tcp-blocked"));
    assert!(reason.contains("refused the connection"), "{reason}");
}

#[tokio::test]
async fn a_port_that_hangs_up_refutes_as_a_broken_listener() {
    let address = each_client(|stream| async move { drop(stream) }).await;
    let proof = prove(address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "listener-broken"));
    assert!(reason.contains("closed it without an answer"), "{reason}");
}

#[tokio::test]
async fn another_program_on_the_port_refutes_as_a_broken_listener() {
    let address = each_client(|mut stream| async move {
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        let _gone = stream.read(&mut [0; 64]).await;
    })
    .await;
    let proof = prove(address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "listener-broken"));
    assert!(reason.contains("not RDP"), "{reason}");
}

#[tokio::test]
async fn a_host_that_agrees_to_tls_and_does_not_speak_it_is_a_mismatch() {
    let address = each_client(|stream| async move {
        let mut stream = agree(stream).await;
        let hello = stream.read(&mut [0; 4096]).await.unwrap();
        assert!(hello > 0);
        stream.write_all(DISCONNECT).await.unwrap();
        let _gone = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let proof = prove(address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "tls-mismatch"));
    assert_eq!(proof.selected, Some("tls"));
}

#[tokio::test]
async fn a_host_that_speaks_out_of_turn_is_a_mismatch_in_one_piece_or_two() {
    let address = each_client(|mut stream| async move {
        let asked = stream.read(&mut [0; 512]).await.unwrap();
        assert!(asked > 0);
        let both = [&agreement()[..], DISCONNECT].concat();
        stream.write_all(&both).await.unwrap();
        let _gone = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let proof = prove(address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "tls-mismatch"));
    assert_eq!(proof.selected, Some("tls"));
    let survey = visit(address).await;
    assert_eq!(
        negotiation(&survey),
        "rdp:SSL tls:SSL nla:SSL rdstls:SSL hybrid_ex:SSL aad:SSL"
    );
    assert_eq!(
        versions(&survey),
        "ssl3:other 1.0:other 1.1:other 1.2:other 1.3:other"
    );
}

#[tokio::test]
async fn a_host_that_refuses_the_tls_version_is_a_mismatch() {
    let address = each_client(|stream| async move {
        let mut stream = agree(stream).await;
        let hello = stream.read(&mut [0; 4096]).await.unwrap();
        assert!(hello > 0);
        // A fatal alert 70: protocol_version (RFC 8446 6.2).
        stream
            .write_all(b"\x15\x03\x01\x00\x02\x02\x46")
            .await
            .unwrap();
    })
    .await;
    let proof = prove(address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "tls-mismatch"));
    assert!(reason.contains("alert 70"), "{reason}");
}

#[tokio::test]
async fn a_port_that_never_answers_refutes_when_the_time_is_over() {
    let over = Arc::new(Notify::new());
    let told = Arc::clone(&over);
    let address = each_client(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            let _asked = stream.read(&mut [0; 512]).await;
            told.notify_waiters();
            let _gone = stream.read(&mut [0; 512]).await;
        }
    })
    .await;
    let proof = prove_by(TestClock { over: Some(over) }, address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "listener-broken"));
    assert!(reason.contains("did not answer within 10s"), "{reason}");
}

#[tokio::test]
async fn a_tls_handshake_that_stalls_refutes_as_lost_packets() {
    let over = Arc::new(Notify::new());
    let told = Arc::clone(&over);
    let address = each_client(move |stream| {
        let told = Arc::clone(&told);
        async move {
            let mut stream = agree(stream).await;
            let _hello = stream.read(&mut [0; 4096]).await;
            told.notify_waiters();
            let _gone = stream.read(&mut [0; 4096]).await;
        }
    })
    .await;
    let proof = prove_by(TestClock { over: Some(over) }, address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "path-mtu"));
    assert_eq!(proof.stages.len(), 3);
}

#[tokio::test]
async fn a_connection_that_is_not_answered_refutes_as_blocked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let over = Arc::new(Notify::new());
    // The time is over before the connection can be.
    over.notify_one();
    let proof = prove_by(TestClock { over: Some(over) }, address).await;
    let (stage, id, reason) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Connect, "tcp-blocked"));
    assert!(
        reason.contains("no answer to the TCP connection within 10s"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_name_that_cannot_exist_refutes_without_a_packet() {
    let clock = Arc::new(TestClock { over: None });
    let proof = RdpProver::new(clock, RdpProver::DEADLINE)
        .prove(&host(&"x".repeat(300), 3389))
        .await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Resolve, "dns-name"));
    assert!(proof.stages.is_empty());
}
