//! The client's "extended error code" (windows-facts 1.2; the vendor's page on `ExtendedDisconnectReasonCode`).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const CLIENT: Entry = Entry::of(
    Table::Extended,
    "the Remote Desktop client (mstsc): the second number of its message, mostly as the host told it",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    CLIENT.row(0, "exDiscReasonNoInfo", "There is no further information.")
        .but("The first code stands alone."),
    CLIENT.row(1, "exDiscReasonAPIInitiatedDisconnect", "A program ended the connection."),
    CLIENT.row(2, "exDiscReasonAPIInitiatedLogoff", "A program signed the user off."),
    CLIENT.row(3, "exDiscReasonServerIdleTimeout", "The session was idle for longer than the host allows.")
        .fits(&[Cause::PolicyOwned]),
    CLIENT.row(4, "exDiscReasonServerLogonTimeout", "Signing in took longer than the host allows.")
        .fits(&[Cause::HostResources, Cause::DomainTrust]),
    CLIENT.row(5, "exDiscReasonReplacedByOtherConnection", "Another connection took over the session.")
        .fits(&[Cause::SessionLimit]),
    CLIENT.row(6, "exDiscReasonOutOfMemory", "The host has no memory left for the connection.")
        .fits(&[Cause::HostResources]),
    CLIENT.row(7, "exDiscReasonServerDeniedConnection", "The host denied the connection.")
        .but("It does not say why. It has nothing to do with the Win32 error of the same number, \
              `ERROR_ARENA_TRASHED`, which is a coincidence.")
        .fits(&[Cause::CertExpired, Cause::MachineKeys, Cause::SessionLimit, Cause::ListenerBroken,
                Cause::CredentialsRejected, Cause::GatewayHttp, Cause::HostResources]),
    CLIENT.row(8, "exDiscReasonServerDeniedConnectionFips",
        "The host denied the connection because the client does not meet its FIPS policy.")
        .fits(&[Cause::TlsMismatch, Cause::SecurityLayerMismatch, Cause::PolicyOwned]),
    CLIENT.row(9, "exDiscReasonServerInsufficientPrivileges", "The account may not sign in by Remote Desktop.")
        .but("The password was right.")
        .fits(&[Cause::CredentialsRejected]),
    CLIENT.row(10, "exDiscReasonServerFreshCredsRequired",
        "The host does not take saved credentials: they have to be typed.")
        .fits(&[Cause::ClientCredentials, Cause::ClientPolicy]),
    CLIENT.row(11, "exDiscReasonRpcInitiatedDisconnectByUser",
        "A user or an administrator ended the connection."),
    CLIENT.row(12, "exDiscReasonLogoffByUser", "The user signed off.")
        .but("One edition of the vendor's page gives 2 for it."),
    CLIENT.row(256, "exDiscReasonLicenseInternal", "An internal error of licensing.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(257, "exDiscReasonLicenseNoLicenseServer", "No licence server could be reached.")
        .fits(&[Cause::Licensing, Cause::RolesServices]),
    CLIENT.row(258, "exDiscReasonLicenseNoLicense", "No licence was available.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(259, "exDiscReasonLicenseErrClientMsg", "The host got a licensing message that is not valid.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(260, "exDiscReasonLicenseHwidDoesntMatchLicense",
        "The licence that the client holds was made for another machine.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(261, "exDiscReasonLicenseErrClientLicense", "The licence that the client holds is not valid.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(262, "exDiscReasonLicenseCantFinishProtocol",
        "The network failed while a licence was negotiated.")
        .fits(&[Cause::Licensing, Cause::PathQuality]),
    CLIENT.row(263, "exDiscReasonLicenseClientEndedProtocol",
        "The client ended the licence negotiation early.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(264, "exDiscReasonLicenseErrClientEncryption", "A licensing message was encrypted wrongly.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(265, "exDiscReasonLicenseCantUpgradeLicense",
        "The client's licence could not be renewed or upgraded.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(266, "exDiscReasonLicenseNoRemoteConnections",
        "The host is not licensed to accept remote connections.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(267, "exDiscReasonLicenseCreatingLicStoreAccDenied",
        "The client may not create its licence store in the registry.")
        .but("It is a matter of the client machine: one start of the client as an administrator makes the \
              store.")
        .fits(&[Cause::Licensing]),
    CLIENT.row(768, "exDiscReasonRdpEncInvalidCredentials",
        "The credentials were not valid at the stage of classic RDP encryption.")
        .fits(&[Cause::CredentialsRejected, Cause::SecurityLayerMismatch]),
    CLIENT.row(4096, "exDiscReasonProtocolRangeStart",
        "The first number of the range for protocol errors, 4096 to 32767.")
        .but("A number of this range is read as an error info code, see `error-info`."),
    CLIENT.row(32_767, "exDiscReasonProtocolRangeEnd",
        "The last number of the range for protocol errors, 4096 to 32767."),
];
