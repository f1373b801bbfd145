//! What comes over the wire from strangers: envelopes, handshakes, certificates, tokens. Any bytes are read or refused, and
//! what is read can be written so that it reads the same.

use rdpfix::auth::Account;
use rdpfix::auth::CredSspClient;
use rdpfix::auth::NtlmClient;
use rdpfix::auth::NtlmServer;
use rdpfix::auth::NtlmTarget;
use rdpfix::auth::Wrapping;
use rdpfix::auth::channel_binding;
use rdpfix::auth::credssp_client::CredSspMessage;
use rdpfix::auth::credssp_client::CredSspTarget;
use rdpfix::certificate::Certificate;
use rdpfix::certificate::StoredCertificate;
use rdpfix::rdp::credssp;
use rdpfix::rdp::credssp::TsPasswordCreds;
use rdpfix::rdp::credssp::TsRequest;
use rdpfix::rdp::gateway;
use rdpfix::rdp::handshake as rdp_handshake;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::Request;
use rdpfix::rdp::ntlm::Challenge;
use rdpfix::rdp::tpkt;
use rdpfix::rdp::x224::Connection;
use rdpfix::rdp::x224::Unit;
use rdpfix::secret::Secret;
use rdpfix::tls::client_hello::ClientHello;
use rdpfix::tls::flight;
use rdpfix::tls::flight::ServerHello;
use rdpfix::tls::handshake as tls_handshake;
use rdpfix::tls::record;
use rdpfix::wsman;
use rdpfix::wsman::sealed;

/// More than this is not fed byte by byte, which takes the square of the time.
const FEW: usize = 2000;

pub(super) fn wsman(bytes: &[u8]) {
    let sights = wsman::inspect::inspect(bytes);
    let _addressing = wsman::decode_addressing(bytes);
    let response = wsman::decode_response(bytes);
    if sights.is_err() {
        assert!(response.is_err(), "{response:?}");
    }
    // Names that are none are read, and written as other ones; from then on nothing changes any more.
    let request_again = |request| wsman::decode_request(wsman::encode_request(&request).as_bytes());
    if let Ok(Ok(request)) = wsman::decode_request(bytes)
        && let Ok(Ok(request)) = request_again(request)
    {
        assert_eq!(request_again(request.clone()), Ok(Ok(request)));
    }
    let response_again =
        |response| wsman::decode_response(wsman::encode_response(&response).as_bytes());
    if let Ok(response) = response
        && let Ok(response) = response_again(response)
    {
        assert_eq!(response_again(response.clone()), Ok(response));
    }
}

pub(super) fn sealed_body(bytes: &[u8]) {
    if let Ok(message) = sealed::decode(bytes) {
        assert_eq!(sealed::decode(&sealed::encode(&message)), Ok(message));
    }
}

pub(super) fn rdp(bytes: &[u8]) {
    if let Ok(Some((payload, rest))) = tpkt::split(bytes) {
        assert!(payload.len() + rest.len() < bytes.len());
        request(payload);
        answer(payload);
    }
    request(bytes);
    answer(bytes);
    for unit in [Unit::Request, Unit::Confirm] {
        if let Ok(connection) = Connection::decode(unit, bytes)
            && let Ok(written) = connection.encode(unit)
        {
            assert_eq!(Connection::decode(unit, &written), Ok(connection));
        }
    }
    let few = bytes.get(..FEW).unwrap_or(bytes);
    server(few);
    client(few);
    doors(few);
}

fn request(payload: &[u8]) {
    if let Ok(request) = Request::decode(payload)
        && let Ok(written) = request.encode()
    {
        let (payload, _) = tpkt::split(&written).expect("ours").expect("whole");
        assert_eq!(Request::decode(payload), Ok(request));
    }
}

fn answer(payload: &[u8]) {
    if let Ok(answer) = Answer::decode(payload) {
        let written = answer.encode().expect("few bytes");
        let (payload, _) = tpkt::split(&written).expect("ours").expect("whole");
        assert_eq!(Answer::decode(payload), Ok(answer));
    }
}

/// A lab's listener, fed at once and byte by byte.
fn server(bytes: &[u8]) {
    use rdp_handshake::Step;
    let fed = |chunks: &[&[u8]]| {
        let mut waiting = rdp_handshake::AwaitingRequest::default();
        for chunk in chunks {
            match waiting.handle(chunk)? {
                Step::More(more) => waiting = more,
                Step::Done(asked) => return Ok(Some(asked.request)),
            }
        }
        Ok::<_, rdp_handshake::HandshakeError>(None)
    };
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(fed(&[bytes]), fed(&pieces));
}

/// A probe's client, fed at once and byte by byte.
fn client(bytes: &[u8]) {
    use rdp_handshake::Step;
    let fed = |chunks: &[&[u8]]| {
        let request = Request::for_protocols(Protocols(0xB), "user");
        let (_, mut waiting) = rdp_handshake::ask(&request).expect("a short name");
        for chunk in chunks {
            match waiting.handle(chunk)? {
                Step::More(more) => waiting = more,
                Step::Done(answered) => return Ok(Some(answered.answer)),
            }
        }
        Ok::<_, rdp_handshake::HandshakeError>(None)
    };
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(fed(&[bytes]), fed(&pieces));
}

/// The answer of a gateway, fed at once and byte by byte.
fn doors(bytes: &[u8]) {
    use rdp_handshake::Step;
    let fed = |chunks: &[&[u8]]| {
        let mut waiting = gateway::AwaitingHead::default();
        for chunk in chunks {
            match waiting.handle(chunk)? {
                Step::More(more) => waiting = more,
                Step::Done(head) => return Ok(Some(head)),
            }
        }
        Ok::<_, gateway::HeadError>(None)
    };
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(fed(&[bytes]).ok(), fed(&pieces).ok());
}

