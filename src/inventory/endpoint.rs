//! How people write where something listens: a name or an address, with or without a port. Must not know what listens.

use std::net::Ipv6Addr;

use thiserror::Error;

/// Why a text does not say where something listens.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// `[` without `]`.
    #[error("the bracket is not closed")]
    OpenBracket,
    /// Brackets are for addresses that have colons.
    #[error("what is in the brackets is no IPv6 address")]
    NotIpv6,
    /// Only a port may follow.
    #[error("something follows the bracket")]
    BehindBracket,
    /// It is empty, or it has characters that neither names nor addresses have.
    #[error("it is no name and no address")]
    NoName,
    /// `rdp://…`, `https://…`.
    #[error("it is a URL, and only the name in it is wanted")]
    Url,
    /// What follows the colon.
    #[error("`{port}` is no port, which is a number from 1 to 65535")]
    NoPort {
        /// What was written.
        port: String,
    },
}

/// The name or address, without brackets, and the port when one was written: `HOST`, `HOST:PORT`, `[IPV6]:PORT`, or a bare
/// IPv6 address.
pub fn split(text: &str) -> Result<(&str, Option<u16>), EndpointError> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    if text.contains("://") {
        return Err(EndpointError::Url);
    }
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => bracketed(rest)?,
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let strange = |c: char| c.is_whitespace() || c.is_control() || "/\\@[],".contains(c);
    if name.is_empty() || name.contains(strange) {
        return Err(EndpointError::NoName);
    }
    let Some(port) = port else {
        return Ok((name, None));
    };
    match port.parse() {
        Ok(number) if number != 0 => Ok((name, Some(number))),
        Ok(_) | Err(_) => Err(EndpointError::NoPort {
            port: port.to_owned(),
        }),
    }
}

/// What follows an opening bracket: address, and the port's text.
fn bracketed(rest: &str) -> Result<(&str, Option<&str>), EndpointError> {
    let (address, behind) = rest.split_once(']').ok_or(EndpointError::OpenBracket)?;
    if address.parse::<Ipv6Addr>().is_err() {
        return Err(EndpointError::NotIpv6);
    }
    match behind.strip_prefix(':') {
        None if !behind.is_empty() => Err(EndpointError::BehindBracket),
        port => Ok((address, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::EndpointError;
    use super::split;

    #[test]
    fn a_place_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("gw", Ok(("gw", None))),
            ("gw.corp.example:8443", Ok(("gw.corp.example", Some(8443)))),
            ("10.0.0.21:1", Ok(("10.0.0.21", Some(1)))),
            ("::1", Ok(("::1", None))),
            ("[::1]", Ok(("::1", None))),
            ("[::1]:443", Ok(("::1", Some(443)))),
            ("[::1", Err(EndpointError::OpenBracket)),
            ("[gw]", Err(EndpointError::NotIpv6)),
            ("[::1]443", Err(EndpointError::BehindBracket)),
            ("", Err(EndpointError::NoName)),
            ("https://gw/", Err(EndpointError::Url)),
            ("a b", Err(EndpointError::NoName)),
            ("gw/rdweb", Err(EndpointError::NoName)),
            (
                "gw:https",
                Err(EndpointError::NoPort {
                    port: "https".to_owned(),
                }),
            ),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
