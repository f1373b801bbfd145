//! As much of DER (X.690) as CredSSP and SPNEGO need: elements with short tags and lengths below 64 KiB.

use crate::rdp::DecodeError;
use crate::rdp::Reader;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// The tag of a field that is named by number.
pub(super) const fn field(number: u8) -> u8 {
    0xA0 | number
}

/// Writes an element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    if let Ok(length @ 0..=0x7F) = u8::try_from(content.len()) {
        bytes.push(length);
    } else {
        let length = content.len().to_be_bytes();
        let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
        bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7F));
        bytes.extend(digits);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Writes a field with an octet string in it.
pub(super) fn octets(number: u8, content: &[u8]) -> Vec<u8> {
    element(field(number), &element(OCTET_STRING, content))
}

/// Writes a field with an integer in it that is never negative.
pub(super) fn unsigned(number: u8, value: u32) -> Vec<u8> {
    integer(number, i64::from(value))
}

/// Writes a field with an integer in it, in as few bytes as its sign allows.
pub(super) fn integer(number: u8, value: i64) -> Vec<u8> {
    let mut bytes: Vec<u8> = value.to_be_bytes().to_vec();
    while let [first, second, ..] = bytes.as_slice()
        && ((*first == 0 && second & 0x80 == 0) || (*first == 0xFF && second & 0x80 != 0))
    {
        bytes.remove(0);
    }
    element(field(number), &element(INTEGER, &bytes))
}

/// The first element's tag and content, and what follows it.
pub(super) fn read(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), DecodeError> {
    let mut reader = Reader::new("a DER element", bytes);
    let tag = reader.u8()?;
    let first = reader.u8()?;
    let length = match first {
        0..=0x7F => usize::from(first),
        // Two bytes of length hold every token that there is; more would only invite waiting for them.
        0x81 | 0x82 => reader
            .take(usize::from(first & 0x7F))?
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte)),
        _ => {
            return Err(DecodeError::Unexpected {
                field: "the length of a DER element",
                found: u32::from(first),
            });
        }
    };
    let content = reader.take(length)?;
    Ok((tag, content, reader.rest()))
}

/// The content of an element that has to have this tag, and what follows it.
pub(super) fn expect(tag: u8, bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (found, content, rest) = read(bytes)?;
    if found == tag {
        return Ok((content, rest));
    }
    Err(DecodeError::Unexpected {
        field: "the tag of a DER element",
        found: u32::from(found),
    })
}

/// The octet string that a field holds.
pub(super) fn octets_in(content: &[u8]) -> Result<&[u8], DecodeError> {
    Ok(expect(OCTET_STRING, content)?.0)
}

/// The integer that a field holds; one that does not fit is an error.
pub(super) fn integer_in(content: &[u8]) -> Result<i64, DecodeError> {
    let (bytes, _) = expect(INTEGER, content)?;
    let found = bytes.first().copied().unwrap_or(0);
    if bytes.is_empty() || bytes.len() > 8 {
        return Err(DecodeError::Unexpected {
            field: "the number of bytes of an integer",
            found: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        });
    }
    let sign = if found & 0x80 == 0 { 0 } else { -1_i64 };
    Ok(bytes
        .iter()
        .fold(sign, |value, byte| value << 8 | i64::from(*byte)))
}

/// The integer that a field holds, which must be one of 32 bits that is not negative.
pub(super) fn unsigned_in(content: &[u8]) -> Result<u32, DecodeError> {
    let value = integer_in(content)?;
    u32::try_from(value).map_err(|_beyond| DecodeError::Unexpected {
        field: "the first byte of an integer beyond 32 bits",
        found: u32::from(value.to_be_bytes().first().copied().unwrap_or(0)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::element;
    use super::expect;
    use super::field;
    use super::integer;
    use super::integer_in;
    use super::read;

    #[test]
    fn integers_are_as_short_as_their_sign_allows() {
        assert_eq!(integer(0, 6), [0xA0, 3, 2, 1, 6]);
        assert_eq!(integer(0, 0x80), [0xA0, 4, 2, 2, 0, 0x80]);
        assert_eq!(integer(4, -1), [0xA4, 3, 2, 1, 0xFF]);
        assert_eq!(integer(4, -0x81), [0xA4, 4, 2, 2, 0xFF, 0x7F]);
    }

    #[test]
    fn an_integer_of_no_bytes_or_nine_is_none() {
        assert!(integer_in(&[2, 0]).is_err());
        assert!(integer_in(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any::<i64>(), content: Vec<u8>, number in 0_u8..31) {
            let written = integer(number, value);
            let (inner, rest) = expect(field(number), &written).unwrap();
            prop_assert_eq!((integer_in(inner), rest), (Ok(value), &[][..]));
            let written = element(number, &content);
            prop_assert_eq!(read(&written), Ok((number, &content[..], &[][..])));
        }
    }
}
