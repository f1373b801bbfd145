//! Facts under the names that Ansible's `setup` gives them on Windows, so that conditions written for it go on working.

use std::net::IpAddr;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::facts::Depth;
use crate::facts::Facts;

/// The names of variables that facts bring, each with how much has to be asked for it. Besides them there are `facts` and
/// `ansible_facts`, which hold all of them.
pub const NAMES: &[(&str, Depth)] = &[
    ("ansible_all_ipv4_addresses", Depth::Full),
    ("ansible_all_ipv6_addresses", Depth::Full),
    ("ansible_architecture", Depth::Core),
    ("ansible_architecture2", Depth::Core),
    ("ansible_distribution", Depth::Core),
    ("ansible_distribution_major_version", Depth::Core),
    ("ansible_distribution_version", Depth::Core),
    ("ansible_domain", Depth::Core),
    ("ansible_fqdn", Depth::Core),
    ("ansible_hostname", Depth::Core),
    ("ansible_ip_addresses", Depth::Full),
    ("ansible_kernel", Depth::Core),
    ("ansible_lastboot", Depth::Core),
    ("ansible_netbios_name", Depth::Core),
    ("ansible_nodename", Depth::Core),
    ("ansible_os_family", Depth::Core),
    ("ansible_os_installation_type", Depth::Full),
    ("ansible_os_name", Depth::Core),
    ("ansible_os_product_type", Depth::Core),
    ("ansible_powershell_version", Depth::Full),
    ("ansible_product_name", Depth::Core),
    ("ansible_reboot_pending", Depth::Full),
    ("ansible_system", Depth::Core),
    ("ansible_system_vendor", Depth::Core),
    ("ansible_uptime_seconds", Depth::Core),
    ("ansible_windows_domain", Depth::Core),
    ("ansible_windows_domain_member", Depth::Core),
    ("ansible_windows_domain_role", Depth::Core),
];

/// What stands before the names of variables and not in `ansible_facts`.
const PREFIX: &str = "ansible_";

/// How much has to be asked for an attribute of `facts` or of `ansible_facts`; names that no fact has cost nothing.
pub fn depth_of(attribute: &str) -> Depth {
    const OWN: [&str; 7] = [
        "ubr",
        "edition",
        "installation_type",
        "powershell",
        "ip_addresses",
        "reboot_pending",
        "reboot_reasons",
    ];
    let theirs = NAMES
        .iter()
        .any(|(name, depth)| *depth == Depth::Full && name.strip_prefix(PREFIX) == Some(attribute));
    if theirs || OWN.contains(&attribute) {
        Depth::Full
    } else {
        Depth::Core
    }
}

impl Facts {
    /// The variables of [`NAMES`] that are known, by name. What was not asked for, or what the host does not tell, is absent.
    pub fn variables(&self) -> Map<String, Value> {
        let mut variables = self.core();
        if let Some(more) = &self.more {
            let family = |wanted: fn(&IpAddr) -> bool| -> Vec<&String> {
                let addresses = more.ip_addresses.iter();
                addresses
                    .filter(|text| text.parse().is_ok_and(|address| wanted(&address)))
                    .collect()
            };
            let major = more.powershell.as_ref().and_then(|version| {
                let major = version.split('.').next()?;
                major.parse::<u32>().ok()
            });
            let further = [
                ("ansible_all_ipv4_addresses", json!(family(IpAddr::is_ipv4))),
                ("ansible_all_ipv6_addresses", json!(family(IpAddr::is_ipv6))),
                ("ansible_ip_addresses", json!(more.ip_addresses)),
                (
                    "ansible_os_installation_type",
                    json!(more.installation_type),
                ),
                ("ansible_powershell_version", json!(major)),
                ("ansible_reboot_pending", json!(more.reboot_pending)),
            ];
            variables.extend(known(further));
        }
        variables.sort_keys();
        variables
    }

    /// `ansible_facts`: the same without `ansible_` before their names.
    pub fn ansible_facts(&self) -> Map<String, Value> {
        let variables = self.variables().into_iter();
        variables
            .map(|(name, value)| match name.strip_prefix(PREFIX) {
                Some(short) => (short.to_owned(), value),
                None => (name, value),
            })
            .collect()
    }

    fn core(&self) -> Map<String, Value> {
        let full_version = format!("{}.0", self.version);
        let major = self.version.split('.').next().unwrap_or_default();
        let last_boot = self
            .last_boot
            .map(|boot| boot.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
        let suffix = if self.domain_member {
            self.domain.as_str()
        } else {
            ""
        };
        known([
            ("ansible_architecture", json!(self.architecture)),
            ("ansible_architecture2", json!(self.machine())),
            ("ansible_distribution", json!(self.caption)),
            ("ansible_distribution_major_version", json!(major)),
            ("ansible_distribution_version", json!(full_version)),
            ("ansible_domain", json!(suffix)),
            ("ansible_fqdn", json!(self.fqdn)),
            ("ansible_hostname", json!(self.host_name)),
            ("ansible_kernel", json!(full_version)),
            ("ansible_lastboot", json!(last_boot)),
            ("ansible_netbios_name", json!(self.computer_name)),
            ("ansible_nodename", json!(self.fqdn)),
            ("ansible_os_family", json!("Windows")),
            ("ansible_os_name", json!(self.caption)),
            ("ansible_os_product_type", json!(self.product_type)),
            ("ansible_product_name", json!(self.model)),
            ("ansible_system", json!("Win32NT")),
            ("ansible_system_vendor", json!(self.manufacturer)),
            ("ansible_uptime_seconds", json!(self.uptime_seconds)),
            ("ansible_windows_domain", json!(self.domain)),
            ("ansible_windows_domain_member", json!(self.domain_member)),
            ("ansible_windows_domain_role", json!(self.domain_role)),
        ])
        .collect()
    }

    /// `OSArchitecture` comes in the host's language, but its number does not.
    ///
    /// Assumption: it begins with `ARM` on such machines, in every language.
    fn machine(&self) -> Option<&'static str> {
        let told = self.architecture.as_str();
        let arm = told.to_ascii_lowercase().starts_with("arm");
        match (arm, told.contains("64"), told.contains("32")) {
            (true, true, _) => Some("arm64"),
            (false, true, _) => Some("x86_64"),
            (false, false, true) => Some("i386"),
            _ => None,
        }
    }
}

fn known<const N: usize>(
    pairs: [(&'static str, Value); N],
) -> impl Iterator<Item = (String, Value)> {
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
}
