//! From bytes to lines. Knows encodings and the shape of a line; what settings mean is `settings`' business.

use thiserror::Error;

use crate::rdp_file::Content;
use crate::rdp_file::Encoding;
use crate::rdp_file::Line;
use crate::rdp_file::Malformation;
use crate::rdp_file::RdpFile;
use crate::rdp_file::Setting;
use crate::rdp_file::ValueKind;

/// A connection file is a few kilobytes; more is something else.
const MOST: usize = 1 << 20;

/// Why bytes are no connection file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotRdpFile {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Too long for what it claims to be.
    #[error("the file has {length} bytes; a connection file has a few thousand")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Neither UTF-8 nor UTF-16.
    #[error("the file is neither UTF-8 nor UTF-16 text: byte {offset} is 0x{byte:02X}")]
    NotText {
        /// Where, counted from 0.
        offset: usize,
        /// What stands there.
        byte: u8,
    },
    /// UTF-16 that is broken.
    #[error("the file begins as UTF-16, but is not: {why}")]
    BrokenUtf16 {
        /// What is broken.
        why: &'static str,
    },
    /// Text, but not one line is a setting.
    #[error("not one line of the file is a setting such as `full address:s:HOST`")]
    NoSetting,
}

/// Takes a file apart.
pub fn read(bytes: &[u8]) -> Result<RdpFile, NotRdpFile> {
    if bytes.len() > MOST {
        return Err(NotRdpFile::TooLong {
            length: bytes.len(),
        });
    }
    let (encoding, text) = decode(bytes)?;
    if text.trim().is_empty() {
        return Err(NotRdpFile::Empty);
    }
    let lines: Vec<Line> = text
        .lines()
        .enumerate()
        .map(|(index, text)| Line {
            number: index + 1,
            content: content(text),
        })
        .collect();
    let file = RdpFile { encoding, lines };
    if file.settings().next().is_none() {
        return Err(NotRdpFile::NoSetting);
    }
    Ok(file)
}

fn decode(bytes: &[u8]) -> Result<(Encoding, String), NotRdpFile> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => Ok((Encoding::Utf16Le, utf16(rest, u16::from_le_bytes)?)),
        [0xFE, 0xFF, rest @ ..] => Ok((Encoding::Utf16Be, utf16(rest, u16::from_be_bytes)?)),
        // Some tools forget the mark; a setting begins with a Latin letter.
        [first, 0, ..] if *first != 0 => Ok((Encoding::Utf16Le, utf16(bytes, u16::from_le_bytes)?)),
        [0, first, ..] if *first != 0 => Ok((Encoding::Utf16Be, utf16(bytes, u16::from_be_bytes)?)),
        [0xEF, 0xBB, 0xBF, rest @ ..] => Ok((Encoding::Utf8, utf8(rest, 3)?)),
        _ => Ok((Encoding::Utf8, utf8(bytes, 0)?)),
    }
}

fn utf8(bytes: &[u8], skipped: usize) -> Result<String, NotRdpFile> {
    let not_text = |offset: usize| NotRdpFile::NotText {
        offset: offset + skipped,
        byte: bytes.get(offset).copied().unwrap_or_default(),
    };
    let text = std::str::from_utf8(bytes).map_err(|error| not_text(error.valid_up_to()))?;
    match bytes.iter().position(|byte| *byte == 0) {
        Some(offset) => Err(not_text(offset)),
        None => Ok(text.to_owned()),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotRdpFile> {
    let broken = |why| NotRdpFile::BrokenUtf16 { why };
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken("it ends in the middle of a character"));
    }
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .or(Err(broken("it holds half of a surrogate pair")))?;
    if text.contains('\0') {
        return Err(broken("it holds the character 0"));
    }
    Ok(text)
}

fn content(text: &str) -> Content {
    if text.trim().is_empty() {
        return Content::Blank;
    }
    let malformed = |why| Content::Malformed {
        text: text.to_owned(),
        why,
    };
    let mut parts = text.splitn(3, ':');
    let (Some(name), Some(kind), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return malformed(Malformation::Colons);
    };
    let name = name.trim();
    if name.is_empty() {
        return malformed(Malformation::NoName);
    }
    let kind = match kind.trim() {
        "s" | "S" => ValueKind::Text,
        "i" | "I" => ValueKind::Integer,
        "b" | "B" => ValueKind::Binary,
        _ => return malformed(Malformation::Type),
    };
    Content::Setting(Setting {
        name: name.to_owned(),
        kind,
        value: value.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::NotRdpFile;
    use super::read;
    use crate::rdp_file::Encoding;
    use proptest::prelude::any;
    use proptest::prelude::prop;
    use proptest::proptest;

    const TEXT: &str = "full address:s:ts01:3390\r\nusername:s:CORP\\müller\r\n";

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn every_encoding_reads_alike() {
        let be: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for (bytes, encoding) in [
            (TEXT.as_bytes().to_vec(), Encoding::Utf8),
            (with(&[0xEF, 0xBB, 0xBF], TEXT.as_bytes()), Encoding::Utf8),
            (with(&[0xFF, 0xFE], &utf16le(TEXT)), Encoding::Utf16Le),
            (utf16le(TEXT), Encoding::Utf16Le),
            (with(&[0xFE, 0xFF], &be), Encoding::Utf16Be),
            (be.clone(), Encoding::Utf16Be),
        ] {
            let file = read(&bytes).unwrap();
            assert_eq!(file.encoding, encoding);
            assert_eq!(file.text("full address"), Some("ts01:3390"));
            assert_eq!(file.text("USERNAME"), Some("CORP\\müller"));
        }
    }

    #[test]
    fn what_is_no_connection_file_is_refused() {
        assert_eq!(read(b""), Err(NotRdpFile::Empty));
        assert_eq!(read(b"\r\n \r\n"), Err(NotRdpFile::Empty));
        assert_eq!(read(b"hello\nworld\n"), Err(NotRdpFile::NoSetting));
        let png = read(&[0x89, b'P', b'N', b'G', 0]);
        assert_eq!(
            png,
            Err(NotRdpFile::NotText {
                offset: 0,
                byte: 0x89
            })
        );
        assert!(matches!(
            read(&[0xFF, 0xFE, b'f']),
            Err(NotRdpFile::BrokenUtf16 { .. })
        ));
        let long = vec![b'a'; super::MOST + 1];
        assert!(matches!(read(&long), Err(NotRdpFile::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _either = read(&bytes);
        }

        #[test]
        fn no_line_is_lost(text in "[a-z:;0-9 \r\n]{0,200}") {
            if let Ok(file) = read(text.as_bytes()) {
                assert_eq!(file.lines.len(), text.lines().count());
            }
        }
    }
}
