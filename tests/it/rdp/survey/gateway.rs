//! What a survey says of a gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::probe::surveyor::Target;
use rdpfix::survey::Distrust;
use rdpfix::survey::GatewayAnswer;
use rdpfix::survey::GatewayView;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::Trust;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::AMPLE;
use super::Book;
use super::SpurredClock;
use super::options;
use super::surveyor;
use super::target;
use crate::rdp::each_client;
use crate::rdp::made;

const HEALTHY: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n\
    WWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
const STOPPED: &str = "HTTP/1.1 503 Service Unavailable\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n";

async fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// A gateway that answers the requests of each transport with these texts. With an empty one it never answers, and when
/// it is asked, so much time passes that nobody waits any longer.
async fn gateway(
    http: &'static str,
    rpc: &'static str,
    count: &Arc<AtomicUsize>,
    clock: Option<&Arc<SpurredClock>>,
) -> SocketAddr {
    let clock = clock.cloned();
    let (certificate, key) = made(2025, 2027);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let count = Arc::clone(count);
    each_client(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        let acceptor = acceptor.clone();
        let clock = clock.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => return,
                }
            }
            let text = match &request[..4] {
                b"RDG_" => http,
                b"RPC_" => rpc,
                _ => panic!("an odd request"),
            };
            if text.is_empty() {
                if let Some(clock) = clock {
                    // Half of what is left of three quarters of the deadline.
                    let left = (AMPLE * 3 / 4).saturating_sub(*clock.passed.borrow());
                    clock.advance(left / 2);
                }
                let _gone = stream.read_to_end(&mut Vec::new()).await;
            }
            let _sent = stream.write_all(text.as_bytes()).await;
            let _closed = stream.shutdown().await;
        }
    })
    .await
}

async fn seen(gateway: String) -> GatewayView {
    let options = SurveyOptions {
        gateway: Some(gateway),
        ..options(AMPLE)
    };
    let survey = surveyor(options).survey(&target(closed().await)).await;
    survey.gateway.unwrap()
}

fn other(status: u16, server: Option<&str>) -> GatewayAnswer {
    GatewayAnswer::Other {
        status,
        server: server.map(str::to_owned),
    }
}

#[tokio::test]
async fn the_answers_of_both_transports_are_told() {
    let healthy = GatewayAnswer::Healthy {
        schemes: vec!["Negotiate".to_owned(), "NTLM".to_owned()],
    };
    let page = "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<html>";
    for (texts, http, rpc) in [
        ([HEALTHY, HEALTHY], healthy.clone(), healthy.clone()),
        (
            [HEALTHY, "HTTP/1.1 404 Not Found\r\n\r\n"],
            healthy,
            other(404, None),
        ),
        (
            [STOPPED, STOPPED],
            other(503, Some("Microsoft-HTTPAPI/2.0")),
            other(503, Some("Microsoft-HTTPAPI/2.0")),
        ),
        (
            [page, page],
            other(200, Some("nginx")),
            other(200, Some("nginx")),
        ),
    ] {
        let address = gateway(texts[0], texts[1], &Arc::default(), None).await;
        let view = seen(address.to_string()).await;
        assert_eq!(view.address, address.to_string());
        assert_eq!(view.tcp, Some(Tcp::Open));
        assert_eq!((view.http, view.rpc), (Some(http), Some(rpc)));
        assert_eq!(view.chain[0].common_name, "WIN-LAB01");
        assert_eq!(view.trust, Some(Trust::Untrusted(Distrust::SelfSigned)));
        assert_eq!(view.tls_failure, None);
    }
}

#[tokio::test]
async fn a_gateway_that_is_asked_and_never_answers_is_told_within_the_deadline() {
    let clock = SpurredClock::new();
    let address = gateway("", "", &Arc::default(), Some(&clock)).await;
    let options = SurveyOptions {
        gateway: Some(address.to_string()),
        ..options(AMPLE)
    };
    let survey = Surveyor::new(clock, options)
        .survey(&target(closed().await))
        .await;
    assert!(survey.took <= AMPLE * 3 / 4, "{:?}", survey.took);
    assert_eq!(survey.out_of_time, None);
    let view = survey.gateway.unwrap();
    let silence = GatewayAnswer::Broken("nothing more came after 0 bytes".to_owned());
    assert_eq!(
        (view.http, view.rpc),
        (Some(silence.clone()), Some(silence))
    );
    assert_eq!(view.chain.len(), 1);
}

