//! Events of RdpCoreTS, the best evidence of a handshake (windows-facts 10.2).

use crate::code::Entry;
use crate::finding::Cause;

const CORE: Entry = Entry::event(
    "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",
    "the protocol engine of the host, in the channel RdpCoreTS/Operational",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    CORE.row(65, "", "A connection was created."),
    CORE.row(66, "", "The connection was assigned to a session."),
    CORE.row(69, "", "The listener was loaded."),
    CORE.row(97, "", "A part of the protocol found an error; its name and the code say more.")
        .fits(&[Cause::TlsMismatch, Cause::MachineKeys, Cause::CredSspOracle, Cause::PathQuality]),
    CORE.row(98, "", "A TCP connection was opened."),
    CORE.row(99, "", "The TCP connection failed.")
        .fits(&[Cause::PathQuality]),
    CORE.row(100, "", "The client can use more than one transport."),
    CORE.row(101, "", "The network detection is off."),
    CORE.row(102, "", "The host ended the connection."),
    CORE.row(103, "", "The connection ended; its reason is a number.")
        .fits(&[Cause::PathQuality]),
    CORE.row(105, "", "Classic RDP encryption is in use.")
        .but("It is weaker than TLS.")
        .fits(&[Cause::SecurityLayerMismatch]),
    CORE.row(129, "", "The listener was bound to its port."),
    CORE.row(131, "", "A connection of a client was accepted, TCP or UDP.")
        .but("Without 65, 66 or 1149 after it, and with 139, 97 or 226, it died in TLS."),
    CORE.row(132, "", "A channel was connected."),
    CORE.row(135, "", "The UDP tunnel was set up."),
    CORE.row(136, "", "The UDP tunnel failed, and TCP is used.")
        .but("It costs speed; a first handshake seldom fails because of it.")
        .fits(&[Cause::UdpTransport]),
    CORE.row(138, "", "The secure UDP transport could not be started, and TLS is used.")
        .but("It costs speed; a first handshake seldom fails because of it.")
        .fits(&[Cause::UdpTransport]),
    CORE.row(139, "",
        "The security layer found an error, and the client was disconnected; its address is told.")
        .fits(&[Cause::TlsMismatch, Cause::MachineKeys, Cause::CredSspOracle, Cause::CredentialsRejected]),
    CORE.row(140, "", "A user name or password was wrong; the client's address is told.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    CORE.row(141, "", "The counters of a session."),
    CORE.row(142, "", "Reading from TCP failed.")
        .fits(&[Cause::PathQuality]),
    CORE.row(143, "", "Writing to TCP failed.")
        .fits(&[Cause::PathQuality]),
    CORE.row(144, "", "The connection was closed in order."),
    CORE.row(145, "", "The client has been silent for some seconds.")
        .fits(&[Cause::PathQuality]),
    CORE.row(147, "", "The call that signs the user in failed.")
        .fits(&[Cause::CredentialsRejected, Cause::HostResources]),
    CORE.row(149, "", "The certificate that the client signs in with is not valid.")
        .fits(&[Cause::CredentialsRejected, Cause::CertWeak]),
    CORE.row(153, "", "The TLS version that was agreed on.")
        .but("It exists since build 1607."),
    CORE.row(226, "", "A step of the connection failed: component, event and code are told.")
        .but("`FEventHandshakeFailed` in it means TLS.")
        .fits(&[Cause::TlsMismatch, Cause::MachineKeys, Cause::CredSspOracle]),
    CORE.row(227, "", "A free text of the protocol engine."),
    CORE.row(228, "", "The trace of a disconnect, with its code.")
        .fits(&[Cause::PathQuality]),
    CORE.row(291, "", "A UDP connection from the host to the client failed.")
        .fits(&[Cause::UdpTransport]),
];
