//! A fleet of simulated Windows hosts: real sockets, real WS-Management, real TLS, and state that behaves.
//!
//! Shares codecs with the client but nothing else, so that each tests the other honestly.

pub mod listener;
pub mod machine;
pub mod mishap;
pub mod provider;
pub mod rdp_server;
pub mod scenario;
