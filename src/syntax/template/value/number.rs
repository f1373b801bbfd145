//! Conversions between whole and broken numbers, and numbers in texts as Python reads them.

/// The nearest number with a fraction.
pub(in crate::syntax::template) fn real(number: i128) -> f64 {
    match i32::try_from(number) {
        Ok(small) => f64::from(small),
        // The only exact way without a cast: through the digits.
        Err(_) => number.to_string().parse().unwrap_or(f64::NAN),
    }
}

/// The whole part; `None` for what is no number or too large.
pub(in crate::syntax::template) fn whole(number: f64) -> Option<i128> {
    if !number.is_finite() {
        return None;
    }
    format!("{:.0}", number.trunc()).parse().ok()
}

/// What Python's `int(text, base)` reads; base 0 takes the base from the prefix.
pub(in crate::syntax::template) fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let bases = [("0x", 16), ("0o", 8), ("0b", 2)];
    let prefixed = bases
        .iter()
        .find(|(prefix, of)| lower.starts_with(prefix) && (base == *of || base == 0));
    let (digits, base) = match prefixed {
        Some((prefix, of)) => {
            let rest = lower.strip_prefix(prefix)?;
            (rest.strip_prefix('_').unwrap_or(rest), *of)
        }
        None if base == 0 && lower.len() > 1 && lower.starts_with('0') => {
            return lower
                .chars()
                .all(|digit| matches!(digit, '0' | '_'))
                .then_some(0);
        }
        None if base == 0 => (lower.as_str(), 10),
        None => (lower.as_str(), base),
    };
    let digits = without_underscores(digits)?;
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) || !(2..=36).contains(&base)
    {
        return None;
    }
    let number = i128::from_str_radix(&digits, base).ok()?;
    Some(if negative { -number } else { number })
}

/// What Python's `float(text)` reads.
pub(in crate::syntax::template) fn parse_float(text: &str) -> Option<f64> {
    let text = without_underscores(text.trim())?.to_lowercase();
    let bare = text.trim_start_matches(['+', '-']);
    if matches!(bare, "nan" | "inf" | "infinity") {
        return text.parse().ok();
    }
    let is_number = bare
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | '+' | '-'));
    if is_number { text.parse().ok() } else { None }
}

/// Underscores may stand between two digits only.
fn without_underscores(text: &str) -> Option<String> {
    let misplaced = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    (!misplaced).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::parse_float;
    use super::parse_int;
    use super::real;
    use super::whole;

    #[test]
    fn whole_numbers_are_read_as_python_reads_them() {
        assert_eq!(parse_int(" 1_000 ", 10), Some(1000));
        assert_eq!(parse_int("-0x1F", 16), Some(-31));
        assert_eq!(parse_int("1f", 16), Some(31));
        assert_eq!(parse_int("0x1f", 10), None);
        assert_eq!(parse_int("1.5", 10), None);
        assert_eq!(parse_int("", 10), None);
        assert_eq!(parse_int("--1", 10), None);
    }

    #[test]
    fn numbers_with_fractions_are_read_as_python_reads_them() {
        assert_eq!(parse_float(" 1.5e3 "), Some(1500.0));
        assert_eq!(parse_float("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_float("1.5x"), None);
        assert_eq!(parse_float(""), None);
    }

    #[test]
    fn conversions_keep_what_fits() {
        assert!((real(1 << 40) - 1_099_511_627_776.0).abs() < f64::EPSILON);
        assert_eq!(whole(-2.9), Some(-2));
        assert_eq!(whole(f64::NAN), None);
        assert_eq!(whole(1e300), None);
    }
}
