//! Firewall rules, profiles and networks of root/StandardCimv2 (windows-facts 6.3).

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::lab::listener::ListenerState;
use crate::lab::listener::at;
use crate::lab::listener::of;
use crate::lab::machine::Machine;
use crate::lab::machine::firewall::Action;
use crate::lab::machine::firewall::Direction;
use crate::lab::machine::firewall::Profile;
use crate::lab::machine::firewall::ProfileName;
use crate::lab::machine::firewall::Rule;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::firewall::Tristate;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::class::Parameters;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::property;
use crate::lab::provider::class::uint;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// What a rule's InstanceID is preceded by in its key.
const RULE_PREFIX: &str = "MSFT|FW|FirewallRule|";
const PROFILE_PREFIX: &str = "MSFT|FW|FirewallProfile|";

/// The properties by which rules and filters are named.
pub(super) fn named(class: &str, name_property: &str, rule: &Rule) -> Instance {
    Instance::new(Namespace::STANDARD_CIMV2, class)
        .with("InstanceID", rule.id.as_str())
        .with("CreationClassName", format!("{RULE_PREFIX}{}", rule.id))
        .with(name_property, "")
        .with("SystemCreationClassName", "")
        .with("SystemName", "")
}

/// MSFT_NetFirewallRule.
pub(super) fn rules(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    machine
        .firewall
        .rules
        .iter()
        .map(|rule| {
            let group = rule.group.as_deref().map_or(Value::Null, Value::from);
            named("MSFT_NetFirewallRule", "PolicyRuleName", rule)
                .with("Action", action_number(rule.action))
                .with("Caption", Value::Null)
                .with("Description", rule.description.as_str())
                .with("Direction", direction_number(rule.direction))
                .with("DisplayGroup", display_group(rule.group.as_deref()))
                .with("DisplayName", rule.display_name.as_str())
                .with("EdgeTraversalPolicy", u32::from(rule.edge_traversal))
                .with("ElementName", rule.element_name.as_str())
                .with("Enabled", switch_number(rule.switch))
                .with("EnforcementStatus", Value::Null)
                .with("LocalOnlyMapping", false)
                .with("LooseSourceMapping", false)
                .with("Owner", Value::Null)
                .with("PolicyStoreSource", "PersistentStore")
                .with("PolicyStoreSourceType", 1_u32)
                .with("PrimaryStatus", 1_u32)
                .with("Profiles", u32::from(rule.profiles))
                .with("RuleGroup", group)
                .with("Status", "The rule was parsed successfully from the store.")
                .with("StatusCode", 65536_u32)
        })
        .collect()
}

/// The group's name for people; what the lab has no text for stays a pointer.
fn display_group(group: Option<&str>) -> Value {
    match group {
        None => Value::Null,
        Some("@FirewallAPI.dll,-28752") => Value::text("Remote Desktop"),
        Some("@FirewallAPI.dll,-30267") => Value::text("Windows Remote Management"),
        Some("@FirewallAPI.dll,-28502") => Value::text("File and Printer Sharing"),
        Some("@FirewallAPI.dll,-25000") => Value::text("Core Networking"),
        Some(other) => Value::text(other),
    }
}

fn action_number(action: Action) -> u32 {
    match action {
        Action::Allow => 2,
        Action::Block => 4,
    }
}

fn direction_number(direction: Direction) -> u32 {
    match direction {
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    }
}

fn switch_number(switch: Switch) -> u32 {
    match switch {
        Switch::On => 1,
        Switch::Off => 2,
    }
}

fn parse_switch(number: u64) -> Option<Switch> {
    match number {
        1 => Some(Switch::On),
        2 => Some(Switch::Off),
        _ => None,
    }
}

/// The rule that an instance of a rule or a filter belongs to.
pub(super) fn rule_of<'a>(
    machine: &'a mut Machine,
    instance: &Instance,
) -> Result<&'a mut Rule, Fault> {
    let id = property(instance, "InstanceID")
        .and_then(as_text)
        .ok_or_else(fault::not_found)?;
    machine.firewall.rule_mut(&id).ok_or_else(fault::not_found)
}

/// Put on MSFT_NetFirewallRule.
pub(super) fn put_rule(
    machine: &mut Machine,
    instance: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    let rule = rule_of(machine, instance)?;
    let mut changed = rule.clone();
    write_rule(&mut changed, properties)?;
    *rule = changed;
    Ok(())
}

