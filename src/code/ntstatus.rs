//! NTSTATUS as sign-ins give it: CredSSP, the sub-status of event 4625, TermDD 56 (windows-facts 11, [MS-ERREF]
//! 2.3).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const LOGON: Entry = Entry::of(
    Table::NtStatus,
    "the host or its domain controller, when somebody signs in: CredSSP, and status and sub-status of event \
     4625",
);
const SYSTEM: Entry = Entry::of(
    Table::NtStatus,
    "the host's own code: the last bytes of TermDD 56, and logs",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    SYSTEM.row(0x0000_0000, "STATUS_SUCCESS", "All is well."),
    SYSTEM.row(0xC000_000D, "STATUS_INVALID_PARAMETER", "A parameter is not valid."),
    LOGON.row(0xC000_0022, "STATUS_ACCESS_DENIED", "Access is denied.")
        .but("The password was right.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_005E, "STATUS_NO_LOGON_SERVERS", "No domain controller answers the host.")
        .but("It says nothing about the password.")
        .fits(&[Cause::DomainTrust, Cause::DnsName, Cause::TimeSkew]),
    LOGON.row(0xC000_0064, "STATUS_NO_SUCH_USER", "The account does not exist.")
        .but("It stands as a sub-status of event 4625; the client is told 0xC000006D, so that nobody can try \
              names.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials, Cause::RdpFile]),
    LOGON.row(0xC000_006A, "STATUS_WRONG_PASSWORD", "The account exists and the password is wrong.")
        .but("It stands as a sub-status of event 4625; the client is told 0xC000006D.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    LOGON.row(0xC000_006C, "STATUS_PASSWORD_RESTRICTION", "The new password does not meet the rules.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_006D, "STATUS_LOGON_FAILURE", "User name or password is wrong.")
        .but("Which of the two is not told; the sub-status of event 4625 on the host does. A password that a \
              vault or PAM system holds may be the wrong one.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials, Cause::DomainTrust]),
    LOGON.row(0xC000_006E, "STATUS_ACCOUNT_RESTRICTION",
        "A restriction of the account keeps it out: an empty password, hours, workstations, or a way of \
         signing in that is not allowed.")
        .but("RestrictedAdmin and Protected Users end here too.")
        .fits(&[Cause::CredentialsRejected, Cause::RestrictedAdmin]),
    LOGON.row(0xC000_006F, "STATUS_INVALID_LOGON_HOURS", "The account may not sign in at this hour.")
        .but("A wrong clock on the host moves the hours.")
        .fits(&[Cause::CredentialsRejected, Cause::TimeSkew]),
    LOGON.row(0xC000_0070, "STATUS_INVALID_WORKSTATION", "The account may not sign in from this workstation.")
        .but("With network level authentication the name of the client counts, not that of the host.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_0071, "STATUS_PASSWORD_EXPIRED", "The password has expired.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_0072, "STATUS_ACCOUNT_DISABLED", "The account is disabled.")
        .fits(&[Cause::CredentialsRejected]),
    SYSTEM.row(0xC000_00B5, "STATUS_IO_TIMEOUT", "The connection ran out of time.")
        .fits(&[Cause::PathQuality, Cause::PathMtu]),
    SYSTEM.row(0xC000_00DC, "STATUS_INVALID_SERVER_STATE",
        "The security service of the host is in the wrong state for this.")
        .fits(&[Cause::ServiceDown, Cause::DomainTrust]),
    SYSTEM.row(0xC000_0120, "STATUS_CANCELLED", "The operation was cancelled."),
    LOGON.row(0xC000_0133, "STATUS_TIME_DIFFERENCE_AT_DC",
        "The clocks of host and domain controller are too far apart.")
        .fits(&[Cause::TimeSkew, Cause::DomainTrust]),
    LOGON.row(0xC000_015B, "STATUS_LOGON_TYPE_NOT_GRANTED", "The account lacks the right to sign in this way.")
        .but("The password was right: look at Remote Desktop Users and at the rights to allow and to deny \
              Remote Desktop.")
        .fits(&[Cause::CredentialsRejected, Cause::PolicyOwned]),
    SYSTEM.row(0xC000_0184, "STATUS_INVALID_DEVICE_STATE",
        "The host wrote to a connection that was gone already.")
        .but("It does not tell why the connection ended.")
        .fits(&[Cause::PathQuality]),
    LOGON.row(0xC000_018A, "STATUS_NO_TRUST_LSA_SECRET", "The host has lost its own password for the domain.")
        .fits(&[Cause::DomainTrust]),
    LOGON.row(0xC000_018B, "STATUS_NO_TRUST_SAM_ACCOUNT", "The domain has no computer account for this host.")
        .fits(&[Cause::DomainTrust]),
    LOGON.row(0xC000_018C, "STATUS_TRUSTED_DOMAIN_FAILURE", "The trust between the two domains failed.")
        .fits(&[Cause::DomainTrust]),
    LOGON.row(0xC000_018D, "STATUS_TRUSTED_RELATIONSHIP_FAILURE",
        "The trust between the host and its domain failed.")
        .but("A local account still works; re-joining needs a person.")
        .fits(&[Cause::DomainTrust]),
    LOGON.row(0xC000_0192, "STATUS_NETLOGON_NOT_STARTED", "The Netlogon service does not run.")
        .fits(&[Cause::ServiceDown, Cause::DomainTrust]),
    LOGON.row(0xC000_0193, "STATUS_ACCOUNT_EXPIRED", "The account has expired.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_019B, "STATUS_DOMAIN_TRUST_INCONSISTENT",
        "The name and the identifier of the trusted domain do not agree.")
        .fits(&[Cause::DomainTrust]),
    SYSTEM.row(0xC000_020C, "STATUS_CONNECTION_DISCONNECTED", "The other end has closed the connection.")
        .fits(&[Cause::PathQuality]),
    SYSTEM.row(0xC000_020D, "STATUS_CONNECTION_RESET", "The connection was reset.")
        .fits(&[Cause::PathQuality, Cause::TcpBlocked]),
    LOGON.row(0xC000_0224, "STATUS_PASSWORD_MUST_CHANGE",
        "The password must be changed before the first sign-in.")
        .but("With network level authentication it cannot be changed on the way in.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_0234, "STATUS_ACCOUNT_LOCKED_OUT", "The account is locked out.")
        .but("More attempts keep it locked; event 4740 names the machine that tries.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    SYSTEM.row(0xC000_0236, "STATUS_CONNECTION_REFUSED", "The connection was refused.")
        .fits(&[Cause::TcpBlocked]),
    LOGON.row(0xC000_02EE, "STATUS_UNFINISHED_CONTEXT_DELETED", "The sign-in was given up half-way.")
        .fits(&[Cause::CredSspOracle, Cause::NlaMismatch, Cause::PathQuality]),
    LOGON.row(0xC000_0380, "STATUS_SMARTCARD_WRONG_PIN", "The PIN of the smart card is wrong.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_0381, "STATUS_SMARTCARD_CARD_BLOCKED", "The smart card is blocked.")
        .fits(&[Cause::CredentialsRejected]),
    LOGON.row(0xC000_0388, "STATUS_DOWNGRADE_DETECTED",
        "The host saw an attempt to weaken the sign-in, or cannot reach a domain controller for Kerberos.")
        .fits(&[Cause::DomainTrust, Cause::TimeSkew]),
    LOGON.row(0xC000_0413, "STATUS_AUTHENTICATION_FIREWALL_FAILED",
        "The account comes from a domain with selective authentication and is not allowed on this host.")
        .fits(&[Cause::CredentialsRejected, Cause::DomainTrust]),
    LOGON.row(0xC000_0418, "STATUS_NTLM_BLOCKED", "The policy forbids NTLM.")
        .but("Connect by name, so that Kerberos can be used.")
        .fits(&[Cause::PolicyOwned, Cause::ClientPolicy, Cause::DnsName]),
    SYSTEM.row(0xC00A_0006, "STATUS_CTX_CLOSE_PENDING", "The session's connection is being closed already.")
        .fits(&[Cause::PathQuality, Cause::SessionLimit]),
    SYSTEM.row(0xC00A_0032, "STATUS_RDP_PROTOCOL_ERROR", "The host saw a violation of the RDP protocol.")
        .but("Scanners and middleboxes cause it as well as broken clients.")
        .fits(&[Cause::PathQuality, Cause::ListenerBroken]),
];
