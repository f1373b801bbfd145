//! The firewall of a simulated host: rules, profiles, and whether a packet from a stranger comes in.

use crate::cim::RegistryKey;
use crate::lab::machine::registry::Registry;

/// The group of the built-in Remote Desktop rules (windows-facts 6.1).
pub const REMOTE_DESKTOP_GROUP: &str = "@FirewallAPI.dll,-28752";

/// Where a packet goes, seen from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the host.
    Inbound,
    /// From the host.
    Outbound,
}

/// What a rule does with packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Lets them through.
    Allow,
    /// Drops them.
    Block,
}

/// Whether a rule is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// A rule with its filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `InstanceID`.
    pub id: String,
    /// `ElementName`: a text or a pointer to one in a library.
    pub element_name: String,
    /// What people see.
    pub display_name: String,
    /// `RuleGroup`.
    pub group: Option<String>,
    /// `Description`.
    pub description: String,
    /// `Enabled`.
    pub switch: Switch,
    /// `Direction`.
    pub direction: Direction,
    /// `Action`.
    pub action: Action,
    /// `Profiles`: bits 1 domain, 2 private, 4 public; 0 any.
    pub profiles: u16,
    /// `EdgeTraversalPolicy`: 0 block, 1 allow, 2 and 3 defer.
    pub edge_traversal: u16,
    /// Program; `Any` when not limited.
    pub program: String,
    /// Short name of the service; `Any` when not limited.
    pub service: String,
    /// `TCP`, `UDP`, a number, or `Any`.
    pub protocol: String,
    /// Ports and ranges of ports; `Any` when not limited.
    pub local_ports: Vec<String>,
    /// Ports and ranges of ports of the other side.
    pub remote_ports: Vec<String>,
    /// Addresses of the host.
    pub local_addresses: Vec<String>,
    /// Addresses of the other side.
    pub remote_addresses: Vec<String>,
}

impl Rule {
    /// A new rule that lets everything in, as Create makes it before filters are put.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        let any = || vec!["Any".to_owned()];
        Self {
            element_name: id.clone(),
            display_name: id.clone(),
            id,
            group: None,
            description: String::new(),
            switch: Switch::On,
            direction: Direction::Inbound,
            action: Action::Allow,
            profiles: 0,
            edge_traversal: 0,
            program: "Any".to_owned(),
            service: "Any".to_owned(),
            protocol: "Any".to_owned(),
            local_ports: any(),
            remote_ports: any(),
            local_addresses: any(),
            remote_addresses: any(),
        }
    }

    /// Whether it decides about a new TCP connection from a stranger on the local subnet to this port.
    fn concerns(&self, port: u16, profile: ProfileName) -> bool {
        let stranger = |addresses: &[String]| {
            addresses
                .iter()
                .any(|address| is_any(address) || address.eq_ignore_ascii_case("LocalSubnet"))
        };
        self.switch == Switch::On
            && self.direction == Direction::Inbound
            && (self.profiles == 0 || self.profiles & profile.bit() != 0)
            && (is_any(&self.protocol)
                || self.protocol.eq_ignore_ascii_case("TCP")
                || self.protocol == "6")
            && self.local_ports.iter().any(|range| covers(range, port))
            && stranger(&self.remote_addresses)
            && (is_any(&self.program)
                || self.program.eq_ignore_ascii_case("System")
                || self.program.to_lowercase().ends_with("svchost.exe"))
            && (is_any(&self.service) || self.service.eq_ignore_ascii_case("termservice"))
    }
}

fn is_any(text: &str) -> bool {
    text == "*" || text.eq_ignore_ascii_case("Any")
}

/// Whether `3389`, `3380-3390` or `Any` covers a port.
fn covers(range: &str, port: u16) -> bool {
    if is_any(range) {
        return true;
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let bounds = from
        .trim()
        .parse::<u16>()
        .ok()
        .zip(to.trim().parse::<u16>().ok());
    bounds.is_some_and(|(from, to)| (from..=to).contains(&port))
}

/// The name of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileName {
    /// In the network of the host's domain.
    Domain,
    /// In a trusted network.
    Private,
    /// Anywhere else.
    Public,
}

impl ProfileName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Domain, Self::Private, Self::Public];

    /// The word in `InstanceID` and in `Name`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Domain => "Domain",
            Self::Private => "Private",
            Self::Public => "Public",
        }
    }

    /// Its bit in `Profiles` of a rule.
    pub fn bit(self) -> u16 {
        match self {
            Self::Domain => 1,
            Self::Private => 2,
            Self::Public => 4,
        }
    }

    /// `MSFT_NetConnectionProfile.NetworkCategory`.
    pub fn category(self) -> u32 {
        match self {
            Self::Public => 0,
            Self::Private => 1,
            Self::Domain => 2,
        }
    }
}

/// A setting that may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tristate {
    /// 0.
    False,
    /// 1.
    True,
    /// 2: the default counts.
    NotConfigured,
}