fn write_rule(rule: &mut Rule, properties: &Parameters<'_>) -> Result<(), Fault> {
    let bad = || fault::internal(fault::BAD_PARAMETER, "The parameter is incorrect. ");
    // A rule that belongs to a group keeps the texts that the group gave it.
    let grouped = rule.group.is_some();
    for (name, value) in properties.0 {
        let number = || uint(value);
        let text = || as_text(value).ok_or_else(bad);
        match name.to_ascii_lowercase().as_str() {
            "enabled" => rule.switch = parse_switch(number()?).ok_or_else(bad)?,
            "action" => {
                rule.action = match number()? {
                    2 | 3 => Action::Allow,
                    4 => Action::Block,
                    _ => return Err(bad()),
                }
            }
            "direction" => {
                rule.direction = match number()? {
                    1 => Direction::Inbound,
                    2 => Direction::Outbound,
                    _ => return Err(bad()),
                }
            }
            "profiles" => {
                let bits = u16::try_from(number()?).ok().filter(|bits| *bits <= 7);
                rule.profiles = bits.ok_or_else(bad)?;
            }
            "edgetraversalpolicy" => {
                let policy = u16::try_from(number()?).ok().filter(|policy| *policy <= 3);
                rule.edge_traversal = policy.ok_or_else(bad)?;
            }
            "elementname" | "description" if grouped => return Err(fault::read_only()),
            "elementname" => {
                rule.element_name = text()?;
                rule.display_name.clone_from(&rule.element_name);
            }
            "description" => rule.description = text()?,
            "rulegroup" => rule.group = Some(text()?).filter(|group| !group.is_empty()),
            // Display texts follow from others, and writing them is ignored; keys come along in a Create.
            "displayname"
            | "displaygroup"
            | "instanceid"
            | "creationclassname"
            | "policyrulename"
            | "systemcreationclassname"
            | "systemname" => {}
            _ => return Err(fault::read_only()),
        }
    }
    Ok(())
}

/// Create of MSFT_NetFirewallRule: the rule lets everything in until its filters are put.
pub(super) fn create_rule(
    machine: &mut Machine,
    properties: &Parameters<'_>,
) -> Result<ObjectPath, Fault> {
    let id = match properties.get("InstanceID") {
        Some(value) => as_text(value).ok_or_else(fault::invalid_parameter)?,
        None => unused_id(machine),
    };
    if id.is_empty() || id.contains('|') {
        return Err(fault::invalid_parameter());
    }
    if machine.firewall.rule(&id).is_some() {
        return Err(fault::already_exists());
    }
    let mut rule = Rule::new(id);
    // The group comes last, because it protects the texts.
    let (group, others): (Vec<_>, Vec<_>) = properties
        .0
        .iter()
        .cloned()
        .partition(|(name, _)| name.eq_ignore_ascii_case("RuleGroup"));
    write_rule(&mut rule, &Parameters(&others))?;
    write_rule(&mut rule, &Parameters(&group))?;
    let path = ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule")
        .key("CreationClassName", format!("{RULE_PREFIX}{}", rule.id))
        .key("PolicyRuleName", "")
        .key("SystemCreationClassName", "")
        .key("SystemName", "");
    machine.firewall.rules.push(rule);
    Ok(path)
}

/// A name of the kind that Windows gives a rule that was made without one.
fn unused_id(machine: &Machine) -> String {
    let mut number = 0_usize;
    loop {
        let id = format!("{{6D1B0E00-0000-4000-8000-{number:012X}}}");
        if machine.firewall.rule(&id).is_none() {
            return id;
        }
        number += 1;
    }
}

/// Delete of MSFT_NetFirewallRule.
pub(super) fn delete_rule(machine: &mut Machine, instance: &Instance) -> Result<(), Fault> {
    let id = rule_of(machine, instance)?.id.clone();
    machine.firewall.rules.retain(|rule| rule.id != id);
    Ok(())
}

/// Methods of MSFT_NetFirewallRule; they are void.
pub(super) fn invoke_rule(machine: &mut Machine, call: &Invocation<'_>) -> Result<Output, Fault> {
    let instance = call.instance.as_ref().ok_or_else(fault::not_found)?;
    let rule = rule_of(machine, instance)?;
    match call.method.as_str() {
        "enable" => rule.switch = Switch::On,
        "disable" => rule.switch = Switch::Off,
        _ => return Err(fault::action_not_supported()),
    }
    Ok(Vec::new())
}

