//! What a plain scalar means in YAML 1.1, as PyYAML's resolver reads it (<https://yaml.org/type/>).

use crate::syntax::Content;

/// The value of a plain (unquoted) scalar.
pub(super) fn resolve(word: &str) -> Content {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Content::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Content::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Content::Bool(false);
        }
        _ => {}
    }
    int(word)
        .map(Content::Int)
        .or_else(|| float(word).map(Content::Float))
        .unwrap_or_else(|| Content::Text(word.to_owned()))
}

/// A whole number: decimal, `0b`, `0x`, octal by a leading zero, or base 60 with colons; underscores are ignored.
pub(super) fn int(word: &str) -> Option<i64> {
    let (sign, digits) = signed(word);
    let magnitude = magnitude(digits)?;
    i64::try_from(sign.checked_mul(magnitude)?).ok()
}

fn signed(word: &str) -> (i128, &str) {
    if let Some(rest) = word.strip_prefix('-') {
        (-1, rest)
    } else {
        (1, word.strip_prefix('+').unwrap_or(word))
    }
}

fn magnitude(digits: &str) -> Option<i128> {
    if digits.trim_end_matches('_') == "0" {
        return Some(0);
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        return radix(rest, 2);
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return radix(rest, 16);
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return radix(rest, 8);
    }
    if digits.contains(':') {
        return sexagesimal(digits);
    }
    if digits.starts_with('_') {
        return None;
    }
    radix(digits, 10)
}

fn radix(digits: &str, radix: u32) -> Option<i128> {
    if !digits
        .chars()
        .all(|letter| letter == '_' || letter.is_digit(radix))
    {
        return None;
    }
    i128::from_str_radix(&digits.replace('_', ""), radix).ok()
}

fn sexagesimal(digits: &str) -> Option<i128> {
    let mut places = digits.split(':');
    let first = places.next()?;
    if first.starts_with('_') {
        return None;
    }
    let mut total = radix(first, 10)?;
    for place in places {
        total = total.checked_mul(60)?.checked_add(place60(place)?)?;
    }
    Some(total)
}

fn place60(place: &str) -> Option<i128> {
    let plain = matches!(place.len(), 1 | 2) && place.bytes().all(|byte| byte.is_ascii_digit());
    place
        .parse()
        .ok()
        .filter(|number| plain && (0..60).contains(number))
}

/// A number with a point; an exponent must have a sign, so `1e3` is a text.
pub(super) fn float(word: &str) -> Option<f64> {
    let (sign, digits) = signed(word);
    let sign = if sign < 0 { -1.0 } else { 1.0 };
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if digits == word => return Some(f64::NAN),
        _ => {}
    }
    if digits.contains(':') {
        return sexagesimal_float(digits).map(|number| sign * number);
    }
    let (whole, rest) = digits.split_once('.')?;
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, rest.get(at..)?),
        None => (rest, ""),
    };
    let starts = |part: &str| part.starts_with(|letter: char| letter.is_ascii_digit());
    let whole_fits = starts(whole) || (whole.is_empty() && starts(fraction) && digits == word);
    if !whole_fits || !is_digits(whole) || !is_digits(fraction) || !is_exponent(exponent) {
        return None;
    }
    digits
        .replace('_', "")
        .parse()
        .ok()
        .map(|number: f64| sign * number)
}

fn is_digits(part: &str) -> bool {
    part.bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_digit())
}

fn is_exponent(part: &str) -> bool {
    let mut letters = part.bytes();
    match (letters.next(), letters.next()) {
        (None, _) => true,
        (Some(_), Some(b'+' | b'-')) => part.len() > 2 && letters.all(|byte| byte.is_ascii_digit()),
        (Some(_), _) => false,
    }
}

fn sexagesimal_float(digits: &str) -> Option<f64> {
    let (whole, fraction) = digits.split_once('.')?;
    let (head, tail) = whole.split_once(':')?;
    if !head.starts_with(|letter: char| letter.is_ascii_digit())
        || !is_digits(head)
        || !is_digits(fraction)
    {
        return None;
    }
    let mut total: f64 = head.replace('_', "").parse().ok()?;
    for place in tail.split(':') {
        let place = u8::try_from(place60(place)?).ok()?;
        total = total * 60.0 + f64::from(place);
    }
    let fraction: f64 = format!("0.{}", fraction.replace('_', "")).parse().ok()?;
    Some(total + fraction)
}

#[cfg(test)]
mod tests {
    use super::Content;
    use super::resolve;

    #[test]
    fn words_mean_what_pyyaml_makes_of_them() {
        let cases = [
            ("", Content::Null),
            ("~", Content::Null),
            ("yes", Content::Bool(true)),
            ("Off", Content::Bool(false)),
            ("oN", Content::Text("oN".into())),
            ("y", Content::Text("y".into())),
            ("0777", Content::Int(511)),
            ("0o17", Content::Text("0o17".into())),
            ("0888", Content::Text("0888".into())),
            ("0x1F", Content::Int(31)),
            ("-0b11", Content::Int(-3)),
            ("1_000", Content::Int(1000)),
            ("_1", Content::Text("_1".into())),
            ("3389:22", Content::Int(203_362)),
            ("10:60", Content::Text("10:60".into())),
            ("1:30.5", Content::Float(90.5)),
            ("1.5", Content::Float(1.5)),
            ("1.", Content::Float(1.0)),
            (".5", Content::Float(0.5)),
            ("-.5", Content::Text("-.5".into())),
            ("1e3", Content::Text("1e3".into())),
            ("1.0e3", Content::Text("1.0e3".into())),
            ("1.0e+3", Content::Float(1000.0)),
            ("-.inf", Content::Float(f64::NEG_INFINITY)),
            ("10.0.0.1", Content::Text("10.0.0.1".into())),
            (
                "9223372036854775808",
                Content::Text("9223372036854775808".into()),
            ),
            (
                "-9223372036854775807",
                Content::Int(-9_223_372_036_854_775_807),
            ),
            ("+", Content::Text("+".into())),
            ("2024-01-01", Content::Text("2024-01-01".into())),
        ];
        for (word, meaning) in cases {
            assert_eq!(resolve(word), meaning, "{word}");
        }
    }
}
