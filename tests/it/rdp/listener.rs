//! The lab's listener: what it answers to whom, and that it ends where it should.

use std::net::SocketAddr;

use rdpfix::lab::listener::Negotiation;
use rdpfix::rdp::handshake;
use rdpfix::rdp::handshake::Step;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::Request;
use rdpfix::rdp::nego::ResponseFlags;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::healthy;
use super::open;
use super::served;

/// What clients of five kinds ask for, in the order of the tables below.
const ASKED: [(&str, Option<Protocols>); 5] = [
    ("none", None),
    ("rdp", Some(Protocols::RDP)),
    ("ssl", Some(Protocols::SSL)),
    ("hybrid", Some(Protocols::HYBRID)),
    ("all", Some(Protocols(0xB))),
];

async fn ask(address: SocketAddr, protocols: Option<Protocols>) -> (TcpStream, Answer) {
    let mut request = Request::for_protocols(Protocols::RDP, "user");
    request.negotiation = request.negotiation.and_then(|mut wish| {
        wish.protocols = protocols?;
        Some(wish)
    });
    let (bytes, mut waiting) = handshake::ask(&request).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    loop {
        let byte = [stream.read_u8().await.unwrap()];
        match waiting.handle(&byte).unwrap() {
            Step::More(more) => waiting = more,
            Step::Done(answered) => return (stream, answered.answer),
        }
    }
}

/// The answers as words: `legacy`, `RDP`, `F5`.
async fn matrix(negotiation: Negotiation) -> String {
    let address = open(negotiation).await;
    let mut words = Vec::new();
    for (name, protocols) in ASKED {
        let word = match ask(address, protocols).await.1 {
            Answer::Bare => "legacy".to_owned(),
            Answer::Selected { protocol, .. } => protocol.to_string(),
            Answer::Refused(code) => format!("F{}", code.0),
        };
        words.push(format!("{name}:{word}"));
    }
    words.join(" ")
}

fn layer(security_layer: u32) -> Negotiation {
    Negotiation {
        security_layer,
        nla: false,
        ..healthy()
    }
}

#[tokio::test]
async fn required_nla_is_answered_to_all_who_cannot_do_it() {
    assert_eq!(
        matrix(healthy()).await,
        "none:F5 rdp:F5 ssl:F5 hybrid:HYBRID all:HYBRID_EX"
    );
}

#[tokio::test]
async fn layer_tls_refuses_classic_security() {
    assert_eq!(
        matrix(layer(2)).await,
        "none:F1 rdp:F1 ssl:SSL hybrid:HYBRID all:HYBRID_EX"
    );
}

#[tokio::test]
async fn layer_negotiate_takes_what_the_client_can_do() {
    assert_eq!(
        matrix(layer(1)).await,
        "none:legacy rdp:RDP ssl:SSL hybrid:HYBRID all:HYBRID_EX"
    );
}

#[tokio::test]
async fn layer_rdp_does_not_allow_tls() {
    assert_eq!(
        matrix(layer(0)).await,
        "none:legacy rdp:RDP ssl:F2 hybrid:F2 all:F2"
    );
}

#[tokio::test]
async fn without_a_certificate_there_is_no_tls() {
    let negotiation = Negotiation {
        certificate: None,
        ..layer(1)
    };
    assert_eq!(
        matrix(negotiation).await,
        "none:legacy rdp:RDP ssl:F3 hybrid:F3 all:F3"
    );
}

#[tokio::test]
async fn without_negotiation_everybody_gets_classic_security() {
    let negotiation = Negotiation {
        negotiates: false,
        ..healthy()
    };
    assert_eq!(
        matrix(negotiation).await,
        "none:legacy rdp:legacy ssl:legacy hybrid:legacy all:legacy"
    );
}

#[tokio::test]
async fn protocols_that_a_host_is_not_set_up_for_are_as_good_as_none() {
    for protocols in [Protocols::RDSTLS, Protocols::RDSAAD] {
        for (negotiation, expected) in [
            (healthy(), Answer::Refused(FailureCode::HYBRID_REQUIRED)),
            (layer(2), Answer::Refused(FailureCode::SSL_REQUIRED)),
        ] {
            let (_, answer) = ask(open(negotiation).await, Some(protocols)).await;
            assert_eq!(answer, expected, "{protocols}");
        }
    }
}

#[tokio::test]
async fn restricted_admin_shows_in_the_flags() {
    for restricted_admin in [true, false] {
        let negotiation = Negotiation {
            restricted_admin,
            ..healthy()
        };
        let (_, answer) = ask(open(negotiation).await, Some(Protocols::HYBRID)).await;
        let Answer::Selected { flags, .. } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(
            flags.contains(ResponseFlags::RESTRICTED_ADMIN),
            restricted_admin
        );
    }
}

#[tokio::test]
async fn a_refusal_closes_at_once() {
    let (mut stream, answer) = ask(open(healthy()).await, Some(Protocols::SSL)).await;
    assert!(matches!(answer, Answer::Refused(_)));
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_hung_up_on_when_its_time_is_over() {
    let mut stream = TcpStream::connect(open(healthy()).await).await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn another_protocol_is_hung_up_on() {
    let mut stream = TcpStream::connect(open(healthy()).await).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The unread rest of the request may turn the close into a reset.
    let _ended = stream.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
}

#[tokio::test]
async fn a_client_that_goes_on_to_a_session_is_hung_up_on() {
    let (mut stream, _) = ask(open(layer(1)).await, Some(Protocols::RDP)).await;
    let flood = vec![0; 64 * 1024];
    let mut sent = 0;
    while stream.write_all(&flood).await.is_ok() {
        sent += flood.len();
        assert!(sent < 64 * 1024 * 1024, "the flood is swallowed");
    }
}

#[tokio::test]
async fn a_key_of_another_certificate_makes_tls_die() {
    let mixed = {
        let mut mixed = served(2025, 2027).unwrap().as_ref().clone();
        mixed.key.clone_from(&served(2025, 2027).unwrap().key);
        mixed
    };
    let negotiation = Negotiation {
        certificate: Some(mixed.into()),
        ..layer(2)
    };
    let (mut stream, answer) = ask(open(negotiation).await, Some(Protocols::SSL)).await;
    assert!(matches!(answer, Answer::Selected { .. }));
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
}
