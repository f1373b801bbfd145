//! Events of the parts around a host: client, gateway, broker (windows-facts 8.2, 9.3 and 9.4).

use crate::code::Entry;
use crate::finding::Cause;

const CLIENT: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-ClientActiveXCore",
    "the client, in its channel TerminalServices-RDPClient/Operational",
);
const GATEWAY: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-Gateway",
    "the gateway, in its Operational channel",
);
const BROKER: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-SessionBroker",
    "the Connection Broker, in its Operational channel",
);
const ASKING: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-SessionBroker-Client",
    "the host, about its Connection Broker, in its Operational channel",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    CLIENT.row(226, "", "A step of the connection failed on the client: its name and an HRESULT are told.")
        .fits(&[Cause::TlsMismatch, Cause::CertWeak, Cause::CredSspOracle, Cause::PathQuality]),
    CLIENT.row(1024, "", "The client is connecting."),
    CLIENT.row(1025, "", "The client is connected."),
    CLIENT.row(1026, "", "The client was disconnected; the reason is a disconnect code in decimal.")
        .but("263 is harmless."),
    GATEWAY.row(100, "", "The gateway could not start.")
        .fits(&[Cause::RolesServices, Cause::ServiceDown]),
    GATEWAY.row(101, "", "The gateway started."),
    GATEWAY.row(102, "", "The gateway needs a valid certificate.")
        .fits(&[Cause::GatewayCertificate]),
    GATEWAY.row(103, "", "The gateway may not use its certificate's private key.")
        .fits(&[Cause::GatewayCertificate, Cause::MachineKeys]),
    GATEWAY.row(200, "", "A user met the connection policy (CAP)."),
    GATEWAY.row(201, "", "A user did not meet the connection policy (CAP).")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected]),
    GATEWAY.row(203, "", "The gateway has as many connections as it may have.")
        .fits(&[Cause::SessionLimit]),
    GATEWAY.row(300, "", "A user met the resource policy (RAP)."),
    GATEWAY.row(301, "", "A user did not meet the resource policy (RAP).")
        .but("Policies list names: a host that is called by address may be missing.")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected, Cause::DnsName]),
    GATEWAY.row(302, "", "A user was connected to a host."),
    GATEWAY.row(303, "", "A user was disconnected from a host."),
    GATEWAY.row(304, "", "A user was allowed, and the gateway could not reach the host.")
        .but("The gateway itself works: look at the host, from the gateway's network.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::RdpDisabled, Cause::DnsName]),
    GATEWAY.row(400, "", "The gateway was shut down.")
        .fits(&[Cause::RolesServices, Cause::ServiceDown]),
    GATEWAY.row(700, "", "The gateway met an exception.")
        .fits(&[Cause::GatewayHttp, Cause::RolesServices]),
    BROKER.row(2056, "", "The broker could not read its database.")
        .fits(&[Cause::RolesServices]),
    ASKING.row(1296, "", "The host got no answer from its broker about where a user belongs.")
        .but("Renaming a broker is not supported, and ends like this.")
        .fits(&[Cause::RolesServices]),
];
