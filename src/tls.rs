//! The plaintext part of a TLS handshake, bytes to values and back, no sockets: enough to ask a host for versions that
//! no current library speaks, and to read what it shows before encryption begins.
//!
//! [`record`] carries, [`suite`] names ciphers, [`client_hello`] and [`flight`] are what the two sides say, and
//! [`handshake`] puts them together as state machines. Both directions are here, because the lab plays old hosts.
//! Must not know sockets, keys or what follows once a key is agreed upon.

use std::fmt;

use thiserror::Error;

pub mod client_hello;
pub mod flight;
pub mod handshake;
pub mod record;
pub mod suite;

/// Kinds of handshake messages (RFC 8446 4, RFC 5246 7.4) that are met before encryption begins.
mod kind {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const CERTIFICATE: u8 = 11;
    pub(super) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(super) const CERTIFICATE_REQUEST: u8 = 13;
    pub(super) const SERVER_HELLO_DONE: u8 = 14;
    pub(super) const CERTIFICATE_STATUS: u8 = 22;
}

/// A version by its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion(pub u16);

impl ProtocolVersion {
    /// SSL 3.0 (RFC 6101).
    pub const SSL_3_0: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS_1_0: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS_1_3: Self = Self(0x0304);

    /// All of them, oldest first.
    pub const ALL: [Self; 5] = [
        Self::SSL_3_0,
        Self::TLS_1_0,
        Self::TLS_1_1,
        Self::TLS_1_2,
        Self::TLS_1_3,
    ];
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SSL_3_0 => formatter.write_str("SSL 3.0"),
            Self::TLS_1_0 => formatter.write_str("TLS 1.0"),
            Self::TLS_1_1 => formatter.write_str("TLS 1.1"),
            Self::TLS_1_2 => formatter.write_str("TLS 1.2"),
            Self::TLS_1_3 => formatter.write_str("TLS 1.3"),
            Self(number) => write!(formatter, "version {number:#06x}"),
        }
    }
}

/// Bytes of a peer that are not what TLS allows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A field does not have one of the values that it may have at this point.
    #[error("{field} is {found:#x}")]
    Unexpected {
        /// The field.
        field: &'static str,
        /// Its value.
        found: u32,
    },
    /// A structure ends before it is complete.
    #[error("{field} is cut short: {found} of at least {needed} bytes")]
    Short {
        /// The structure.
        field: &'static str,
        /// How many bytes there are.
        found: usize,
        /// How many there have to be.
        needed: usize,
    },
    /// A structure is longer than it may be.
    #[error("{field} takes {found} bytes, more than {limit}")]
    Long {
        /// The structure.
        field: &'static str,
        /// How long it is.
        found: usize,
        /// How long it may be.
        limit: usize,
    },
}

/// A value that is too long for the length in front of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} takes {length} bytes, more than {limit}")]
pub struct EncodeError {
    /// The structure.
    pub field: &'static str,
    /// How long it would be.
    pub length: usize,
    /// How long it may be.
    pub limit: usize,
}

/// How many bytes a length in front of a block takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
    Three,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }

    fn limit(self) -> usize {
        match self {
            Self::One => 0xFF,
            Self::Two => 0xFFFF,
            Self::Three => 0x00FF_FFFF,
        }
    }
}

/// Puts a block with its length in front at the end of `out`.
fn put_block(
    out: &mut Vec<u8>,
    field: &'static str,
    width: Width,
    block: &[u8],
) -> Result<(), EncodeError> {
    let limit = width.limit();
    if block.len() > limit {
        return Err(EncodeError {
            field,
            length: block.len(),
            limit,
        });
    }
    let length = block.len().to_be_bytes();
    out.extend(length.iter().skip(length.len() - width.bytes()));
    out.extend_from_slice(block);
    Ok(())
}

/// Puts a handshake message together: kind, length, body.
fn message(kind: u8, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut out = vec![kind];
    put_block(&mut out, "the handshake message", Width::Three, body)?;
    Ok(out)
}

