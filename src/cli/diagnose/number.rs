//! Error codes as they are typed: `0x904`, `2308`, `-2147467259`.

use super::usage;
use crate::code::asked::number;

/// `--code` and `--extended`.
pub(super) fn pair(
    code: Option<&str>,
    extended: Option<&str>,
) -> anyhow::Result<Option<(u32, Option<u32>)>> {
    let read = |text: &str| {
        number(text.trim())
            .map(|number| number.code)
            .map_err(|why| {
                usage(format!("`{text}` is not an error code: {why}"))
                    .hint("type it as the client shows it: `0x904`, or decimal: `2308`")
            })
    };
    let Some(code) = code else {
        return Ok(None);
    };
    Ok(Some((read(code)?, extended.map(read).transpose()?)))
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn codes_are_hexadecimal_decimal_or_negative() {
        for (typed, code) in [
            ("0x904", 0x904),
            ("0XC000006D", 0xC000_006D),
            ("2308", 0x904),
            ("-1073741715", 0xC000_006D),
            (" 7 ", 7),
        ] {
            assert_eq!(pair(Some(typed), None).unwrap(), Some((code, None)));
        }
        assert_eq!(
            pair(Some("0x904"), Some("7")).unwrap(),
            Some((0x904, Some(7)))
        );
        assert_eq!(pair(None, None).unwrap(), None);
    }

    #[test]
    fn other_words_are_not_codes() {
        for text in ["", "0x", "0x+9", "904h", "x904", "0x1FFFFFFFFF"] {
            assert!(pair(Some(text), None).is_err(), "{text}");
            assert!(pair(Some("0x904"), Some(text)).is_err(), "{text}");
        }
    }
}
