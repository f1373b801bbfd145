//! The one integration test binary; each module states facts about one part.

mod bytes;
mod cli;
mod dashboard;
mod diagnosis;
mod docs;
mod history;
mod inside;
mod inventory;
pub(crate) mod job;
mod judge;
mod lab;
mod notify;
pub(crate) mod peers;
mod playbook;
mod rdp;
pub(crate) mod report;
mod resources;
mod runner;
mod service;
mod session;
mod support;
mod tidy;
mod tls;
mod vault;
mod waiver;
mod wsman;
