//! Durations as people write them: `90s`, `15m`, `6h`, `1d`, `1h30m`.
//!
//! A day has 24 hours and a week seven days; months and years are no durations.

use std::fmt::Write;
use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;

const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];

/// Reads one of whole seconds; `None` for everything else, a bare number among it.
pub fn parse(text: &str) -> Option<Duration> {
    let span = SpanParser::new().parse_span(text).ok()?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let duration = Duration::try_from(signed).ok()?;
    (duration.subsec_nanos() == 0).then_some(duration)
}

/// Writes it so that [`parse`] reads it; parts of a second are dropped.
pub fn words(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut text = String::new();
    for (seconds, unit) in UNITS {
        let count = left.checked_div(seconds).unwrap_or_default();
        left = left.checked_rem(seconds).unwrap_or_default();
        if count > 0 {
            let _written = write!(text, "{count}{unit}");
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;
    use super::words;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("6h", 21_600),
            ("1d", 86_400),
            ("2w", 1_209_600),
            ("1h30m", 5400),
            ("1h 30m", 5400),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "15",
            "m",
            "1mo",
            "1y",
            "-5m",
            "5m ago",
            "1 fortnight",
            "0.5s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (90, "1m30s"),
            (86_400, "1d"),
            (90_061, "1d1h1m1s"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(words(duration), text);
            assert_eq!(parse(text), Some(duration));
        }
    }
}