/// Reads big endian numbers and blocks from the front of a structure.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    field: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads the structure of this name.
    fn new(field: &'static str, bytes: &'a [u8]) -> Self {
        Self { field, rest: bytes }
    }

    fn take(&mut self, needed: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(needed)
            .ok_or(DecodeError::Short {
                field: self.field,
                found: self.rest.len(),
                needed,
            })?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A block with its length in front.
    fn block(&mut self, width: Width) -> Result<&'a [u8], DecodeError> {
        let length = self
            .take(width.bytes())?
            .iter()
            .fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
        self.take(length)
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may be left.
    fn end(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Long {
                field: self.field,
                found: self.rest.len(),
                limit: 0,
            })
        }
    }
}

/// An extension of a hello (RFC 8446 4.2), its body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its number.
    pub kind: u16,
    /// What is in it.
    pub body: Vec<u8>,
}

impl Extension {
    /// `server_name` (RFC 6066 3).
    pub const SERVER_NAME: u16 = 0;
    /// `supported_groups` (RFC 8422 5.1.1).
    pub const SUPPORTED_GROUPS: u16 = 10;
    /// `ec_point_formats` (RFC 8422 5.1.2).
    pub const EC_POINT_FORMATS: u16 = 11;
    /// `signature_algorithms` (RFC 8446 4.2.3).
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    /// `padding` (RFC 7685).
    pub const PADDING: u16 = 21;
    /// `extended_master_secret` (RFC 7627).
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    /// `supported_versions` (RFC 8446 4.2.1).
    pub const SUPPORTED_VERSIONS: u16 = 43;
    /// `psk_key_exchange_modes` (RFC 8446 4.2.9).
    pub const PSK_KEY_EXCHANGE_MODES: u16 = 45;
    /// `key_share` (RFC 8446 4.2.8).
    pub const KEY_SHARE: u16 = 51;

    /// The block of all extensions at the end of a hello. Versions without extensions have no block at all, so none
    /// is written when there is nothing in it.
    fn put_all(extensions: &[Self], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if extensions.is_empty() {
            return Ok(());
        }
        let mut block = Vec::new();
        for extension in extensions {
            block.extend(extension.kind.to_be_bytes());
            put_block(&mut block, "an extension", Width::Two, &extension.body)?;
        }
        put_block(out, "the extensions", Width::Two, &block)
    }

    /// What follows the fixed part of a hello: nothing, or one block of extensions.
    fn read_all(rest: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut extensions = Vec::new();
        if rest.is_empty() {
            return Ok(extensions);
        }
        let mut block = Reader::new("an extension", rest.block(Width::Two)?);
        while !block.is_empty() {
            extensions.push(Self {
                kind: block.u16()?,
                body: block.block(Width::Two)?.to_vec(),
            });
        }
        Ok(extensions)
    }

    /// The body of the first one of this kind.
    fn find(extensions: &[Self], kind: u16) -> Option<&[u8]> {
        extensions
            .iter()
            .find(|extension| extension.kind == kind)
            .map(|extension| extension.body.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::DecodeError;
    use super::ProtocolVersion;
    use super::Reader;
    use super::Width;
    use super::put_block;

    #[test]
    fn versions_have_their_usual_names() {
        let names = ProtocolVersion::ALL.map(|version| version.to_string());
        assert_eq!(
            names,
            ["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]
        );
        assert_eq!(ProtocolVersion(0x7F1C).to_string(), "version 0x7f1c");
    }

    #[test]
    fn a_block_is_read_as_it_was_written() {
        for (width, front) in [(Width::One, 1), (Width::Two, 2), (Width::Three, 3)] {
            let mut out = Vec::new();
            put_block(&mut out, "block", width, b"abc").unwrap();
            assert_eq!(out.len(), front + 3);
            let mut reader = Reader::new("block", &out);
            assert_eq!(reader.block(width), Ok(&b"abc"[..]));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn a_block_beyond_its_length_is_refused_in_both_directions() {
        let refused = put_block(&mut Vec::new(), "block", Width::One, &[0; 256]).unwrap_err();
        assert_eq!((refused.length, refused.limit), (256, 255));
        let short = Reader::new("block", &[2, 0]).block(Width::One).unwrap_err();
        assert!(matches!(short, DecodeError::Short { needed: 2, .. }));
    }
}
