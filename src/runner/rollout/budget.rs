//! How many hosts may fail before a run goes no further.

use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::playbook::Rollout;
use crate::proof::Verdict;
use crate::runner::rollout::waves::float;

/// How the hosts of a wave fared so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::runner) struct Tally {
    /// Hosts of the wave.
    pub(in crate::runner) hosts: usize,
    failed: usize,
    unreachable: usize,
    /// Failed, or not proven although it was looked; never hosts that could not be reached.
    unproven: usize,
}

/// Whether a wave goes ahead of the others, to try what they will get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Canary {
    /// Its hosts must be proven before others are begun.
    Yes,
    /// Only the play's own budget counts.
    No,
}

impl Tally {
    pub(in crate::runner) fn of(hosts: usize) -> Self {
        Self {
            hosts,
            ..Self::default()
        }
    }

    /// Counts a host that is done with the wave.
    pub(in crate::runner) fn add(&mut self, host: &HostSummary) {
        let refuted = host
            .proof
            .as_ref()
            .is_none_or(|proof| proof.verdict != Verdict::Proven);
        match host.status {
            HostStatus::Unreachable { .. } => self.unreachable += 1,
            HostStatus::Failed { .. } => {
                self.failed += 1;
                self.unproven += 1;
            }
            HostStatus::Ok | HostStatus::Drifted if refuted => self.unproven += 1,
            HostStatus::Ok | HostStatus::Drifted | HostStatus::Interrupted => {}
        }
    }

    /// Whether more hosts of the wave failed than the play allows. Hosts that could not be reached do not count, as in
    /// Ansible, because a host that is off says nothing about the play.
    pub(in crate::runner) fn is_spent(&self, rollout: &Rollout) -> bool {
        let most = rollout.max_fail_percentage;
        most.is_some_and(|most| exceeds(self.failed, self.hosts, most))
    }

    /// Whether no host of the wave went well: then the next wave, or the next play, is not begun, as in Ansible.
    pub(in crate::runner) fn is_lost(&self) -> bool {
        self.hosts > 0 && self.failed + self.unreachable >= self.hosts
    }

    /// Whether a wave that is over keeps the others from being begun.
    pub(in crate::runner) fn forbids_more(&self, rollout: &Rollout, canary: Canary) -> bool {
        let allowed = rollout.max_fail_percentage.unwrap_or_default();
        let dead_bird = canary == Canary::Yes && exceeds(self.unproven, self.hosts, allowed);
        dead_bird || self.is_lost() || self.is_spent(rollout)
    }
}

/// Whether these are more than so many percent of all. Compares fractions, as Ansible does.
pub(in crate::runner) fn exceeds(some: usize, all: usize, percent: f64) -> bool {
    all > 0 && float(some) / float(all) > percent / 100.0
}

#[cfg(test)]
mod tests {
    use super::Canary;
    use super::Tally;
    use super::exceeds;
    use crate::playbook::Rollout;

    fn allowing(percent: Option<f64>) -> Rollout {
        Rollout {
            max_fail_percentage: percent,
            ..Rollout::default()
        }
    }

    fn failed(failed: usize, hosts: usize) -> Tally {
        Tally {
            hosts,
            failed,
            unreachable: 0,
            unproven: failed,
        }
    }

    #[test]
    fn the_percentage_must_be_exceeded_and_not_equalled() {
        assert!(!exceeds(3, 10, 30.0));
        assert!(exceeds(4, 10, 30.0));
        assert!(exceeds(1, 10, 0.0));
        assert!(!exceeds(0, 10, 0.0));
        assert!(!exceeds(0, 0, 0.0));
        assert!(!exceeds(10, 10, 100.0));
    }

    #[test]
    fn without_a_budget_only_a_wave_that_is_lost_as_a_whole_ends_a_play() {
        let none = allowing(None);
        assert!(!failed(9, 10).forbids_more(&none, Canary::No));
        assert!(failed(10, 10).forbids_more(&none, Canary::No));
    }

    #[test]
    fn hosts_that_are_off_spend_no_budget_but_lose_a_wave() {
        let off = Tally {
            hosts: 10,
            failed: 0,
            unreachable: 9,
            unproven: 0,
        };
        let strict = allowing(Some(0.0));
        assert!(!off.forbids_more(&strict, Canary::Yes));
        let all = Tally {
            unreachable: 10,
            ..off
        };
        assert!(all.forbids_more(&strict, Canary::No));
    }

    #[test]
    fn a_canary_must_be_proven_unless_the_budget_allows_otherwise() {
        let unproven = Tally {
            hosts: 10,
            failed: 0,
            unreachable: 0,
            unproven: 1,
        };
        assert!(unproven.forbids_more(&allowing(None), Canary::Yes));
        assert!(!unproven.forbids_more(&allowing(None), Canary::No));
        assert!(!unproven.forbids_more(&allowing(Some(10.0)), Canary::Yes));
    }
}
