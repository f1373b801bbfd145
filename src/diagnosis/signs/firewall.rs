//! Signs of the host's firewall: whether some rule lets Remote Desktop in where the host is connected
//! (windows-facts 6.3).

use super::Answer;
use super::Sign;
use super::part;
use super::told;
use crate::diagnosis::Case;
use crate::inside::Admits;
use crate::inside::FirewallSeen;
use crate::inside::ProfileSeen;
use crate::inside::RuleSeen;

/// No active profile lets Remote Desktop in.
pub(in crate::diagnosis) static FIREWALL_SHUT: Sign =
    Sign::new("firewall-shut", |case| match seen(case)? {
        Gate::Closed(why) => told(Some(why), ""),
        Gate::Open(why) => told(None, why),
        Gate::Partly(_) => told(
            None,
            "one active profile of the firewall lets Remote Desktop in",
        ),
        Gate::Elsewhere(_) => Ok(Answer::Beside),
    });
/// Some active profile does not let Remote Desktop in.
pub(in crate::diagnosis) static FIREWALL_HALF_SHUT: Sign =
    Sign::new("firewall-half-shut", |case| match seen(case)? {
        Gate::Partly(why) => told(Some(why), ""),
        Gate::Closed(_) | Gate::Open(_) | Gate::Elsewhere(_) => Ok(Answer::Beside),
    });

/// What a firewall does with connections to one TCP port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diagnosis) enum Gate {
    /// Every active profile lets them in; in words.
    Open(String),
    /// No active profile does; why.
    Closed(String),
    /// Some do; why the others do not.
    Partly(String),
    /// Rules are on, but for these ports.
    Elsewhere(Vec<String>),
}

fn seen(case: &Case<'_>) -> Result<Gate, crate::inside::Unseen> {
    let firewall = part(case, "the firewall rules", |inside| &inside.firewall)?;
    let settings = part(case, "the settings of Remote Desktop", |inside| {
        &inside.settings
    });
    let port = settings.map_or(super::port::USUAL, |settings| settings.port.value);
    Ok(gate(firewall, port))
}

/// What a firewall does with connections to a TCP port, over the profiles that are active and on.
pub(in crate::diagnosis) fn gate(firewall: &FirewallSeen, port: u32) -> Gate {
    let watching = firewall.profiles.iter().filter(|one| is_watching(one));
    let watching = watching.count();
    if watching == 0 {
        return Gate::Open("the firewall is off where the host is connected".to_owned());
    }
    let shut = shut_profiles(firewall, port);
    let other = |why: &Shut| matches!(why, Shut::OtherPorts(_));
    // What no port would change is told before what another port would.
    let Some((profile, first)) = shut
        .iter()
        .find(|(_, why)| !other(why))
        .or_else(|| shut.first())
    else {
        return Gate::Open(format!("the firewall lets in port {port}"));
    };
    if let Shut::OtherPorts(ports) = first
        && shut.len() == watching
    {
        return Gate::Elsewhere(ports.clone());
    }
    let why = format!(
        "in the firewall profile {}, {}",
        profile.name,
        first.words(port)
    );
    if shut.len() == watching {
        Gate::Closed(why)
    } else {
        Gate::Partly(why)
    }
}

fn is_watching(profile: &ProfileSeen) -> bool {
    profile.enabled && profile.active
}

/// The active profiles that do not let a TCP port in, each with why.
pub(in crate::diagnosis) fn shut_profiles(
    firewall: &FirewallSeen,
    port: u32,
) -> Vec<(&ProfileSeen, Shut)> {
    firewall
        .profiles
        .iter()
        .filter(|profile| is_watching(profile))
        .filter_map(|profile| Some((profile, shut(profile, &firewall.rules, port)?)))
        .collect()
}

/// Why a profile does not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diagnosis) enum Shut {
    /// Nothing is let in.
    Nothing,
    /// Every rule is off.
    RulesOff,
    /// Rules are on, for these profiles.
    OtherProfiles(Vec<String>),
    /// Rules are on, for these ports.
    OtherPorts(Vec<String>),
    /// This rule blocks.
    Blocked(String),
    /// Rules of the host do not count.
    LocalRulesIgnored,
}

impl Shut {
    /// In words, to follow the profile's name.
    pub(in crate::diagnosis) fn words(&self, port: u32) -> String {
        match self {
            Self::Nothing => "nothing is let in, whatever the rules say".to_owned(),
            Self::RulesOff => "every rule that lets Remote Desktop in is off".to_owned(),
            Self::OtherProfiles(profiles) => format!(
                "the rules that let Remote Desktop in do not count: they are for {}",
                profiles.join(", ")
            ),
            Self::OtherPorts(ports) => {
                format!("port {port} is not let in, only {}", ports.join(", "))
            }
            Self::Blocked(id) => format!("the rule `{id}` blocks port {port}"),
            Self::LocalRulesIgnored => {
                "rules of the host do not count: Group Policy lets only its own in".to_owned()
            }
        }
    }
}

