//! From which of our addresses a host would see us come. Asks the routing table only: nothing is sent.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use tokio::net::UdpSocket;

/// Our address on the way to a host; `None` when its name has no address or there is no way.
pub async fn towards(address: &str, port: u16) -> Option<IpAddr> {
    let there = tokio::net::lookup_host((address, port))
        .await
        .ok()?
        .next()?;
    let here = match there.ip() {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((here, 0)).await.ok()?;
    socket.connect(there).await.ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}
