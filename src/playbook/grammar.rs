//! What plays, blocks and tasks may hold, for those who describe the language: schemas, editors. The same tables parse.

use crate::playbook::actions;
use crate::playbook::keywords;
use crate::playbook::module;
use crate::playbook::words;
use crate::resource::CATALOGUE;
use crate::syntax::Property;

/// Where a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A play.
    Play,
    /// `import_playbook`.
    Import,
    /// A block.
    Block,
    /// A task or a handler.
    Task,
}

/// The keys of a place, without those that are refused.
pub fn keys(place: Place) -> Vec<&'static str> {
    let table = match place {
        Place::Play => keywords::PLAY,
        Place::Import => keywords::IMPORT,
        Place::Block => keywords::BLOCK,
        Place::Task => keywords::TASK,
    };
    keywords::taken(table).collect()
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
    let others = words::ACTIONS.into_iter().map(|word| {
        let arguments = match word {
            "reboot" | "win_reboot" => Arguments::Properties(actions::REBOOT),
            "wait_for" | "win_wait_for" => Arguments::Properties(actions::WAIT_FOR),
            "wait_for_connection" | "win_wait_for_connection" => {
                Arguments::Properties(actions::WAIT_FOR_CONNECTION)
            }
            _ => Arguments::Other,
        };
        (word, arguments)
    });
    resources.chain(others).collect()
}

/// The collections whose modules are known by their short names: `ansible.builtin.`.
pub const COLLECTIONS: [&str; 4] = module::COLLECTIONS;
