//! Facts about reports: one list of events, shown in each format.

// The attribute is true of all of them; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
pub(crate) mod controls;
#[cfg(test)]
pub(crate) mod events;
#[cfg(test)]
mod formats;
#[cfg(test)]
pub(crate) mod honest;
#[cfg(test)]
mod human;
#[cfg(test)]
mod jsonl;
#[cfg(test)]
mod probe;
#[cfg(test)]
pub(crate) mod since;
