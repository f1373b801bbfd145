//! What a simulated host's Schannel speaks as a server: versions and cipher suites, from defaults and registry
//! (windows-facts 5). Knows settings, not handshakes.

use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::registry::Registry;
use crate::tls::ProtocolVersion;
use crate::tls::suite::CipherSuite;

const SCHANNEL: &str = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL";
const CIPHER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002";
const FIPS_POLICY: &str = r"SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy";
const WINDOWS: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Build numbers of releases that changed a default.
const WINDOWS_8: u32 = 9200;
const SERVER_2016: u32 = 14_393;
const SERVER_2022: u32 = 20_348;
const SERVER_2025: u32 = 26_100;

/// Suites that no release of the lab offers unless the cipher policy names them: DSS, RC4, single DES, and ChaCha.
const OFF_BY_DEFAULT: [u16; 9] = [
    0x1303, 0x006A, 0x0040, 0x0038, 0x0032, 0x0013, 0x0005, 0x0004, 0x0009,
];
/// Suites with algorithms that FIPS 140 does not approve: RC4, single DES, ChaCha.
const NOT_APPROVED: [u16; 4] = [0x0005, 0x0004, 0x0009, 0x1303];

/// What a server of this host speaks. It is read when a service makes its credentials, that is when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schannel {
    /// The versions that are on, oldest first.
    pub versions: Vec<ProtocolVersion>,
    /// The cipher suites that are on, the preferred first, whatever version they belong to.
    pub suites: Vec<CipherSuite>,
    /// Whether this release knows TLS 1.3, so that it reads how a client announces it.
    pub knows_tls_1_3: bool,
}

impl Schannel {
    /// A release of today with nothing configured.
    pub fn current() -> Self {
        Self {
            versions: vec![ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3],
            suites: default_suites().collect(),
            knows_tls_1_3: true,
        }
    }

    /// Reads what a starting service reads.
    ///
    /// Assumption: a version that the release does not know stays off, whatever the registry says.
    pub fn load(registry: &Registry) -> Self {
        let build = registry
            .text(&RegistryKey::local_machine(WINDOWS), "CurrentBuildNumber")
            .and_then(|number| number.parse().ok())
            .unwrap_or(SERVER_2025);
        let fips = registry.dword(&RegistryKey::local_machine(FIPS_POLICY), "Enabled");
        let schannel = Self {
            versions: ProtocolVersion::ALL
                .into_iter()
                .filter(|version| is_on(registry, *version, build))
                .collect(),
            suites: policy(registry).unwrap_or_else(|| default_suites().collect()),
            knows_tls_1_3: build >= SERVER_2022,
        };
        if fips.unwrap_or(0) == 0 {
            schannel
        } else {
            schannel.approved()
        }
    }

    /// What FIPS 140 approves of it.
    #[must_use]
    pub fn approved(mut self) -> Self {
        self.versions
            .retain(|version| *version > ProtocolVersion::SSL_3_0);
        self.suites.retain(|suite| !NOT_APPROVED.contains(&suite.0));
        self
    }
}

/// The key with the switches of a version for servers.
pub fn protocol(version: ProtocolVersion) -> RegistryKey {
    RegistryKey::local_machine(format!(r"{SCHANNEL}\Protocols\{version}\Server"))
}

/// Switches a version for servers on or off, as administrators do.
pub fn switch(registry: &mut Registry, version: ProtocolVersion, switch: Switch) {
    let (enabled, by_default) = match switch {
        Switch::On => (1, 0),
        Switch::Off => (0, 1),
    };
    let key = protocol(version);
    registry.set(&key, "Enabled", RegistryData::Dword(enabled));
    registry.set(&key, "DisabledByDefault", RegistryData::Dword(by_default));
}

/// Switches these versions for servers on, and all others off.
pub fn leave_on(registry: &mut Registry, versions: &[ProtocolVersion]) {
    for version in ProtocolVersion::ALL {
        let wanted = if versions.contains(&version) {
            Switch::On
        } else {
            Switch::Off
        };
        switch(registry, version, wanted);
    }
}

/// Whether a version is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Writes the cipher policy of the machine: these suites in this order.
pub fn set_cipher_policy(registry: &mut Registry, suites: &[CipherSuite]) {
    let names: Vec<String> = suites.iter().map(ToString::to_string).collect();
    registry.set(
        &RegistryKey::local_machine(CIPHER_POLICY),
        "Functions",
        RegistryData::Text(names.join(",")),
    );
}

/// `Enabled` 0 is off. `DisabledByDefault` makes a version wait for an application that names it.
///
/// Assumption: TermService names no version, so `DisabledByDefault` switches a version off for Remote Desktop.
fn is_on(registry: &Registry, version: ProtocolVersion, build: u32) -> bool {
    let key = protocol(version);
    if version == ProtocolVersion::TLS_1_3 && build < SERVER_2022 {
        return false;
    }
    let enabled = registry.dword(&key, "Enabled").map(|value| value != 0);
    let disabled = registry
        .dword(&key, "DisabledByDefault")
        .map(|value| value != 0);
    match (enabled, disabled) {
        (Some(false), _) | (_, Some(true)) => false,
        (Some(true), _) | (None, Some(false)) => true,
        (None, None) => is_on_by_default(version, build),
    }
}

