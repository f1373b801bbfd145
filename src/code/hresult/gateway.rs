//! Codes of the Remote Desktop Gateway ([MS-TSGU] 2.2.6, windows-facts 9.4).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const GATEWAY: Entry = Entry::of(
    Table::HResult,
    "the Remote Desktop Gateway, to the client or to the host behind it",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    GATEWAY.row(0x0000_04D4, "E_PROXY_CONNECTIONABORTED", "The gateway's connection was aborted.")
        .but("As a Win32 error 1236 means the same.")
        .fits(&[Cause::PathQuality, Cause::GatewayHttp]),
    GATEWAY.row(0x0000_59D8, "HRESULT_CODE(E_PROXY_INTERNALERROR)",
        "An internal error of the gateway, on the data channel.")
        .fits(&[Cause::GatewayHttp, Cause::RolesServices]),
    GATEWAY.row(0x0000_59DD, "HRESULT_CODE(E_PROXY_TS_CONNECTFAILED)",
        "The gateway cannot reach the host behind it, on the data channel.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::RdpDisabled]),
    GATEWAY.row(0x0000_59E6, "E_PROXY_MAXCONNECTIONSREACHED",
        "The gateway has as many connections as it may have.")
        .but("FreeRDP's header gives this form; with the HRESULT's front it would be 0x800759E6.")
        .fits(&[Cause::SessionLimit]),
    GATEWAY.row(0x0000_59E8, "E_PROXY_NOTSUPPORTED", "The gateway does not support what was asked for.")
        .fits(&[Cause::GatewayHttp]),
    GATEWAY.row(0x0000_59F6, "E_PROXY_SESSIONTIMEOUT", "The session on the gateway has run out of time.")
        .but("FreeRDP's header gives this form; with the HRESULT's front it would be 0x800759F6.")
        .fits(&[Cause::PolicyOwned]),
    GATEWAY.row(0x0000_59FA, "E_PROXY_REAUTH_AUTHN_FAILED", "The renewed sign-in on the gateway failed.")
        .fits(&[Cause::CredentialsRejected]),
    GATEWAY.row(0x0000_59FB, "E_PROXY_REAUTH_CAP_FAILED",
        "The connection policy refused when it was asked again.")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected]),
    GATEWAY.row(0x0000_59FC, "E_PROXY_REAUTH_RAP_FAILED",
        "The resource policy refused when it was asked again.")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected]),
    GATEWAY.row(0x0000_59FD, "E_PROXY_SDR_NOT_SUPPORTED_BY_TS",
        "The host does not support the device redirection that the gateway demands.")
        .fits(&[Cause::PolicyOwned, Cause::PatchLevel]),
    GATEWAY.row(0x0000_5A00, "E_PROXY_REAUTH_NAP_FAILED", "The health policy refused when it was asked again.")
        .fits(&[Cause::PolicyOwned]),
    GATEWAY.row(0x8007_59D8, "E_PROXY_INTERNALERROR", "An internal error of the gateway.")
        .fits(&[Cause::GatewayHttp, Cause::RolesServices]),
    GATEWAY.row(0x8007_59DA, "E_PROXY_RAP_ACCESSDENIED",
        "The gateway's resource policy (RAP) does not allow this user to reach this host.")
        .but("Policies list names: a host that is called by address or by its short name may be missing.")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected, Cause::DnsName]),
    GATEWAY.row(0x8007_59DB, "E_PROXY_NAP_ACCESSDENIED",
        "The gateway's connection policy (CAP) does not let this user in.")
        .fits(&[Cause::PolicyOwned, Cause::CredentialsRejected]),
    GATEWAY.row(0x8007_59DD, "E_PROXY_TS_CONNECTFAILED", "The gateway cannot reach the host behind it.")
        .but("The gateway itself works: look at the host, from the gateway's network.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::RdpDisabled, Cause::DnsName, Cause::ServiceDown]),
    GATEWAY.row(0x8007_59DF, "E_PROXY_ALREADYDISCONNECTED", "The tunnel or channel is closed already.")
        .fits(&[Cause::PathQuality]),
    GATEWAY.row(0x8007_59E9, "E_PROXY_CAPABILITYMISMATCH", "Client and gateway have no capability in common.")
        .fits(&[Cause::GatewayHttp, Cause::PatchLevel]),
    GATEWAY.row(0x8007_59ED, "E_PROXY_QUARANTINE_ACCESSDENIED",
        "The gateway's health policy keeps the client out.")
        .fits(&[Cause::PolicyOwned]),
    GATEWAY.row(0x8007_59EE, "E_PROXY_NOCERTAVAILABLE", "The gateway has no certificate that it can use.")
        .fits(&[Cause::GatewayCertificate, Cause::MachineKeys]),
    GATEWAY.row(0x8007_59F7, "E_PROXY_COOKIE_BADPACKET", "The cookie for pluggable sign-in is damaged.")
        .fits(&[Cause::GatewayHttp, Cause::RdpFile]),
    GATEWAY.row(0x8007_59F8, "E_PROXY_COOKIE_AUTHENTICATION_ACCESS_DENIED",
        "The cookie for pluggable sign-in was rejected.")
        .fits(&[Cause::CredentialsRejected, Cause::GatewayHttp]),
    GATEWAY.row(0x8007_59F9, "E_PROXY_UNSUPPORTED_AUTHENTICATION_METHOD",
        "The gateway does not support the way of signing in that the client chose.")
        .fits(&[Cause::ClientPolicy, Cause::RdpFile, Cause::GatewayHttp]),
];
