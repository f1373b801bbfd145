//! What was typed as a host: a name or an address, with or without a port.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::inventory::endpoint;
use crate::inventory::endpoint::EndpointError;
use crate::probe::surveyor::Target;

/// Where Remote Desktop listens unless told otherwise.
const RDP: u16 = 3389;

/// The hosts that were typed.
pub fn typed(hosts: &[String]) -> Result<Vec<Target>, Refusal> {
    hosts.iter().map(|text| target(text)).collect()
}

/// One host: `HOST`, `HOST:PORT`, `[IPV6]:PORT`, or a bare IPv6 address.
pub fn target(text: &str) -> Result<Target, Refusal> {
    let (name, port) = endpoint::split(text).map_err(|why| no_host(text, &why))?;
    Ok(Target {
        host: name.to_owned(),
        address: name.to_owned(),
        port: port.unwrap_or(RDP),
        gateway: None,
    })
}

/// A gateway as it was typed, after a look whether it can be one.
pub fn gateway(text: &str) -> Result<String, Refusal> {
    endpoint::split(text).map_err(|why| no_host(text, &why))?;
    Ok(text.to_owned())
}

/// Each place once, in the order in which they came; what was typed gets the gateway that the inventory knows.
pub(super) fn once_each(targets: Vec<Target>) -> Vec<Target> {
    let mut known: HashMap<(String, u16), usize> = HashMap::new();
    let mut once: Vec<Target> = Vec::with_capacity(targets.len());
    for target in targets {
        match known.entry((target.host.clone(), target.port)) {
            Entry::Vacant(place) => {
                place.insert(once.len());
                once.push(target);
            }
            Entry::Occupied(place) => {
                if let Some(first) = once.get_mut(*place.get()) {
                    first.gateway = first.gateway.take().or(target.gateway);
                }
            }
        }
    }
    once
}

fn no_host(text: &str, why: &EndpointError) -> Refusal {
    Refusal::new(
        ExitStatus::Usage,
        format!("`{text}` cannot be looked at: {why}"),
    )
    .hint("write `HOST`, `HOST:3389`, or an IPv6 address in brackets: `[2001:db8::1]:3389`")
}

#[cfg(test)]
mod tests {
    use super::once_each;
    use super::target;
    use super::typed;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, name, port) in [
            ("ts01", "ts01", 3389),
            ("ts01.corp.example:3390", "ts01.corp.example", 3390),
            ("10.0.0.21", "10.0.0.21", 3389),
            ("10.0.0.21:1", "10.0.0.21", 1),
            ("[2001:db8::1]", "2001:db8::1", 3389),
            ("[::1]:3390", "::1", 3390),
            ("::1", "::1", 3389),
        ] {
            let target = target(text).unwrap();
            assert_eq!((target.address.as_str(), target.port), (name, port));
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "no name"),
            (":3389", "no name"),
            ("ts01:", "`` is no port"),
            ("ts01:0", "`0` is no port"),
            ("ts01:65536", "`65536` is no port"),
            ("ts01:rdp", "`rdp` is no port"),
            ("ts01:1:2", "`1:2` is no port"),
            ("rdp://ts01", "only the name"),
            ("user@ts01", "no name"),
            ("a b", "no name"),
            ("[::1", "the bracket"),
            ("[ts01]", "no IPv6"),
            ("[::1]x", "follows the bracket"),
        ] {
            let refusal = target(text).unwrap_err();
            assert!(refusal.message.contains(why), "{}", refusal.message);
            assert_eq!(refusal.status.code(), 5);
            assert_eq!(refusal.hints.len(), 1);
        }
    }

    #[test]
    fn a_host_that_is_typed_twice_is_visited_once() {
        let texts = ["a", "b", "a:3389", "a:3390"].map(str::to_owned);
        let targets = once_each(typed(&texts).unwrap());
        let places: Vec<(&str, u16)> = targets
            .iter()
            .map(|target| (target.host.as_str(), target.port))
            .collect();
        assert_eq!(places, [("a", 3389), ("b", 3389), ("a", 3390)]);
    }

    #[test]
    fn what_was_typed_keeps_the_gateway_of_the_inventory() {
        let mut listed = target("a").unwrap();
        listed.gateway = Some("gw".to_owned());
        let targets = once_each(vec![target("a").unwrap(), listed]);
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].gateway.as_deref(), Some("gw"));
    }
}
