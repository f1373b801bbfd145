//! Reporters of a diagnosis: the whole of it at once, for people and for programs.

use jiff::Timestamp;

use crate::diagnosis::Missing;
use crate::diagnosis::Ranked;
use crate::diagnosis::mend::Mending;
use crate::diagnosis::mend::Step;
use crate::diagnosis::timeline::Timeline;
use crate::finding::Severity;

mod human;
mod jsonl;

pub use crate::report::diagnosis::human::human;
pub use crate::report::diagnosis::jsonl::jsonl;

/// A diagnosis as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The host, as the inventory or the command line calls it.
    pub host: &'a str,
    /// When it was made.
    pub at: Timestamp,
    /// The causes, likeliest first.
    pub causes: &'a [Ranked],
    /// Whether something was seen from outside.
    pub outside: bool,
    /// Whether something was seen from inside.
    pub inside: bool,
    /// What was not seen, each with how to let it be seen.
    pub unseen: &'a [Missing],
    /// The event logs.
    pub timeline: &'a Timeline,
    /// What would mend it.
    pub mending: &'a Mending,
    /// What became of the playbook.
    pub playbook: Playbook<'a>,
    /// The inventories, as they were typed.
    pub inventory: &'a [String],
    /// The codes that the client showed.
    pub codes: Option<(u32, Option<u32>)>,
}

/// What became of the playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playbook<'a> {
    /// Nobody asked for a file.
    Shown,
    /// It was written to this file.
    Written(&'a str),
    /// This file already held it.
    Same(&'a str),
    /// This file was asked for, and there is nothing to write.
    Needless(&'a str),
}

impl Told<'_> {
    fn errors(&self) -> usize {
        self.causes
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .count()
    }

    /// What a person has to do about a cause.
    fn steps(&self, one: &Ranked) -> impl Iterator<Item = &Step> {
        self.mending
            .manual
            .iter()
            .filter(move |step| step.cause == one.cause)
    }
}
