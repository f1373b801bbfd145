//! TLS records (RFC 8446 5.1): packets on a byte stream, and the handshake messages that are cut into them. Knows
//! lengths and kinds, not what a message says.

use crate::tls::DecodeError;
use crate::tls::ProtocolVersion;

/// Content type, version and length.
const HEADER: usize = 5;
/// Bytes of a plaintext record at most (RFC 8446 5.1).
pub const LONGEST: usize = 1 << 14;
/// Encryption may add this much (RFC 5246 6.2.3); such records are recognised, not read.
const EXPANSION: usize = 2048;
/// Kind and length in front of a handshake message.
const MESSAGE_HEADER: usize = 4;
/// All versions since SSL 3.0 begin with this byte.
const MAJOR: u8 = 3;
/// A side that says more than this before encryption begins is not heard out.
pub const MOST: usize = 64 * 1024;

/// What a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentType(pub u8);

impl ContentType {
    /// `change_cipher_spec`.
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// `alert`.
    pub const ALERT: Self = Self(21);
    /// `handshake`.
    pub const HANDSHAKE: Self = Self(22);
    /// `application_data`.
    pub const APPLICATION_DATA: Self = Self(23);

    /// Whether there is such a type.
    fn is_known(self) -> bool {
        (Self::CHANGE_CIPHER_SPEC.0..=Self::APPLICATION_DATA.0).contains(&self.0)
    }
}

/// A record at the front of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it carries.
    pub content: ContentType,
    /// The version in its head, which says little: it is frozen for the sake of old machines.
    pub version: ProtocolVersion,
    /// What is in it.
    pub payload: &'a [u8],
}

/// Puts a payload into as few records as it takes.
pub fn frame(content: ContentType, version: ProtocolVersion, payload: &[u8]) -> Vec<u8> {
    frame_in_pieces(content, version, payload, LONGEST)
}

/// Puts a payload into records of at most so many bytes each.
pub fn frame_in_pieces(
    content: ContentType,
    version: ProtocolVersion,
    payload: &[u8],
    most: usize,
) -> Vec<u8> {
    let mut records = Vec::new();
    for piece in payload.chunks(most.clamp(1, LONGEST)) {
        // No piece is longer than 2^14.
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        records.push(content.0);
        records.extend(version.0.to_be_bytes());
        records.extend(length.to_be_bytes());
        records.extend_from_slice(piece);
    }
    records
}

/// The first record and the bytes after it; `None` while it is not complete. A stream that cannot become a record is
/// refused at the first byte that shows it.
pub fn split(bytes: &[u8]) -> Result<Option<(Record<'_>, &[u8])>, DecodeError> {
    let Some((content, version, length)) = head(bytes)? else {
        return Ok(None);
    };
    let whole = bytes.split_at_checked(HEADER + length);
    Ok(whole.and_then(|(record, rest)| {
        let record = Record {
            content,
            version,
            payload: record.get(HEADER..)?,
        };
        Some((record, rest))
    }))
}

/// What the head of the first record says: content, version, and how many bytes follow it.
fn head(bytes: &[u8]) -> Result<Option<(ContentType, ProtocolVersion, usize)>, DecodeError> {
    let Some(content) = bytes.first().copied().map(ContentType) else {
        return Ok(None);
    };
    if !content.is_known() {
        return Err(unexpected("the TLS record type", content.0));
    }
    if let Some(major) = bytes.get(1)
        && *major != MAJOR
    {
        return Err(unexpected("the major version of the TLS record", *major));
    }
    let Some(&[_, major, minor, high, low]) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST + EXPANSION {
        return Err(DecodeError::Long {
            field: "the TLS record",
            found: length,
            limit: LONGEST + EXPANSION,
        });
    }
    let version = ProtocolVersion(u16::from_be_bytes([major, minor]));
    Ok(Some((content, version, length)))
}

fn unexpected(field: &'static str, found: u8) -> DecodeError {
    DecodeError::Unexpected {
        field,
        found: found.into(),
    }
}

/// An alert (RFC 8446 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alert {
    /// 1 warning, 2 fatal.
    pub level: u8,
    /// What it is about, such as 40 or 70.
    pub number: u8,
}

impl Alert {
    /// `handshake_failure`: no cipher suite in common.
    pub const HANDSHAKE_FAILURE: Self = Self::fatal(40);
    /// `protocol_version`: no version in common.
    pub const PROTOCOL_VERSION: Self = Self::fatal(70);

    /// The end of a connection, with its reason.
    pub const fn fatal(number: u8) -> Self {
        Self { level: 2, number }
    }

    /// Whether the handshake ends with it; `close_notify` (0) is a warning and ends it too.
    pub fn ends(self) -> bool {
        self.level != 1 || self.number == 0
    }

    /// As a record of this version.
    pub fn encode(self, version: ProtocolVersion) -> Vec<u8> {
        frame(ContentType::ALERT, version, &[self.level, self.number])
    }
}

/// What can be taken from a stream before encryption begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    /// The other side warns or hangs up.
    Alert(Alert),
    /// A handshake message.
    Message { kind: u8, body: Vec<u8> },
}

/// Collects bytes and gives out whole messages, however they were cut. A message is given out as soon as it is there,
/// even when its record is not: hosts put all they have to say into one record, whose end may never come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Incoming {
    received: usize,
    bytes: Vec<u8>,
    /// Bytes of a handshake record that are still to come.
    open: usize,
    messages: Vec<u8>,
}

