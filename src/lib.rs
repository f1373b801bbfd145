//! rdpfix makes Remote Desktop hosts connectable again and keeps them so.
//!
//! A playbook states how hosts should be; the runner connects to an inventory over WinRM, shows what differs,
//! applies only that, and proves from outside that a client can connect.
//! `ARCHITECTURE.md` has the map; the modules below stand in reading order, and each may only name those that the
//! table in `tests/it/tidy.rs` allows.

// Vocabulary: plain data and traits.
pub mod cim;
pub mod clock;
pub mod code;
pub mod diag;
pub mod files;
pub mod finding;
pub mod proof;
pub mod secret;

// Codecs: bytes or text to values and back, no sockets.
pub mod auth;
pub mod certificate;
pub mod rdp;
pub mod tls;
pub mod vault;
pub mod wsman;

// Domain: decisions, all pure but for `observe`, which waits on a reader that it is handed.
pub mod connect;
pub mod control;
pub mod diagnosis;
pub mod event;
pub mod facts;
pub mod inside;
pub mod inventory;
pub mod job;
pub mod plan;
pub mod playbook;
pub mod rdp_file;
pub mod resource;
pub mod survey;
pub mod syntax;
pub mod waiver;

// Drivers: sockets, tasks, timers, the file of what was found.
pub mod history;
pub mod lab;
pub mod notify;
pub mod probe;
pub mod runner;
pub mod service;
pub mod session;

// Edge: what people and other programs see.
pub mod cli;
pub mod dashboard;
pub mod report;
pub mod schema;
