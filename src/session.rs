//! Live links to hosts: carriers that move codec bytes. Knows sockets and HTTP; must not know resources or playbooks.
//!
//! [`WinRmConnector`] makes [`WinRmSession`]s. From the wire up: `line` is one TCP connection that speaks HTTP, `link`
//! adds signing in and sealing, `pool` lends out links, `winrm` turns requests into answers with the rules for trying
//! again, and `read`, `events`, `call` and `registry` say which requests a question or a change is made of.

mod call;
mod connector;
mod events;
mod failure;
mod fault;
mod line;
mod link;
mod pool;
mod read;
mod registry;
mod tls;
mod trial;
mod winrm;

pub use crate::session::connector::WinRmConnector;
pub use crate::session::connector::WinRmOptions;
pub use crate::session::winrm::WinRmSession;
