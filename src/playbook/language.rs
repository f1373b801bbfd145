//! What of Ansible's language is understood, for pages, schemas and completions; the same tables read playbooks.

use crate::playbook::actions;
use crate::playbook::controls;
use crate::playbook::foreign;
use crate::playbook::keywords;
use crate::playbook::module;
use crate::playbook::translate;
use crate::playbook::words;
use crate::resource::CATALOGUE;
use crate::syntax::Property;

pub use crate::playbook::keywords::Fate;

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At a play.
    Play,
    /// At `import_playbook`.
    Import,
    /// At a block.
    Block,
    /// At a task or a handler.
    Task,
}

/// The keys that may stand at a place, besides words such as `service`.
pub fn keys(place: Place) -> impl Iterator<Item = (&'static str, Fate)> {
    keywords::all(match place {
        Place::Play => keywords::PLAY,
        Place::Import => keywords::IMPORT,
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

/// What the key of a module holds.
#[derive(Debug, Clone, Copy)]
pub enum Arguments {
    /// These, and the resource looks at them.
    Resource(&'static [Property]),
    /// These, or a text of `key=value`.
    Properties(&'static [Property]),
    /// Something else.
    Other,
}

/// Every word that a task may be about, by its short name.
pub fn modules() -> Vec<(&'static str, Arguments)> {
    let resources = CATALOGUE
        .iter()
        .map(|kind| (kind.name, Arguments::Resource(kind.properties)));
    let translated = translated().map(|(name, _)| (name, Arguments::Other));
    let actions = actions().iter().map(|word| {
        let arguments = match *word {
            "reboot" | "win_reboot" => Arguments::Properties(actions::REBOOT),
            "wait_for" | "win_wait_for" => Arguments::Properties(actions::WAIT_FOR),
            "wait_for_connection" | "win_wait_for_connection" => {
                Arguments::Properties(actions::WAIT_FOR_CONNECTION)
            }
            _ => Arguments::Other,
        };
        (*word, arguments)
    });
    resources.chain(translated).chain(actions).collect()
}

/// The keys of `control`, which may also be an identifier alone.
pub const CONTROL: &[Property] = controls::KEYS;

/// The collections whose modules are known by their short names: `ansible.builtin.`.
pub const COLLECTIONS: [&str; 4] = module::COLLECTIONS;
