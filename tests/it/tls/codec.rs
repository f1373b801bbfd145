//! The codec alone and against a TLS library in memory: round trips, cuts of any kind, and bytes of any kind.

use std::io::Read;
use std::sync::Arc;

use proptest::prelude::*;
use rcgen::KeyPair;
use rdpfix::tls::DecodeError;
use rdpfix::tls::Extension;
use rdpfix::tls::ProtocolVersion;
use rdpfix::tls::client_hello::ClientHello;
use rdpfix::tls::client_hello::Question;
use rdpfix::tls::flight;
use rdpfix::tls::flight::ServerHello;
use rdpfix::tls::handshake;
use rdpfix::tls::handshake::Asked;
use rdpfix::tls::handshake::AwaitingClientHello;
use rdpfix::tls::handshake::AwaitingServerHello;
use rdpfix::tls::handshake::Step;
use rdpfix::tls::record;
use rdpfix::tls::record::Alert;
use rdpfix::tls::record::ContentType;
use rdpfix::tls::suite::CipherSuite;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::version::TLS12;
use rustls::version::TLS13;

fn question(version: ProtocolVersion) -> Question<'static> {
    Question {
        version,
        name: "host.corp.test",
        random: [7; 32],
        size: 0,
    }
}

/// What a client learns of a server: hello, certificates, and whether the server was done; or why not.
#[derive(Debug, PartialEq)]
enum Learnt {
    All(ServerHello, Vec<Vec<u8>>),
    Refused(Alert),
    Waits,
}

/// Feeds a client with these chunks, one after another, up to the end of the flight.
fn client(chunks: &[&[u8]]) -> Result<Learnt, DecodeError> {
    let mut chunks = chunks.iter().copied();
    let mut waiting = AwaitingServerHello::default();
    let picked = loop {
        let Some(chunk) = chunks.next() else {
            return Ok(Learnt::Waits);
        };
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(alert) => return Ok(Learnt::Refused(alert)),
            Step::Done(picked) => break picked,
        }
    };
    let (mut waiting, mut chunk) = (picked.then, &[][..]);
    let shown = loop {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(alert) => return Ok(Learnt::Refused(alert)),
            Step::Done(shown) => break shown,
        }
        chunk = match chunks.next() {
            Some(chunk) => chunk,
            None => return Ok(Learnt::Waits),
        };
    };
    let (mut waiting, mut chunk) = (shown.then, &[][..]);
    loop {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(alert) => return Ok(Learnt::Refused(alert)),
            Step::Done(()) => return Ok(Learnt::All(picked.hello, shown.chain)),
        }
        chunk = match chunks.next() {
            Some(chunk) => chunk,
            None => return Ok(Learnt::Waits),
        };
    }
}

fn server(chunks: &[&[u8]]) -> Result<Asked, DecodeError> {
    let mut waiting = AwaitingClientHello::default();
    for chunk in chunks {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(alert) => panic!("{alert:?}"),
            Step::Done(asked) => return Ok(asked),
        }
    }
    panic!("the server still waits");
}

