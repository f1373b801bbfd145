//! Remote Desktop settings of a simulated host: where they are kept, which layer wins, and what the service loads.

use std::sync::Arc;

use crate::certificate::Certificate;
use crate::certificate::StoredCertificate;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::listener::ServedCertificate;
use crate::lab::machine::certificates::MachineKeys;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::registry::Registry;
use crate::lab::machine::schannel::Schannel;

/// `TSKEY` of windows-facts 0.4.
const TERMINAL_SERVER: &str = r"SYSTEM\CurrentControlSet\Control\Terminal Server";
/// The policy twin of all settings.
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services";
/// The protocol that a listener must load to speak RDP (windows-facts 4.1).
pub const PROTOCOL_OBJECT: &str = "{5828227c-20cf-4408-b73f-73ab70b8849f}";

/// The key of the service's own settings.
pub fn terminal_server() -> RegistryKey {
    RegistryKey::local_machine(TERMINAL_SERVER)
}

/// The key above all listeners, with the pointer to the self-signed certificate.
pub fn stations() -> RegistryKey {
    terminal_server().child("WinStations")
}

/// The key of the listener.
pub fn listener() -> RegistryKey {
    stations().child("RDP-Tcp")
}

/// The key in which Group Policy keeps its values.
pub fn policy() -> RegistryKey {
    RegistryKey::local_machine(POLICY)
}

/// A setting that Group Policy may own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `fDenyTSConnections`: 0 allow, 1 deny.
    DenyConnections,
    /// `UserAuthentication`: 1 requires NLA.
    UserAuthentication,
    /// `SecurityLayer`: 0 RDP, 1 negotiate, 2 TLS.
    SecurityLayer,
    /// `MinEncryptionLevel`: 1 low to 4 FIPS.
    MinEncryptionLevel,
    /// `MaxInstanceCount`.
    MaxConnections,
    /// `fSingleSessionPerUser`.
    SingleSession,
}

/// Which layer a value comes from, as the `PolicySource…` properties count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// 0: a value of the host itself.
    Local,
    /// 1: Group Policy.
    Policy,
    /// 2: nobody set it.
    Default,
}

impl Source {
    /// The number on the wire.
    pub fn number(self) -> u32 {
        match self {
            Self::Local => 0,
            Self::Policy => 1,
            Self::Default => 2,
        }
    }
}

/// The value that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// The value.
    pub value: u32,
    /// Where it comes from.
    pub source: Source,
}

impl Setting {
    /// The name of the value, the same for policy and local.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::DenyConnections => "fDenyTSConnections",
            Self::UserAuthentication => "UserAuthentication",
            Self::SecurityLayer => "SecurityLayer",
            Self::MinEncryptionLevel => "MinEncryptionLevel",
            Self::MaxConnections => "MaxInstanceCount",
            Self::SingleSession => "fSingleSessionPerUser",
        }
    }

    /// The key of the local value.
    pub fn local_key(self) -> RegistryKey {
        match self {
            Self::DenyConnections | Self::SingleSession => terminal_server(),
            Self::UserAuthentication
            | Self::SecurityLayer
            | Self::MinEncryptionLevel
            | Self::MaxConnections => listener(),
        }
    }

    /// What counts when nobody set it.
    pub fn default(self) -> u32 {
        match self {
            Self::DenyConnections | Self::UserAuthentication | Self::SingleSession => 1,
            Self::SecurityLayer | Self::MinEncryptionLevel => 2,
            Self::MaxConnections => u32::MAX,
        }
    }

    /// The value that counts: policy over local over default.
    pub fn effective(self, registry: &Registry) -> Effective {
        let name = self.value_name();
        if let Some(value) = registry.dword(&policy(), name) {
            return Effective {
                value,
                source: Source::Policy,
            };
        }
        registry.dword(&self.local_key(), name).map_or(
            Effective {
                value: self.default(),
                source: Source::Default,
            },
            |value| Effective {
                value,
                source: Source::Local,
            },
        )
    }

    /// Writes the local value.
    pub fn set(self, registry: &mut Registry, value: u32) {
        registry.set(
            &self.local_key(),
            self.value_name(),
            RegistryData::Dword(value),
        );
    }
}