#[tokio::test]
async fn what_is_no_gateway_is_told_as_far_as_it_gets() {
    let view = seen(closed().await.to_string()).await;
    assert_eq!(view.tcp, Some(Tcp::Refused));
    assert_eq!((&view.http, &view.rpc), (&None, &None));

    let address = each_client(|mut stream| async move {
        let _sent = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
        let _gone = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let view = seen(address.to_string()).await;
    assert_eq!(view.tcp, Some(Tcp::Open));
    assert!(
        matches!(view.tls_failure, Some(TlsFailure::Broken(_))),
        "{view:?}"
    );

    let address = each_client(|stream| async move { drop(stream) }).await;
    let view = seen(address.to_string()).await;
    assert_eq!(view.tls_failure, Some(TlsFailure::Closed));

    let address = gateway("SSH-2.0-OpenSSH_9.2\r\n", HEALTHY, &Arc::default(), None).await;
    let view = seen(address.to_string()).await;
    assert!(
        matches!(view.http, Some(GatewayAnswer::Broken(_))),
        "{view:?}"
    );
    assert!(
        matches!(view.rpc, Some(GatewayAnswer::Healthy { .. })),
        "{view:?}"
    );
}

#[tokio::test]
async fn all_hosts_share_one_look_by_name() {
    let count = Arc::default();
    let book = Book {
        addresses: vec![
            closed().await,
            gateway(HEALTHY, HEALTHY, &count, None).await,
        ],
        ..Book::default()
    };
    let options = SurveyOptions {
        gateway: Some("pc-1.example".to_owned()),
        ..options(AMPLE)
    };
    let surveyor = surveyor(options).with_resolver(Arc::new(book));
    let target = target(closed().await);
    let surveys = (0..20).map(|_| surveyor.survey(&target));
    for survey in futures_util::future::join_all(surveys).await {
        let view = survey.gateway.unwrap();
        assert_eq!(view.address, "pc-1.example:443");
        assert_eq!(view.tcp, Some(Tcp::Open));
        assert!(matches!(view.http, Some(GatewayAnswer::Healthy { .. })));
    }
    // One for each transport.
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn each_host_has_its_own_gateway_unless_all_are_given_one() {
    let (first, second) = (Arc::default(), Arc::default());
    let near = gateway(HEALTHY, HEALTHY, &first, None).await;
    let far = gateway(STOPPED, STOPPED, &second, None).await;
    let host = target(closed().await);
    let behind = |gateway: Option<String>| Target {
        gateway,
        ..host.clone()
    };
    let names = [
        (Some(near.to_string()), Some(near)),
        (Some(near.to_string()), Some(near)),
        (Some(far.to_string()), Some(far)),
        (None, None),
    ];
    let each = surveyor(options(AMPLE));
    for (named, expected) in &names {
        let survey = each.survey(&behind(named.clone())).await;
        let seen = survey.gateway.map(|view| view.address);
        assert_eq!(seen, expected.map(|address| address.to_string()));
    }
    let counted = || (first.load(Ordering::SeqCst), second.load(Ordering::SeqCst));
    assert_eq!(counted(), (2, 2), "one look at each");
    let all = surveyor(SurveyOptions {
        gateway: Some(near.to_string()),
        ..options(AMPLE)
    });
    for (named, _) in names {
        let survey = all.survey(&behind(named)).await;
        assert_eq!(survey.gateway.unwrap().address, near.to_string());
    }
    assert_eq!(counted(), (4, 2));
}

#[tokio::test]
async fn a_gateway_is_the_same_however_it_is_written() {
    let count = Arc::default();
    let book = Book {
        addresses: vec![gateway(HEALTHY, HEALTHY, &count, None).await],
        ..Book::default()
    };
    let surveyor = surveyor(options(AMPLE)).with_resolver(Arc::new(book));
    let host = target(closed().await);
    for written in ["pc-1.example", "PC-1.example:443"] {
        let behind = Target {
            gateway: Some(written.to_owned()),
            ..host.clone()
        };
        let view = surveyor.survey(&behind).await.gateway.unwrap();
        assert!(matches!(view.http, Some(GatewayAnswer::Healthy { .. })));
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}
