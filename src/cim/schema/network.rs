//! Types of networks, interfaces, sockets and pings.

use super::BOOL;
use super::TEXT;
use super::TEXTS;
use super::TIME;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
///
/// Assumption: types and names are as documented; no recording of a real host has one of these objects.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("MSFT_NetConnectionProfile", CONNECTION_PROFILE),
    ("MSFT_NetTCPConnection", TCP_CONNECTION),
    ("MSFT_NetIPInterface", IP_INTERFACE),
    ("MSFT_DNSClientServerAddress", DNS_SERVERS),
    ("Win32_PingStatus", PING),
    ("Win32_NetworkAdapterConfiguration", ADAPTER),
];

// Microsoft Learn, MSFT_NetConnectionProfile.
const CONNECTION_PROFILE: Table = &[
    ("InstanceID", TEXT),
    ("InterfaceAlias", TEXT),
    ("InterfaceIndex", UINT),
    ("IPv4Connectivity", UINT),
    ("IPv6Connectivity", UINT),
    ("Name", TEXT),
    ("NetworkCategory", UINT),
];

// Microsoft Learn, MSFT_NetTCPConnection.
const TCP_CONNECTION: Table = &[
    ("AppliedSetting", UINT),
    ("CreationTime", TIME),
    ("InstanceID", TEXT),
    ("LocalAddress", TEXT),
    ("LocalPort", UINT),
    ("OffloadState", UINT),
    ("OwningProcess", UINT),
    ("RemoteAddress", TEXT),
    ("RemotePort", UINT),
    ("State", UINT),
];

// Microsoft Learn, MSFT_NetIPInterface, as far as it is used.
const IP_INTERFACE: Table = &[
    ("AddressFamily", UINT),
    ("ConnectionState", UINT),
    ("Dhcp", UINT),
    ("InterfaceAlias", TEXT),
    ("InterfaceIndex", UINT),
    ("InterfaceMetric", UINT),
    ("NlMtu", UINT),
];

// Microsoft Learn, MSFT_DNSClientServerAddress.
const DNS_SERVERS: Table = &[
    ("AddressFamily", UINT),
    ("InterfaceAlias", TEXT),
    ("InterfaceIndex", UINT),
    ("ServerAddresses", TEXTS),
];

// Microsoft Learn, Win32_NetworkAdapterConfiguration, as far as it is used.
const ADAPTER: Table = &[
    ("DefaultIPGateway", TEXTS),
    ("Description", TEXT),
    ("DHCPEnabled", BOOL),
    ("DNSDomain", TEXT),
    ("DNSHostName", TEXT),
    ("Index", UINT),
    ("InterfaceIndex", UINT),
    ("IPAddress", TEXTS),
    ("IPEnabled", BOOL),
    ("MACAddress", TEXT),
];

// Microsoft Learn, Win32_PingStatus.
const PING: Table = &[
    ("Address", TEXT),
    ("BufferSize", UINT),
    ("NoFragmentation", BOOL),
    ("PrimaryAddressResolutionStatus", UINT),
    ("ProtocolAddress", TEXT),
    ("ProtocolAddressResolved", TEXT),
    ("RecordRoute", UINT),
    ("ReplyInconsistency", BOOL),
    ("ReplySize", UINT),
    ("ResolveAddressNames", BOOL),
    ("ResponseTime", UINT),
    ("ResponseTimeToLive", UINT),
    ("RouteRecord", TEXTS),
    ("RouteRecordResolved", TEXTS),
    ("SourceRoute", TEXT),
    ("SourceRouteType", UINT),
    ("StatusCode", UINT),
    ("Timeout", UINT),
    ("TimeStampRecord", UINTS),
    ("TimeStampRecordAddress", TEXTS),
    ("TimeStampRecordAddressResolved", TEXTS),
    ("TimeStampRoute", UINT),
    ("TimeToLive", UINT),
    ("TypeOfService", UINT),
];
