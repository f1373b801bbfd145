//! The outermost layer of CredSSP: `TSRequest` with the one token that a host's first answer needs ([MS-CSSP] 2.2.1),
//! and the SPNEGO wrapping that some clients put around NTLM (RFC 4178 4.2). Knows DER, not credentials.

use crate::rdp::DecodeError;
use crate::rdp::Reader;
use crate::rdp::tpkt::Parted;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ENUMERATED: u8 = 0x0A;
const SEQUENCE: u8 = 0x30;
/// `[APPLICATION 0]`, which begins an initial GSS token (RFC 2743 3.1).
const INITIAL: u8 = 0x60;
/// The NTLM mechanism, 1.3.6.1.4.1.311.2.2.10.
const NTLM: [u8; 10] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A];
/// `accept-incomplete` (RFC 4178 4.2.2).
const ACCEPT_INCOMPLETE: u8 = 1;

/// The tag of a field that is named by number.
const fn field(number: u8) -> u8 {
    0xA0 | number
}

/// A message of CredSSP, as far as the first exchange needs it; other fields are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsRequest {
    /// Protocol version: 2 to 6.
    pub version: u32,
    /// The first of `negoTokens`.
    pub token: Option<Vec<u8>>,
}

impl TsRequest {
    /// Writes DER.
    pub fn encode(&self) -> Vec<u8> {
        let mut version: Vec<u8> = self.version.to_be_bytes().to_vec();
        while let [0, second, ..] = version.as_slice()
            && second & 0x80 == 0
        {
            version.remove(0);
        }
        if version.first().is_some_and(|first| first & 0x80 != 0) {
            version.insert(0, 0);
        }
        let mut fields = element(field(0), &element(INTEGER, &version));
        if let Some(token) = &self.token {
            let item = element(SEQUENCE, &element(field(0), &element(OCTET_STRING, token)));
            fields.extend(element(field(1), &element(SEQUENCE, &item)));
        }
        element(SEQUENCE, &fields)
    }

    /// Reads DER.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (fields, _) = expect(SEQUENCE, bytes)?;
        let (version, mut rest) = expect(field(0), fields)?;
        let version = unsigned(expect(INTEGER, version)?.0)?;
        let mut token = None;
        while !rest.is_empty() {
            let (tag, content, after) = read(rest)?;
            if tag == field(1) {
                token = first_token(content)?;
            }
            rest = after;
        }
        Ok(Self { version, token })
    }
}

fn first_token(content: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
    let (items, _) = expect(SEQUENCE, content)?;
    if items.is_empty() {
        return Ok(None);
    }
    let (item, _) = expect(SEQUENCE, items)?;
    let (token, _) = expect(field(0), item)?;
    Ok(Some(expect(OCTET_STRING, token)?.0.to_vec()))
}

fn unsigned(bytes: &[u8]) -> Result<u32, DecodeError> {
    bytes
        .iter()
        .try_fold(0_u32, |value, byte| {
            Some(value.checked_mul(0x100)? | u32::from(*byte))
        })
        .ok_or(DecodeError::Unexpected {
            field: "the first byte of an integer above 32 bits",
            found: bytes.first().copied().map_or(0, u32::from),
        })
}

