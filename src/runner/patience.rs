//! How long a host that was worked on is visited again before it counts that clients are not let in.

use std::time::Duration;

use crate::proof::Proof;
use crate::proof::Stage;
use crate::proof::Verdict;

/// Assumption: a listener whose service was restarted may refuse clients for a moment although the service runs
/// already, and accepts them within this time.
const SETTLING: Duration = Duration::from_millis(3500);
/// Assumption: services that start with a host answer at most so long after its management service.
const STARTING: Duration = Duration::from_mins(1);
/// The first pause between two visits; each is twice the one before.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// The pauses grow up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How much longer a host may keep clients out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// While nothing answers.
    silent: Duration,
    /// The next pause.
    pause: Duration,
}

impl Patience {
    /// With a host that was changed, and perhaps rebooted: by an order that gave it so long to come back.
    pub(super) fn after(reboot: Option<Duration>) -> Self {
        let starting = reboot.map(|within| within.min(STARTING));
        Self {
            silent: starting.unwrap_or(SETTLING).max(SETTLING),
            pause: SHORTEST_PAUSE,
        }
    }

    /// The pause before the next visit, when it is so long since the first; `None` when the last word is spoken.
    pub(super) fn pause(&mut self, proof: Option<&Proof>, waited: Duration) -> Option<Duration> {
        let limit = match proof.map(|proof| &proof.verdict)? {
            Verdict::Refuted {
                stage: Stage::Resolve | Stage::Connect | Stage::Negotiate,
                ..
            } => self.silent,
            // Whoever answers with the wrong certificate has started.
            Verdict::Refuted { .. } => SETTLING,
            Verdict::Proven => return None,
        };
        let left = limit.checked_sub(waited).filter(|left| !left.is_zero())?;
        let pause = self.pause.min(left);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Patience;
    use crate::proof::Proof;
    use crate::proof::Stage;
    use crate::proof::Verdict;

    /// The pauses in milliseconds, when each visit is refused at once.
    fn pauses(reboot: Option<u64>, stage: Stage) -> Vec<u128> {
        let proof = Proof {
            verdict: Verdict::Refuted {
                stage,
                id: "x",
                reason: String::new(),
            },
            selected: None,
            certificate: None,
            stages: Vec::new(),
        };
        let mut patience = Patience::after(reboot.map(Duration::from_secs));
        let mut waited = Duration::ZERO;
        let mut found = Vec::new();
        while let Some(pause) = patience.pause(Some(&proof), waited) {
            waited += pause;
            found.push(pause.as_millis());
        }
        found
    }

    #[test]
    fn a_listener_that_was_restarted_gets_a_moment() {
        for stage in [Stage::Connect, Stage::Tls] {
            assert_eq!(pauses(None, stage), [500, 1000, 2000]);
        }
    }

    #[test]
    fn a_host_that_was_rebooted_gets_a_minute_while_nothing_answers() {
        let pauses_then = pauses(Some(600), Stage::Connect);
        assert_eq!(pauses_then[..6], [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(pauses_then.iter().sum::<u128>(), 60_000);
        assert_eq!(pauses(Some(600), Stage::Certificate), [500, 1000, 2000]);
    }

    #[test]
    fn an_order_that_gave_less_time_is_waited_for_as_long() {
        let waited: u128 = pauses(Some(20), Stage::Negotiate).iter().sum();
        assert_eq!(waited, 20_000);
        let waited: u128 = pauses(Some(1), Stage::Negotiate).iter().sum();
        assert_eq!(waited, 3_500);
    }
}
