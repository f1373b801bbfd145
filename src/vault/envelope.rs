//! The outside of a vault text: header, lines of hexadecimal digits, and the three parts in them.
//!
//! As ansible-core 2.19 reads it: the version in the header is not looked at, any wrapping and case of the digits will do.
//! Source: peers-and-conventions c.7, checked against `ansible.parsing.vault`.

use std::fmt::Write;

use crate::vault::DEFAULT_ID;
use crate::vault::HEADER;
use crate::vault::VaultError;

/// Digits in a line, as ansible-vault writes them.
const WIDTH: usize = 80;
/// Bytes in a block of the cipher; the encrypted part is a multiple of them.
const BLOCK: usize = 16;
/// Bytes of the proof that the encrypted part is as it was.
const PROOF: usize = 32;
/// The one cipher that there is.
const CIPHER: &str = "AES256";

/// What is wrong with the outside of a vault text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The line of the text where it shows; the header is line 0.
    pub line: usize,
    /// Lower case, no full stop; never tells what stands there.
    pub reason: String,
    /// Whether it was a vault text once.
    pub was_vault: bool,
}

impl From<Flaw> for VaultError {
    fn from(flaw: Flaw) -> Self {
        if flaw.was_vault {
            Self::Damaged {
                reason: flaw.reason,
            }
        } else {
            Self::Malformed {
                reason: flaw.reason,
            }
        }
    }
}

/// A vault text, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The vault id in the header.
    pub(super) label: Option<String>,
    pub(super) salt: Vec<u8>,
    pub(super) proof: [u8; PROOF],
    pub(super) encrypted: Vec<u8>,
}

impl Envelope {
    /// Takes a text apart.
    pub(super) fn read(text: &[u8]) -> Result<Self, Flaw> {
        let (above, rest) = header_and_rest(text);
        let (first, body) = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or((rest, &[][..]), |end| rest.split_at(end));
        let label = header(first.trim_ascii()).map_err(|reason| Flaw {
            line: above,
            reason,
            was_vault: false,
        })?;
        let mut line = above;
        let mut last = above;
        let mut digits = Vec::with_capacity(body.len());
        for byte in body {
            match byte {
                b'\n' => line += 1,
                _ if byte.is_ascii_whitespace() => {}
                _ if byte.is_ascii_hexdigit() => {
                    digits.push(*byte);
                    last = line;
                }
                _ => {
                    return Err(Flaw {
                        line,
                        reason: "a character below the header is no hexadecimal digit".to_owned(),
                        was_vault: true,
                    });
                }
            }
        }
        let (salt, proof, encrypted) = parts(&digits).map_err(|reason| Flaw {
            line: last,
            reason: reason.to_owned(),
            was_vault: true,
        })?;
        Ok(Self {
            label,
            salt,
            proof,
            encrypted,
        })
    }

    /// The text, as ansible-vault writes it; it ends with a line break.
    pub(super) fn write(&self) -> String {
        let inner = [
            to_hex(&self.salt),
            to_hex(&self.proof),
            to_hex(&self.encrypted),
        ]
        .join("\n");
        let mut text = match &self.label {
            Some(label) if label != DEFAULT_ID => format!("{HEADER};1.2;{CIPHER};{label}\n"),
            Some(_) | None => format!("{HEADER};1.1;{CIPHER}\n"),
        };
        for line in to_hex(inner.as_bytes()).as_bytes().chunks(WIDTH) {
            text.extend(line.iter().copied().map(char::from));
            text.push('\n');
        }
        text
    }
}

/// How many line breaks stand before the text, and the text from its first letter on.
fn header_and_rest(text: &[u8]) -> (usize, &[u8]) {
    let rest = text.trim_ascii_start();
    let before = text.get(..text.len() - rest.len()).unwrap_or_default();
    (before.split(|byte| *byte == b'\n').count() - 1, rest)
}

/// The vault id of a header.
fn header(line: &[u8]) -> Result<Option<String>, String> {
    if !line.starts_with(HEADER.as_bytes()) {
        return Err(format!("it does not begin with `{HEADER}`"));
    }
    let line = std::str::from_utf8(line).map_err(|_not_utf8| "its header is no text".to_owned())?;
    let mut fields = line.split(';').skip(2).map(str::trim);
    let cipher = fields
        .next()
        .ok_or_else(|| "its header names no cipher".to_owned())?;
    if cipher.starts_with(CIPHER) && cipher.contains(char::is_whitespace) {
        return Err("its header and its digits stand on one line".to_owned());
    }
    if cipher != CIPHER {
        return Err(format!("its cipher is not `{CIPHER}`"));
    }
    Ok(fields
        .next()
        .filter(|label| !label.is_empty())
        .map(str::to_owned))
}

type Parts = (Vec<u8>, [u8; PROOF], Vec<u8>);