/// MSFT_NetFirewallProfile.
pub(super) fn profiles(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    machine
        .firewall
        .profiles
        .iter()
        .map(|profile| {
            let word = profile.name.word();
            Instance::new(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallProfile")
                .with("InstanceID", format!("{PROFILE_PREFIX}{word}"))
                .with("Name", word)
                .with("Enabled", profile.enabled.number())
                .with("DefaultInboundAction", profile.default_inbound)
                .with("DefaultOutboundAction", profile.default_outbound)
                .with("AllowInboundRules", profile.allow_inbound_rules.number())
                .with(
                    "AllowLocalFirewallRules",
                    profile.allow_local_rules.number(),
                )
                .with("AllowLocalIPsecRules", 2_u32)
                .with("AllowUnicastResponseToMulticast", 2_u32)
                .with("AllowUserApps", 2_u32)
                .with("AllowUserPorts", 2_u32)
                .with("LogAllowed", 2_u32)
                .with("LogBlocked", 2_u32)
                .with("NotifyOnListen", 2_u32)
        })
        .collect()
}

/// Put on MSFT_NetFirewallProfile.
pub(super) fn put_profile(
    machine: &mut Machine,
    instance: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    let profile = machine
        .firewall
        .profiles
        .iter_mut()
        .find(|profile| {
            property(instance, "Name").and_then(Value::as_text) == Some(profile.name.word())
        })
        .ok_or_else(fault::not_found)?;
    let mut changed = profile.clone();
    write_profile(&mut changed, properties)?;
    *profile = changed;
    Ok(())
}

fn write_profile(profile: &mut Profile, properties: &Parameters<'_>) -> Result<(), Fault> {
    let bad = || fault::internal(fault::BAD_PARAMETER, "The parameter is incorrect. ");
    let action = |number: u64| {
        u32::try_from(number)
            .ok()
            .filter(|number| [0, 2, 4].contains(number))
            .ok_or_else(bad)
    };
    for (name, value) in properties.0 {
        let number = uint(value)?;
        let state = || Tristate::from_number(number).ok_or_else(bad);
        match name.to_ascii_lowercase().as_str() {
            "enabled" => profile.enabled = state()?,
            "allowinboundrules" => profile.allow_inbound_rules = state()?,
            "allowlocalfirewallrules" => profile.allow_local_rules = state()?,
            "defaultinboundaction" => profile.default_inbound = action(number)?,
            "defaultoutboundaction" => profile.default_outbound = action(number)?,
            _ => return Err(fault::read_only()),
        }
    }
    Ok(())
}

/// MSFT_NetConnectionProfile: the one network of the host.
pub(super) fn connections(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let instance = Instance::new(Namespace::STANDARD_CIMV2, "MSFT_NetConnectionProfile")
        .with("InstanceID", "{2D3A1B60-0000-4000-8000-00000000001A}")
        .with("Name", "Network")
        .with("InterfaceAlias", "Ethernet")
        .with("InterfaceIndex", 6_u32)
        .with("NetworkCategory", machine.firewall.active.category())
        .with("IPv4Connectivity", 4_u32)
        .with("IPv6Connectivity", 1_u32);
    vec![instance]
}

/// Put on MSFT_NetConnectionProfile: a network can be called private or public, a domain's cannot.
pub(super) fn put_connection(
    machine: &mut Machine,
    _: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    for (name, value) in properties.0 {
        if !name.eq_ignore_ascii_case("NetworkCategory") {
            return Err(fault::read_only());
        }
        machine.firewall.active = match uint(value)? {
            _ if machine.firewall.active == ProfileName::Domain => {
                return Err(fault::access_denied());
            }
            0 => ProfileName::Public,
            1 => ProfileName::Private,
            _ => return Err(fault::invalid_parameter()),
        };
    }
    Ok(())
}

/// MSFT_NetTCPConnection: who listens.
pub(super) fn tcp_connections(machine: &Machine, now: Timestamp) -> Vec<Instance> {
    let mut open = machine.clone();
    // Who listens does not hang on the firewall.
    open.firewall.profiles.clear();
    let port = of(&open, now).port;
    let listens = !matches!(at(&open, port, now), ListenerState::Closed);
    let owner = |name: &str| {
        machine
            .services
            .get(name)
            .map_or(0, |service| service.process_id)
    };
    let remote_desktop = listens.then(|| (port, owner("TermService")));
    [Some((5985, 4)), remote_desktop]
        .into_iter()
        .flatten()
        .map(|(port, process)| {
            Instance::new(Namespace::STANDARD_CIMV2, "MSFT_NetTCPConnection")
                .with("InstanceID", format!("0.0.0.0++{port}++0.0.0.0++0"))
                .with("LocalAddress", "0.0.0.0")
                .with("LocalPort", u32::from(port))
                .with("RemoteAddress", "0.0.0.0")
                .with("RemotePort", 0_u32)
                .with("State", 2_u32)
                .with("OwningProcess", process)
        })
        .collect()
}
