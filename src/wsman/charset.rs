//! Bytes to text: UTF-8, and UTF-16 when a byte order mark says so.

use std::borrow::Cow;

use crate::wsman::DecodeError;

/// The text of a message.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes).map(Cow::Owned);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes).map(Cow::Owned);
    }
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(rest)
        .map(Cow::Borrowed)
        .map_err(|error| DecodeError::NotXml {
            offset: u64::try_from(error.valid_up_to()).unwrap_or(u64::MAX),
            reason: "not UTF-8".to_owned(),
        })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let broken = |at: usize| DecodeError::NotXml {
        offset: u64::try_from(at).unwrap_or(u64::MAX),
        reason: "not UTF-16".to_owned(),
    };
    if !rest.is_empty() {
        return Err(broken(bytes.len()));
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut text = String::with_capacity(pairs.len());
    for (index, character) in char::decode_utf16(units).enumerate() {
        let Ok(character) = character else {
            return Err(broken(index.saturating_mul(2)));
        };
        text.push(character);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn both_orders_of_utf16_are_read() {
        assert_eq!(text(b"\xff\xfe<\0a\0").unwrap(), "<a");
        assert_eq!(text(b"\xfe\xff\0<\0a").unwrap(), "<a");
    }

    #[test]
    fn half_a_surrogate_is_refused() {
        assert!(text(b"\xff\xfe\x00\xd8a\0").is_err());
    }
}
