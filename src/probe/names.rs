//! Name lookup, forward and reverse, by the system's resolver, so that a name leads where a client on this machine would
//! go. Knows no RDP.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many reverse lookups are under way at once, over all hosts: each holds a thread until the resolver answers.
const REVERSE_AT_ONCE: usize = 32;

/// An IPv6 address may stand in brackets.
pub(super) fn bare(address: &str) -> &str {
    address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address)
}

/// The address, when what was asked is one.
pub(super) fn literal(name: &str) -> Option<IpAddr> {
    bare(name).parse().ok()
}

/// Every address of a name, in the resolver's order, each once.
pub(super) async fn forward(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    for address in tokio::net::lookup_host((bare(name), port)).await? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// Looks up the names of addresses, a bounded number at once.
#[derive(Debug)]
pub(super) struct Reverse {
    permits: Arc<Semaphore>,
}

impl Reverse {
    pub(super) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(REVERSE_AT_ONCE)),
        }
    }

    /// The name that the resolver knows for an address. Whoever waits no longer leaves the resolver to end by itself.
    pub(super) async fn name_of(&self, address: IpAddr) -> Option<String> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let asked = tokio::task::spawn_blocking(move || {
            let found = dns_lookup::lookup_addr(&address);
            drop(permit);
            found
        });
        let name = asked.await.ok()?.ok()?;
        // Without a name the resolver writes the address.
        let is_address = name
            .split('%')
            .next()
            .is_some_and(|text| text.parse::<IpAddr>().is_ok());
        (!is_address).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::Reverse;
    use super::bare;
    use super::literal;
    use std::net::Ipv4Addr;
    use std::net::Ipv6Addr;

    #[test]
    fn brackets_belong_to_the_notation() {
        assert_eq!(bare("[::1]"), "::1");
        assert_eq!(bare("pc-1"), "pc-1");
        assert_eq!(literal("[::1]"), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(literal("pc-1"), None);
    }

    #[tokio::test]
    async fn an_address_has_the_name_that_the_system_knows() {
        let name = Reverse::new().name_of(Ipv4Addr::LOCALHOST.into()).await;
        assert!(name.is_some_and(|name| !name.starts_with("127.")));
    }
}
