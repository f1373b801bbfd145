//! Whatever a peer sends is read or refused; nothing panics and nothing grows without bound.
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::fmt::Write;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use rdpfix::wsman::DecodeError;
use rdpfix::wsman::decode_addressing;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::decode_response;
use rdpfix::wsman::encode_request;
use rdpfix::wsman::inspect::inspect;

use super::recordings::files;
use super::strategy;
use crate::support;

fn read_all_ways(bytes: &[u8]) {
    let _request = decode_request(bytes);
    let _response = decode_response(bytes);
    let _sights = inspect(bytes);
    let _addressing = decode_addressing(bytes);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        read_all_ways(&bytes);
    }

    #[test]
    fn any_markup_is_read_or_refused(text in "(<(/)?[a-z:]{1,3}( [a-z:]{1,3}='[a-z:]{0,3}')?(/)?>|&[a-z#0-9]{1,4};|[ a-z]){0,40}") {
        read_all_ways(text.as_bytes());
    }

    #[test]
    fn a_damaged_request_is_read_or_refused(
        envelope in strategy::request_envelope(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode_request(&envelope).into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read_all_ways(&bytes);
        read_all_ways(&bytes[..end.index(bytes.len())]);
    }
}

/// A generator of numbers that is the same in each run (Knuth's constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

#[test]
fn damaged_recordings_are_read_or_refused() {
    let Some(root) = support::recordings() else {
        return;
    };
    let mut dice = Dice(1);
    for path in files(&root, ".xml") {
        let recorded = fs::read(&path).unwrap();
        // Large pages differ only in length; one start of each is enough.
        let start = &recorded[..recorded.len().min(20_000)];
        for _ in 0..20 {
            let mut bytes = start.to_vec();
            for _ in 0..=dice.roll(4) {
                let place = dice.roll(bytes.len());
                bytes[place] = u8::try_from(dice.roll(256)).unwrap();
            }
            bytes.truncate(1 + dice.roll(bytes.len() * 2).min(bytes.len() - 1));
            read_all_ways(&bytes);
        }
    }
}

#[test]
fn a_truncated_page_is_an_error_and_not_a_shorter_page() {
    let Some(root) = support::recordings() else {
        return;
    };
    let path = root.join("cim/server2012/Win32_LogicalDisk_star_000.xml");
    let recorded = fs::read(path).unwrap();
    let whole = recorded.trim_ascii_end();
    assert!(decode_response(whole).is_ok());
    for length in (0..whole.len()).step_by(7) {
        assert!(decode_response(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |levels: usize| {
        let mut text =
            String::from("<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>");
        text.push_str(&"<a>".repeat(levels));
        text.push_str(&"</a>".repeat(levels));
        text.push_str("</s:Body></s:Envelope>");
        text
    };
    assert!(inspect(deep(60).as_bytes()).is_ok());
    for text in [deep(63), deep(500_000), " ".repeat(5 << 20)] {
        let error = decode_request(text.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn properties_and_attributes_are_counted() {
    let mut text =
        String::from("<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><a>");
    for number in 0..2000 {
        write!(text, "<p{number}/>").unwrap();
    }
    text.push_str("</a></s:Body></s:Envelope>");
    let error = inspect(text.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
    let mut text = String::from("<a");
    for number in 0..100 {
        write!(text, " a{number}=''").unwrap();
    }
    text.push_str("/>");
    let error = inspect(text.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
}

#[test]
fn documents_types_and_entities_are_refused() {
    let envelope = |body: &str| {
        format!(
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>{body}</s:Body></s:Envelope>"
        )
    };
    let bomb = format!(
        "<!DOCTYPE a [<!ENTITY x 'yyyyyyyy'>]>{}",
        envelope("<a>&x;</a>")
    );
    for text in [bomb, envelope("<a>&x;</a>"), envelope("<a>&#0;</a>")] {
        let error = inspect(text.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::NotXml { .. }), "{error}");
    }
}

#[test]
fn an_error_says_what_was_found() {
    let error = decode_response(b"<html><body>hello</body></html>").unwrap_err();
    assert_eq!(error.to_string(), "not a SOAP envelope but `html`");
    let error = decode_response(b"").unwrap_err();
    assert_eq!(error.to_string(), "`Envelope` is missing");
}

#[test]
fn utf16_is_read_as_well() {
    let envelope = rdpfix::wsman::RequestEnvelope::identify();
    let text = encode_request(&envelope);
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(decode_request(&bytes), Ok(Ok(envelope)));
}
