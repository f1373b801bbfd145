//! Name lookup, forward and reverse, by the system's resolver, so that a name leads where a client on this machine would
//! go. Knows no RDP.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
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

/// Who is asked for names and addresses.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Every address of a name, in the order in which a client tries them, with this port.
    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;

    /// The name that an address stands for.
    async fn name_of(&self, address: IpAddr) -> Option<String>;
}

/// The system's resolver, asked for a bounded number of names of addresses at once. Loopback addresses stand for this
/// machine, whatever was asked for, so their names are not looked up.
#[derive(Debug)]
pub struct SystemResolver {
    reverse: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            reverse: Arc::new(Semaphore::new(REVERSE_AT_ONCE)),
        }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut addresses = Vec::new();
        for address in tokio::net::lookup_host((name, port)).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    /// Whoever waits no longer leaves the system to end its lookup by itself.
    async fn name_of(&self, address: IpAddr) -> Option<String> {
        if address.is_loopback() {
            return None;
        }
        let permit = Arc::clone(&self.reverse).acquire_owned().await.ok()?;
        let asked = tokio::task::spawn_blocking(move || {
            let name = known_name(address);
            drop(permit);
            name
        });
        asked.await.ok()?
    }
}

fn known_name(address: IpAddr) -> Option<String> {
    let name = dns_lookup::lookup_addr(&address).ok()?;
    // Without a name the system writes the address.
    let is_address = name
        .split('%')
        .next()
        .is_some_and(|text| text.parse::<IpAddr>().is_ok());
    (!is_address).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::Resolver;
    use super::SystemResolver;
    use super::bare;
    use super::known_name;
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
    async fn names_of_this_machine_are_known_and_not_asked_for() {
        let here = Ipv4Addr::LOCALHOST.into();
        assert!(known_name(here).is_some_and(|name| !name.starts_with("127.")));
        assert_eq!(SystemResolver::default().name_of(here).await, None);
    }
}
