//! Interfaces, name servers and the host's own pings.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::equipment::Interface;
use crate::lab::machine::equipment::Link;

/// `AddressFamily` of IPv4 and IPv6.
const FAMILIES: [u32; 2] = [2, 23];
/// `StatusCode`: packet too big, and no answer in time (windows-facts 11).
const TOO_BIG: u32 = 11009;
const TIMED_OUT: u32 = 11010;

/// Both classes have one object for each interface and family of addresses.
fn per_family(
    machine: &Machine,
    class: &str,
    describe: impl Fn(Instance, &Interface, u32) -> Instance,
) -> Vec<Instance> {
    let interfaces = machine.equipment.interfaces.iter();
    interfaces
        .flat_map(|interface| FAMILIES.map(|family| (interface, family)))
        .map(|(interface, family)| {
            let instance = Instance::new(Namespace::STANDARD_CIMV2, class)
                .with("CreationClassName", "")
                .with("Name", format!("{}:{family}", interface.index))
                .with("SystemCreationClassName", "")
                .with("SystemName", "")
                .with("InterfaceAlias", interface.alias.as_str())
                .with("InterfaceIndex", interface.index)
                .with("AddressFamily", family);
            describe(instance, interface, family)
        })
        .collect()
}

/// Win32_NetworkAdapterConfiguration: one object for each interface.
pub(super) fn configurations(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let interfaces = machine.equipment.interfaces.iter();
    interfaces
        .map(|interface| {
            let up = interface.link == Link::Up && !interface.addresses.is_empty();
            let addresses = interface.addresses.iter();
            let addresses: Vec<Value> = addresses
                .map(|address| Value::text(address.as_str()))
                .collect();
            Instance::new(Namespace::CIMV2, "Win32_NetworkAdapterConfiguration")
                .with("Description", interface.alias.as_str())
                .with("Index", interface.index)
                .with("InterfaceIndex", interface.index)
                .with("IPEnabled", up)
                .with(
                    "IPAddress",
                    if up {
                        Value::List(addresses)
                    } else {
                        Value::Null
                    },
                )
        })
        .collect()
}

/// MSFT_NetIPInterface.
pub(super) fn interfaces(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    per_family(machine, "MSFT_NetIPInterface", |instance, interface, _| {
        instance
            .with("ConnectionState", u32::from(interface.link == Link::Up))
            .with("Dhcp", 0_u32)
            .with("InterfaceMetric", 25_u32)
            .with("NlMtu", interface.mtu)
    })
}

/// MSFT_DNSClientServerAddress.
pub(super) fn name_servers(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let class = "MSFT_DNSClientServerAddress";
    per_family(machine, class, |instance, interface, family| {
        let servers = interface.dns_servers.iter().filter(|_| family == 2);
        let servers: Vec<Value> = servers.map(|server| Value::text(server.as_str())).collect();
        let servers = if servers.is_empty() {
            Value::Null
        } else {
            Value::List(servers)
        };
        instance.with("ServerAddresses", servers)
    })
}

/// Win32_PingStatus: one object, made by asking for it with an address.
pub(super) fn ping(machine: &Machine, conditions: &[(String, String)]) -> Vec<Instance> {
    let asked = |name: &str| {
        conditions
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, literal)| literal.as_str())
    };
    let number =
        |name: &str, default: u32| asked(name).map_or(Some(default), |text| text.parse().ok());
    let whole = asked("NoFragmentation").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let (Some(address), Some(size), Some(timeout)) = (
        asked("Address"),
        number("BufferSize", 32),
        number("Timeout", 1000),
    ) else {
        return Vec::new();
    };
    let way = &machine.equipment.way_back;
    let (status, time) = match way.round_trip {
        Some(_) if whole && size > way.largest => (TOO_BIG, Value::Null),
        Some(time) if time <= timeout => (0, Value::from(time)),
        Some(_) | None => (TIMED_OUT, Value::Null),
    };
    let instance = Instance::new(Namespace::CIMV2, "Win32_PingStatus")
        .with("Address", address)
        .with("BufferSize", size)
        .with("NoFragmentation", whole)
        .with("PrimaryAddressResolutionStatus", 0_u32)
        .with("ProtocolAddress", address)
        .with("RecordRoute", 0_u32)
        .with("ReplySize", if status == 0 { size } else { 0 })
        .with("ResolveAddressNames", false)
        .with("ResponseTime", time)
        .with("SourceRoute", "")
        .with("SourceRouteType", 0_u32)
        .with("StatusCode", status)
        .with("Timeout", timeout)
        .with("TimeStampRoute", 0_u32)
        .with("TimeToLive", 80_u32)
        .with("TypeOfService", 0_u32);
    vec![instance]
}

/// A ping needs an address.
pub(super) fn no_pings(_: &Machine, _: Timestamp) -> Vec<Instance> {
    Vec::new()
}
