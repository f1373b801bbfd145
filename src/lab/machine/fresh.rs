//! The registry of a fresh host: the values that matter to Remote Desktop, with the defaults of windows-facts 4.1.

use sha1::Digest;
use sha1::Sha1;

use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::Identity;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::os::Membership;
use crate::lab::machine::power;
use crate::lab::machine::registry::Registry;
use crate::lab::machine::terminal_services;

/// The registry of a fresh host with Remote Desktop switched on; certificates come later.
pub(super) fn registry(identity: &Identity) -> Registry {
    let mut registry = Registry::default();
    remote_desktop(&mut registry);
    system(&mut registry, identity);
    for key in [
        terminal_services::policy(),
        Store::RemoteDesktop.key(),
        Store::Personal.key(),
    ] {
        registry.create_key(&key);
    }
    registry
}

fn remote_desktop(registry: &mut Registry) {
    let server = terminal_services::terminal_server();
    for (name, value) in [
        ("fDenyTSConnections", 0),
        ("fSingleSessionPerUser", 1),
        ("TSEnabled", 1),
        ("TSUserEnabled", 0),
        ("TSServerDrainMode", 0),
    ] {
        registry.set(&server, name, RegistryData::Dword(value));
    }
    let listener = terminal_services::listener();
    for (name, value) in [
        ("PortNumber", 3389),
        ("UserAuthentication", 1),
        ("SecurityLayer", 2),
        ("MinEncryptionLevel", 2),
        ("fAllowSecProtocolNegotiation", 1),
        ("fEnableWinStation", 1),
        ("fLogonDisabled", 0),
        ("fPromptForPassword", 0),
        ("MaxInstanceCount", u32::MAX),
        ("LanAdapter", 0),
        ("SelectTransport", 2),
        ("SelectNetworkDetect", 1),
        ("MaxConnectionTime", 0),
        ("MaxDisconnectionTime", 0),
        ("MaxIdleTime", 0),
        ("fDisableCdm", 0),
        ("fDisableClip", 0),
        ("fDisableCcm", 0),
        ("fDisableLPT", 0),
        ("WebSocketListenerPort", 3387),
        ("WebSocketTlsListenerPort", 3392),
    ] {
        registry.set(&listener, name, RegistryData::Dword(value));
    }
    registry.set(
        &listener,
        "LoadableProtocol_Object",
        RegistryData::Text(terminal_services::PROTOCOL_OBJECT.to_owned()),
    );
    registry.set(
        &server.child(r"Wds\rdpwd\Tds\tcp"),
        "PortNumber",
        RegistryData::Dword(3389),
    );
    registry.set(
        &terminal_services::stations(),
        "SelfSignedCertStore",
        RegistryData::Text("Remote Desktop".to_owned()),
    );
}

const WINDOWS: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const LSA: &str = r"SYSTEM\CurrentControlSet\Control\Lsa";
const SCHANNEL: &str = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL";
const TCPIP: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

fn system(registry: &mut Registry, identity: &Identity) {
    let name = identity.computer_name.as_str();
    let build = identity.build.number().to_string();
    let (domain, time) = match &identity.membership {
        Membership::Domain(domain) => (domain.as_str(), "NT5DS"),
        Membership::Workgroup(_) => ("", "NTP"),
    };
    let computer = power::CHOSEN_NAME;
    let clock = r"SYSTEM\CurrentControlSet\Services\W32Time\Parameters";
    for (path, value, text) in [
        (
            r"SOFTWARE\Microsoft\Cryptography",
            "MachineGuid",
            guid(name).as_str(),
        ),
        (WINDOWS, "CurrentBuildNumber", &build),
        (WINDOWS, "CurrentBuild", &build),
        (WINDOWS, "ProductName", identity.build.product()),
        (
            WINDOWS,
            "InstallationType",
            identity.build.installation_type(),
        ),
        (computer, "ComputerName", name),
        (power::ACTIVE_NAME, "ComputerName", name),
        (TCPIP, "Hostname", name),
        (TCPIP, "Domain", domain),
        (clock, "Type", time),
    ] {
        let data = RegistryData::Text(text.to_owned());
        registry.set(&RegistryKey::local_machine(path), value, data);
    }
    let fips = format!(r"{LSA}\FIPSAlgorithmPolicy");
    for (path, value, number) in [
        (WINDOWS, "UBR", identity.build.revision()),
        (LSA, "LimitBlankPasswordUse", 1),
        (&fips, "Enabled", 0),
        (SCHANNEL, "EventLogging", 1),
    ] {
        let data = RegistryData::Dword(number);
        registry.set(&RegistryKey::local_machine(path), value, data);
    }
    let policies = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System".to_owned();
    for path in [policies, format!(r"{SCHANNEL}\Protocols")] {
        registry.create_key(&RegistryKey::local_machine(path));
    }
}

/// A GUID that is always the same for a name, so that equal scenarios are equal machines.
fn guid(name: &str) -> String {
    let hex = terminal_services::thumbprint_text(&Sha1::digest(name)).to_lowercase();
    let mut digits = hex.chars();
    let mut part = |length: usize| -> String { digits.by_ref().take(length).collect() };
    [part(8), part(4), part(4), part(4), part(12)].join("-")
}