fn one_by_one(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

fn hello(version: ProtocolVersion) -> ServerHello {
    ServerHello {
        version,
        random: [9; 32],
        session: vec![1; 32],
        suite: CipherSuite(0x002F),
        extensions: Vec::new(),
    }
}

#[test]
fn each_version_is_asked_for_by_itself() {
    for version in ProtocolVersion::ALL {
        let (bytes, _) = handshake::ask(&question(version)).unwrap();
        let asked = server(&[&bytes]).unwrap().hello;
        let only = (version == ProtocolVersion::TLS_1_3).then(|| vec![version]);
        assert_eq!(asked.supported_versions(), only);
        let highest = version.min(ProtocolVersion::TLS_1_2);
        assert_eq!(asked.version, highest, "{version}");
        let name = (version > ProtocolVersion::SSL_3_0).then_some("host.corp.test");
        assert_eq!(asked.server_name(), name, "{version}");
        let real = |suite: &&CipherSuite| **suite != CipherSuite::RENEGOTIATION_INFO;
        let mut suites = asked.suites.iter().filter(real);
        assert!(suites.all(|suite| suite.fits(version)), "{version}");
    }
}

#[test]
fn a_client_hello_is_read_as_it_was_written_even_one_byte_at_a_time() {
    for version in ProtocolVersion::ALL {
        let hello = ClientHello::asking(&question(version)).unwrap();
        let bytes = hello.encode().unwrap();
        let asked = server(&one_by_one(&bytes)).unwrap();
        assert_eq!(asked.hello, hello);
        assert_eq!(asked.bytes, bytes);
    }
}

#[test]
fn a_hello_takes_the_size_that_is_wished() {
    for version in [ProtocolVersion::TLS_1_0, ProtocolVersion::TLS_1_3] {
        let small = handshake::ask(&question(version)).unwrap().0;
        assert!(small.len() < 500, "{}", small.len());
        for size in [small.len() + 5, 1_501, 2_800, 20_000] {
            let wished = Question {
                size,
                ..question(version)
            };
            let (bytes, _) = handshake::ask(&wished).unwrap();
            // Beyond one record, the head of the second comes on top.
            let spare = if size > record::LONGEST { 5 } else { 0 };
            assert!((size..=size + spare).contains(&bytes.len()), "{size}");
            server(&[&bytes]).unwrap();
        }
    }
    let beyond = Question {
        size: 70_000,
        ..question(ProtocolVersion::TLS_1_2)
    };
    assert!(handshake::ask(&beyond).is_err());
}

#[test]
fn a_flight_is_read_as_it_was_written_however_it_is_cut() {
    let chain = vec![vec![0x30; 700], vec![0x31; 3]];
    for version in [ProtocolVersion::SSL_3_0, ProtocolVersion::TLS_1_2] {
        let hello = hello(version);
        let bytes = flight::encode(&hello, &chain).unwrap();
        let expected = Learnt::All(hello, chain.clone());
        assert_eq!(client(&[&bytes]).unwrap(), expected);
        assert_eq!(client(&one_by_one(&bytes)).unwrap(), expected);
        let (record, _) = record::split(&bytes).unwrap().unwrap();
        for most in [1, 4, 100] {
            let cut =
                record::frame_in_pieces(ContentType::HANDSHAKE, version, record.payload, most);
            assert_eq!(client(&[&cut]).unwrap(), expected, "records of {most}");
        }
        for end in 0..bytes.len() {
            assert_eq!(client(&[&bytes[..end]]).unwrap(), Learnt::Waits);
        }
    }
}

#[test]
fn an_alert_is_an_answer_and_a_warning_is_none() {
    let version = ProtocolVersion::TLS_1_0;
    for (number, level, ends) in [(70, 2, true), (0, 1, true), (112, 1, false)] {
        let alert = Alert { level, number };
        let expected = if ends {
            Learnt::Refused(alert)
        } else {
            Learnt::Waits
        };
        assert_eq!(client(&[&alert.encode(version)]).unwrap(), expected);
    }
    let warned = [
        Alert {
            level: 1,
            number: 112,
        }
        .encode(version),
        flight::encode(&hello(version), &[]).unwrap(),
    ];
    assert!(matches!(client(&[&warned.concat()]), Ok(Learnt::All(..))));
}

#[test]
fn a_demand_for_another_hello_tells_the_version_all_the_same() {
    let hello = ServerHello {
        random: flight::RETRY,
        suite: CipherSuite(0x1302),
        extensions: vec![Extension {
            kind: Extension::SUPPORTED_VERSIONS,
            body: vec![3, 4],
        }],
        ..hello(ProtocolVersion::TLS_1_2)
    };
    assert!(hello.asks_again());
    assert_eq!(hello.selected(), ProtocolVersion::TLS_1_3);
    let read = ServerHello::decode(&hello.body().unwrap()).unwrap();
    assert_eq!(read, hello);
}

#[test]
fn another_protocol_and_another_order_are_errors() {
    for (bytes, told) in [
        (&b"HTTP/1.1 400\r\n"[..], "the TLS record type is 0x48"),
        (b"\x03\x00\x00\x13", "the TLS record type is 0x3"),
        (
            b"\x16\x03\x01\x00\x04\x0e\0\0\0",
            "the kind of the handshake message is 0xe",
        ),
        (b"\x14\x03\x01\x00\x01\x01", "the TLS record type is 0x14"),
        (
            b"\x16\x03\x01\x00\x06\x02\0\0\x02\x03\x01",
            "the ServerHello is cut short: 0 of at least 32 bytes",
        ),
    ] {
        assert_eq!(client(&[bytes]).unwrap_err().to_string(), told);
    }
    let endless = record::frame(
        ContentType::HANDSHAKE,
        ProtocolVersion::TLS_1_0,
        &vec![11; 70_000],
    );
    assert!(client(&[&endless]).is_err());
}

/// A server of the TLS library that speaks these versions.
fn library(versions: &[&'static rustls::SupportedProtocolVersion]) -> ServerConnection {
    library_by(rustls::crypto::ring::default_provider(), versions)
}

fn library_by(
    provider: CryptoProvider,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConnection {
    let key = KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["host".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// What the library answers to a hello.
fn answered(mut library: ServerConnection, hello: &[u8]) -> Vec<u8> {
    let mut rest = hello;
    while !rest.is_empty() && library.read_tls(&mut rest).unwrap() > 0 {
        // A refusal is in what it writes next.
        let _refused = library.process_new_packets();
    }
    let mut answer = Vec::new();
    while library.wants_write() {
        library.write_tls(&mut answer).unwrap();
    }
    answer
}

#[test]
fn a_tls_library_answers_the_versions_that_it_speaks_and_refuses_the_others() {
    for version in ProtocolVersion::ALL {
        let ask = Question {
            size: 2_800,
            ..question(version)
        };
        for (spoken, versions) in [
            (&[ProtocolVersion::TLS_1_2][..], &[&TLS12][..]),
            (&[ProtocolVersion::TLS_1_3], &[&TLS13]),
        ] {
            let (bytes, waiting) = handshake::ask(&ask).unwrap();
            let step = waiting
                .handle(&answered(library(versions), &bytes))
                .unwrap();
            match step {
                Step::Done(picked) if spoken.contains(&version) => {
                    assert_eq!(picked.hello.selected(), version);
                    assert!(!picked.hello.asks_again());
                    assert!(picked.hello.suite.name().is_some());
                }
                Step::Refused(alert) if !spoken.contains(&version) => {
                    let usual = [Alert::PROTOCOL_VERSION, Alert::HANDSHAKE_FAILURE];
                    assert!(usual.contains(&alert), "{version}: {alert:?}");
                }
                other => panic!("{version}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_tls_library_that_wants_another_key_share_speaks_tls_1_3_all_the_same() {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.kx_groups = vec![rustls::crypto::ring::kx_group::SECP384R1];
    let (bytes, waiting) = handshake::ask(&question(ProtocolVersion::TLS_1_3)).unwrap();
    let answer = answered(library_by(provider, &[&TLS13]), &bytes);
    let Step::Done(picked) = waiting.handle(&answer).unwrap() else {
        panic!("no answer");
    };
    assert!(picked.hello.asks_again());
    assert_eq!(picked.hello.selected(), ProtocolVersion::TLS_1_3);
}

#[test]
fn a_tls_library_shows_its_certificate_in_plain_text_up_to_tls_1_2() {
    let (bytes, _) = handshake::ask(&question(ProtocolVersion::TLS_1_2)).unwrap();
    let answer = answered(library(&[&TLS12]), &bytes);
    for chunks in [vec![&answer[..]], one_by_one(&answer)] {
        let Ok(Learnt::All(hello, chain)) = client(&chunks) else {
            panic!("no flight");
        };
        assert_eq!(hello.selected(), ProtocolVersion::TLS_1_2);
        assert_eq!(chain.len(), 1);
        rdpfix::certificate::Certificate::from_der(&chain[0]).unwrap();
    }
}

#[test]
fn the_hello_of_a_tls_library_is_read() {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "host.corp.test".try_into().unwrap();
    let mut library = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    library.write_tls(&mut bytes).unwrap();
    let asked = server(&one_by_one(&bytes)).unwrap();
    assert_eq!(asked.hello.server_name(), Some("host.corp.test"));
    let versions = asked.hello.supported_versions().unwrap();
    assert!(versions.contains(&ProtocolVersion::TLS_1_2));
    assert!(versions.contains(&ProtocolVersion::TLS_1_3));
    assert_eq!(asked.bytes, bytes);
    let mut none = [0];
    assert!(library.reader().read(&mut none).is_err());
}

fn extension() -> impl Strategy<Value = Extension> {
    (any::<u16>(), prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(kind, body)| Extension { kind, body })
}

prop_compose! {
    fn server_hello()(
        version in any::<u16>(),
        random in any::<[u8; 32]>(),
        session in prop::collection::vec(any::<u8>(), 0..33),
        suite in any::<u16>(),
        extensions in prop::collection::vec(extension(), 0..6),
    ) -> ServerHello {
        ServerHello {
            version: ProtocolVersion(version),
            random,
            session,
            suite: CipherSuite(suite),
            extensions,
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _read = client(&[&bytes]);
        let _hello = ClientHello::decode(&bytes);
        let _hello = ServerHello::decode(&bytes);
        let _chain = flight::decode_chain(&bytes);
        let framed = record::frame(ContentType::HANDSHAKE, ProtocolVersion::TLS_1_0, &bytes);
        let _read = client(&one_by_one(&framed));
        let _read = AwaitingClientHello::default().handle(&framed);
    }

    #[test]
    fn a_damaged_flight_is_read_or_refused(at in 0_usize..850, value in any::<u8>()) {
        let sound = flight::encode(&hello(ProtocolVersion::TLS_1_1), &[vec![0x30; 700]]).unwrap();
        let mut bytes = sound.clone();
        bytes[at % sound.len()] = value;
        let whole = client(&[&bytes]);
        prop_assert_eq!(client(&one_by_one(&bytes)).is_ok(), whole.is_ok());
    }

    #[test]
    fn any_server_hello_is_read_as_it_was_written(hello in server_hello()) {
        prop_assert_eq!(ServerHello::decode(&hello.body().unwrap()), Ok(hello));
    }

    #[test]
    fn any_client_hello_is_read_as_it_was_written(
        hello in server_hello(),
        suites in prop::collection::vec(any::<u16>(), 0..50),
    ) {
        let hello = ClientHello {
            version: hello.version,
            random: hello.random,
            session: hello.session,
            suites: suites.into_iter().map(CipherSuite).collect(),
            extensions: hello.extensions,
        };
        // What its extensions say may be anything.
        let _name = hello.server_name();
        let _versions = hello.supported_versions();
        prop_assert_eq!(ClientHello::decode(&hello.body().unwrap()), Ok(hello));
    }
}
