//! The rule that a task checks on a host, and whether a waiver holds for it there.
//!
//! Knows that under a waiver nothing is changed, and that nothing follows from what differs.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::control::Control;
use crate::control::Waiver;
use crate::playbook::Task;
use crate::runner::turn::Turn;

/// The rule that a task checks on a host.
#[derive(Debug, Clone, Default)]
pub(super) struct Rule {
    pub(super) control: Option<Arc<Control>>,
    /// What to know about a difference.
    pub(super) note: Option<Arc<str>>,
    /// Also one that has expired.
    pub(super) waiver: Option<Arc<Waiver>>,
    pub(super) leave: Leave,
}

/// Whether a difference is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Leave {
    /// It is not.
    #[default]
    None,
    /// A waiver holds: the host is looked at and left as it is.
    Given,
}

impl Rule {
    /// Whether a waiver holds.
    pub(super) fn is_waived(&self) -> bool {
        self.leave == Leave::Given
    }
}

impl Turn<'_, '_> {
    /// The rule that a task checks on this host.
    pub(super) fn rule(&self, task: &Task) -> Rule {
        let Some(ruled) = &task.control else {
            return Rule::default();
        };
        let waivers = &self.visit.shared.around.waivers;
        let waiver = waivers.of(&self.visit.host.name, &ruled.control.id);
        let now = || self.visit.world.clock.now();
        let holds = waiver.is_some_and(|waiver| holds(waiver, now()));
        Rule {
            control: Some(Arc::clone(&ruled.control)),
            note: ruled.note.clone(),
            waiver: waiver.cloned(),
            leave: if holds { Leave::Given } else { Leave::None },
        }
    }
}

/// Days are those of UTC, the same for every reader.
fn holds(waiver: &Waiver, now: Timestamp) -> bool {
    waiver.holds(now.to_zoned(TimeZone::UTC).date())
}
