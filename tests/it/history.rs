//! Facts about the history: what is kept of runs, what can be asked of it, and what becomes of its file.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests spoil files on purpose")]

mod file;
mod kill;
mod leases;
mod model;
mod peers;
mod reach;
mod reads;
mod record;
pub(crate) mod run;
mod scale;
mod secrets;
mod verbs;
