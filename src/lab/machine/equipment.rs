//! What a simulated host has besides its settings: drives, network interfaces, files, and a way back to whoever asks.

use std::collections::BTreeMap;

use crate::lab::machine::os::Build;

/// The file whose version tells whether CredSSP was mended (windows-facts 4.5).
pub const TSPKG: &str = r"C:\Windows\System32\TSpkg.dll";

/// Bytes of a ping that just fits an Ethernet frame: 1500 without the headers of IPv4 and ICMP.
pub const LARGEST_PING: u32 = 1472;

/// The equipment of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equipment {
    /// Fixed drives, that of the system first.
    pub drives: Vec<Drive>,
    /// Network interfaces, the loopback left out.
    pub interfaces: Vec<Interface>,
    /// Versions of files by path.
    pub file_versions: BTreeMap<String, String>,
    /// What its own pings meet.
    pub way_back: WayBack,
    /// Sessions, disconnected ones among them.
    pub sessions: u32,
    /// Those of them in which somebody works.
    pub active_sessions: u32,
}

/// A fixed drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// `DeviceID`: `C:`.
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// Free bytes.
    pub free: u64,
}

/// A network interface, the same over IPv4 and IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// `InterfaceAlias`.
    pub alias: String,
    /// `InterfaceIndex`.
    pub index: u32,
    /// `NlMtu`, bytes.
    pub mtu: u32,
    /// Whether a network is behind it.
    pub link: Link,
    /// Its own addresses, IPv4 first.
    pub addresses: Vec<String>,
    /// IPv4 addresses of name servers.
    pub dns_servers: Vec<String>,
}

/// Whether a network is behind an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// `ConnectionState` 1.
    Up,
    /// `ConnectionState` 0.
    Down,
}

/// What becomes of the host's own pings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// Milliseconds of each answer; `None` when nobody answers.
    pub round_trip: Option<u32>,
    /// The most bytes that get through in one piece.
    pub largest: u32,
}

impl Equipment {
    /// That of a healthy host.
    pub fn of(build: Build) -> Self {
        let version = format!("10.0.{}.{}", build.number(), build.revision());
        Self {
            drives: vec![Drive {
                id: "C:".to_owned(),
                size: 136_365_211_648,
                free: 98_113_404_928,
            }],
            interfaces: vec![Interface {
                alias: "Ethernet".to_owned(),
                index: 6,
                mtu: 1500,
                link: Link::Up,
                addresses: vec!["192.0.2.10".to_owned(), "fe80::d0c:1".to_owned()],
                dns_servers: vec!["192.0.2.53".to_owned()],
            }],
            file_versions: BTreeMap::from([(TSPKG.to_owned(), version)]),
            way_back: WayBack {
                round_trip: Some(1),
                largest: LARGEST_PING,
            },
            sessions: 2,
            active_sessions: 0,
        }
    }
}