fn shut(profile: &ProfileSeen, rules: &[RuleSeen], port: u32) -> Option<Shut> {
    match profile.admits {
        Admits::Nothing => return Some(Shut::Nothing),
        Admits::PolicyRules => return Some(Shut::LocalRulesIgnored),
        Admits::AllRules => {}
    }
    let here = |rule: &&RuleSeen| is_for(rule, &profile.name);
    let on: Vec<&RuleSeen> = rules
        .iter()
        .filter(|rule| rule.enabled && is_tcp(rule))
        .collect();
    if let Some(rule) = on
        .iter()
        .copied()
        .filter(here)
        .find(|rule| rule.blocks && covers(rule, port))
    {
        return Some(Shut::Blocked(rule.id.clone()));
    }
    let allowing: Vec<&RuleSeen> = on
        .into_iter()
        .filter(|rule| !rule.blocks && !is_shadow(rule))
        .collect();
    if allowing.is_empty() {
        return Some(Shut::RulesOff);
    }
    let local: Vec<&RuleSeen> = allowing.iter().copied().filter(here).collect();
    if local.is_empty() {
        let profiles = allowing
            .iter()
            .flat_map(|rule| rule.profiles.clone())
            .collect();
        return Some(Shut::OtherProfiles(profiles));
    }
    let ports = || local.iter().flat_map(|rule| rule.ports.clone()).collect();
    (!local.iter().any(|rule| covers(rule, port))).then(|| Shut::OtherPorts(ports()))
}

/// The rule that lets others watch a session admits a program, not the listener (windows-facts 6.1).
fn is_shadow(rule: &RuleSeen) -> bool {
    rule.id.to_lowercase().contains("shadow")
}

fn is_for(rule: &RuleSeen, profile: &str) -> bool {
    rule.profiles.is_empty()
        || rule
            .profiles
            .iter()
            .any(|name| name.eq_ignore_ascii_case(profile) || name.eq_ignore_ascii_case("any"))
}

/// 6 is TCP's number.
fn is_tcp(rule: &RuleSeen) -> bool {
    ["tcp", "any", "6"]
        .iter()
        .any(|name| rule.protocol.eq_ignore_ascii_case(name))
}

fn covers(rule: &RuleSeen, port: u32) -> bool {
    rule.ports.is_empty() || rule.ports.iter().any(|ports| holds(ports, port))
}

/// Whether `3389`, `3000-4000` or `Any` holds a port.
fn holds(ports: &str, port: u32) -> bool {
    if ports.eq_ignore_ascii_case("any") {
        return true;
    }
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.trim().parse::<u32>(), last.trim().parse::<u32>()) {
        (Ok(first), Ok(last)) => (first..=last).contains(&port),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use super::gate;
    use super::holds;
    use crate::inside::Admits;
    use crate::inside::FirewallSeen;
    use crate::inside::ProfileSeen;
    use crate::inside::RuleSeen;

    fn profile(name: &str, admits: Admits) -> ProfileSeen {
        ProfileSeen {
            name: name.to_owned(),
            enabled: true,
            active: true,
            admits,
        }
    }

    fn rule(profiles: &[&str]) -> RuleSeen {
        RuleSeen {
            id: "RemoteDesktop-UserMode-In-TCP".to_owned(),
            enabled: true,
            blocks: false,
            profiles: profiles.iter().map(|name| (*name).to_owned()).collect(),
            protocol: "TCP".to_owned(),
            ports: vec!["3389".to_owned()],
        }
    }

    #[test]
    fn a_port_is_held_by_numbers_ranges_and_any() {
        assert!(holds("3389", 3389) && holds("3000-4000", 3389) && holds("Any", 3389));
        assert!(!holds("3390", 3389) && !holds("RPC", 3389) && !holds("", 3389));
    }

    #[test]
    fn two_active_profiles_may_differ() {
        let both = vec![
            profile("Domain", Admits::AllRules),
            profile("Public", Admits::Nothing),
        ];
        let firewall = FirewallSeen {
            profiles: both,
            rules: vec![rule(&[])],
        };
        assert!(matches!(gate(&firewall, 3389), Gate::Partly(_)));
        assert!(matches!(gate(&firewall, 3390), Gate::Closed(_)));
    }

    #[test]
    fn a_rule_for_another_profile_does_not_count() {
        let firewall = FirewallSeen {
            profiles: vec![profile("Public", Admits::AllRules)],
            rules: vec![rule(&["Domain", "Private"])],
        };
        let Gate::Closed(why) = gate(&firewall, 3389) else {
            panic!("open");
        };
        assert!(why.contains("Domain, Private"), "{why}");
    }

    #[test]
    fn a_firewall_that_is_off_lets_everybody_in() {
        let firewall = FirewallSeen {
            profiles: Vec::new(),
            rules: Vec::new(),
        };
        assert!(matches!(gate(&firewall, 3389), Gate::Open(_)));
    }
}