/// Assumption: TLS 1.0 and 1.1 are off by default from build 26100 on.
fn is_on_by_default(version: ProtocolVersion, build: u32) -> bool {
    match version {
        ProtocolVersion::SSL_3_0 => build < SERVER_2016,
        ProtocolVersion::TLS_1_0 => build < SERVER_2025,
        ProtocolVersion::TLS_1_1 => (WINDOWS_8..SERVER_2025).contains(&build),
        ProtocolVersion::TLS_1_2 => build >= WINDOWS_8,
        ProtocolVersion::TLS_1_3 => build >= SERVER_2022,
        _ => false,
    }
}

fn default_suites() -> impl Iterator<Item = CipherSuite> {
    CipherSuite::schannel().filter(|suite| !OFF_BY_DEFAULT.contains(&suite.0))
}

/// The suites of the cipher policy, in its order; `None` when there is none. Names that nobody knows are passed over,
/// and so is the curve that releases before Server 2016 put behind a name.
fn policy(registry: &Registry) -> Option<Vec<CipherSuite>> {
    let names = match registry.get(&RegistryKey::local_machine(CIPHER_POLICY), "Functions")? {
        RegistryData::Text(list) => list.split(',').map(str::to_owned).collect(),
        RegistryData::MultiText(names) => names.clone(),
        RegistryData::ExpandText(_)
        | RegistryData::Binary(_)
        | RegistryData::Dword(_)
        | RegistryData::Qword(_) => return None,
    };
    let mut suites = Vec::new();
    for name in names {
        let name = name.trim();
        let name = name.rsplit_once("_P").map_or(name, |(front, curve)| {
            let is_curve = matches!(curve, "256" | "384" | "521");
            if is_curve { front } else { name }
        });
        let known = CipherSuite::named(name).filter(|suite| !suites.contains(suite));
        suites.extend(known);
    }
    Some(suites)
}

#[cfg(test)]
mod tests {
    use super::CIPHER_POLICY;
    use super::FIPS_POLICY;
    use super::Schannel;
    use super::Switch;
    use super::WINDOWS;
    use super::protocol;
    use super::set_cipher_policy;
    use super::switch;
    use crate::cim::RegistryData;
    use crate::cim::RegistryKey;
    use crate::lab::machine::registry::Registry;
    use crate::tls::ProtocolVersion;
    use crate::tls::suite::CipherSuite;

    fn build(number: &str) -> Registry {
        let mut registry = Registry::default();
        let data = RegistryData::Text(number.to_owned());
        registry.set(
            &RegistryKey::local_machine(WINDOWS),
            "CurrentBuildNumber",
            data,
        );
        registry
    }

    fn versions(registry: &Registry) -> String {
        let spoken: Vec<String> = Schannel::load(registry)
            .versions
            .iter()
            .map(ToString::to_string)
            .collect();
        spoken.join(", ")
    }

    #[test]
    fn each_release_has_defaults_of_its_own() {
        for (number, expected) in [
            ("7601", "SSL 3.0, TLS 1.0"),
            ("9600", "SSL 3.0, TLS 1.0, TLS 1.1, TLS 1.2"),
            ("14393", "TLS 1.0, TLS 1.1, TLS 1.2"),
            ("17763", "TLS 1.0, TLS 1.1, TLS 1.2"),
            ("20348", "TLS 1.0, TLS 1.1, TLS 1.2, TLS 1.3"),
            ("26100", "TLS 1.2, TLS 1.3"),
        ] {
            assert_eq!(versions(&build(number)), expected, "{number}");
        }
    }

    #[test]
    fn switches_win_over_defaults() {
        let mut registry = build("20348");
        switch(&mut registry, ProtocolVersion::TLS_1_3, Switch::Off);
        switch(&mut registry, ProtocolVersion::SSL_3_0, Switch::On);
        let key = protocol(ProtocolVersion::TLS_1_0);
        registry.set(&key, "DisabledByDefault", RegistryData::Dword(1));
        let key = protocol(ProtocolVersion::TLS_1_1);
        registry.set(&key, "Enabled", RegistryData::Dword(0));
        assert_eq!(versions(&registry), "SSL 3.0, TLS 1.2");
        let mut old = build("17763");
        switch(&mut old, ProtocolVersion::TLS_1_3, Switch::On);
        assert_eq!(versions(&old), "TLS 1.0, TLS 1.1, TLS 1.2");
    }

    #[test]
    fn the_cipher_policy_decides_about_suites_and_their_order() {
        let mut registry = build("20348");
        let suites = [CipherSuite(0xC02B), CipherSuite(0x000A)];
        set_cipher_policy(&mut registry, &suites);
        assert_eq!(Schannel::load(&registry).suites, suites);
        let spelled = "TLS_RSA_WITH_RC4_128_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA_P384,NONSENSE";
        let data = RegistryData::Text(spelled.to_owned());
        registry.set(
            &RegistryKey::local_machine(CIPHER_POLICY),
            "Functions",
            data,
        );
        let read = Schannel::load(&registry).suites;
        assert_eq!(read, [CipherSuite(0x0005), CipherSuite(0xC014)]);
    }

    #[test]
    fn fips_leaves_what_is_approved() {
        let mut registry = build("9600");
        let key = RegistryKey::local_machine(FIPS_POLICY);
        registry.set(&key, "Enabled", RegistryData::Dword(1));
        set_cipher_policy(&mut registry, &[CipherSuite(0x0005), CipherSuite(0x002F)]);
        assert_eq!(versions(&registry), "TLS 1.0, TLS 1.1, TLS 1.2");
        assert_eq!(Schannel::load(&registry).suites, [CipherSuite(0x002F)]);
    }
}
