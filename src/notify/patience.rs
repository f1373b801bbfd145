//! How long to wait before something is sent again. Pure arithmetic; chance comes as an argument.

use std::time::Duration;

/// The longest that a sender waits between two tries. A receiver that asks for more is left alone until the next run.
pub const LONGEST: Duration = Duration::from_mins(5);

/// The wait after so many failed tries (at least 1): twice as long each time, and between half and one and a half of that
/// by chance (from 0 to 1), so that many senders do not come back together. What the receiver asks for is waited for in
/// any case; `None` when that is longer than [`LONGEST`].
pub fn pause(
    base: Duration,
    failed: u32,
    chance: f64,
    asked: Option<Duration>,
) -> Option<Duration> {
    let asked = asked.unwrap_or_default();
    if asked > LONGEST {
        return None;
    }
    let doublings = failed.saturating_sub(1).min(31);
    let doubled = base.saturating_mul(1 << doublings).min(LONGEST);
    let spread = doubled.mul_f64(0.5 + chance.clamp(0.0, 1.0));
    Some(spread.max(asked).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::LONGEST;
    use super::pause;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_wait_is_twice_the_last_and_never_endless() {
        let waits: Vec<_> = (1..=4)
            .map(|failed| pause(SECOND, failed, 0.5, None))
            .collect();
        let expected = [1, 2, 4, 8].map(|seconds| Some(Duration::from_secs(seconds)));
        assert_eq!(waits, expected);
        assert_eq!(pause(SECOND, u32::MAX, 1.0, None), Some(LONGEST));
    }

    #[test]
    fn chance_spreads_a_wait_by_half() {
        assert_eq!(pause(SECOND, 1, 0.0, None), Some(SECOND / 2));
        assert_eq!(pause(SECOND, 1, 1.0, None), Some(SECOND * 3 / 2));
        assert_eq!(pause(SECOND, 1, f64::MAX, None), Some(SECOND * 3 / 2));
    }

    #[test]
    fn what_the_receiver_asks_for_is_waited_for_or_it_is_left_alone() {
        assert_eq!(pause(SECOND, 1, 0.5, Some(SECOND * 7)), Some(SECOND * 7));
        assert_eq!(pause(SECOND * 10, 1, 0.5, Some(SECOND)), Some(SECOND * 10));
        assert_eq!(pause(SECOND, 1, 0.5, Some(LONGEST + SECOND)), None);
    }
}
