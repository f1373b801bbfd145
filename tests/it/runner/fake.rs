//! Hosts that are a map of numbers, resources that want a number to be another, and a rig that runs plays on them.

mod machine;
mod rig;
mod script;
mod wish;

pub(crate) use machine::Machine;
pub(crate) use rig::Rig;
pub(crate) use rig::Story;
pub(crate) use rig::host;
pub(crate) use wish::Manner;
pub(crate) use wish::wish;
