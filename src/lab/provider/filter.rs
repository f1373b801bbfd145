//! The filters of firewall rules: ports, addresses, programs and services, one of each for every rule.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::firewall::Rule;
use crate::lab::provider::class::Parameters;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::texts;
use crate::lab::provider::fault;
use crate::lab::provider::firewall::named;
use crate::lab::provider::firewall::rule_of;
use crate::wsman::Fault;

fn of_rules(
    machine: &Machine,
    class: &str,
    describe: impl Fn(Instance, &Rule) -> Instance,
) -> Vec<Instance> {
    machine
        .firewall
        .rules
        .iter()
        .map(|rule| describe(named(class, "Name", rule), rule))
        .collect()
}

fn array(items: &[String]) -> Value {
    Value::List(
        items
            .iter()
            .map(|item| Value::text(item.as_str()))
            .collect(),
    )
}

/// MSFT_NetProtocolPortFilter.
pub(super) fn ports(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    of_rules(machine, "MSFT_NetProtocolPortFilter", |instance, rule| {
        instance
            .with("DynamicTransport", 0_u32)
            .with("IcmpType", Value::List(vec![Value::text("Any")]))
            .with("LocalPort", array(&rule.local_ports))
            .with("Protocol", rule.protocol.as_str())
            .with("RemotePort", array(&rule.remote_ports))
    })
}

/// MSFT_NetAddressFilter.
pub(super) fn addresses(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    of_rules(machine, "MSFT_NetAddressFilter", |instance, rule| {
        instance
            .with("LocalAddress", array(&rule.local_addresses))
            .with("RemoteAddress", array(&rule.remote_addresses))
    })
}

/// MSFT_NetApplicationFilter.
pub(super) fn applications(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    of_rules(machine, "MSFT_NetApplicationFilter", |instance, rule| {
        instance
            .with("AppPath", rule.program.as_str())
            .with("Package", Value::Null)
    })
}

/// MSFT_NetServiceFilter.
pub(super) fn services(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    of_rules(machine, "MSFT_NetServiceFilter", |instance, rule| {
        instance.with("ServiceName", rule.service.as_str())
    })
}

/// Put on MSFT_NetProtocolPortFilter.
pub(super) fn put_ports(
    machine: &mut Machine,
    instance: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    let rule = rule_of(machine, instance)?;
    let mut changed = rule.clone();
    for (name, value) in properties.0 {
        match name.to_ascii_lowercase().as_str() {
            "protocol" => changed.protocol = protocol(value)?,
            "localport" => changed.local_ports = port_list(value)?,
            "remoteport" => changed.remote_ports = port_list(value)?,
            _ => return Err(fault::read_only()),
        }
    }
    // Ports make sense for TCP and UDP only.
    let has_ports = ["TCP", "UDP", "6", "17"]
        .iter()
        .any(|known| changed.protocol.eq_ignore_ascii_case(known));
    let limited = |ports: &[String]| ports.iter().any(|port| !port.eq_ignore_ascii_case("Any"));
    if !has_ports && (limited(&changed.local_ports) || limited(&changed.remote_ports)) {
        return Err(bad());
    }
    *rule = changed;
    Ok(())
}

/// Put on MSFT_NetAddressFilter.
pub(super) fn put_addresses(
    machine: &mut Machine,
    instance: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    let rule = rule_of(machine, instance)?;
    for (name, value) in properties.0 {
        match name.to_ascii_lowercase().as_str() {
            "localaddress" => rule.local_addresses = any_or(texts(value)),
            "remoteaddress" => rule.remote_addresses = any_or(texts(value)),
            _ => return Err(fault::read_only()),
        }
    }
    Ok(())
}

fn bad() -> Fault {
    fault::internal(fault::BAD_PARAMETER, "The parameter is incorrect. ")
}

/// Nothing means any.
fn any_or(items: Vec<String>) -> Vec<String> {
    if items.iter().all(String::is_empty) {
        vec!["Any".to_owned()]
    } else {
        items
    }
}

fn protocol(value: &Value) -> Result<String, Fault> {
    let text = as_text(value).ok_or_else(bad)?;
    let known = ["TCP", "UDP", "ICMPv4", "ICMPv6", "Any"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&text));
    match (known, text.parse::<u8>()) {
        (Some(known), _) => Ok(known.to_owned()),
        (None, Ok(_)) => Ok(text),
        (None, Err(_)) if text.is_empty() => Ok("Any".to_owned()),
        (None, Err(_)) => Err(bad()),
    }
}

fn port_list(value: &Value) -> Result<Vec<String>, Fault> {
    let ports = any_or(texts(value));
    let sound = ports.iter().all(|port| {
        port.eq_ignore_ascii_case("Any")
            || port.split('-').all(|end| end.trim().parse::<u16>().is_ok())
    });
    if sound { Ok(ports) } else { Err(bad()) }
}
