//! TPKT: packets on a byte stream (RFC 1006 section 6; [MS-RDPBCGR] 2.2.1.1). Knows lengths, not contents.

use crate::rdp::DecodeError;
use crate::rdp::EncodeError;

/// Version, reserved byte and length.
const HEADER: usize = 4;
/// The only version (RFC 1006 section 6).
const VERSION: u8 = 3;
/// A length of 7 is the shortest packet with an X.224 unit in it (RFC 1006 section 6).
const SHORTEST: usize = 7;

/// A unit at the front of a stream, and the bytes after it.
pub type Parted<'a> = (&'a [u8], &'a [u8]);

/// Puts a payload into a packet.
pub fn frame(payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let length = HEADER + payload.len();
    let Ok(short) = u16::try_from(length) else {
        return Err(EncodeError {
            field: "the TPKT packet",
            length,
            limit: usize::from(u16::MAX),
        });
    };
    let mut packet = vec![VERSION, 0];
    packet.extend_from_slice(&short.to_be_bytes());
    packet.extend_from_slice(payload);
    Ok(packet)
}

/// The first packet's payload and the bytes after it; `None` while the packet is not complete. A stream that cannot
/// become a packet is refused at the first byte that shows it.
pub fn split(bytes: &[u8]) -> Result<Option<Parted<'_>>, DecodeError> {
    if let Some(version) = bytes.first()
        && *version != VERSION
    {
        return Err(DecodeError::Unexpected {
            field: "the TPKT version",
            found: u32::from(*version),
        });
    }
    let Some(&[_, _, high, low]) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < SHORTEST {
        return Err(DecodeError::Short {
            field: "the TPKT packet",
            found: length,
            needed: SHORTEST,
        });
    }
    Ok(bytes
        .split_at_checked(length)
        .and_then(|(packet, rest)| Some((packet.get(HEADER..)?, rest))))
}

/// How many bytes the first packet lacks as far as can be told; none when it is complete or can be none.
pub fn missing(bytes: &[u8]) -> usize {
    let length = match bytes.first_chunk::<HEADER>() {
        Some(&[_, _, high, low]) => usize::from(u16::from_be_bytes([high, low])),
        None => HEADER,
    };
    length.saturating_sub(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::frame;
    use super::missing;
    use super::split;
    use crate::rdp::DecodeError;

    #[test]
    fn a_packet_is_found_again_before_other_bytes() {
        let mut stream = frame(b"abc").unwrap();
        stream.extend_from_slice(b"more");
        assert_eq!(split(&stream), Ok(Some((&b"abc"[..], &b"more"[..]))));
    }

    #[test]
    fn an_unfinished_packet_waits() {
        let packet = frame(b"abc").unwrap();
        for end in 0..packet.len() {
            assert_eq!(split(&packet[..end]), Ok(None), "{end} bytes");
        }
    }

    #[test]
    fn what_a_packet_lacks_is_told_by_its_header_first() {
        let packet = frame(b"abc").unwrap();
        for (have, lacks) in [(0, 4), (1, 3), (4, 3), (6, 1), (7, 0)] {
            assert_eq!(missing(&packet[..have]), lacks, "{have} bytes");
        }
        assert_eq!(missing(&[packet.as_slice(), b"more"].concat()), 0);
    }

    #[test]
    fn another_protocol_is_known_by_its_first_byte() {
        let refused = split(b"SSH-2.0").unwrap_err();
        assert_eq!(
            refused,
            DecodeError::Unexpected {
                field: "the TPKT version",
                found: 0x53,
            }
        );
    }

    #[test]
    fn a_length_below_the_shortest_packet_is_refused() {
        assert!(matches!(
            split(&[3, 0, 0, 6]),
            Err(DecodeError::Short { found: 6, .. })
        ));
    }

    #[test]
    fn a_payload_beyond_the_length_field_is_refused() {
        assert_eq!(frame(&vec![0; 65_532]).unwrap_err().length, 65_536);
    }
}