/// The first whole message of a stream and the bytes after it; `None` while it is not complete.
pub fn split(bytes: &[u8]) -> Result<Option<Parted<'_>>, DecodeError> {
    match bytes.first() {
        None => return Ok(None),
        Some(&SEQUENCE) => {}
        Some(&found) => {
            return Err(DecodeError::Unexpected {
                field: "the tag where a CredSSP message should be",
                found: u32::from(found),
            });
        }
    }
    match read(bytes) {
        Ok((_, _, rest)) => Ok(bytes
            .len()
            .checked_sub(rest.len())
            .and_then(|end| bytes.split_at_checked(end))),
        Err(DecodeError::Short { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How a client wraps NTLM tokens in CredSSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Not at all.
    Raw,
    /// In SPNEGO, as Windows does.
    Spnego,
}

/// The NTLM token that a client begins with, and how it was wrapped; `None` when the client begins with something else.
pub fn initial_ntlm(token: &[u8]) -> Option<(Wrapping, &[u8])> {
    if token.first() != Some(&INITIAL) {
        return Some((Wrapping::Raw, token));
    }
    let (inner, _) = expect(INITIAL, token).ok()?;
    let (_, negotiation) = expect(OBJECT_IDENTIFIER, inner).ok()?;
    let (choice, _) = expect(field(0), negotiation).ok()?;
    let (mut fields, _) = expect(SEQUENCE, choice).ok()?;
    while !fields.is_empty() {
        let (tag, content, rest) = read(fields).ok()?;
        if tag == field(2) {
            return Some((Wrapping::Spnego, expect(OCTET_STRING, content).ok()?.0));
        }
        fields = rest;
    }
    None
}

/// The answer of a host, wrapped as the client wraps.
pub fn answer_ntlm(wrapping: Wrapping, token: &[u8]) -> Vec<u8> {
    if wrapping == Wrapping::Raw {
        return token.to_vec();
    }
    let mut fields = element(field(0), &element(ENUMERATED, &[ACCEPT_INCOMPLETE]));
    fields.extend(element(field(1), &element(OBJECT_IDENTIFIER, &NTLM)));
    fields.extend(element(field(2), &element(OCTET_STRING, token)));
    element(field(1), &element(SEQUENCE, &fields))
}

/// Tag, length and content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7F));
            bytes.extend(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The first element's tag and content, and what follows it.
fn read(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), DecodeError> {
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
fn expect(tag: u8, bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (found, content, rest) = read(bytes)?;
    if found == tag {
        return Ok((content, rest));
    }
    Err(DecodeError::Unexpected {
        field: "the tag of a DER element",
        found: u32::from(found),
    })
}

#[cfg(test)]
mod tests {
    use super::TsRequest;
    use super::Wrapping;
    use super::answer_ntlm;
    use super::element;
    use super::field;
    use super::initial_ntlm;
    use super::split;

    #[test]
    fn versions_are_written_as_the_shortest_positive_integer() {
        let written = |version| {
            TsRequest {
                version,
                token: None,
            }
            .encode()
        };
        assert_eq!(written(6), [0x30, 5, 0xA0, 3, 2, 1, 6]);
        assert_eq!(written(0x80), [0x30, 6, 0xA0, 4, 2, 2, 0, 0x80]);
    }

    #[test]
    fn a_long_token_survives_the_round_trip() {
        let message = TsRequest {
            version: 6,
            token: Some(vec![7; 40_000]),
        };
        assert_eq!(TsRequest::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn an_unfinished_message_waits_and_another_protocol_is_refused() {
        let bytes = TsRequest {
            version: 2,
            token: Some(b"token".to_vec()),
        }
        .encode();
        for end in 0..bytes.len() {
            assert_eq!(split(&bytes[..end]), Ok(None), "{end} bytes");
        }
        assert_eq!(split(&bytes), Ok(Some((&bytes[..], &b""[..]))));
        assert!(split(b"GET /").is_err());
    }

    #[test]
    fn ntlm_is_found_in_a_spnego_token() {
        let inner = element(super::OCTET_STRING, b"NTLMSSP\0");
        let mut fields = element(field(0), &element(super::SEQUENCE, &[]));
        fields.extend(element(field(2), &inner));
        let mut initial = element(super::OBJECT_IDENTIFIER, &[0x2B, 6, 1, 5, 5, 2]);
        initial.extend(element(field(0), &element(super::SEQUENCE, &fields)));
        let token = element(super::INITIAL, &initial);
        let found = initial_ntlm(&token);
        assert_eq!(found, Some((Wrapping::Spnego, &b"NTLMSSP\0"[..])));
    }

    #[test]
    fn a_raw_client_gets_a_raw_answer() {
        assert_eq!(answer_ntlm(Wrapping::Raw, b"token"), b"token");
        assert_eq!(answer_ntlm(Wrapping::Spnego, b"token").first(), Some(&0xA1));
    }
}
