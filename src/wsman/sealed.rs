//! The outer form of a sealed message on plain HTTP (wsman-wire 10): `multipart/encrypted`, which is not quite MIME.

use thiserror::Error;

/// The `protocol` parameter and the parts' content type when the scheme is `Negotiate`.
pub const SPNEGO_PROTOCOL: &str = "application/HTTP-SPNEGO-session-encrypted";

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
    let _ = message;
    Vec::new()
}

/// Reads a body, whatever its blanks, letter case and trailing line end.
pub fn decode(body: &[u8]) -> Result<SealedMessage, FrameError> {
    let _ = body;
    Err(FrameError::Missing { what: "a boundary" })
}
