//! Lines of a story: what is written, what is compared, and what becomes of both when several hosts share the line.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::report::human::paint::Tint;
use crate::report::since::Course;
use crate::report::since::Spell;
use crate::report::text::day;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// What follows belongs to this play.
    Play(String),
    /// `status: [hosts] => text`
    Status {
        tint: Tint,
        status: &'static str,
        text: String,
        several: Several,
        /// The time in which it differed, where a history knows.
        spell: Option<Spells>,
    },
    /// An indented line below.
    Detail {
        tint: Tint,
        text: String,
        compared: Compared,
    },
}

/// What a status line says of several hosts at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Several {
    /// The same.
    Same,
    /// This, in which nothing tells hosts apart.
    Masked(String),
    /// This, and until when the first of their certificates is valid.
    Certificates(String),
}

/// Whether hosts that differ in a detail have different stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Yes,
    No,
}

impl Several {
    /// The words for several hosts.
    pub(super) fn words(&self, alone: &str, until: Option<Timestamp>) -> String {
        match (self, until) {
            (Self::Same, _) => alone.to_owned(),
            (Self::Masked(masked), _) | (Self::Certificates(masked), None) => masked.clone(),
            (Self::Certificates(masked), Some(until)) => {
                format!("{masked}, certificates until {} or later", day(until))
            }
        }
    }
}

/// The times in which something differed on the hosts of a line: the longest and the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spells {
    longest: Spell,
    shortest: Spell,
}

impl Spells {
    pub(super) fn of(spell: Spell) -> Self {
        Self {
            longest: spell,
            shortest: spell,
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        if other.longest.since < self.longest.since {
            self.longest = other.longest;
        }
        if other.shortest.since > self.shortest.since {
            self.shortest = other.shortest;
        }
    }

    /// `since 2026-11-19 22:46 UTC (2 days)`; of hosts that are not alike, the first and the last.
    pub(super) fn words(&self) -> String {
        let words = self.longest.words();
        if self.longest.since == self.shortest.since {
            words
        } else {
            format!("{words} to {}", self.shortest.moment())
        }
    }
}

impl Line {
    /// Puts what tells it from another line into a key; when something was is told of all hosts at once.
    pub(super) fn tell(&self, key: &mut String) {
        let (head, text, spell) = match self {
            Self::Play(name) => ("play", name, None),
            Self::Status {
                status,
                text,
                several,
                spell,
                ..
            } => match several {
                Several::Same => (*status, text, spell.as_ref()),
                Several::Masked(masked) | Several::Certificates(masked) => {
                    (*status, masked, spell.as_ref())
                }
            },
            Self::Detail {
                text,
                compared: Compared::Yes,
                ..
            } => ("", text, None),
            Self::Detail { .. } => return,
        };
        let course = spell.map_or("", |spell| match spell.longest.course {
            Course::Lasts => "lasts",
            Course::Ended => "ended",
        });
        // Writing to a string cannot fail.
        let _written = writeln!(key, "{course}\t{head}\t{text}");
    }
}
