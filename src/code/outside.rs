//! Numbers of parts around a host: licence server, pings, Kerberos, gateways over HTTP, links in messages (windows-
//! facts 1.5, 9 and 11).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const LICENCE: Entry = Entry::of(
    Table::LicenceServer,
    "GetTStoLSConnectivityStatus of the host, about one licence server",
);
const PING: Entry = Entry::of(Table::Ping, "Win32_PingStatus on the host: its StatusCode");
const KERBEROS: Entry = Entry::of(
    Table::Kerberos,
    "the domain controller: failure code of events 4768, 4769 and 4771 (RFC 4120 7.5.9)",
);
const HTTP: Entry = Entry::of(
    Table::GatewayHttp,
    "the web server at the address of a Remote Desktop Gateway, to somebody who did not sign in",
);
const LINK: Entry = Entry::of(
    Table::Link,
    "the message of a client, as the number of a link",
);
const STATE: Entry = Entry::of(
    Table::SchannelState,
    "Schannel on the host: the internal error state at the end of its events",
);

/// One row for each number, in order.
///
/// Assumption: at a gateway's address 405 is a reverse proxy's answer, and 503 that of a stopped pool or service.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    LICENCE.row(0, "", "The connection to the licence server is not known.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(1, "", "The licence server of Server 2008 R2 answers."),
    LICENCE.row(2, "", "The licence server of Server 2008 answers."),
    LICENCE.row(3, "", "The licence server or the host is a test version, and the other is not.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(4, "", "The licence server is older than the host.")
        .but("Licences of an older version do not serve a newer host.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(5, "", "The host is not in the group of terminal servers that the licence server serves.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(6, "", "The licence server cannot be reached.")
        .fits(&[Cause::Licensing, Cause::RolesServices, Cause::TcpBlocked]),
    LICENCE.row(7, "", "It is not known whether the licence server is valid.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(8, "", "The licence server denied access.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(9, "", "The licence server answers, for virtual desktops."),
    LICENCE.row(10, "", "The licence server does not support the feature.")
        .fits(&[Cause::Licensing]),
    LICENCE.row(11, "", "The licence server is valid."),
    PING.row(0, "Success", "The answer came."),
    PING.row(11_001, "Buffer Too Small", "The buffer for the answer is too small."),
    PING.row(11_002, "Destination Net Unreachable", "There is no way to the network.")
        .fits(&[Cause::TcpBlocked]),
    PING.row(11_003, "Destination Host Unreachable", "There is no way to the host.")
        .fits(&[Cause::TcpBlocked]),
    PING.row(11_004, "Destination Protocol Unreachable", "The host does not speak the protocol."),
    PING.row(11_005, "Destination Port Unreachable", "The port cannot be reached."),
    PING.row(11_006, "No Resources", "There are no resources for the ping.")
        .fits(&[Cause::HostResources]),
    PING.row(11_007, "Bad Option", "An option is not valid."),
    PING.row(11_008, "Hardware Error", "The hardware failed.")
        .fits(&[Cause::PathQuality]),
    PING.row(11_009, "Packet Too Big", "The packet is too big for the way and may not be split.")
        .but("With NoFragmentation it tells the largest packet that gets through.")
        .fits(&[Cause::PathMtu]),
    PING.row(11_010, "Request Timed Out", "No answer came in time.")
        .but("Many networks drop pings: it does not prove that the host is away.")
        .fits(&[Cause::TcpBlocked, Cause::PathQuality]),
    PING.row(11_011, "Bad Request", "The request is not valid."),
    PING.row(11_012, "Bad Route", "The route is not valid."),
    PING.row(11_013, "TimeToLive Expired Transit", "The packet went round in circles.")
        .fits(&[Cause::PathQuality]),
    PING.row(11_014, "TimeToLive Expired Reassembly", "The parts of the packet did not come together in time.")
        .fits(&[Cause::PathMtu]),
    PING.row(11_015, "Parameter Problem", "A parameter is not valid."),
    PING.row(11_016, "Source Quench", "The way is overloaded.")
        .fits(&[Cause::PathQuality]),
    PING.row(11_017, "Option Too Big", "The options are too big."),
    PING.row(11_018, "Bad Destination", "The destination is not valid.")
        .fits(&[Cause::DnsName]),
    PING.row(11_032, "Negotiating IPSEC", "IPsec is being negotiated."),
    PING.row(11_050, "General Failure", "The ping could not be sent.")
        .fits(&[Cause::PathQuality]),
    KERBEROS.row(0x6, "KDC_ERR_C_PRINCIPAL_UNKNOWN", "The account does not exist in the domain.")
        .fits(&[Cause::CredentialsRejected]),
    KERBEROS.row(0x7, "KDC_ERR_S_PRINCIPAL_UNKNOWN", "The domain does not know the service by this name.")
        .but("Typical for aliases and addresses.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    KERBEROS.row(0xC, "KDC_ERR_POLICY", "A restriction of the account keeps it out.")
        .fits(&[Cause::CredentialsRejected]),
    KERBEROS.row(0xE, "KDC_ERR_ETYPE_NOTSUPP", "The encryption type is not supported.")
        .fits(&[Cause::DomainTrust, Cause::PolicyOwned]),
    KERBEROS.row(0x12, "KDC_ERR_CLIENT_REVOKED", "The account is disabled, locked out or expired.")
        .fits(&[Cause::CredentialsRejected]),
    KERBEROS.row(0x17, "KDC_ERR_KEY_EXPIRED", "The password has expired.")
        .fits(&[Cause::CredentialsRejected]),
    KERBEROS.row(0x18, "KDC_ERR_PREAUTH_FAILED", "The password is wrong.")
        .but("One blog swaps it with 0x25; the RFC decides.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    KERBEROS.row(0x19, "KDC_ERR_PREAUTH_REQUIRED", "The domain controller wants proof of the password first.")
        .but("It is the usual first answer, and no error."),
    KERBEROS.row(0x1D, "KDC_ERR_SVC_UNAVAILABLE", "The domain controller's service is not available.")
        .fits(&[Cause::DomainTrust]),
    KERBEROS.row(0x20, "KRB_AP_ERR_TKT_EXPIRED", "The ticket has expired.")
        .fits(&[Cause::TimeSkew]),
    KERBEROS.row(0x21, "KRB_AP_ERR_TKT_NYV", "The ticket is not yet valid.")
        .fits(&[Cause::TimeSkew]),
    KERBEROS.row(0x25, "KRB_AP_ERR_SKEW", "The clocks are too far apart, more than five minutes by default.")
        .but("One blog swaps it with 0x18; the RFC decides.")
        .fits(&[Cause::TimeSkew]),
    KERBEROS.row(0x29, "KRB_AP_ERR_MODIFIED", "The ticket was made for another key than the host has.")
        .but("A stale DNS record that leads to another machine does this, and so does a lost computer account.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    HTTP.row(101, "Switching Protocols", "The gateway switched to its WebSocket transport.")
        .but("It is healthy, and somebody has signed in."),
    HTTP.row(200, "OK",
        "The gateway let a signed-in client through; without a sign-in it is a plain web page.")
        .but("An anonymous 200 comes from another site or a proxy, not from a gateway.")
        .fits(&[Cause::GatewayHttp]),
    HTTP.row(401, "Unauthorized",
        "The gateway asks for a sign-in with Negotiate or NTLM, as a healthy one does.")
        .but("It is what should be seen without credentials."),
    HTTP.row(403, "Forbidden", "The web server refuses the address.")
        .but("The wrong site answers, or a proxy stands in between.")
        .fits(&[Cause::GatewayHttp]),
    HTTP.row(404, "Not Found", "The web server does not know the address.")
        .but("The wrong site answers, or the gateway's HTTP transport is off.")
        .fits(&[Cause::GatewayHttp]),
    HTTP.row(405, "Method Not Allowed", "The web server does not know the gateway's method.")
        .but("No source settles it, but it fits a reverse proxy that passes only usual methods.")
        .fits(&[Cause::GatewayHttp]),
    HTTP.row(410, "Gone", "The web server says that the address no longer exists.")
        .fits(&[Cause::GatewayHttp]),
    HTTP.row(503, "Service Unavailable", "The application pool or the gateway service is down.")
        .but("No source settles it; it is how the web server of Windows speaks of a stopped pool.")
        .fits(&[Cause::GatewayHttp, Cause::RolesServices]),
    LINK.row(866_660, "CredSSP encryption oracle remediation",
        "One side has the CredSSP update of 2018 and refuses the other.")
        .but("Setting the policy to Vulnerable is no cure: update the older side.")
        .fits(&[Cause::CredSspOracle, Cause::PatchLevel]),
    STATE.row(10_001, "", "The private key of the listener's certificate could not be used.")
        .but("It comes with event 36870 and 0x8009030D: rights of the key file.")
        .fits(&[Cause::MachineKeys]),
    STATE.row(10_013, "",
        "The TLS credential could not be made with the protocols and ciphers that are allowed.")
        .but("It comes with event 36871; as a Win32 error the number means another thing.")
        .fits(&[Cause::TlsMismatch, Cause::PolicyOwned]),
];
