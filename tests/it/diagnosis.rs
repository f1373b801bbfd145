//! Facts about the diagnosis: which cause is found for what is seen, and what mends it.
#![cfg(test)]

mod compound;
mod lab;
mod laws;
mod mend;
mod report;
mod rows;
mod verb;
mod world;

use rdpfix::diagnosis::Ranked;
use rdpfix::finding::Cause;
use rdpfix::finding::Severity;

use crate::diagnosis::world::World;

/// A fabricated case: what is done to a healthy world, and what must be found then.
struct Story {
    /// In words.
    about: &'static str,
    /// What is wrong.
    spoil: fn(&mut World),
    /// What must be found first, with its severity.
    top: (Cause, Severity),
    /// Every cause that keeps clients out, in any order; none else may.
    errors: &'static [Cause],
}

fn check(stories: &[Story]) {
    for story in stories {
        let mut world = World::healthy();
        (story.spoil)(&mut world);
        let ranked = world.diagnose();
        let about = format!("{}\n{ranked:#?}", story.about);
        let first = ranked
            .first()
            .unwrap_or_else(|| panic!("nothing is found: {}", story.about));
        assert_eq!((first.cause, first.severity), story.top, "{about}");
        let mut found = errors(&ranked);
        let mut expected = story.errors.to_vec();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{about}");
    }
}

fn errors(ranked: &[Ranked]) -> Vec<Cause> {
    ranked
        .iter()
        .filter(|one| one.severity == Severity::Error)
        .map(|one| one.cause)
        .collect()
}
