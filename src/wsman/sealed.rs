//! The outer form of a sealed message on plain HTTP (wsman-wire 10): `multipart/encrypted`, which is not quite MIME.
//!
//! Knows where token and data stand; must not know how they are made.

use thiserror::Error;

/// The `protocol` parameter and the parts' content type when the scheme is `Negotiate`.
pub const SPNEGO_PROTOCOL: &str = "application/HTTP-SPNEGO-session-encrypted";

const BOUNDARY: &[u8] = b"--Encrypted Boundary";
/// IIS and the specification's own example have a blank after the dashes.
const BOUNDARY_WITH_BLANK: &[u8] = b"-- Encrypted Boundary";
/// No mechanism has a longer token by far (NTLM 16, Kerberos 60).
const MAX_TOKEN: u32 = 65_536;

/// A sealed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMessage {
    /// The signature token, 16 bytes for NTLM.
    pub token: Vec<u8>,
    /// The sealed bytes.
    pub data: Vec<u8>,
    /// Length of the plain text in bytes (`OriginalContent: …;Length=`).
    pub plain_length: usize,
}

/// A body that is not a sealed message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Something that must be there is not.
    #[error("the sealed message lacks {what}")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// The token's length does not fit the body.
    #[error("the sealed message says its token has {length} bytes")]
    TokenLength {
        /// What it says.
        length: u32,
    },
}

/// The value of the HTTP header `Content-Type`.
pub fn content_type() -> String {
    format!("multipart/encrypted;protocol=\"{SPNEGO_PROTOCOL}\";boundary=\"Encrypted Boundary\"")
}

/// Writes the body, without the leading TAB (both forms are accepted by Windows, some servers take only this one).
pub fn encode(message: &SealedMessage) -> Vec<u8> {
    let head = format!(
        "--Encrypted Boundary\r\n\
         Content-Type: {SPNEGO_PROTOCOL}\r\n\
         OriginalContent: type=application/soap+xml;charset=UTF-8;Length={}\r\n\
         --Encrypted Boundary\r\n\
         Content-Type: application/octet-stream\r\n",
        message.plain_length
    );
    let length = u32::try_from(message.token.len()).unwrap_or(u32::MAX);
    let mut body = head.into_bytes();
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&message.token);
    body.extend_from_slice(&message.data);
    body.extend_from_slice(b"--Encrypted Boundary--\r\n");
    body
}

/// Reads a body, whatever its blanks, letter case and trailing line end.
pub fn decode(body: &[u8]) -> Result<SealedMessage, FrameError> {
    let missing = |what| FrameError::Missing { what };
    let rest = boundary(body).ok_or(missing("the first boundary"))?;
    let (plain_length, rest) = first_part(rest)?;
    let rest = second_part(rest)?;
    let (length, rest) = rest
        .split_first_chunk::<4>()
        .ok_or(missing("the length of its token"))?;
    let length = u32::from_le_bytes(*length);
    let unfit = FrameError::TokenLength { length };
    if length > MAX_TOKEN {
        return Err(unfit);
    }
    // The sealed bytes may hold the boundary too, so that it is searched for from the end.
    let content = without_closing(rest).ok_or(missing("the closing boundary"))?;
    let (token, data) = usize::try_from(length)
        .ok()
        .and_then(|length| content.split_at_checked(length))
        .ok_or(unfit)?;
    Ok(SealedMessage {
        token: token.to_vec(),
        data: data.to_vec(),
        plain_length,
    })
}

/// The headers of the first part, up to and with the boundary after it; gives the length of the plain text.
fn first_part(mut rest: &[u8]) -> Result<(usize, &[u8]), FrameError> {
    let mut plain_length = None;
    loop {
        if let Some(after) = boundary(rest) {
            let length = plain_length.ok_or(FrameError::Missing {
                what: "the length of the plain text",
            })?;
            return Ok((length, after));
        }
        let (text, after) = line(rest).ok_or(FrameError::Missing {
            what: "the second boundary",
        })?;
        if let Some(value) = header(text, "OriginalContent") {
            plain_length = original_length(value);
        }
        rest = after;
    }
}

/// The header of the second part; gives what comes after it.
fn second_part(rest: &[u8]) -> Result<&[u8], FrameError> {
    let missing = FrameError::Missing {
        what: "the part with the sealed bytes",
    };
    let Some((text, after)) = line(rest) else {
        return Err(missing);
    };
    match header(text, "Content-Type") {
        Some(_) => Ok(after),
        None => Err(missing),
    }
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((text, rest.get(2..)?))
}

fn header<'b>(text: &'b [u8], name: &str) -> Option<&'b str> {
    let (found, value) = std::str::from_utf8(text).ok()?.split_once(':')?;
    found.trim().eq_ignore_ascii_case(name).then_some(value)
}

fn original_length(value: &str) -> Option<usize> {
    value.split(';').find_map(|part| {
        let (name, number) = part.split_once('=')?;
        let number = number.trim().parse().ok()?;
        name.trim().eq_ignore_ascii_case("Length").then_some(number)
    })
}

/// What comes after a boundary line, when there is one here.
fn boundary(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start();
    bytes
        .strip_prefix(BOUNDARY)
        .or_else(|| bytes.strip_prefix(BOUNDARY_WITH_BLANK))?
        .strip_prefix(b"\r\n")
}

fn without_closing(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"--")?;
    bytes
        .strip_suffix(BOUNDARY)
        .or_else(|| bytes.strip_suffix(BOUNDARY_WITH_BLANK))
}
