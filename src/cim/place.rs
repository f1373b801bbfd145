//! Where Windows keeps in its registry what decides about Remote Desktop (windows-facts 0.4, 2.1). Knows places, not what
//! is desired there.

use crate::cim::query::RegistryKey;

const TERMINAL_SERVER: &str = r"SYSTEM\CurrentControlSet\Control\Terminal Server";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services";

/// The key of the service's own settings.
pub fn terminal_server() -> RegistryKey {
    RegistryKey::local_machine(TERMINAL_SERVER)
}

/// The key above all listeners.
pub fn stations() -> RegistryKey {
    terminal_server().child("WinStations")
}

/// The key of a listener: `RDP-Tcp`.
pub fn listener(name: &str) -> RegistryKey {
    stations().child(name)
}

/// The key in which Group Policy keeps the twins of settings.
pub fn policy() -> RegistryKey {
    RegistryKey::local_machine(POLICY)
}

/// A certificate store of the machine: `MY`, `Remote Desktop`.
pub fn certificate_store(name: &str) -> RegistryKey {
    RegistryKey::local_machine(format!(
        r"SOFTWARE\Microsoft\SystemCertificates\{name}\Certificates"
    ))
}
