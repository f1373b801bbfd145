//! What a host is, gathered once per run and only when a playbook asks (`when: facts.build >= 20348`).

use serde::Serialize;

/// Facts about a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facts {
    /// The host's own name: `Win32_OperatingSystem.CSName`.
    pub computer_name: String,
    /// `Win32_OperatingSystem.Caption`, in the host's language.
    pub caption: String,
    /// `Win32_OperatingSystem.Version`: `10.0.20348`.
    pub version: String,
    /// `Win32_OperatingSystem.BuildNumber`.
    pub build: u32,
    /// `Win32_OperatingSystem.ProductType` 2 or 3.
    pub server: bool,
    /// `Win32_ComputerSystem.PartOfDomain`.
    pub domain_member: bool,
    /// `Win32_ComputerSystem.Domain`: the domain or the workgroup.
    pub domain: String,
}
