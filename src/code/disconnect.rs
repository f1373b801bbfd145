//! The client's "error code", which is its reason for a disconnect (windows-facts 1.1; the vendor's page on
//! `IMsTscAxEvents::OnDisconnected`).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const CLIENT: Entry = Entry::of(
    Table::Disconnect,
    "the Remote Desktop client (mstsc): the error code of its message, and event 1026 of its log",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    CLIENT.row(0x0, "disconnectReasonNoInfo", "The client has no information about the end of the connection.")
        .but("The number says nothing by itself: read the extended code and the event logs of the host."),
    CLIENT.row(0x1, "disconnectReasonLocalNotError", "The connection was ended on the client's side.")
        .but("The vendor says that it is no error."),
    CLIENT.row(0x2, "disconnectReasonRemoteByUser", "The connection was ended by a user at the far end.")
        .but("The vendor says that it is no error."),
    CLIENT.row(0x3, "disconnectReasonByServer", "The host ended the connection.")
        .but("The vendor says explicitly that it is no error. The reason, when there is one, is the extended \
              code.")
        .fits(&[Cause::SessionLimit, Cause::Licensing, Cause::HostResources, Cause::CredentialsRejected]),
    CLIENT.row(0x4, "", "The host could not be reached, as clients from the Store and for macOS report it.")
        .but("Contested: the number is not in the vendor's list of disconnect reasons, and as an extended code \
              4 means that signing in took too long.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::RdpDisabled, Cause::DnsName]),
    CLIENT.row(0x104, "disconnectReasonDNSLookupFailed", "The name of the host could not be looked up.")
        .but("Connecting by address is a test and no cure: Kerberos is out then and the certificate does not \
              bear the name.")
        .fits(&[Cause::DnsName, Cause::RdpFile]),
    CLIENT.row(0x106, "disconnectReasonOutOfMemory", "The client ran out of memory.")
        .fits(&[Cause::HostResources]),
    CLIENT.row(0x108, "disconnectReasonConnectionTimedOut", "Nobody answered the connection within the time.")
        .but("A closed port would have been refused at once: here packets are dropped on the way, or the host \
              is off.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::PathQuality, Cause::PortMismatch]),
    CLIENT.row(0x204, "disconnectReasonSocketConnectFailed", "The TCP connection could not be opened.")
        .but("Pages that call it a credential error are wrong: nobody was asked for a password yet.")
        .fits(&[Cause::RdpDisabled, Cause::ServiceDown, Cause::TcpBlocked, Cause::FirewallClosed,
                Cause::PortMismatch, Cause::ListenerBroken]),
    CLIENT.row(0x206, "disconnectReasonOutOfMemory2", "The client ran out of memory.")
        .fits(&[Cause::HostResources]),
    CLIENT.row(0x208, "disconnectReasonHostNotFound", "The host was not found by its name.")
        .fits(&[Cause::DnsName, Cause::RdpFile]),
    CLIENT.row(0x304, "disconnectReasonWinsockSendFailed", "The connection was lost while the client sent.")
        .fits(&[Cause::PathQuality, Cause::PathMtu, Cause::TcpBlocked]),
    CLIENT.row(0x306, "disconnectReasonOutOfMemory3", "The client ran out of memory.")
        .fits(&[Cause::HostResources]),
    CLIENT.row(0x308, "disconnectReasonInvalidIPAddr", "The address of the host is not valid.")
        .fits(&[Cause::RdpFile, Cause::DnsName]),
    CLIENT.row(0x404, "disconnectReasonSocketRecvFailed", "The connection was lost while the client received.")
        .fits(&[Cause::PathQuality, Cause::PathMtu, Cause::ServiceDown]),
    CLIENT.row(0x406, "disconnectReasonInvalidSecurityData", "The security data of the host is not valid.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::CertMissing, Cause::CertWeak]),
    CLIENT.row(0x408, "disconnectReasonInternalError", "An internal error of the client.")
        .but("It names no cause; the extended code and the logs of the host may."),
    CLIENT.row(0x506, "disconnectReasonInvalidEncryption", "The encryption method is not valid.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::TlsMismatch]),
    CLIENT.row(0x508, "disconnectReasonDNSLookupFailed2",
        "The name of the host could not be looked up, at the second attempt.")
        .fits(&[Cause::DnsName]),
    CLIENT.row(0x604, "disconnectReasonGetHostByNameFailed",
        "The name of the host has no address (`gethostbyname` failed).")
        .fits(&[Cause::DnsName, Cause::RdpFile]),
    CLIENT.row(0x606, "disconnectReasonInvalidServerSecurityInfo",
        "The security information of the host is not valid.")
        .fits(&[Cause::CertMissing, Cause::CertWeak, Cause::SecurityLayerMismatch]),
    CLIENT.row(0x608, "disconnectReasonTimerError", "An internal timer of the client failed."),
    CLIENT.row(0x704, "disconnectReasonTimeoutOccurred", "The time for a step of the connection was over.")
        .fits(&[Cause::PathQuality, Cause::TcpBlocked, Cause::PathMtu, Cause::HostResources]),
    CLIENT.row(0x706, "disconnectReasonServerCertificateUnpackErr",
        "The certificate of the host could not be unpacked.")
        .fits(&[Cause::CertWeak, Cause::CertMissing, Cause::MachineKeys]),
    CLIENT.row(0x804, "disconnectReasonInvalidIP", "The address of the host is not valid.")
        .fits(&[Cause::RdpFile, Cause::DnsName]),
    CLIENT.row(0x807, "SSL_ERR_LOGON_FAILURE", "The host refused user name or password.")
        .but("TCP, negotiation and TLS have worked: it is the account, not the way.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials, Cause::DomainTrust]),
    CLIENT.row(0x808, "disconnectReasonLicensingFailed", "The negotiation of a licence failed.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(0x904, "disconnectReasonAtClientWinsockFDCLOSE",
        "The TCP connection was closed by the other side, during the handshake or after it.")
        .but("It names no cause: certificate, key, TLS, sign-in, a middlebox, a gateway or plain packet loss \
              end a connection the same way.")
        .fits(&[Cause::CertExpired, Cause::MachineKeys, Cause::CertMissing, Cause::ListenerBroken,
                Cause::TlsMismatch, Cause::SecurityLayerMismatch, Cause::ServiceDown, Cause::CredSspOracle,
                Cause::PathMtu, Cause::PathQuality, Cause::HostResources, Cause::SessionLimit,
                Cause::GatewayCertificate, Cause::GatewayHttp]),
    CLIENT.row(0x906, "disconnectReasonInternalSecurityError", "An internal error of the security layer.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::TlsMismatch, Cause::CertWeak]),
    CLIENT.row(0x908, "disconnectReasonLicensingTimeout", "The negotiation of a licence took too long.")
        .fits(&[Cause::Licensing, Cause::PathQuality]),
    CLIENT.row(0xA06, "disconnectReasonInternalSecurityError2", "An internal error of the security layer.")
        .fits(&[Cause::SecurityLayerMismatch, Cause::TlsMismatch, Cause::CertWeak]),
    CLIENT.row(0xA07, "SSL_ERR_NO_SUCH_USER", "The account does not exist.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials, Cause::RdpFile]),
    CLIENT.row(0xB06, "disconnectReasonEncryptionError", "What was to be sent could not be encrypted.")
        .fits(&[Cause::PathQuality, Cause::PathMtu]),
    CLIENT.row(0xB07, "SSL_ERR_ACCOUNT_DISABLED", "The account is disabled.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(0xC06, "disconnectReasonDecryptionError", "What was received could not be decrypted.")
        .but("A middlebox that changes packets looks the same as a fault of the host.")
        .fits(&[Cause::PathQuality, Cause::PathMtu]),
    CLIENT.row(0xC07, "SSL_ERR_ACCOUNT_RESTRICTION",
        "A restriction of the account keeps it from signing in: hours, workstations, an empty password, or \
         RestrictedAdmin that the host refuses.")
        .fits(&[Cause::CredentialsRejected, Cause::RestrictedAdmin]),
    CLIENT.row(0xC08, "disconnectReasonClientDecompressionError",
        "What was received could not be decompressed.")
        .fits(&[Cause::PathQuality, Cause::PathMtu]),
    CLIENT.row(0xD06, "", "A protocol error, as people report it.")
        .but("Contested: the vendor does not list it; one project's report calls it a protocol error and \
              nothing confirms that.")
        .fits(&[Cause::PathQuality, Cause::TlsMismatch, Cause::ListenerBroken]),
    CLIENT.row(0xD07, "SSL_ERR_ACCOUNT_LOCKED_OUT", "The account is locked out.")
        .but("More attempts keep it locked; look for the machine that holds an old password.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    CLIENT.row(0xE07, "SSL_ERR_ACCOUNT_EXPIRED", "The account has expired.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(0xF07, "SSL_ERR_PASSWORD_EXPIRED", "The password has expired.")
        .but("With network level authentication it cannot be changed on the way in.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(0x1104, "", "A protocol error, as people report it.")
        .but("Contested: the number is not in the vendor's list and nobody has confirmed that reading.")
        .fits(&[Cause::PathQuality, Cause::ListenerBroken]),
    CLIENT.row(0x112F, "",
        "The graphics subsystem of the host failed: the number equals the error info \
         `ERRINFO_GRAPHICSSUBSYSTEMFAILED`.")
        .but("It is not in the list of disconnect reasons, and comes after signing in has worked.")
        .fits(&[Cause::HostResources, Cause::PatchLevel]),
    CLIENT.row(0x1207, "SSL_ERR_PASSWORD_MUST_CHANGE",
        "The password must be changed before the first sign-in.")
        .but("With network level authentication it cannot be changed on the way in.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(0x1607, "SSL_ERR_DELEGATION_POLICY",
        "The policy of the client does not let it hand credentials to this host.")
        .fits(&[Cause::ClientPolicy, Cause::PolicyOwned]),
    CLIENT.row(0x1707, "SSL_ERR_POLICY_NTLM_ONLY",
        "The policy of the client lets it hand credentials over only when the host has proved who it is, and \
         NTLM cannot prove that.")
        .but("It happens whenever the host is called by its address, since Kerberos needs a name.")
        .fits(&[Cause::ClientPolicy, Cause::DomainTrust, Cause::DnsName]),
    CLIENT.row(0x1807, "SSL_ERR_NO_AUTHENTICATING_AUTHORITY",
        "No domain controller could be reached to check the account.")
        .but("A wrong password is told by 0x807. A wrong clock and a wrong DNS server look like this too.")
        .fits(&[Cause::DomainTrust, Cause::TimeSkew, Cause::DnsName, Cause::CredentialsRejected]),
    CLIENT.row(0x1B07, "SSL_ERR_CERT_EXPIRED", "A certificate has expired, as the client sees it.")
        .but("A client whose own clock is wrong says the same.")
        .fits(&[Cause::CertExpired, Cause::TimeSkew]),
    CLIENT.row(0x1C07, "SSL_ERR_SMARTCARD_WRONG_PIN", "The PIN of the smart card is wrong.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(0x2107, "SSL_ERR_FRESH_CRED_REQUIRED_BY_SERVER",
        "The host does not take saved credentials: they have to be typed.")
        .fits(&[Cause::ClientCredentials, Cause::ClientPolicy, Cause::PolicyOwned]),
    CLIENT.row(0x2207, "SSL_ERR_SMARTCARD_CARD_BLOCKED", "The smart card is blocked.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(50_331_673, "",
        "The gateway connection ended, as a field report has it: the host behind it showed an expired \
         self-signed certificate and logged Schannel 36870.")
        .but("Contested: one article describes it, and no page of the vendor lists it.")
        .fits(&[Cause::CertExpired, Cause::MachineKeys, Cause::GatewayHttp]),
];