/// What the service read when it started; changes wait for its next start.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedListener {
    /// `PortNumber`.
    pub port: u16,
    /// Whether the listener came up at all: protocol object and adapter exist.
    pub bound: Bound,
    /// The certificate that could be used at that time.
    pub certificate: Option<Arc<ServedCertificate>>,
    /// Whether it looks at the protocols that clients ask for: `fAllowSecProtocolNegotiation`.
    pub negotiates: bool,
    /// What its TLS speaks.
    pub schannel: Schannel,
}

/// Whether a listener holds its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It does.
    Yes,
    /// Its adapter is gone or its protocol is unknown, so that nothing listens.
    No,
}

/// Reads what a starting service reads.
pub fn load(registry: &Registry, keys: &MachineKeys) -> LoadedListener {
    let key = listener();
    let port = registry
        .dword(&key, "PortNumber")
        .and_then(|number| u16::try_from(number).ok())
        .unwrap_or(3389);
    let protocol = registry.text(&key, "LoadableProtocol_Object");
    // The machines of the lab have one adapter, number 1; 0 means all.
    let adapter = registry.dword(&key, "LanAdapter").unwrap_or(0);
    let sound = port != 0
        && adapter <= 1
        && protocol.is_some_and(|object| object.eq_ignore_ascii_case(PROTOCOL_OBJECT));
    LoadedListener {
        port,
        bound: if sound { Bound::Yes } else { Bound::No },
        certificate: usable_certificate(registry, keys),
        negotiates: registry.dword(&key, "fAllowSecProtocolNegotiation") != Some(0),
        schannel: Schannel::load(registry),
    }
}

/// The certificate that a new connection would get from stores and keys as they are.
///
/// Assumption: a binding to a certificate that is gone falls back to the self-signed one (event 1051).
pub fn usable_certificate(
    registry: &Registry,
    keys: &MachineKeys,
) -> Option<Arc<ServedCertificate>> {
    bound_certificate(registry)
        .and_then(|stored| served(&stored, keys))
        .or_else(|| {
            // Without the store's name the self-signed certificate cannot be loaded (windows-facts 2.1).
            registry.text(&stations(), "SelfSignedCertStore")?;
            served(&self_signed_certificate(registry)?, keys)
        })
}

/// A certificate with its key, when the services can use that.
pub fn served(stored: &StoredCertificate, keys: &MachineKeys) -> Option<Arc<ServedCertificate>> {
    let key = keys.usable(stored)?;
    Some(Arc::new(ServedCertificate {
        certificate: stored.certificate.der.clone(),
        key: key.pkcs8.clone(),
    }))
}

/// The thumbprint of the explicit binding, when there is one.
pub fn bound_thumbprint(registry: &Registry) -> Option<String> {
    registry
        .binary(&listener(), "SSLCertificateSHA1Hash")
        .map(thumbprint_text)
}

/// The certificate of the explicit binding, when there is one and it exists.
pub fn bound_certificate(registry: &Registry) -> Option<StoredCertificate> {
    Store::Personal.find(registry, &bound_thumbprint(registry)?)
}

/// The certificate that the pointer names, when it exists.
pub fn self_signed_certificate(registry: &Registry) -> Option<StoredCertificate> {
    let pointer = registry.binary(&stations(), "SelfSignedCertificate")?;
    Store::RemoteDesktop.find(registry, &thumbprint_text(pointer))
}

/// Stores a self-signed certificate and points at it.
pub fn install_self_signed(registry: &mut Registry, stored: &StoredCertificate) {
    Store::RemoteDesktop.add(registry, stored);
    point_at(registry, &stored.certificate);
}

fn point_at(registry: &mut Registry, certificate: &Certificate) {
    if let Some(bytes) = thumbprint_bytes(&certificate.thumbprint) {
        registry.set(
            &stations(),
            "SelfSignedCertificate",
            RegistryData::Binary(bytes),
        );
    }
}

/// A thumbprint as upper-case hex.
pub fn thumbprint_text(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .map(|digit| digit.to_ascii_uppercase())
        .collect()
}

/// The bytes of a thumbprint in hex; `None` unless it is 40 digits, so that an invisible mark in front spoils it.
pub fn thumbprint_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() != 40 {
        return None;
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let bytes = digits?
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk::<2>())
        .map(|[high, low]| high << 4 | low)
        .collect();
    Some(bytes)
}