impl Incoming {
    pub(super) fn received(&self) -> usize {
        self.received
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > MOST {
            return Err(DecodeError::Long {
                field: "the TLS flight",
                found: self.received,
                limit: MOST,
            });
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The next unit; `None` until more bytes have come.
    pub(super) fn next(&mut self) -> Result<Option<Unit>, DecodeError> {
        loop {
            if let Some(message) = self.next_message()? {
                return Ok(Some(message));
            }
            if self.open > 0 {
                let there = self.open.min(self.bytes.len());
                if there == 0 {
                    return Ok(None);
                }
                self.messages.extend(self.bytes.drain(..there));
                self.open -= there;
                continue;
            }
            let Some((content, _, length)) = head(&self.bytes)? else {
                return Ok(None);
            };
            match content {
                ContentType::HANDSHAKE => {
                    self.open = length;
                    self.bytes.drain(..HEADER);
                }
                ContentType::ALERT => return self.next_alert(),
                other => return Err(unexpected("the TLS record type", other.0)),
            }
        }
    }

    fn next_alert(&mut self) -> Result<Option<Unit>, DecodeError> {
        let Some((record, rest)) = split(&self.bytes)? else {
            return Ok(None);
        };
        let &[level, number] = record.payload else {
            return Err(DecodeError::Short {
                field: "the alert",
                found: record.payload.len(),
                needed: 2,
            });
        };
        let taken = self.bytes.len() - rest.len();
        self.bytes.drain(..taken);
        Ok(Some(Unit::Alert(Alert { level, number })))
    }

    fn next_message(&mut self) -> Result<Option<Unit>, DecodeError> {
        let Some(&[kind, high, middle, low]) = self.messages.first_chunk::<MESSAGE_HEADER>() else {
            return Ok(None);
        };
        let length = [high, middle, low]
            .iter()
            .fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
        if length > MOST {
            return Err(DecodeError::Long {
                field: "the handshake message",
                found: length,
                limit: MOST,
            });
        }
        let Some(body) = self
            .messages
            .get(MESSAGE_HEADER..MESSAGE_HEADER + length)
            .map(<[u8]>::to_vec)
        else {
            return Ok(None);
        };
        self.messages.drain(..MESSAGE_HEADER + length);
        Ok(Some(Unit::Message { kind, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::Alert;
    use super::ContentType;
    use super::Incoming;
    use super::LONGEST;
    use super::MOST;
    use super::Unit;
    use super::frame;
    use super::frame_in_pieces;
    use super::split;
    use crate::tls::ProtocolVersion;

    const VERSION: ProtocolVersion = ProtocolVersion::TLS_1_0;

    fn units(bytes: &[u8]) -> Vec<Unit> {
        let mut incoming = Incoming::default();
        incoming.add(bytes).unwrap();
        std::iter::from_fn(|| incoming.next().unwrap()).collect()
    }

    #[test]
    fn a_payload_beyond_one_record_takes_two() {
        let records = frame(ContentType::HANDSHAKE, VERSION, &vec![7; LONGEST + 1]);
        let (first, rest) = split(&records).unwrap().unwrap();
        assert_eq!((first.payload.len(), first.version), (LONGEST, VERSION));
        let (second, rest) = split(rest).unwrap().unwrap();
        assert_eq!((second.payload, rest), (&[7][..], &[][..]));
    }

    #[test]
    fn an_unfinished_record_waits() {
        let record = Alert::PROTOCOL_VERSION.encode(VERSION);
        for end in 0..record.len() {
            assert_eq!(split(&record[..end]), Ok(None), "{end} bytes");
        }
    }

    #[test]
    fn another_protocol_is_known_by_its_first_byte_or_its_second() {
        for (bytes, told) in [
            (&b"HTTP"[..], "the TLS record type is 0x48"),
            (&[22, 2], "the major version of the TLS record is 0x2"),
            (
                &[22, 3, 1, 0xFF, 0xFF],
                "the TLS record takes 65535 bytes, more than 18432",
            ),
        ] {
            assert_eq!(split(bytes).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let messages = [&[1, 0, 0, 2, 5, 6][..], &[14, 0, 0, 0]].concat();
        let expected = [(1, vec![5, 6]), (14, vec![])];
        for most in 1..=messages.len() {
            let bytes = frame_in_pieces(ContentType::HANDSHAKE, VERSION, &messages, most);
            let found: Vec<_> = units(&bytes)
                .into_iter()
                .map(|unit| match unit {
                    Unit::Message { kind, body } => (kind, body),
                    Unit::Alert(alert) => panic!("{alert:?}"),
                })
                .collect();
            assert_eq!(found, expected, "records of {most} bytes");
        }
    }

    #[test]
    fn a_message_is_found_before_its_record_is_complete() {
        let messages = [&[2, 0, 0, 2, 5, 6][..], &[11, 0, 3, 0]].concat();
        let bytes = frame(ContentType::HANDSHAKE, VERSION, &messages);
        let found = units(&bytes[..11]);
        let body = vec![5, 6];
        assert_eq!(found, [Unit::Message { kind: 2, body }]);
    }

    #[test]
    fn an_alert_is_found_behind_a_message() {
        let mut bytes = frame(ContentType::HANDSHAKE, VERSION, &[2, 0, 0, 0]);
        bytes.extend(Alert::HANDSHAKE_FAILURE.encode(VERSION));
        assert_eq!(units(&bytes)[1], Unit::Alert(Alert::fatal(40)));
    }

    #[test]
    fn nobody_is_heard_beyond_the_limit() {
        let mut incoming = Incoming::default();
        incoming.add(&vec![22; MOST]).unwrap();
        assert!(incoming.add(&[22]).is_err());
        let endless = frame(ContentType::HANDSHAKE, VERSION, &[11, 0xFF, 0xFF, 0xFF]);
        let mut incoming = Incoming::default();
        incoming.add(&endless).unwrap();
        assert!(incoming.next().is_err());
    }
}
