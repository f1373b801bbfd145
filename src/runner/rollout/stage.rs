//! Which plays hosts go through freely, and where they wait for each other.

use std::ops::Range;

use crate::playbook::Batch;
use crate::playbook::Rollout;
use crate::runner::rollout::waves::sizes;

/// Plays that every host does one after the other, free of the other hosts of its wave.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runner) struct Stage {
    /// Which plays of the playbook.
    pub(in crate::runner) plays: Range<usize>,
    /// What holds for its hosts.
    pub(in crate::runner) rollout: Rollout,
}

impl Stage {
    /// The sizes of its waves.
    pub(in crate::runner) fn waves(&self, hosts: usize) -> Vec<usize> {
        let serial: &[Batch] = &self.rollout.serial;
        sizes(serial, hosts)
    }
}

/// How hosts enter a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Entry {
    /// As soon as each of them has done the plays before it.
    Free,
    /// When all of them have: the play asks what came to be on others.
    Together,
}

/// The stages of a playbook whose plays say this. A play with waves or a budget of its own is a stage of its own; others are put together as
/// long as they agree in what a failure means and hosts enter them freely.
#[expect(
    single_use_lifetimes,
    reason = "anonymous lifetimes are not stable in argument position"
)]
pub(in crate::runner) fn stages<'a>(
    plays: impl Iterator<Item = (&'a Rollout, Entry)>,
) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (at, (rollout, entry)) in plays.enumerate() {
        let is_free = is_free(rollout) && entry == Entry::Free;
        match stages.last_mut() {
            Some(stage) if is_free && stage.rollout == *rollout => {
                stage.plays.end = at + 1;
            }
            Some(_) | None => stages.push(Stage {
                plays: at..at + 1,
                rollout: rollout.clone(),
            }),
        }
    }
    stages
}

fn is_free(rollout: &Rollout) -> bool {
    rollout.serial.is_empty() && rollout.max_fail_percentage.is_none()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::Entry;
    use super::stages;
    use crate::playbook::Batch;
    use crate::playbook::Rollout;

    fn ranges(rollouts: &[Rollout]) -> Vec<Range<usize>> {
        entered(rollouts, &[])
    }

    /// Those of these plays that hosts enter together.
    fn entered(rollouts: &[Rollout], together: &[usize]) -> Vec<Range<usize>> {
        let entry = |at| {
            if together.contains(&at) {
                Entry::Together
            } else {
                Entry::Free
            }
        };
        let plays = rollouts.iter().enumerate();
        let stages = stages(plays.map(|(at, rollout)| (rollout, entry(at))));
        stages.into_iter().map(|stage| stage.plays).collect()
    }

    #[test]
    fn plays_without_waves_are_gone_through_freely() {
        let free = Rollout::default();
        let serial = Rollout {
            serial: vec![Batch::Hosts(1)],
            ..Rollout::default()
        };
        let stages = ranges(&[
            free.clone(),
            free.clone(),
            serial.clone(),
            serial,
            free.clone(),
            free,
        ]);
        assert_eq!(stages, [0..2, 2..3, 3..4, 4..6]);
    }

    #[test]
    fn hosts_enter_a_play_together_that_asks_for_others() {
        let free = vec![Rollout::default(); 4];
        assert_eq!(entered(&free, &[2]), [0..2, 2..4]);
        assert_eq!(entered(&free, &[0, 1]), [0..1, 1..4]);
    }

    #[test]
    fn a_budget_makes_a_stage_and_so_does_another_meaning_of_failure() {
        let free = Rollout::default();
        let fatal = Rollout {
            any_errors_fatal: true,
            ..Rollout::default()
        };
        let budget = Rollout {
            max_fail_percentage: Some(10.0),
            ..Rollout::default()
        };
        let stages = ranges(&[free, fatal.clone(), fatal, budget.clone(), budget]);
        assert_eq!(stages, [0..1, 1..3, 3..4, 4..5]);
        assert!(ranges(&[]).is_empty());
    }
}
