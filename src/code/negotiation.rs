//! Why a host refuses to negotiate ([MS-RDPBCGR] 2.2.1.2.2, windows-facts 1.4). The first sentences stand in
//! messages.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const HOST: Entry = Entry::of(
    Table::Negotiation,
    "the host's listener, instead of an answer to the first packet of a client",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    HOST.row(1, "SSL_REQUIRED_BY_SERVER", "The host insists on TLS.")
        .but("It is no fault of the host when the client asked for classic RDP security only.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::RdpFile, Cause::ClientPolicy]),
    HOST.row(2, "SSL_NOT_ALLOWED_BY_SERVER", "The host is set to classic RDP security and does not do TLS.")
        .but("The cure is TLS on the host, not a weaker client.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::NlaMismatch, Cause::PolicyOwned]),
    HOST.row(3, "SSL_CERT_NOT_ON_SERVER", "The host has no certificate that its listener can use.")
        .but("The certificate may be there and its private key unreadable.")
        .fits(&[Cause::CertMissing, Cause::MachineKeys, Cause::ListenerBroken]),
    HOST.row(4, "INCONSISTENT_FLAGS", "The host finds the requested protocols contradictory.")
        .but("It speaks of the request: look at the client and at whatever stands in between.")
        .fits(&[Cause::RdpFile, Cause::ClientPolicy, Cause::SecurityLayerMismatch]),
    HOST.row(5, "HYBRID_REQUIRED_BY_SERVER", "The host insists on network level authentication.")
        .but("That is the safe setting; a client with `enablecredsspsupport:i:0` in its file always meets it. \
              Switching it off on the host is no cure.")
        .fits(&[Cause::NlaMismatch, Cause::RdpFile, Cause::ClientPolicy]),
    HOST.row(6, "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER", "The host insists on TLS with a client certificate.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::ClientPolicy]),
];