/// Salt, proof and encrypted part. The digits stand for three lines that are digits themselves.
fn parts(digits: &[u8]) -> Result<Parts, &'static str> {
    const CUT: &str = "its end is missing";
    const STRANGE: &str = "its digits stand for something else";
    if digits.is_empty() {
        return Err("nothing stands below its header");
    }
    let inner = of_hex(digits).ok_or("its number of digits is odd, so some are missing")?;
    let lines: Vec<Option<Vec<u8>>> = inner.splitn(3, |byte| *byte == b'\n').map(of_hex).collect();
    let Ok([salt, proof, encrypted]) = <[_; 3]>::try_from(lines) else {
        // Digits alone, though fewer than there were.
        let begun = inner
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'\n');
        return Err(if begun && inner.len() > 2 {
            CUT
        } else {
            STRANGE
        });
    };
    let salt = salt.ok_or(STRANGE)?;
    let proof = proof
        .and_then(|proof| proof.try_into().ok())
        .ok_or(STRANGE)?;
    let encrypted = encrypted.ok_or(CUT)?;
    if encrypted.is_empty() || encrypted.len() % BLOCK != 0 {
        return Err(CUT);
    }
    Ok((salt, proof, encrypted))
}

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a text cannot fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}

fn of_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(value(*high)? << 4 | value(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Envelope;
    use super::Flaw;

    /// Vector 1 of the research page, shortened by nothing.
    const WHOLE: &str = include_str!("golden/plain.vault");

    fn flaw(text: &str) -> Flaw {
        Envelope::read(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn any_wrapping_case_and_white_space_is_the_same_text() {
        let whole = Envelope::read(WHOLE.as_bytes()).unwrap();
        let (header, digits) = WHOLE.split_once('\n').unwrap();
        for other in [
            WHOLE.replace('\n', "\r\n"),
            WHOLE.trim_end().to_owned(),
            format!("\n\n  {WHOLE}\n\n"),
            format!("{header}\n{}", digits.replace('\n', "")),
            format!("{header}\n{}", digits.to_uppercase()),
            format!("{header} \n  {}", digits.replace('3', "3\n  ")),
            format!("$ANSIBLE_VAULT ; 9.9 ; AES256\n{digits}"),
        ] {
            assert_eq!(Envelope::read(other.as_bytes()).unwrap(), whole, "{other}");
        }
    }

    #[test]
    fn the_label_is_the_fourth_field_whatever_the_version() {
        let (_, digits) = WHOLE.split_once('\n').unwrap();
        let label = |header: &str| {
            let text = format!("{header}\n{digits}");
            Envelope::read(text.as_bytes()).unwrap().label
        };
        assert_eq!(label("$ANSIBLE_VAULT;1.1;AES256;prod"), Some("prod".into()));
        assert_eq!(
            label("$ANSIBLE_VAULT;1.2;AES256; a b ;x"),
            Some("a b".into())
        );
        assert_eq!(label("$ANSIBLE_VAULT;1.2;AES256;"), None);
        assert_eq!(label("$ANSIBLE_VAULT;1.2;AES256"), None);
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        assert_eq!(Envelope::read(WHOLE.as_bytes()).unwrap().write(), WHOLE);
    }

    #[test]
    fn flaws_tell_their_line_and_nothing_of_the_text() {
        let header = "$ANSIBLE_VAULT;1.1;AES256";
        let cut_after = |lines: usize| {
            let kept: Vec<&str> = WHOLE.lines().take(1 + lines).collect();
            kept.join("\n")
        };
        let cases = [
            (
                "hunter2".to_owned(),
                0,
                "it does not begin with `$ANSIBLE_VAULT`",
            ),
            (
                "\n$ANSIBLE_VAULT\n".to_owned(),
                1,
                "its header names no cipher",
            ),
            (
                WHOLE.replace("AES256", "AES"),
                0,
                "its cipher is not `AES256`",
            ),
            (header.to_owned(), 0, "nothing stands below its header"),
            (
                WHOLE.replace('\n', " "),
                0,
                "its header and its digits stand on one line",
            ),
            (
                WHOLE.replacen("30", "x0", 1),
                1,
                "a character below the header is no hexadecimal digit",
            ),
            (
                WHOLE.trim_end().to_owned() + "5",
                5,
                "its number of digits is odd, so some are missing",
            ),
            (cut_after(2), 2, "its end is missing"),
            (
                format!("{header}\n6162"),
                1,
                "its digits stand for something else",
            ),
            (cut_after(4), 4, "its end is missing"),
        ];
        for (text, line, reason) in cases {
            let found = flaw(&text);
            assert_eq!(
                (found.line, found.reason.as_str()),
                (line, reason),
                "{text}"
            );
        }
    }
}
