//! HRESULTs of the security packages: CredSSP, NTLM, Kerberos and Schannel (sspi.h, winerror.h).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const PACKAGE: Entry = Entry::of(
    Table::HResult,
    "the security packages of client or host: CredSSP, NTLM, Kerberos, Schannel",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    PACKAGE.row(0x8009_0300, "SEC_E_INSUFFICIENT_MEMORY", "There is not enough memory to sign in.")
        .fits(&[Cause::HostResources]),
    PACKAGE.row(0x8009_0301, "SEC_E_INVALID_HANDLE", "The security context does not exist any more.")
        .fits(&[Cause::PathQuality]),
    PACKAGE.row(0x8009_0302, "SEC_E_UNSUPPORTED_FUNCTION", "The requested function is not supported.")
        .but("In the message of a client it means the CredSSP update: one side is patched and refuses the \
              other.")
        .fits(&[Cause::CredSspOracle, Cause::PatchLevel]),
    PACKAGE.row(0x8009_0303, "SEC_E_TARGET_UNKNOWN", "The domain does not know the host by this name.")
        .but("Typical after a rename and when an address or an alias is used.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    PACKAGE.row(0x8009_0304, "SEC_E_INTERNAL_ERROR", "The local security authority failed.")
        .fits(&[Cause::DomainTrust, Cause::ServiceDown, Cause::HostResources]),
    PACKAGE.row(0x8009_0305, "SEC_E_SECPKG_NOT_FOUND", "The security package does not exist.")
        .fits(&[Cause::PolicyOwned]),
    PACKAGE.row(0x8009_0308, "SEC_E_INVALID_TOKEN", "What came is no valid token of the security package.")
        .but("Something else than a Windows host may have answered; a middlebox may have cut it.")
        .fits(&[Cause::TlsMismatch, Cause::PathQuality, Cause::CredSspOracle]),
    PACKAGE.row(0x8009_030C, "SEC_E_LOGON_DENIED", "User name or password is wrong.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    PACKAGE.row(0x8009_030D, "SEC_E_UNKNOWN_CREDENTIALS",
        "The credentials were not recognised; for a TLS host, its private key cannot be reached.")
        .but("In Schannel 36870 it is a matter of the key file's rights, not of anybody's password.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing]),
    PACKAGE.row(0x8009_030E, "SEC_E_NO_CREDENTIALS", "No credentials are available.")
        .fits(&[Cause::ClientCredentials, Cause::MachineKeys, Cause::ClientPolicy]),
    PACKAGE.row(0x8009_030F, "SEC_E_MESSAGE_ALTERED", "A message was changed on the way.")
        .fits(&[Cause::PathQuality]),
    PACKAGE.row(0x8009_0310, "SEC_E_OUT_OF_SEQUENCE", "A message came out of its turn.")
        .fits(&[Cause::PathQuality]),
    PACKAGE.row(0x8009_0311, "SEC_E_NO_AUTHENTICATING_AUTHORITY",
        "No domain controller could be reached to check the account.")
        .fits(&[Cause::DomainTrust, Cause::DnsName, Cause::TimeSkew]),
    PACKAGE.row(0x8009_0318, "SEC_E_INCOMPLETE_MESSAGE", "The message is not whole yet.")
        .but("It is no error while more is awaited.")
        .fits(&[Cause::PathMtu]),
    PACKAGE.row(0x8009_0322, "SEC_E_WRONG_PRINCIPAL", "The host is not who the client asked for.")
        .but("Typical for an alias, a stale DNS record, or a certificate with another name.")
        .fits(&[Cause::DnsName, Cause::CertWeak, Cause::DomainTrust]),
    PACKAGE.row(0x8009_0324, "SEC_E_TIME_SKEW", "The clocks are too far apart.")
        .fits(&[Cause::TimeSkew]),
    PACKAGE.row(0x8009_0325, "SEC_E_UNTRUSTED_ROOT", "The root of the certificate's chain is not trusted.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate]),
    PACKAGE.row(0x8009_0326, "SEC_E_ILLEGAL_MESSAGE", "A message of the handshake is not valid.")
        .fits(&[Cause::TlsMismatch]),
    PACKAGE.row(0x8009_0327, "SEC_E_CERT_UNKNOWN", "The certificate is not acceptable for an unnamed reason.")
        .fits(&[Cause::CertWeak]),
    PACKAGE.row(0x8009_0328, "SEC_E_CERT_EXPIRED", "The certificate is past its date or not yet valid.")
        .fits(&[Cause::CertExpired, Cause::TimeSkew]),
    PACKAGE.row(0x8009_0330, "SEC_E_DECRYPT_FAILURE", "A message could not be decrypted.")
        .fits(&[Cause::PathQuality]),
    PACKAGE.row(0x8009_0331, "SEC_E_ALGORITHM_MISMATCH", "No cipher suits both ends.")
        .fits(&[Cause::TlsMismatch]),
    PACKAGE.row(0x8009_0342, "SEC_E_KDC_UNKNOWN_ETYPE",
        "The domain controller does not support the encryption type.")
        .fits(&[Cause::DomainTrust, Cause::PolicyOwned]),
    PACKAGE.row(0x8009_0346, "SEC_E_BAD_BINDINGS",
        "The sign-in does not belong to the TLS connection that it came over.")
        .but("A proxy that opens TLS does this.")
        .fits(&[Cause::GatewayHttp, Cause::PathQuality]),
    PACKAGE.row(0x8009_0349, "SEC_E_CERT_WRONG_USAGE", "The certificate is not meant for this.")
        .fits(&[Cause::CertWeak]),
    PACKAGE.row(0x8009_0350, "SEC_E_DOWNGRADE_DETECTED",
        "An attempt to weaken the sign-in was seen, or no domain controller can be reached for Kerberos.")
        .fits(&[Cause::DomainTrust, Cause::TimeSkew]),
    PACKAGE.row(0x0009_035C, "SEC_I_SIGNATURE_NEEDED",
        "A signature has to be made before the user can be authenticated.")
        .but("It is a step, not an error."),
    PACKAGE.row(0x8009_035C, "", "There is no error of this number in the headers of Windows.")
        .but("Contested: people write it for 0x0009035C, `SEC_I_SIGNATURE_NEEDED`, which is no error; its \
              neighbours are 0x8009035B (certificate of the domain controller revoked) and 0x8009035D (invalid \
              parameter).")
        .fits(&[Cause::DomainTrust, Cause::CredSspOracle]),
    PACKAGE.row(0x8009_035B, "SEC_E_KDC_CERT_REVOKED", "The certificate of the domain controller is revoked.")
        .fits(&[Cause::DomainTrust]),
    PACKAGE.row(0x8009_035D, "SEC_E_INVALID_PARAMETER", "A parameter of the sign-in is not valid."),
    PACKAGE.row(0x8009_035E, "SEC_E_DELEGATION_POLICY",
        "The policy of the client does not let it hand credentials to this host.")
        .fits(&[Cause::ClientPolicy, Cause::PolicyOwned]),
    PACKAGE.row(0x8009_035F, "SEC_E_POLICY_NLTM_ONLY",
        "The policy of the client does not let it hand credentials over by NTLM.")
        .but("It happens whenever the host is called by its address.")
        .fits(&[Cause::ClientPolicy, Cause::DnsName]),
    PACKAGE.row(0x8009_0367, "SEC_E_APPLICATION_PROTOCOL_MISMATCH", "No application protocol suits both ends.")
        .fits(&[Cause::GatewayHttp, Cause::TlsMismatch]),
];
