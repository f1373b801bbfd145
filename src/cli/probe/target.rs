//! What was typed as a host: a name or an address, with or without a port.

use std::collections::HashSet;
use std::net::Ipv6Addr;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::probe::surveyor::Target;

/// Where Remote Desktop listens unless told otherwise.
const RDP: u16 = 3389;
/// Where a gateway listens unless told otherwise.
const HTTPS: u16 = 443;

/// The hosts that were typed.
pub fn typed(hosts: &[String]) -> Result<Vec<Target>, Refusal> {
    hosts.iter().map(|text| target(text)).collect()
}

/// One host: `HOST`, `HOST:PORT`, `[IPV6]:PORT`, or a bare IPv6 address.
pub fn target(text: &str) -> Result<Target, Refusal> {
    let (name, port) = split(text, RDP)?;
    Ok(Target {
        host: name.to_owned(),
        address: name.to_owned(),
        port,
    })
}

/// A gateway as it was typed, after a look whether it can be one.
pub fn gateway(text: &str) -> Result<String, Refusal> {
    split(text, HTTPS)?;
    Ok(text.to_owned())
}

/// Each place once, in the order in which they came.
pub(super) fn once_each(targets: Vec<Target>) -> Vec<Target> {
    let mut known = HashSet::new();
    targets
        .into_iter()
        .filter(|target| known.insert((target.host.clone(), target.port)))
        .collect()
}

fn split(text: &str, usual: u16) -> Result<(&str, u16), Refusal> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, usual));
    }
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest
                .split_once(']')
                .ok_or_else(|| no_host(text, "the bracket is not closed"))?;
            if address.parse::<Ipv6Addr>().is_err() {
                return Err(no_host(text, "what is in the brackets is no IPv6 address"));
            }
            let port = match behind.strip_prefix(':') {
                Some(port) => Some(port),
                None if behind.is_empty() => None,
                None => return Err(no_host(text, "something follows the bracket")),
            };
            (address, port)
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let strange = |c: char| c.is_whitespace() || c.is_control() || "/\\@[],".contains(c);
    if name.is_empty() || name.contains(strange) {
        return Err(no_host(text, "it is no name and no address"));
    }
    match port {
        None => Ok((name, usual)),
        Some(port) => match port.parse() {
            Ok(number) if number != 0 => Ok((name, number)),
            Ok(_) | Err(_) => Err(no_host(
                text,
                format!("`{port}` is no port, which is a number from 1 to 65535"),
            )),
        },
    }
}

fn no_host(text: &str, why: impl std::fmt::Display) -> Refusal {
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
            ("rdp://ts01", "`//ts01` is no port"),
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
}
