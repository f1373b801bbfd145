//! Win32 errors: exit codes of services, return values of StdRegProv, and whatever a message of Windows calls
//! "error N" (winerror.h, windows-facts 0.3 and 7.2).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const ANY: Entry = Entry::of(
    Table::Win32,
    "any part of Windows; the methods of StdRegProv return it too",
);
const SERVICE: Entry = Entry::of(
    Table::Win32,
    "the Service Control Manager: `sc`, event 7000 and the exit code of a service",
);
const ACCOUNT: Entry = Entry::of(
    Table::Win32,
    "the host or its domain controller, when somebody signs in",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    ANY.row(0, "ERROR_SUCCESS", "All is well."),
    ANY.row(1, "ERROR_INVALID_FUNCTION", "The function does not exist.")
        .but("From StdRegProv it means that the value is missing."),
    ANY.row(2, "ERROR_FILE_NOT_FOUND", "The file, the key or the value does not exist.")
        .fits(&[Cause::CertMissing, Cause::MachineKeys]),
    ANY.row(3, "ERROR_PATH_NOT_FOUND", "The path does not exist."),
    ANY.row(5, "ERROR_ACCESS_DENIED", "Access is denied.")
        .but("When a service fails to start with it, its account is wrong or lacks rights. Over WinRM the \
              password was right: the rights are not.")
        .fits(&[Cause::ServiceDown, Cause::MachineKeys]),
    ANY.row(7, "ERROR_ARENA_TRASHED", "Storage control blocks were destroyed.")
        .but("Pages read the extended code 7 as this one. It is a coincidence of numbers: in a message of \
              mstsc, 7 means that the host denied the connection."),
    ANY.row(8, "ERROR_NOT_ENOUGH_MEMORY", "There is not enough memory.")
        .fits(&[Cause::HostResources]),
    ANY.row(14, "ERROR_OUTOFMEMORY", "There is not enough memory.")
        .fits(&[Cause::HostResources]),
    ANY.row(50, "ERROR_NOT_SUPPORTED", "The request is not supported.")
        .but("WinRM's shells say it of a chunked request."),
    ANY.row(53, "ERROR_BAD_NETPATH", "The host was not found on the network.")
        .fits(&[Cause::DnsName, Cause::TcpBlocked]),
    ANY.row(64, "ERROR_NETNAME_DELETED", "The host has closed the connection.")
        .fits(&[Cause::PathQuality]),
    ANY.row(67, "ERROR_BAD_NET_NAME", "The name was not found on the network.")
        .fits(&[Cause::DnsName]),
    ANY.row(87, "ERROR_INVALID_PARAMETER", "A parameter is not valid."),
    ANY.row(112, "ERROR_DISK_FULL", "The disk is full.")
        .but("Key files and certificates cannot be written then.")
        .fits(&[Cause::HostResources, Cause::MachineKeys]),
    ANY.row(121, "ERROR_SEM_TIMEOUT", "The time for a step was over.")
        .fits(&[Cause::PathQuality, Cause::TcpBlocked]),
    ANY.row(183, "ERROR_ALREADY_EXISTS", "It exists already."),
    ANY.row(995, "ERROR_OPERATION_ABORTED", "The operation was aborted.")
        .fits(&[Cause::PathQuality]),
    SERVICE.row(1051, "ERROR_DEPENDENT_SERVICES_RUNNING", "Other services that depend on this one still run.")
        .but("For TermService it is usually UmRdpService."),
    SERVICE.row(1052, "ERROR_INVALID_SERVICE_CONTROL", "The service does not take this order."),
    SERVICE.row(1053, "ERROR_SERVICE_REQUEST_TIMEOUT", "The service did not answer in time.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICE.row(1055, "ERROR_SERVICE_DATABASE_LOCKED", "The list of services is locked.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1056, "ERROR_SERVICE_ALREADY_RUNNING", "The service runs already."),
    SERVICE.row(1057, "ERROR_INVALID_SERVICE_ACCOUNT", "The account of the service is not valid.")
        .but("An event 1057 is another thing: the listener's certificate could not be made.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1058, "ERROR_SERVICE_DISABLED", "The service is disabled.")
        .but("An event 1058 is another thing. Hardening baselines disable Remote Desktop services on purpose.")
        .fits(&[Cause::ServiceDown, Cause::PolicyOwned]),
    SERVICE.row(1059, "ERROR_CIRCULAR_DEPENDENCY", "Services depend on each other in a circle.")
        .but("An event 1059 is another thing.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1060, "ERROR_SERVICE_DOES_NOT_EXIST", "The service does not exist.")
        .but("An event 1060 is another thing.")
        .fits(&[Cause::ServiceDown, Cause::RolesServices]),
    SERVICE.row(1061, "ERROR_SERVICE_CANNOT_ACCEPT_CTRL", "The service cannot take orders now.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1062, "ERROR_SERVICE_NOT_ACTIVE", "The service does not run.")
        .but("An event 1062 is another thing.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1066, "ERROR_SERVICE_SPECIFIC_ERROR", "The service ended with an error of its own.")
        .but("Read `ServiceSpecificExitCode` of the service.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1067, "ERROR_PROCESS_ABORTED", "The process of the service ended unexpectedly.")
        .fits(&[Cause::ServiceDown, Cause::PatchLevel]),
    SERVICE.row(1068, "ERROR_SERVICE_DEPENDENCY_FAIL", "A service that it depends on did not start.")
        .but("An event 1068 is another thing: the licensing mode is not set.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1069, "ERROR_SERVICE_LOGON_FAILED", "The account of the service could not sign in.")
        .but("TermService belongs to NT AUTHORITY\\NetworkService, without a password. An event 1069 is \
              another thing.")
        .fits(&[Cause::ServiceDown, Cause::PolicyOwned]),
    SERVICE.row(1070, "ERROR_SERVICE_START_HANG", "The service hung while it started.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICE.row(1072, "ERROR_SERVICE_MARKED_FOR_DELETE", "The service is about to be removed.")
        .but("It goes when the last program that holds it open ends.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1075, "ERROR_SERVICE_DEPENDENCY_DELETED", "A service that it depends on does not exist.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1077, "ERROR_SERVICE_NEVER_STARTED",
        "Nobody has tried to start the service since the last boot.")
        .but("It is no failure.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(1079, "ERROR_DIFFERENT_SERVICE_ACCOUNT",
        "The account of the service differs from that of the others in its process.")
        .fits(&[Cause::ServiceDown]),
    ANY.row(1115, "ERROR_SHUTDOWN_IN_PROGRESS", "The host is shutting down.")
        .fits(&[Cause::ServiceDown]),
    ANY.row(1190, "ERROR_SHUTDOWN_IS_SCHEDULED",
        "Somebody has told the host already to shut down at a later time; `shutdown /a` there takes that back."),
    ANY.row(1191, "ERROR_SHUTDOWN_USERS_LOGGED_ON", "The host does not shut down while others are signed in."),
    ANY.row(1225, "ERROR_CONNECTION_REFUSED", "The connection was refused.")
        .fits(&[Cause::RdpDisabled, Cause::ServiceDown, Cause::TcpBlocked]),
    ANY.row(1231, "ERROR_NETWORK_UNREACHABLE", "There is no way to the network.")
        .fits(&[Cause::TcpBlocked]),
    ANY.row(1232, "ERROR_HOST_UNREACHABLE", "There is no way to the host.")
        .fits(&[Cause::TcpBlocked]),
    ANY.row(1236, "ERROR_CONNECTION_ABORTED", "The connection was aborted by this side.")
        .fits(&[Cause::PathQuality]),
    ACCOUNT.row(1311, "ERROR_NO_LOGON_SERVERS", "No domain controller answers.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    ANY.row(1314, "ERROR_PRIVILEGE_NOT_HELD", "The account lacks a privilege that this needs.")
        .but("To shut down or reboot over the network that is the user right \"Force shutdown from a remote system\"."),
    ACCOUNT.row(1326, "ERROR_LOGON_FAILURE", "User name or password is wrong.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1327, "ERROR_ACCOUNT_RESTRICTION", "A restriction of the account keeps it out.")
        .fits(&[Cause::CredentialsRejected, Cause::RestrictedAdmin]),
    ACCOUNT.row(1328, "ERROR_INVALID_LOGON_HOURS", "The account may not sign in at this hour.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1329, "ERROR_INVALID_WORKSTATION", "The account may not sign in from this workstation.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1330, "ERROR_PASSWORD_EXPIRED", "The password has expired.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1331, "ERROR_ACCOUNT_DISABLED", "The account is disabled.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1355, "ERROR_NO_SUCH_DOMAIN", "The domain does not exist or cannot be reached.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    ACCOUNT.row(1385, "ERROR_LOGON_TYPE_NOT_GRANTED", "The account lacks the right to sign in this way.")
        .fits(&[Cause::CredentialsRejected, Cause::PolicyOwned]),
    ACCOUNT.row(1396, "ERROR_WRONG_TARGET_NAME", "The host is not who the client asked for.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    ACCOUNT.row(1398, "ERROR_TIME_SKEW", "The clocks of client and host are too far apart.")
        .fits(&[Cause::TimeSkew]),
    ANY.row(1450, "ERROR_NO_SYSTEM_RESOURCES", "The host has not enough resources.")
        .fits(&[Cause::HostResources]),
    ANY.row(1455, "ERROR_COMMITMENT_LIMIT", "The paging file is too small for what is asked.")
        .fits(&[Cause::HostResources]),
    ANY.row(1460, "ERROR_TIMEOUT", "The time was over.")
        .fits(&[Cause::PathQuality]),
    ANY.row(1722, "RPC_S_SERVER_UNAVAILABLE", "The RPC server cannot be reached.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed, Cause::ServiceDown]),
    ACCOUNT.row(1786, "ERROR_NO_TRUST_LSA_SECRET", "The host has lost its own password for the domain.")
        .fits(&[Cause::DomainTrust]),
    ACCOUNT.row(1787, "ERROR_NO_TRUST_SAM_ACCOUNT", "The domain has no computer account for this host.")
        .fits(&[Cause::DomainTrust]),
    ACCOUNT.row(1788, "ERROR_TRUSTED_DOMAIN_FAILURE", "The trust between the two domains failed.")
        .fits(&[Cause::DomainTrust]),
    ACCOUNT.row(1789, "ERROR_TRUSTED_RELATIONSHIP_FAILURE",
        "The trust between the host and its domain failed.")
        .fits(&[Cause::DomainTrust]),
    ACCOUNT.row(1793, "ERROR_ACCOUNT_EXPIRED", "The account has expired.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1907, "ERROR_PASSWORD_MUST_CHANGE", "The password must be changed before the first sign-in.")
        .fits(&[Cause::CredentialsRejected]),
    ACCOUNT.row(1909, "ERROR_ACCOUNT_LOCKED_OUT", "The account is locked out.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    ANY.row(10_013, "WSAEACCES", "The socket is forbidden.")
        .but("As an internal state of Schannel 36871, 10013 speaks of protocols, ciphers or policy.")
        .fits(&[Cause::FirewallClosed, Cause::TcpBlocked]),
    ANY.row(10_048, "WSAEADDRINUSE", "The port is taken by another process.")
        .fits(&[Cause::ListenerBroken, Cause::PortMismatch]),
    ANY.row(10_049, "WSAEADDRNOTAVAIL", "The address is not one of this machine.")
        .but("A listener that is bound to a removed network adapter fails like this.")
        .fits(&[Cause::ListenerBroken]),
    ANY.row(10_050, "WSAENETDOWN", "The network is down.")
        .fits(&[Cause::TcpBlocked]),
    ANY.row(10_051, "WSAENETUNREACH", "There is no way to the network.")
        .fits(&[Cause::TcpBlocked]),
    ANY.row(10_053, "WSAECONNABORTED", "The connection was aborted by this side.")
        .fits(&[Cause::PathQuality, Cause::PathMtu]),
    ANY.row(10_054, "WSAECONNRESET", "The connection was reset by the other side.")
        .fits(&[Cause::PathQuality, Cause::TlsMismatch, Cause::MachineKeys, Cause::ListenerBroken]),
    ANY.row(10_055, "WSAENOBUFS", "There is no room left for sockets.")
        .fits(&[Cause::HostResources]),
    ANY.row(10_060, "WSAETIMEDOUT", "Nobody answered the connection within the time.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed]),
    ANY.row(10_061, "WSAECONNREFUSED", "Nothing listens on the port, or a firewall rejects it.")
        .fits(&[Cause::RdpDisabled, Cause::ServiceDown, Cause::PortMismatch, Cause::ListenerBroken]),
    ANY.row(10_065, "WSAEHOSTUNREACH", "There is no way to the host.")
        .fits(&[Cause::TcpBlocked]),
    ANY.row(11_001, "WSAHOST_NOT_FOUND", "The name of the host does not exist.")
        .fits(&[Cause::DnsName]),
    ANY.row(11_002, "WSATRY_AGAIN", "The name server did not answer.")
        .fits(&[Cause::DnsName]),
    ANY.row(11_004, "WSANO_DATA", "The name exists and has no address.")
        .fits(&[Cause::DnsName]),
];
