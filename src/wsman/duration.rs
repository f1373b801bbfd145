//! Lengths of time as XML Schema writes them: `P0DT0H1M40S`, `PT60.000S`.

use jiff::SignedDuration;

const SECONDS_PER_DAY: i64 = 86_400;

/// Reads a length of time; years and months have none and are not read.
pub(super) fn parse(text: &str) -> Option<SignedDuration> {
    let (negative, rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.trim()),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let (day_count, days_left) = part(days, 'D')?;
    let (hours, time) = part(time, 'H')?;
    let (minutes, time) = part(time, 'M')?;
    if !days_left.is_empty() {
        return None;
    }
    let seconds = day_count
        .checked_mul(SECONDS_PER_DAY)?
        .checked_add(hours.checked_mul(3600)?)?
        .checked_add(minutes.checked_mul(60)?)?;
    let (more, nanos) = seconds_part(time)?;
    let length = SignedDuration::new(seconds.checked_add(more)?, nanos);
    Some(if negative { -length } else { length })
}

fn part(text: &str, unit: char) -> Option<(i64, &str)> {
    match text.split_once(unit) {
        Some((digits, rest)) => Some((whole(digits)?, rest)),
        None => Some((0, text)),
    }
}

fn seconds_part(text: &str) -> Option<(i64, i32)> {
    if text.is_empty() {
        return Some((0, 0));
    }
    let digits = text.strip_suffix('S')?;
    let Some((seconds, fraction)) = digits.split_once('.') else {
        return Some((whole(digits)?, 0));
    };
    let nine: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(9)
        .collect();
    let nanos = i32::try_from(whole(&nine)?).ok()?;
    Some((whole(seconds)?, nanos))
}

fn whole(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

/// Writes a length of time as Windows writes intervals: `P0DT0H1M40S`.
pub(super) fn interval(length: SignedDuration) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let nanos = length.subsec_nanos().unsigned_abs();
    let sign = if length.is_negative() { "-" } else { "" };
    let fraction = if nanos == 0 {
        String::new()
    } else {
        let digits = format!("{nanos:09}");
        format!(".{}", digits.trim_end_matches('0'))
    };
    let days = seconds / 86_400;
    let hours = seconds / 3600 % 24;
    let minutes = seconds / 60 % 60;
    let seconds = seconds % 60;
    format!("{sign}P{days}DT{hours}H{minutes}M{seconds}{fraction}S")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::interval;
    use super::parse;

    #[test]
    fn the_forms_that_windows_uses_are_read() {
        assert_eq!(parse("P0DT0H1M40S"), Some(SignedDuration::from_secs(100)));
        assert_eq!(parse("PT60.000S"), Some(SignedDuration::from_secs(60)));
        assert_eq!(parse("P2D"), Some(SignedDuration::from_hours(48)));
        assert_eq!(parse("-PT0.5S"), Some(SignedDuration::from_millis(-500)));
    }

    #[test]
    fn other_texts_are_not_read() {
        for text in [
            "",
            "P",
            "PT",
            "PT-1S",
            "P1Y",
            "60",
            "PT1S1",
            "P1H",
            "PT9999999999999999999S",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_interval_comes_back() {
        for length in [
            SignedDuration::ZERO,
            SignedDuration::new(-90_061, -5),
            SignedDuration::from_micros(1_500_000),
        ] {
            assert_eq!(parse(&interval(length)), Some(length));
        }
    }
}
