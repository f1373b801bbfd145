//! What stands behind a machine's Remote Desktop port, derived from its state.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cim::RegistryKey;
use crate::lab::identity;
use crate::lab::identity::Identity;
use crate::lab::machine::Machine;
use crate::lab::machine::schannel::Schannel;
use crate::lab::machine::terminal_services;
use crate::lab::machine::terminal_services::Bound;
use crate::lab::machine::terminal_services::LoadedListener;
use crate::lab::machine::terminal_services::Setting;

/// `MinEncryptionLevel` of FIPS.
const FIPS_LEVEL: u32 = 4;

/// The port of a machine that is not there to name one.
const DEFAULT_PORT: u16 = 3389;

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
    /// Whether RestrictedAdmin and Remote Credential Guard are offered (flags 0x8 and 0x10 of the answer); one setting
    /// governs both (windows-facts 4.2).
    pub restricted_admin: bool,
    /// Whether it looks at the protocols that clients ask for at all.
    pub negotiates: bool,
    /// Classic encryption: 1 low to 4 FIPS, the effective `MinEncryptionLevel`. Acts in the session, which the lab does
    /// not open; level 4 limits TLS too, and is in `schannel` already.
    pub encryption_level: u32,
    /// What its TLS speaks.
    pub schannel: Schannel,
    /// The certificate with its key; `None` when the machine has none that it can use.
    pub certificate: Option<Arc<ServedCertificate>>,
    /// What the machine is to those who sign in.
    pub identity: Arc<Identity>,
}

/// A certificate with its private key.
#[derive(Clone, PartialEq)]
pub struct ServedCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS #8 DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for ServedCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServedCertificate")
            .field("certificate", &self.certificate.len())
            .field("key", &"hidden")
            .finish()
    }
}

/// Derives it; policy wins over local values, and services, certificates, keys and firewall are looked at.
pub fn of(machine: &Machine, now: Timestamp) -> Listener {
    let machine = settled(machine, now);
    if !machine.power.is_up() {
        return Listener {
            port: DEFAULT_PORT,
            state: ListenerState::Closed,
        };
    }
    let Some(loaded) = &machine.loaded else {
        let port = terminal_services::load(&machine.registry, &machine.keys).port;
        return Listener {
            port,
            state: closed_or_filtered(&machine, port),
        };
    };
    Listener {
        port: loaded.port,
        state: state(&machine, loaded),
    }
}

/// What a client meets that comes to this port of the machine, whether or not that is where Remote Desktop listens.
pub fn at(machine: &Machine, port: u16, now: Timestamp) -> ListenerState {
    let found = of(machine, now);
    if found.port == port {
        found.state
    } else {
        closed_or_filtered(&settled(machine, now), port)
    }
}

/// The machine as it is at `now`.
fn settled(machine: &Machine, now: Timestamp) -> Cow<'_, Machine> {
    if !machine.is_due(now) {
        return Cow::Borrowed(machine);
    }
    let mut later = machine.clone();
    later.settle(now);
    Cow::Owned(later)
}

/// How a port behaves that nothing listens on: a firewall that is shut does not even refuse.
fn closed_or_filtered(machine: &Machine, port: u16) -> ListenerState {
    if machine.firewall.admits(&machine.registry, port) {
        ListenerState::Closed
    } else {
        ListenerState::Filtered
    }
}

fn state(machine: &Machine, loaded: &LoadedListener) -> ListenerState {
    let registry = &machine.registry;
    let denied = Setting::DenyConnections.effective(registry).value != 0;
    let station = registry
        .dword(&terminal_services::listener(), "fEnableWinStation")
        .unwrap_or(1);
    let behind_firewall = closed_or_filtered(machine, loaded.port);
    if denied
        || station == 0
        || loaded.bound == Bound::No
        || behind_firewall == ListenerState::Filtered
    {
        return behind_firewall;
    }
    let certificate = served_certificate(machine, loaded);
    let security_layer = Setting::SecurityLayer.effective(registry).value;
    let store = registry.text(&terminal_services::stations(), "SelfSignedCertStore");
    if certificate.is_none() && store.is_none() && security_layer != 0 {
        return ListenerState::Mute;
    }
    let lsa = RegistryKey::local_machine(r"SYSTEM\CurrentControlSet\Control\Lsa");
    let encryption_level = Setting::MinEncryptionLevel.effective(registry).value;
    ListenerState::Open(Negotiation {
        security_layer,
        nla: Setting::UserAuthentication.effective(registry).value != 0,
        restricted_admin: registry.dword(&lsa, "DisableRestrictedAdmin") == Some(0),
        negotiates: loaded.negotiates,
        encryption_level,
        schannel: if encryption_level == FIPS_LEVEL {
            loaded.schannel.clone().approved()
        } else {
            loaded.schannel.clone()
        },
        certificate,
        identity: Arc::new(identity::of(machine)),
    })
}

/// Assumption: a new connection gets the certificate that stores and keys give at that moment, without a restart of
/// TermService; when they give none, the one that was loaded at its start goes on being served.
fn served_certificate(
    machine: &Machine,
    loaded: &LoadedListener,
) -> Option<Arc<ServedCertificate>> {
    terminal_services::usable_certificate(&machine.registry, &machine.keys)
        .or_else(|| loaded.certificate.clone())
}