impl Tristate {
    /// The number on the wire.
    pub fn number(self) -> u32 {
        match self {
            Self::False => 0,
            Self::True => 1,
            Self::NotConfigured => 2,
        }
    }

    /// The setting that a number stands for.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::False, Self::True, Self::NotConfigured]
            .into_iter()
            .find(|state| u64::from(state.number()) == number)
    }
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Which one.
    pub name: ProfileName,
    /// Whether the firewall is on in it.
    pub enabled: Tristate,
    /// `DefaultInboundAction`: 0 not configured (blocks), 2 allow, 4 block.
    pub default_inbound: u32,
    /// `DefaultOutboundAction`: 0 not configured (allows), 2 allow, 4 block.
    pub default_outbound: u32,
    /// False blocks everything that comes in, rules or not.
    pub allow_inbound_rules: Tristate,
    /// False ignores the rules of the host itself.
    pub allow_local_rules: Tristate,
}

/// Rules and profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// Rules in the local store.
    pub rules: Vec<Rule>,
    /// The three profiles.
    pub profiles: Vec<Profile>,
    /// The profile of the network that the host is in.
    pub active: ProfileName,
}

impl Firewall {
    /// The rule with this `InstanceID`.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| rule.id.eq_ignore_ascii_case(id))
    }

    /// The rule with this `InstanceID`, to be changed.
    pub fn rule_mut(&mut self, id: &str) -> Option<&mut Rule> {
        self.rules
            .iter_mut()
            .find(|rule| rule.id.eq_ignore_ascii_case(id))
    }

    /// The profile with this name, to be changed.
    pub fn profile_mut(&mut self, name: ProfileName) -> Option<&mut Profile> {
        self.profiles
            .iter_mut()
            .find(|profile| profile.name == name)
    }

    /// Switches all rules of a group.
    pub fn switch_group(&mut self, group: &str, switch: Switch) {
        for rule in &mut self.rules {
            if rule
                .group
                .as_deref()
                .is_some_and(|of| of.eq_ignore_ascii_case(group))
            {
                rule.switch = switch;
            }
        }
    }

    /// Whether a TCP connection from a stranger to this port comes in; Group Policy in the registry wins over profiles.
    pub fn admits(&self, registry: &Registry, port: u16) -> bool {
        let Some(profile) = self
            .profiles
            .iter()
            .find(|profile| profile.name == self.active)
        else {
            return true;
        };
        let policy = RegistryKey::local_machine(format!(
            r"SOFTWARE\Policies\Microsoft\WindowsFirewall\{}Profile",
            profile.name.word()
        ));
        let ruled = |name: &str, local: Tristate| match registry.dword(&policy, name) {
            Some(0) => Tristate::False,
            Some(_) => Tristate::True,
            None => local,
        };
        if ruled("EnableFirewall", profile.enabled) == Tristate::False {
            return true;
        }
        if profile.allow_inbound_rules == Tristate::False {
            return false;
        }
        let local_rules = ruled("AllowLocalPolicyMerge", profile.allow_local_rules);
        let concerned: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|_| local_rules != Tristate::False)
            .filter(|rule| rule.concerns(port, profile.name))
            .collect();
        if concerned.iter().any(|rule| rule.action == Action::Block) {
            return false;
        }
        let default = registry
            .dword(&policy, "DefaultInboundAction")
            .map_or(profile.default_inbound == 2, |number| number == 0);
        !concerned.is_empty() || default
    }
}

/// The firewall of a fresh host, Remote Desktop switched on, in the network of the given profile.
pub fn built_in(active: ProfileName) -> Firewall {
    let profiles = ProfileName::ALL
        .into_iter()
        .map(|name| Profile {
            name,
            enabled: Tristate::True,
            default_inbound: 0,
            default_outbound: 0,
            allow_inbound_rules: Tristate::NotConfigured,
            allow_local_rules: Tristate::NotConfigured,
        })
        .collect();
    let mut rules = remote_desktop_rules();
    rules.extend(unrelated_rules());
    Firewall {
        rules,
        profiles,
        active,
    }
}

