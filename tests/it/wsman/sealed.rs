//! The frame of a sealed message: strict when written, loose when read.

use proptest::collection::vec;
use proptest::prelude::*;
use rdpfix::wsman::sealed::FrameError;
use rdpfix::wsman::sealed::SPNEGO_PROTOCOL;
use rdpfix::wsman::sealed::SealedMessage;
use rdpfix::wsman::sealed::content_type;
use rdpfix::wsman::sealed::decode;
use rdpfix::wsman::sealed::encode;

fn message() -> SealedMessage {
    SealedMessage {
        token: vec![1; 16],
        data: b"sealed".to_vec(),
        plain_length: 6,
    }
}

fn frame(head: &str, tail: &str) -> Vec<u8> {
    let mut body = head.as_bytes().to_vec();
    body.extend_from_slice(&[16, 0, 0, 0]);
    body.extend_from_slice(&[1; 16]);
    body.extend_from_slice(b"sealed");
    body.extend_from_slice(tail.as_bytes());
    body
}

#[test]
fn the_frame_has_no_tab_and_no_line_end_before_the_closing_boundary() {
    let head = format!(
        "--Encrypted Boundary\r\nContent-Type: {SPNEGO_PROTOCOL}\r\nOriginalContent: type=application/soap+xml;charset=UTF-8;Length=6\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n"
    );
    let expected = frame(&head, "--Encrypted Boundary--\r\n");
    assert_eq!(encode(&message()), expected);
}

#[test]
fn the_header_names_protocol_and_boundary() {
    let expected = "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"";
    assert_eq!(content_type(), expected);
}

#[test]
fn the_forms_of_other_peers_are_read() {
    let tabs = "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=6\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n";
    let blank = tabs.replace("--Encrypted", "-- Encrypted");
    let lower = tabs
        .replace("OriginalContent", "originalcontent")
        .replace("Content-Type", "content-type")
        .replace("Length=", "length = ");
    for head in [tabs, &blank, &lower] {
        for tail in [
            "--Encrypted Boundary--\r\n",
            "--Encrypted Boundary--",
            "-- Encrypted Boundary--\r\n",
            "--Encrypted Boundary--\r\n\r\n",
        ] {
            assert_eq!(decode(&frame(head, tail)), Ok(message()), "{head}{tail}");
        }
    }
}

#[test]
fn sealed_bytes_may_hold_the_boundary() {
    let message = SealedMessage {
        data: b"a--Encrypted Boundary--\r\nb--Encrypted Boundary\r\n".to_vec(),
        ..message()
    };
    assert_eq!(decode(&encode(&message)), Ok(message));
}

#[test]
fn a_token_longer_than_the_body_is_refused() {
    let mut body = encode(&message());
    let place = body.windows(4).position(|four| four == [16, 0, 0, 0]);
    body[place.unwrap()] = 0xff;
    assert_eq!(decode(&body), Err(FrameError::TokenLength { length: 255 }));
}

#[test]
fn what_is_missing_is_named() {
    let what = |body: &[u8]| match decode(body) {
        Err(FrameError::Missing { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(b"<s:Envelope/>"), "the first boundary");
    let body = encode(&message());
    let open = &body[..body.len() - 4];
    assert_eq!(what(open), "the closing boundary");
    let nameless = String::from_utf8_lossy(&body).replace("Length=", "Size=");
    assert_eq!(what(nameless.as_bytes()), "the length of the plain text");
}

proptest! {
    #[test]
    fn a_message_comes_back(
        token in vec(any::<u8>(), 0..70),
        data in vec(any::<u8>(), 0..300),
        plain_length in 0..500_000_usize,
    ) {
        let message = SealedMessage { token, data, plain_length };
        prop_assert_eq!(decode(&encode(&message)), Ok(message));
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in vec(any::<u8>(), 0..300)) {
        let _message = decode(&bytes);
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = encode(&message());
        let place = place.index(body.len());
        body[place] = byte;
        let _message = decode(&body);
        let _message = decode(&body[..place]);
    }
}
