//! Since when controls of a host have differed: what a history adds to a run, put to the results that it is about.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::event::Event;
use crate::event::Status;
use crate::event::Turn;
use crate::report::text;

/// A time in which a control differed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spell {
    /// When it was first seen to differ.
    pub(super) since: Timestamp,
    /// When this run looked.
    pub(super) seen: Timestamp,
    pub(super) course: Course,
}

/// Whether a control still differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// It does.
    Lasts,
    /// It does not any more: it was corrected, by this run or by others, or a waiver accepts it.
    Ended,
}

impl Spell {
    /// What an event tells of a control; nothing of one that began to differ, of which [`Event::Drift`] is told as well.
    pub(super) fn of(event: &Event) -> Option<(&str, Self)> {
        match event {
            Event::Drift(drift) => Some((
                &drift.control,
                Self {
                    since: drift.since,
                    seen: drift.at,
                    course: Course::Lasts,
                },
            )),
            Event::Shift(shift) if shift.turn == Turn::Ended => Some((
                &shift.control,
                Self {
                    since: shift.since,
                    seen: shift.at,
                    course: Course::Ended,
                },
            )),
            _ => None,
        }
    }

    pub(super) fn lasts(&self) -> bool {
        self.course == Course::Lasts
    }

    /// Whether it was not seen to differ before this run.
    pub(super) fn is_new(&self) -> bool {
        self.since >= self.seen
    }

    /// When it was over.
    pub(super) fn until(&self) -> Option<Timestamp> {
        (!self.lasts()).then_some(self.seen)
    }

    /// `2026-11-19 22:46 UTC (2 days)`
    pub(super) fn moment(&self) -> String {
        format!("{} ({})", text::minute(self.since), self.length())
    }

    /// `2 days`; `new` when this run was the first to see it.
    pub(super) fn length(&self) -> String {
        if self.lasts() && self.is_new() {
            "new".to_owned()
        } else {
            text::span(self.seen.duration_since(self.since))
        }
    }

    /// `since 2026-11-19 22:46 UTC (2 days)`, or that it had differed since then.
    pub(super) fn words(&self) -> String {
        match self.course {
            Course::Lasts => format!("since {}", self.moment()),
            Course::Ended => format!("had differed since {}", self.moment()),
        }
    }

    /// The same as a part of a sentence of its own.
    pub(super) fn sentence(&self) -> String {
        match self.course {
            Course::Lasts => format!("differs {}", self.words()),
            Course::Ended => self.words(),
        }
    }
}

/// Spells of a host by control.
#[derive(Debug, Default)]
pub(super) struct Spells(HashMap<String, Spell>);

impl Spells {
    pub(super) fn add(&mut self, control: String, spell: Spell) {
        self.0.insert(control, spell);
    }

    /// The one of a control, taken out.
    pub(super) fn take(&mut self, control: &str) -> Option<Spell> {
        self.0.remove(control)
    }

    /// Those that are left, by control.
    pub(super) fn drain(&mut self) -> Vec<(String, Spell)> {
        let mut left: Vec<(String, Spell)> = self.0.drain().collect();
        left.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        left
    }
}

/// Of several results of one control, those that a spell is about: the places of the statuses that fit it best.
pub(super) fn about(spell: Spell, statuses: impl Iterator<Item = (usize, Status)>) -> Vec<usize> {
    let mut best: Option<u8> = None;
    let mut places = Vec::new();
    for (place, status) in statuses {
        let Some(rank) = rank(spell.course, status) else {
            continue;
        };
        if best.is_none_or(|best| rank < best) {
            best = Some(rank);
            places.clear();
        }
        if best == Some(rank) {
            places.push(place);
        }
    }
    places
}

/// How well a status fits, best first; nothing when it does not.
fn rank(course: Course, status: Status) -> Option<u8> {
    match (course, status) {
        (Course::Lasts, Status::WouldChange | Status::Overridden)
        | (Course::Ended, Status::Changed) => Some(0),
        // The first is what was corrected as far as Group Policy let it be.
        (Course::Lasts, Status::Changed) | (Course::Ended, Status::Waived) => Some(1),
        (Course::Ended, Status::Ok) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Course;
    use super::Spell;
    use super::about;
    use crate::event::Status;

    fn spell(seconds: i64, course: Course) -> Spell {
        let seen = Timestamp::from_second(1_790_000_000).unwrap();
        Spell {
            since: Timestamp::from_second(1_790_000_000 - seconds).unwrap(),
            seen,
            course,
        }
    }

    #[test]
    fn a_spell_is_about_the_results_that_differ() {
        let of = |course, statuses: &[Status]| {
            about(spell(1, course), statuses.iter().copied().enumerate())
        };
        let both = [Status::Ok, Status::WouldChange, Status::Changed];
        assert_eq!(of(Course::Lasts, &both), [1]);
        assert_eq!(of(Course::Ended, &both), [2]);
        assert_eq!(
            of(Course::Lasts, &[Status::Changed, Status::Changed]),
            [0, 1]
        );
        assert_eq!(of(Course::Ended, &[Status::Ok, Status::Waived]), [1]);
        assert!(of(Course::Lasts, &[Status::Failed, Status::Ok]).is_empty());
    }

    #[test]
    fn spells_are_told_with_their_length() {
        let told = |seconds, course| spell(seconds, course).words();
        assert_eq!(
            told(2 * 86_400 + 5, Course::Lasts),
            "since 2026-09-19 14:13 UTC (2 days)"
        );
        assert_eq!(told(0, Course::Lasts), "since 2026-09-21 14:13 UTC (new)");
        assert_eq!(
            told(5_400, Course::Ended),
            "had differed since 2026-09-21 12:43 UTC (1 hour)"
        );
    }
}
