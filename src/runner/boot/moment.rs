//! When a host was started, and whether that was another time than before.

use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::clock::Clock;

const CLASS: &str = "Win32_OperatingSystem";
/// What setting the clock and slow answers may do to the boot time of one and the same boot; nothing starts twice within it.
const BLUR: SignedDuration = SignedDuration::from_secs(2);

/// One look at a host's boot time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boot {
    /// `LastBootUpTime`.
    pub(super) at: Timestamp,
    /// `LocalDateTime` at the look, when the host tells it.
    clock: Option<Timestamp>,
    /// Our own clock at the look.
    seen: Instant,
}

impl Boot {
    /// Looks.
    pub(super) async fn look(host: &dyn CimReader, clock: &dyn Clock) -> Result<Self, CimError> {
        let system = host.only(Namespace::CIMV2, CLASS).await?;
        Ok(Self {
            at: time(&system, "LastBootUpTime").ok_or_else(|| CimError::Property {
                class: CLASS.to_owned(),
                property: "LastBootUpTime".to_owned(),
                wanted: "a moment",
            })?,
            clock: time(&system, "LocalDateTime"),
            seen: clock.instant(),
        })
    }

    /// Whether the host was started between both looks.
    ///
    /// Assumption: when a host's clock is set, its `LastBootUpTime` may be moved by as much although it was not started; so
    /// much is taken off before both are compared.
    pub(super) fn was_before(&self, later: &Self) -> bool {
        if self.at == later.at {
            return false;
        }
        let moved = later.at.duration_since(self.at);
        let apart = moved.saturating_sub(self.clock_was_set(later));
        apart.abs() > BLUR
    }

    /// How far the host's clock was set between both looks.
    fn clock_was_set(&self, later: &Self) -> SignedDuration {
        let (Some(before), Some(after)) = (self.clock, later.clock) else {
            return SignedDuration::ZERO;
        };
        let passed = later.seen.saturating_duration_since(self.seen);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        after.duration_since(before).saturating_sub(passed)
    }
}

fn time(system: &Instance, name: &str) -> Option<Timestamp> {
    match system.get(name) {
        Some(Value::DateTime(moment)) => Some(*moment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::Instant;

    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Boot;
    use crate::clock::Clock;
    use crate::clock::SystemClock;

    fn boot(at: i64, clock: i64, seen: Instant) -> Boot {
        let time = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        Boot {
            at: time(at),
            clock: Some(time(clock)),
            seen,
        }
    }

    #[test]
    fn only_another_start_counts() {
        let now = SystemClock.instant();
        let before = boot(1_000, 5_000, now);
        let minute = now + Duration::from_mins(1);
        let cases = [
            ("nothing happened", boot(1_000, 5_060, minute), false),
            ("it was started", boot(5_030, 5_060, minute), true),
            (
                "its clock was set by an hour, and the boot time with it",
                boot(4_600, 8_660, minute),
                false,
            ),
            (
                "its clock was set, and the boot time was not",
                boot(1_000, 8_660, minute),
                false,
            ),
            (
                "its clock was set back while it was started",
                boot(1_430, 1_460, minute),
                true,
            ),
            ("slow answers blur it", boot(1_001, 5_060, minute), false),
        ];
        for (story, later, expected) in cases {
            assert_eq!(before.was_before(&later), expected, "{story}");
        }
    }

    #[test]
    fn without_the_hosts_clock_boot_times_are_compared_as_they_are() {
        let now = SystemClock.instant();
        let bare = |at| Boot {
            clock: None,
            ..boot(at, 0, now)
        };
        assert!(bare(1_000).was_before(&bare(2_000)));
        assert!(!bare(1_000).was_before(&bare(1_000)));
    }
}
