//! The name that Windows gives a certificate: the SHA-1 of its bytes, 40 upper-case hex digits.

use std::fmt;

use thiserror::Error;

/// A thumbprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprint([u8; 20]);

/// What was left out of a text to get a thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Nothing, or spaces and colons, which people see.
    Nothing,
    /// A character that nobody sees, as the certificate console puts in front of what is copied from it.
    Hidden(char),
}

/// A text that is no thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ThumbprintError {
    /// A character that does not belong.
    #[error("`{0}` is no hex digit")]
    NotHex(char),
    /// Too few or too many digits.
    #[error("{0} digits instead of 40")]
    Length(usize),
}

impl Thumbprint {
    /// Reads what people paste: any letter case, with spaces, colons or hidden characters in it.
    pub fn parse(text: &str) -> Result<(Self, LeftOut), ThumbprintError> {
        let mut left_out = LeftOut::Nothing;
        let mut digits = Vec::with_capacity(40);
        for character in text.chars() {
            match character
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
            {
                Some(digit) => digits.push(digit),
                None if character == ' ' || character == ':' => {}
                None if is_hidden(character) => left_out = LeftOut::Hidden(character),
                None => return Err(ThumbprintError::NotHex(character)),
            }
        }
        let (pairs, odd) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        match <[u8; 20]>::try_from(bytes) {
            Ok(bytes) if odd.is_empty() => Ok((Self(bytes), left_out)),
            _ => Err(ThumbprintError::Length(digits.len())),
        }
    }

    /// The thumbprint with these bytes; `None` unless there are 20.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; 20]>::try_from(bytes).ok().map(Self)
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// Marks of writing direction, joiners, byte order marks and other characters without a shape.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}' | '\u{A0}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202F}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(formatter, "{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LeftOut;
    use super::Thumbprint;
    use super::ThumbprintError;

    const PLAIN: &str = "A909502DD82AE41433E6F83886B00D4277A32A7B";

    #[test]
    fn what_people_paste_is_understood() {
        for text in [
            PLAIN,
            "a909502dd82ae41433e6f83886b00d4277a32a7b",
            "a9 09 50 2d d8 2a e4 14 33 e6 f8 38 86 b0 0d 42 77 a3 2a 7b",
            "A9:09:50:2D:D8:2A:E4:14:33:E6:F8:38:86:B0:0D:42:77:A3:2A:7B",
        ] {
            let (thumbprint, left_out) = Thumbprint::parse(text).unwrap();
            assert_eq!(thumbprint.to_string(), PLAIN);
            assert_eq!(left_out, LeftOut::Nothing);
        }
    }

    #[test]
    fn the_mark_that_the_console_copies_is_told() {
        let (thumbprint, left_out) = Thumbprint::parse(&format!("\u{200E}{PLAIN}")).unwrap();
        assert_eq!(thumbprint.to_string(), PLAIN);
        assert_eq!(left_out, LeftOut::Hidden('\u{200E}'));
    }

    #[test]
    fn anything_else_is_no_thumbprint() {
        assert_eq!(
            Thumbprint::parse(PLAIN.trim_start_matches('A')),
            Err(ThumbprintError::Length(39))
        );
        assert_eq!(
            Thumbprint::parse(&format!("{PLAIN}00")),
            Err(ThumbprintError::Length(42))
        );
        assert_eq!(Thumbprint::parse("O909"), Err(ThumbprintError::NotHex('O')));
    }
}