/// Built-in rules of Remote Desktop (windows-facts 6.1).
fn remote_desktop_rules() -> Vec<Rule> {
    const HOST: &str = r"%SystemRoot%\system32\svchost.exe";
    let mut shadow = Rule {
        edge_traversal: 3,
        program: r"%SystemRoot%\system32\RdpSa.exe".to_owned(),
        ..built_in_rule(
            "RemoteDesktop-Shadow-In-TCP",
            28778,
            "Remote Desktop - Shadow (TCP-In)",
            ("TCP", "Any"),
        )
    };
    shadow.group = Some(REMOTE_DESKTOP_GROUP.to_owned());
    let served = [
        (
            "RemoteDesktop-UserMode-In-TCP",
            28775,
            "Remote Desktop - User Mode (TCP-In)",
            ("TCP", "3389"),
        ),
        (
            "RemoteDesktop-UserMode-In-UDP",
            28776,
            "Remote Desktop - User Mode (UDP-In)",
            ("UDP", "3389"),
        ),
        (
            "RemoteDesktop-In-TCP-WS",
            28781,
            "Remote Desktop - (TCP-WS-In)",
            ("TCP", "3387"),
        ),
        (
            "RemoteDesktop-In-TCP-WSS",
            28782,
            "Remote Desktop - (TCP-WSS-In)",
            ("TCP", "3392"),
        ),
    ];
    served
        .into_iter()
        .map(|(id, text, display, filter)| Rule {
            group: Some(REMOTE_DESKTOP_GROUP.to_owned()),
            program: HOST.to_owned(),
            service: "termservice".to_owned(),
            ..built_in_rule(id, text, display, filter)
        })
        .chain([shadow])
        .collect()
}

/// Some that have nothing to do with Remote Desktop, so that a careless selection shows.
fn unrelated_rules() -> Vec<Rule> {
    let grouped = |group: &str, rule: Rule| Rule {
        group: Some(group.to_owned()),
        program: "System".to_owned(),
        ..rule
    };
    vec![
        grouped(
            "@FirewallAPI.dll,-30267",
            built_in_rule(
                "WINRM-HTTP-In-TCP",
                30253,
                "Windows Remote Management (HTTP-In)",
                ("TCP", "5985"),
            ),
        ),
        Rule {
            switch: Switch::Off,
            ..grouped(
                "@FirewallAPI.dll,-28502",
                built_in_rule(
                    "FPS-SMB-In-TCP",
                    28511,
                    "File and Printer Sharing (SMB-In)",
                    ("TCP", "445"),
                ),
            )
        },
        Rule {
            direction: Direction::Outbound,
            ..grouped(
                "@FirewallAPI.dll,-25000",
                built_in_rule(
                    "CoreNet-DNS-Out-UDP",
                    25405,
                    "Core Networking - DNS (UDP-Out)",
                    ("UDP", "Any"),
                ),
            )
        },
    ]
}

fn built_in_rule(id: &str, text: u32, display: &str, (protocol, port): (&str, &str)) -> Rule {
    Rule {
        element_name: format!("@FirewallAPI.dll,-{text}"),
        display_name: display.to_owned(),
        protocol: protocol.to_owned(),
        local_ports: vec![port.to_owned()],
        ..Rule::new(id)
    }
}

#[cfg(test)]
mod tests {
    use super::Firewall;
    use super::ProfileName;
    use super::REMOTE_DESKTOP_GROUP;
    use super::Rule;
    use super::Switch;
    use super::Tristate;
    use super::built_in;
    use crate::lab::machine::registry::Registry;

    fn admits(firewall: &Firewall, port: u16) -> bool {
        firewall.admits(&Registry::default(), port)
    }

    #[test]
    fn the_built_in_rules_admit_their_port_only() {
        let firewall = built_in(ProfileName::Private);
        assert!(admits(&firewall, 3389));
        assert!(!admits(&firewall, 3390));
    }

    #[test]
    fn a_group_that_is_off_admits_nothing() {
        let mut firewall = built_in(ProfileName::Private);
        firewall.switch_group(REMOTE_DESKTOP_GROUP, Switch::Off);
        assert!(!admits(&firewall, 3389));
    }

    #[test]
    fn a_rule_counts_in_its_profiles_only() {
        let mut firewall = built_in(ProfileName::Public);
        for rule in &mut firewall.rules {
            rule.profiles = ProfileName::Domain.bit() | ProfileName::Private.bit();
        }
        assert!(!admits(&firewall, 3389));
        firewall.active = ProfileName::Domain;
        assert!(admits(&firewall, 3389));
    }

    #[test]
    fn a_profile_can_ignore_local_rules_or_block_all() {
        let mut firewall = built_in(ProfileName::Public);
        firewall
            .profile_mut(ProfileName::Public)
            .unwrap()
            .allow_local_rules = Tristate::False;
        assert!(!admits(&firewall, 3389));
        let mut firewall = built_in(ProfileName::Public);
        firewall
            .profile_mut(ProfileName::Public)
            .unwrap()
            .allow_inbound_rules = Tristate::False;
        assert!(!admits(&firewall, 3389));
        firewall.profile_mut(ProfileName::Public).unwrap().enabled = Tristate::False;
        assert!(admits(&firewall, 3389));
    }

    #[test]
    fn ranges_of_ports_are_understood() {
        let mut firewall = built_in(ProfileName::Private);
        firewall.rules.push(Rule {
            protocol: "TCP".to_owned(),
            local_ports: vec!["4000-4010".to_owned()],
            ..Rule::new("range")
        });
        assert!(admits(&firewall, 4010));
        assert!(!admits(&firewall, 4011));
    }
}
