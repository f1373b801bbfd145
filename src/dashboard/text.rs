//! Texts that come from hosts and end in addresses or on pages: bounded, and without characters that act.

use std::fmt::Write as _;

/// The longest text that is shown as a whole, in characters.
pub(super) const LONGEST: usize = 240;

/// A text as a part of an address: everything but letters, digits and `-._~` is encoded (RFC 3986).
pub(super) fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _cannot_fail = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// A text as it is shown: harmless, and what is longer than [`LONGEST`] characters ends with an ellipsis.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('\u{2026}');
    }
    shown
}

/// The whole of a text, for fields of forms: control characters and those that turn the direction of writing are
/// replaced, line breaks are spaces.
pub(super) fn whole(text: &str) -> String {
    text.chars().map(harmless).collect()
}

fn harmless(letter: char) -> char {
    match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{200E}'
        | '\u{200F}'
        | '\u{061C}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        letter if letter.is_control() => '\u{FFFD}',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::LONGEST;
    use super::encoded;
    use super::shown;
    use super::whole;

    #[test]
    fn parts_of_addresses_hold_no_character_that_acts() {
        assert_eq!(encoded("ts01.corp"), "ts01.corp");
        assert_eq!(encoded("a/b?c#d%\"<"), "a%2Fb%3Fc%23d%25%22%3C");
        assert_eq!(encoded("\u{e4}"), "%C3%A4");
    }

    #[test]
    fn shown_texts_are_bounded_and_do_nothing() {
        assert_eq!(shown("a\u{1b}[31m\nb\u{202e}c"), "a\u{fffd}[31m b\u{fffd}c");
        let long = shown(&"x".repeat(LONGEST * 3));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('\u{2026}'));
        assert_eq!(whole(&"x\n".repeat(LONGEST)), "x ".repeat(LONGEST));
    }
}
