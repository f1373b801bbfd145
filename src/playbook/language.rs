//! What of Ansible's language is understood, for pages, schemas and completions; the same tables read playbooks.

use crate::playbook::foreign;
use crate::playbook::keywords;
use crate::playbook::translate;
use crate::playbook::words;

pub use crate::playbook::keywords::Fate;

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At a play.
    Play,
    /// At a block.
    Block,
    /// At a task or a handler.
    Task,
}

/// The keys that may stand at a place, besides words such as `service`.
pub fn keys(place: Place) -> impl Iterator<Item = (&'static str, Fate)> {
    keywords::all(match place {
        Place::Play => keywords::PLAY,
        Place::Block => keywords::BLOCK,
        Place::Task => keywords::TASK,
    })
}

/// What the runner does itself: `assert`.
pub fn actions() -> &'static [&'static str] {
    &words::ACTIONS
}

/// Ansible's modules that are turned into resources, each with its options: `None` when an option is understood, else what
/// to do instead.
pub fn translated()
-> impl Iterator<Item = (&'static str, Vec<(&'static str, Option<&'static str>)>)> {
    translate::options()
}

/// Ansible's modules that nothing here does, with what to do instead.
pub fn refused() -> &'static [(&'static str, &'static str)] {
    &foreign::MODULES
}
