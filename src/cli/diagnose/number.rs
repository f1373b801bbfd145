//! Error codes as they are typed: `0x904`, `2308`, `-2147467259`.

use super::usage;

/// The number that was typed, in 32 bits; `None` when it is not one.
pub fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        let all = digits.chars().all(|digit| digit.is_ascii_hexdigit());
        return u32::from_str_radix(digits, 16).ok().filter(|_| all);
    }
    match text.parse::<u32>() {
        Ok(number) => Some(number),
        Err(_) => text.parse::<i32>().ok().map(i32::cast_unsigned),
    }
}

/// `--code` and `--extended`.
pub(super) fn pair(
    code: Option<&str>,
    extended: Option<&str>,
) -> anyhow::Result<Option<(u32, Option<u32>)>> {
    let read = |text: &str| {
        number(text).ok_or_else(|| {
            usage(format!("`{text}` is not an error code"))
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
    use super::number;

    #[test]
    fn codes_are_hexadecimal_decimal_or_negative() {
        assert_eq!(number("0x904"), Some(0x904));
        assert_eq!(number("0XC000006D"), Some(0xC000_006D));
        assert_eq!(number("2308"), Some(0x904));
        assert_eq!(number("-1073741715"), Some(0xC000_006D));
        assert_eq!(number(" 7 "), Some(7));
    }

    #[test]
    fn other_words_are_not_codes() {
        for text in [
            "",
            "0x",
            "0x+9",
            "904h",
            "x904",
            "99999999999",
            "0x1FFFFFFFF",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