pub(super) fn tls(bytes: &[u8]) {
    let _records = record::split(bytes);
    if let Ok(chain) = flight::decode_chain(bytes) {
        let written = flight::encode_chain(&chain).expect("it fitted before");
        assert_eq!(flight::decode_chain(&written), Ok(chain));
    }
    if let Ok(hello) = ServerHello::decode(bytes) {
        let written = hello.body().expect("it fitted before");
        assert_eq!(ServerHello::decode(&written), Ok(hello));
    }
    if let Ok(hello) = ClientHello::decode(bytes) {
        let _told = (hello.server_name(), hello.supported_versions());
        let written = hello.body().expect("it fitted before");
        assert_eq!(ClientHello::decode(&written), Ok(hello));
    }
    let few = bytes.get(..FEW).unwrap_or(bytes);
    let pieces: Vec<&[u8]> = few.chunks(1).collect();
    assert_eq!(flight_of(&[few]).is_ok(), flight_of(&pieces).is_ok());
    let _asked = tls_handshake::AwaitingClientHello::default().handle(bytes);
}

/// A server's first flight: whether it came to its end.
fn flight_of(chunks: &[&[u8]]) -> Result<bool, rdpfix::tls::DecodeError> {
    use tls_handshake::Step;
    let mut chunks = chunks.iter();
    let mut waiting = tls_handshake::AwaitingServerHello::default();
    let picked = loop {
        let Some(chunk) = chunks.next() else {
            return Ok(false);
        };
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(_) => return Ok(false),
            Step::Done(picked) => break picked,
        }
    };
    let (mut waiting, mut chunk) = (picked.then, &[][..]);
    let shown = loop {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(_) => return Ok(false),
            Step::Done(shown) => break shown,
        }
        let Some(next) = chunks.next() else {
            return Ok(false);
        };
        chunk = next;
    };
    let (mut waiting, mut chunk) = (shown.then, &[][..]);
    loop {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Refused(_) => return Ok(false),
            Step::Done(()) => return Ok(true),
        }
        let Some(next) = chunks.next() else {
            return Ok(false);
        };
        chunk = next;
    }
}

pub(super) fn certificate(bytes: &[u8]) {
    let _hash = channel_binding::tls_server_end_point(bytes);
    let _key = channel_binding::public_key(bytes);
    if let Ok(certificate) = Certificate::from_der(bytes) {
        assert_eq!(certificate.der, bytes);
        assert!(!certificate.names().is_empty());
    }
    if let Ok(stored) = StoredCertificate::from_blob(bytes) {
        assert_eq!(StoredCertificate::from_blob(&stored.to_blob()), Ok(stored));
    }
}

/// The first byte says at which point of a sign-in the others come.
pub(super) fn ntlm(bytes: &[u8]) {
    if let Ok(challenge) = Challenge::decode(bytes) {
        assert_eq!(Challenge::decode(&challenge.encode()), Ok(challenge));
    }
    let Some((point, token)) = bytes.split_first() else {
        return;
    };
    let wrapping = if point & 1 == 0 {
        Wrapping::Raw
    } else {
        Wrapping::Spnego
    };
    let password = Secret::new("Passw0rd!");
    let account = Account {
        user: "administrator".to_owned(),
        password: password.clone(),
    };
    let target = NtlmTarget {
        user: "administrator",
        password: &password,
        service: "HTTP/host",
        channel_binding: None,
    };
    let mut server = NtlmServer::new("HOST", &[account], None).expect("a name");
    let mut client = NtlmClient::new(&target, wrapping).expect("a user");
    if point & 2 == 0 {
        let _first = server.step(token);
        let hello = client.step(None).expect("the first token");
        assert!(!hello.token.is_empty());
        let _second = client.step(Some(token));
    } else {
        let hello = client.step(None).expect("the first token");
        let _challenge = server.step(&hello.token).expect("a sound token");
        let is_complete = server.step(token).is_ok_and(|step| step.complete);
        assert!(!is_complete, "nobody signs in without the password");
        assert!(server.seal(b"x").is_err());
    }
}

/// The key stands for that of any certificate.
const PUBLIC_KEY: [u8; 64] = [7; 64];

pub(super) fn credssp(bytes: &[u8]) {
    if let Ok(Some((whole, rest))) = credssp::split(bytes) {
        assert_eq!([whole, rest].concat(), bytes);
    }
    if let Ok(credentials) = TsPasswordCreds::decode(bytes) {
        assert_eq!(
            TsPasswordCreds::decode(&credentials.encode()),
            Ok(credentials)
        );
    }
    let _inner = credssp::ntlm_in(bytes);
    let Ok(request) = TsRequest::decode(bytes) else {
        return;
    };
    assert_eq!(TsRequest::decode(&request.encode()), Ok(request.clone()));
    let password = Secret::new("hunter2");
    let target = CredSspTarget {
        user: "anna",
        password: &password,
        service: "TERMSRV/host",
        public_key: &PUBLIC_KEY,
    };
    let (mut client, _) = CredSspClient::begin(target).expect("a user");
    let answer = CredSspMessage {
        version: request.version,
        token: request.token,
        auth_info: request.auth_info,
        pub_key_auth: request.pub_key_auth,
        client_nonce: request.client_nonce,
    };
    let again = answer.clone();
    if client.step(answer).is_ok() {
        let _second = client.step(again);
    }
}
