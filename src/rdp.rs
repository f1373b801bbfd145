//! The beginning of an RDP connection: TPKT, X.224 and negotiation, bytes to values and back, no sockets.
//!
//! One file per layer, innermost last: [`tpkt`] frames, [`x224`] opens the transport connection, [`nego`] agrees on a
//! security protocol; [`handshake`] puts them together as state machines; [`credssp`] knows the messages of the sign-in
//! that follows inside TLS, [`ntlm`] what a host tells in it to anybody who asks, [`gateway`] what a gateway answers to
//! those who did not sign in. Must not know sockets, TLS or hosts.

use thiserror::Error;

pub mod credssp;
mod der;
pub mod gateway;
pub mod handshake;
pub mod nego;
pub mod ntlm;
pub mod tpkt;
pub mod x224;

/// Bytes of a peer that are not what the layer allows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A field does not have one of the values that it may have.
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
    /// A line has no end.
    #[error("{field} is not ended by a line feed")]
    Unended {
        /// The line.
        field: &'static str,
    },
}

/// A value that is too long for the length field of its layer.
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

/// Reads little and big endian numbers from the front of a structure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    field: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads the structure of this name.
    pub(crate) fn new(field: &'static str, bytes: &'a [u8]) -> Self {
        Self { field, rest: bytes }
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, needed: usize) -> Result<&'a [u8], DecodeError> {
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

    /// So many bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A byte.
    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// Two bytes, most significant first, as the ISO layers count.
    pub(crate) fn u16_be(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Two bytes, least significant first, as Microsoft's layers count.
    pub(crate) fn u16_le(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Four bytes, least significant first.
    pub(crate) fn u32_le(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// What has not been read yet.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }
}
