//! TLS alerts (RFC 8446 6, RFC 5246 7.2), as Schannel 36887 and 36888 name them too.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const PEER: Entry = Entry::of(
    Table::TlsAlert,
    "either end of a TLS connection; event 36887 tells those that came in, 36888 those that went out",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    PEER.row(0, "close_notify", "The connection is being closed in order.")
        .but("It is no error."),
    PEER.row(10, "unexpected_message", "A message came out of its turn.")
        .fits(&[Cause::TlsMismatch, Cause::ListenerBroken]),
    PEER.row(20, "bad_record_mac", "A record does not hold what was sent.")
        .but("Damage on the way and a wrong key look the same.")
        .fits(&[Cause::PathQuality, Cause::MachineKeys, Cause::TlsMismatch]),
    PEER.row(21, "decryption_failed", "A record could not be decrypted; newer versions no longer send it.")
        .fits(&[Cause::PathQuality, Cause::TlsMismatch]),
    PEER.row(22, "record_overflow", "A record is longer than allowed.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(30, "decompression_failure", "A record could not be decompressed; TLS 1.3 no longer has it.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(40, "handshake_failure", "No cipher suite, group or signature suits both ends.")
        .but("An ECDSA-only policy on a host with an RSA key ends like this.")
        .fits(&[Cause::TlsMismatch, Cause::CertWeak]),
    PEER.row(41, "no_certificate", "No certificate was shown (SSL 3.0 only).")
        .fits(&[Cause::TlsMismatch, Cause::CertMissing]),
    PEER.row(42, "bad_certificate", "The certificate is damaged, or its signature does not hold.")
        .fits(&[Cause::CertWeak, Cause::MachineKeys]),
    PEER.row(43, "unsupported_certificate", "The kind of certificate is not supported.")
        .fits(&[Cause::CertWeak]),
    PEER.row(44, "certificate_revoked", "The certificate was revoked by its issuer.")
        .fits(&[Cause::CertWeak]),
    PEER.row(45, "certificate_expired", "The certificate is past its date or not yet valid.")
        .but("The clock of the one who says so may be wrong.")
        .fits(&[Cause::CertExpired, Cause::TimeSkew]),
    PEER.row(46, "certificate_unknown", "The certificate is not acceptable for another reason.")
        .fits(&[Cause::CertWeak]),
    PEER.row(47, "illegal_parameter", "A value in the handshake is impossible.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(48, "unknown_ca", "The issuer of the certificate is not trusted.")
        .but("A self-signed listener certificate is usual and no fault by itself.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate]),
    PEER.row(49, "access_denied", "The certificate is valid, and its holder is not let in.")
        .fits(&[Cause::CredentialsRejected]),
    PEER.row(50, "decode_error", "A message could not be read.")
        .fits(&[Cause::TlsMismatch, Cause::PathQuality]),
    PEER.row(51, "decrypt_error", "A signature or a key exchange did not verify.")
        .fits(&[Cause::MachineKeys, Cause::CertWeak]),
    PEER.row(60, "export_restriction", "An export-grade key was refused (very old).")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(70, "protocol_version", "No version of TLS suits both ends.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(71, "insufficient_security", "The ciphers of the other end are too weak.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(80, "internal_error",
        "The sender failed for a reason of its own; a host that cannot use its private key may say this.")
        .fits(&[Cause::MachineKeys, Cause::TlsMismatch]),
    PEER.row(86, "inappropriate_fallback", "A client retried with an older version than it knows.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(90, "user_canceled", "The handshake was given up by the user."),
    PEER.row(100, "no_renegotiation", "The other end does not negotiate again.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(109, "missing_extension", "An extension that must be there is not.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(110, "unsupported_extension", "An extension came that nobody asked for.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(111, "certificate_unobtainable", "A certificate could not be fetched.")
        .fits(&[Cause::CertMissing]),
    PEER.row(112, "unrecognized_name", "The host does not know the name that it was called by.")
        .fits(&[Cause::DnsName, Cause::GatewayHttp]),
    PEER.row(113, "bad_certificate_status_response",
        "The proof that a certificate is not revoked is not valid.")
        .fits(&[Cause::CertWeak]),
    PEER.row(115, "unknown_psk_identity", "The pre-shared key is not known.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(116, "certificate_required", "A client certificate is required and none came.")
        .fits(&[Cause::TlsMismatch]),
    PEER.row(120, "no_application_protocol", "No application protocol suits both ends.")
        .fits(&[Cause::TlsMismatch, Cause::GatewayHttp]),
];
