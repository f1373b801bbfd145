//! The codec alone: the specification's examples, round trips, and bytes of any kind.

use proptest::prelude::*;
use rdpfix::rdp::DecodeError;
use rdpfix::rdp::handshake;
use rdpfix::rdp::handshake::Answered;
use rdpfix::rdp::handshake::Asked;
use rdpfix::rdp::handshake::AwaitingConfirm;
use rdpfix::rdp::handshake::AwaitingRequest;
use rdpfix::rdp::handshake::HandshakeError;
use rdpfix::rdp::handshake::Step;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::Request;
use rdpfix::rdp::nego::RequestFlags;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::rdp::nego::Wish;
use rdpfix::rdp::tpkt;

/// [MS-RDPBCGR] 4.1.1.
const REQUEST: &[u8] = b"\x03\x00\x00\x2c\x27\xe0\x00\x00\x00\x00\x00Cookie: mstshash=eltons\r\n\
    \x01\x00\x08\x00\x00\x00\x00\x00";
/// [MS-RDPBCGR] 4.1.2.
const CONFIRM: &[u8] =
    b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x00\x00\x00\x00";

const EVERYTHING: Protocols = Protocols(0xB);

fn client(bytes: &[&[u8]], asked: Protocols) -> Result<Answered, HandshakeError> {
    let (_, mut waiting): (_, AwaitingConfirm) =
        handshake::ask(&Request::for_protocols(asked, "user")).unwrap();
    for chunk in bytes {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Done(answered) => return Ok(answered),
        }
    }
    panic!("the client still waits");
}

fn server(bytes: &[&[u8]]) -> Result<Asked, HandshakeError> {
    let mut waiting = AwaitingRequest::default();
    for chunk in bytes {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Done(asked) => return Ok(asked),
        }
    }
    panic!("the server still waits");
}

fn one_by_one(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

#[test]
fn the_example_request_is_read_and_written() {
    let request = server(&[REQUEST]).unwrap().request;
    assert_eq!(request, Request::for_protocols(Protocols::RDP, "eltons"));
    assert_eq!(request.encode().unwrap(), REQUEST);
}

#[test]
fn the_example_confirm_is_read_and_written() {
    let answer = client(&[CONFIRM], EVERYTHING).unwrap().answer;
    let expected = Answer::Selected {
        flags: ResponseFlags::default(),
        protocol: Protocols::RDP,
    };
    assert_eq!(answer, expected);
    assert_eq!(answer.encode().unwrap(), CONFIRM);
}

#[test]
fn both_sides_may_be_fed_one_byte_at_a_time() {
    assert_eq!(server(&one_by_one(REQUEST)), server(&[REQUEST]));
    assert_eq!(
        client(&one_by_one(CONFIRM), EVERYTHING),
        client(&[CONFIRM], EVERYTHING)
    );
}

#[test]
fn bytes_after_the_packet_are_given_back() {
    let answered = client(&[CONFIRM, b"unread"], EVERYTHING).unwrap();
    assert_eq!(answered.rest, b"");
    let joined = [CONFIRM, b"more"].concat();
    assert_eq!(client(&[&joined], EVERYTHING).unwrap().rest, b"more");
}

#[test]
fn a_confirm_without_negotiation_means_classic_security() {
    let bare = b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00";
    assert_eq!(client(&[bare], EVERYTHING).unwrap().answer, Answer::Bare);
}

#[test]
fn a_failure_is_an_answer_and_keeps_an_unknown_code() {
    for code in [5, 0x1234_5678] {
        let answer = Answer::Refused(FailureCode(code));
        let bytes = answer.encode().unwrap();
        assert_eq!(client(&[&bytes], EVERYTHING).unwrap().answer, answer);
    }
}

#[test]
fn a_protocol_that_was_not_asked_for_is_an_error() {
    let answer = Answer::Selected {
        flags: ResponseFlags::default(),
        protocol: Protocols::HYBRID,
    };
    let refused = client(&[&answer.encode().unwrap()], Protocols::SSL).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the host selected HYBRID, but was asked for SSL"
    );
}

#[test]
fn a_request_instead_of_a_confirm_is_an_error() {
    let refused = client(&[REQUEST], EVERYTHING).unwrap_err();
    assert!(matches!(
        refused,
        HandshakeError::Decode(DecodeError::Unexpected { found: 0xE0, .. })
    ));
}

#[test]
fn a_cookie_without_an_end_is_an_error() {
    let packet = b"\x03\x00\x00\x11\x0c\xe0\x00\x00\x00\x00\x00Cookie";
    assert_eq!(
        server(&[packet]).unwrap_err(),
        HandshakeError::Decode(DecodeError::Unended {
            field: "the routing token or cookie"
        })
    );
}

#[test]
fn flags_that_promise_correlation_need_it() {
    let packet = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x08\x08\x00\x03\x00\x00\x00";
    assert!(matches!(
        server(&[packet]).unwrap_err(),
        HandshakeError::Decode(DecodeError::Short { found: 0, .. })
    ));
}

fn any_request() -> impl Strategy<Value = Request> {
    let cookie = proptest::option::of("[C-~][ -~]{0,40}".prop_map(String::into_bytes));
    let wish = (any::<u8>(), any::<u32>(), any::<Option<[u8; 16]>>());
    (cookie, proptest::option::of(wish)).prop_map(|(cookie, wish)| Request {
        cookie,
        negotiation: wish.map(|(flags, protocols, correlation)| Wish {
            flags: RequestFlags(flags & !8),
            protocols: Protocols(protocols),
            correlation,
        }),
    })
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Bare),
        (any::<u8>(), any::<u32>()).prop_map(|(flags, protocol)| Answer::Selected {
            flags: ResponseFlags(flags),
            protocol: Protocols(protocol),
        }),
        any::<u32>().prop_map(|code| Answer::Refused(FailureCode(code))),
    ]
}

/// Bytes that are right at the beginning, so that they get far, and then anything.
fn nearly(good: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let damage = (0..good.len(), proptest::collection::vec(any::<u8>(), 0..64));
    damage.prop_map(|(keep, tail)| [&good[..keep], &tail].concat())
}

proptest! {
    #[test]
    fn requests_survive_the_round_trip(request in any_request()) {
        let bytes = request.encode().unwrap();
        prop_assert_eq!(server(&one_by_one(&bytes)).unwrap().request, request);
    }

    #[test]
    fn answers_survive_the_round_trip(answer in any_answer()) {
        let bytes = answer.encode().unwrap();
        let (payload, rest) = tpkt::split(&bytes).unwrap().unwrap();
        prop_assert_eq!(Answer::decode(payload), Ok(answer));
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn any_bytes_decode_or_err(bytes in any::<Vec<u8>>()) {
        let _request = Request::decode(&bytes);
        let _answer = Answer::decode(&bytes);
    }

    #[test]
    fn damaged_packets_end_alike_however_they_are_fed(
        bytes in prop_oneof![nearly(REQUEST), nearly(CONFIRM)],
    ) {
        let whole = AwaitingRequest::default().handle(&bytes);
        let mut piecewise = Ok(Step::More(AwaitingRequest::default()));
        for byte in one_by_one(&bytes) {
            if let Ok(Step::More(waiting)) = piecewise {
                piecewise = waiting.handle(byte);
            }
        }
        let request = |step: Result<Step<AwaitingRequest, Asked>, HandshakeError>| match step {
            Ok(Step::Done(asked)) => Ok(Some(asked.request)),
            Ok(Step::More(_)) => Ok(None),
            Err(error) => Err(error),
        };
        prop_assert_eq!(request(whole), request(piecewise));
    }
}
