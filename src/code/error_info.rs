//! Error info that a host sends during a session ([MS-RDPBCGR] 2.2.5.1.1, windows-facts 1.3): sessions, licensing,
//! broker. Protocol faults are in `protocol_fault`.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const HOST: Entry = Entry::of(
    Table::ErrorInfo,
    "the host, in a Set Error Info PDU during the session",
);
const LICENSING: Entry = Entry::of(
    Table::ErrorInfo,
    "the host while it negotiates a licence, in a Set Error Info PDU",
);
const BROKER: Entry = Entry::of(
    Table::ErrorInfo,
    "the Connection Broker, by way of the host that took the connection",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    HOST.row(0x0, "ERRINFO_NONE", "No error has occurred."),
    HOST.row(0x1, "ERRINFO_RPC_INITIATED_DISCONNECT", "An administrative tool ended the connection."),
    HOST.row(0x2, "ERRINFO_RPC_INITIATED_LOGOFF", "An administrative tool signed the user off."),
    HOST.row(0x3, "ERRINFO_IDLE_TIMEOUT", "The session was idle for longer than the host allows.")
        .fits(&[Cause::PolicyOwned]),
    HOST.row(0x4, "ERRINFO_LOGON_TIMEOUT", "Signing in took longer than the host allows.")
        .fits(&[Cause::HostResources, Cause::DomainTrust]),
    HOST.row(0x5, "ERRINFO_DISCONNECTED_BY_OTHERCONNECTION", "Another connection took over the session.")
        .fits(&[Cause::SessionLimit]),
    HOST.row(0x6, "ERRINFO_OUT_OF_MEMORY", "The host has no memory left for the connection.")
        .fits(&[Cause::HostResources]),
    HOST.row(0x7, "ERRINFO_SERVER_DENIED_CONNECTION", "The host denied the connection.")
        .but("It does not say why.")
        .fits(&[Cause::SessionLimit, Cause::CredentialsRejected, Cause::Licensing, Cause::HostResources]),
    HOST.row(0x9, "ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES", "The account may not sign in by Remote Desktop.")
        .but("The password was right.")
        .fits(&[Cause::CredentialsRejected]),
    HOST.row(0xA, "ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED",
        "The host does not take saved credentials: they have to be typed.")
        .fits(&[Cause::ClientCredentials, Cause::ClientPolicy]),
    HOST.row(0xB, "ERRINFO_RPC_INITIATED_DISCONNECT_BYUSER",
        "A user ended the connection by an administrative tool."),
    HOST.row(0xC, "ERRINFO_LOGOFF_BY_USER", "The user signed off."),
    HOST.row(0xF, "ERRINFO_CLOSE_STACK_ON_DRIVER_NOT_READY",
        "The display driver of the session was not ready in time.")
        .fits(&[Cause::HostResources, Cause::PatchLevel]),
    HOST.row(0x10, "ERRINFO_SERVER_DWM_CRASH", "The window manager of the session (DWM) has crashed.")
        .fits(&[Cause::HostResources, Cause::PatchLevel]),
    HOST.row(0x11, "ERRINFO_CLOSE_STACK_ON_DRIVER_FAILURE",
        "The display driver of the session could not start.")
        .fits(&[Cause::PatchLevel, Cause::HostResources]),
    HOST.row(0x12, "ERRINFO_CLOSE_STACK_ON_DRIVER_IFACE_FAILURE",
        "The interface to the display driver of the session failed.")
        .fits(&[Cause::PatchLevel, Cause::HostResources]),
    HOST.row(0x17, "ERRINFO_SERVER_WINLOGON_CRASH", "Winlogon of the session has crashed.")
        .fits(&[Cause::PatchLevel, Cause::HostResources]),
    HOST.row(0x18, "ERRINFO_SERVER_CSRSS_CRASH", "The subsystem process of the session (CSRSS) has crashed.")
        .fits(&[Cause::PatchLevel, Cause::HostResources]),
    LICENSING.row(0x100, "ERRINFO_LICENSE_INTERNAL", "An internal error of licensing.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x101, "ERRINFO_LICENSE_NO_LICENSE_SERVER", "No licence server could be reached.")
        .fits(&[Cause::Licensing, Cause::RolesServices]),
    LICENSING.row(0x102, "ERRINFO_LICENSE_NO_LICENSE", "No licence was available.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x103, "ERRINFO_LICENSE_BAD_CLIENT_MSG",
        "The host got a licensing message that is not valid.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x104, "ERRINFO_LICENSE_HWID_DOESNT_MATCH_LICENSE",
        "The licence that the client holds was made for another machine.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x105, "ERRINFO_LICENSE_BAD_CLIENT_LICENSE",
        "The licence that the client holds is not valid.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x106, "ERRINFO_LICENSE_CANT_FINISH_PROTOCOL",
        "The network failed while a licence was negotiated.")
        .fits(&[Cause::Licensing, Cause::PathQuality]),
    LICENSING.row(0x107, "ERRINFO_LICENSE_CLIENT_ENDED_PROTOCOL",
        "The client ended the licence negotiation early.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x108, "ERRINFO_LICENSE_BAD_CLIENT_ENCRYPTION", "A licensing message was encrypted wrongly.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x109, "ERRINFO_LICENSE_CANT_UPGRADE_LICENSE",
        "The client's licence could not be renewed or upgraded.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(0x10A, "ERRINFO_LICENSE_NO_REMOTE_CONNECTIONS",
        "The host is not licensed to accept remote connections.")
        .fits(&[Cause::Licensing]),
    BROKER.row(0x400, "ERRINFO_CB_DESTINATION_NOT_FOUND", "The broker found no host for the connection.")
        .fits(&[Cause::RolesServices, Cause::SessionLimit, Cause::RdpFile]),
    BROKER.row(0x402, "ERRINFO_CB_LOADING_DESTINATION",
        "The broker could not load the host for the connection.")
        .fits(&[Cause::RolesServices]),
    BROKER.row(0x404, "ERRINFO_CB_REDIRECTING_TO_DESTINATION",
        "The broker could not redirect the client to its host.")
        .fits(&[Cause::RolesServices]),
    BROKER.row(0x405, "ERRINFO_CB_SESSION_ONLINE_VM_WAKE", "The virtual machine is being woken.")
        .but("Waiting helps.")
        .fits(&[Cause::RolesServices, Cause::HostResources]),
    BROKER.row(0x406, "ERRINFO_CB_SESSION_ONLINE_VM_BOOT", "The virtual machine is starting.")
        .but("Waiting helps.")
        .fits(&[Cause::RolesServices, Cause::HostResources]),
    BROKER.row(0x407, "ERRINFO_CB_SESSION_ONLINE_VM_NO_DNS", "The virtual machine has no address in DNS.")
        .fits(&[Cause::DnsName, Cause::RolesServices]),
    BROKER.row(0x408, "ERRINFO_CB_DESTINATION_POOL_NOT_FREE", "No host of the pool is free.")
        .fits(&[Cause::SessionLimit, Cause::RolesServices]),
    BROKER.row(0x409, "ERRINFO_CB_CONNECTION_CANCELLED", "The connection was cancelled."),
    BROKER.row(0x410, "ERRINFO_CB_CONNECTION_ERROR_INVALID_SETTINGS",
        "The settings of the connection are not valid.")
        .fits(&[Cause::RdpFile, Cause::RolesServices]),
    BROKER.row(0x411, "ERRINFO_CB_SESSION_ONLINE_VM_BOOT_TIMEOUT",
        "The virtual machine did not start in time.")
        .fits(&[Cause::HostResources, Cause::RolesServices]),
    BROKER.row(0x412, "ERRINFO_CB_SESSION_ONLINE_VM_SESSMON_FAILED",
        "The virtual machine's session monitor failed to start.")
        .fits(&[Cause::RolesServices, Cause::ServiceDown]),
];
