//! Spans of time as people type them: `90s`, `30m`, `2h`, `1d`, `1h30m`.

use std::time::Duration;

/// Why a text is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no span of time")]
pub struct BadTime {
    /// The text.
    pub text: String,
}

/// Reads numbers with `s`, `m`, `h` or `d` behind each; they add up, and the sum is more than nothing.
pub fn time_span(text: &str) -> Result<Duration, BadTime> {
    seconds(text.trim())
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
        .ok_or_else(|| BadTime {
            text: text.to_owned(),
        })
}

fn seconds(text: &str) -> Option<u64> {
    let mut sum: u64 = 0;
    let mut number: Option<u64> = None;
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            let more = number
                .unwrap_or_default()
                .checked_mul(10)?
                .checked_add(u64::from(digit))?;
            number = Some(more);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return None,
        };
        sum = sum.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    // A number without a unit could be seconds or minutes.
    number.is_none().then_some(sum)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::time_span;

    #[test]
    fn units_are_seconds_minutes_hours_and_days() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("2h", 7_200),
            ("1d", 86_400),
            ("1h30m", 5_400),
            (" 5m ", 300),
        ] {
            assert_eq!(time_span(text).unwrap(), Duration::from_secs(seconds));
        }
    }

    #[test]
    fn numbers_without_units_and_nothing_at_all_are_refused() {
        let many = format!("{}d", u64::MAX);
        for text in ["", "30", "m", "5x", "0s", "1.5h", "-5m", "5 m", &many] {
            let told = time_span(text).unwrap_err().to_string();
            assert_eq!(told, format!("`{text}` is no span of time"));
        }
    }
}
