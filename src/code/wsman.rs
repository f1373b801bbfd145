//! Faults of WS-Management and WinRM (wsmerror.h, wsman-wire 8), and CIM status codes, which some faults carry
//! instead.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const WINRM: Entry = Entry::of(
    Table::WsMan,
    "WinRM on the host, as a fault instead of an answer",
);
const QUOTA: Entry = Entry::of(
    Table::WsMan,
    "WinRM on the host, when a limit for users, shells or operations is reached",
);
const RIGHTS: Entry = Entry::of(
    Table::WsMan,
    "WinRM on the host, when WMI does not let the account in",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    WINRM.row(0x8033_8000, "ERROR_WSMAN_RESOURCE_NOT_FOUND", "The object, class or namespace does not exist."),
    WINRM.row(0x8033_8001, "ERROR_WSMAN_INVALID_ACTIONURI", "The resource does not have this action."),
    WINRM.row(0x8033_8002, "ERROR_WSMAN_INVALID_URI", "The resource URI is not valid."),
    WINRM.row(0x8033_800F, "ERROR_WSMAN_INVALID_MESSAGE_INFORMATION_HEADER",
        "A header holds what it must not."),
    WINRM.row(0x8033_8010, "ERROR_WSMAN_SOAP_FAULT_MUST_UNDERSTAND",
        "A header that must be understood is not known."),
    WINRM.row(0x8033_8011, "ERROR_WSMAN_MESSAGE_INFORMATION_HEADER_REQUIRED",
        "A header that must be there is not."),
    WINRM.row(0x8033_8012, "ERROR_WSMAN_DESTINATION_UNREACHABLE",
        "The destination cannot be reached by the service."),
    WINRM.row(0x8033_8013, "ERROR_WSMAN_ACTION_NOT_SUPPORTED", "The action is not supported by the resource."),
    WINRM.row(0x8033_8014, "ERROR_WSMAN_ENDPOINT_UNAVAILABLE", "The endpoint is not available."),
    WINRM.row(0x8033_8015, "ERROR_WSMAN_INVALID_REPRESENTATION", "The body does not fit the resource."),
    WINRM.row(0x8033_801A, "ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER",
        "The filter cannot be processed: the WQL is wrong, or the class does not exist.")
        .but("Windows 7 and Server 2008 R2 lack the firewall's classes."),
    WINRM.row(0x8033_801B, "ERROR_WSMAN_ENUMERATE_INVALID_ENUMERATION_CONTEXT",
        "The enumeration is not known or has expired.")
        .but("Starting it again helps."),
    WINRM.row(0x8033_8026, "ERROR_WSMAN_ENVELOPE_TOO_LARGE",
        "One object does not fit the largest envelope that was allowed."),
    WINRM.row(0x8033_8027, "ERROR_WSMAN_INVALID_SOAP_BODY", "The body is not valid."),
    WINRM.row(0x8033_8029, "ERROR_WSMAN_OPERATION_TIMEDOUT", "The operation took longer than it may.")
        .but("It may still be going on: read the state again, never repeat blindly.")
        .fits(&[Cause::HostResources]),
    WINRM.row(0x8033_8033, "ERROR_WSMAN_ALREADY_EXISTS", "The object exists already."),
    WINRM.row(0x8033_8035, "ERROR_WSMAN_ENCODING_LIMIT",
        "A limit of the message is too low, or an identifier too long."),
    WINRM.row(0x8033_8036, "ERROR_WSMAN_FAILED_AUTHENTICATION", "The sign-in to the service failed."),
    WINRM.row(0x8033_803A, "ERROR_WSMAN_INVALID_PARAMETER", "A parameter of the request is not valid."),
    WINRM.row(0x8033_803B, "ERROR_WSMAN_INVALID_RESOURCE_URI", "The resource URI is not valid."),
    WINRM.row(0x8033_803D, "ERROR_WSMAN_INVALID_SELECTORS", "The selectors are not valid."),
    QUOTA.row(0x8033_803F, "ERROR_WSMAN_QUOTA_LIMIT", "A quota of the service is exhausted.")
        .but("Trying later helps."),
    WINRM.row(0x8033_8041, "ERROR_WSMAN_SCHEMA_VALIDATION_ERROR", "The body is not what the action asks for."),
    WINRM.row(0x8033_8042, "ERROR_WSMAN_UNSUPPORTED_FEATURE", "A feature is asked for that is not there."),
    WINRM.row(0x8033_8048, "ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED",
        "The answer does not fit the largest envelope."),
    WINRM.row(0x8033_805A, "ERROR_WSMAN_INSUFFCIENT_SELECTORS", "Too few selectors were given.")
        .but("The header spells the name this way."),
    WINRM.row(0x8033_805B, "ERROR_WSMAN_UNEXPECTED_SELECTORS",
        "A selector was given that the class does not have.")
        .but("For a shell it means that the shell or its command is gone."),
    WINRM.row(0x8033_805D, "ERROR_WSMAN_INVALID_SELECTOR_VALUE", "The value of a selector is not valid."),
    WINRM.row(0x8033_8063, "ERROR_WSMAN_TARGET_ALREADY_EXISTS", "The object exists already."),
    WINRM.row(0x8033_80E4, "ERROR_WSMAN_SERVER_NOT_TRUSTED", "The client does not trust the host.")
        .but("It comes from Windows' own client: the host is not in its TrustedHosts."),
    WINRM.row(0x8033_80ED, "ERROR_WSMAN_CANNOT_CHANGE_KEYS", "A key of an object cannot be changed."),
    WINRM.row(0x8033_80F9, "ERROR_WSMAN_CANNOT_DECRYPT", "The service could not decrypt the message."),
    WINRM.row(0x8033_80FA, "ERROR_WSMAN_INVALID_URI_WMI_SINGLETON",
        "The class has more than one object, so that keys are needed."),
    WINRM.row(0x8033_80FB, "ERROR_WSMAN_INVALID_URI_WMI_ENUM_WQL",
        "A query needs the resource that ends with `*`."),
    WINRM.row(0x8033_8102, "ERROR_WSMAN_WMI_PROVIDER_NOT_CAPABLE", "The provider cannot do this."),
    WINRM.row(0x8033_8103, "ERROR_WSMAN_WMI_INVALID_VALUE", "A value is not valid."),
    RIGHTS.row(0x8033_8104, "ERROR_WSMAN_WMI_SVC_ACCESS_DENIED", "WMI denied access.")
        .but("The password was right, the rights are not."),
    RIGHTS.row(0x8033_8105, "ERROR_WSMAN_WMI_PROVIDER_ACCESS_DENIED", "The provider denied access.")
        .but("The password was right, the rights are not."),
    RIGHTS.row(0x8033_8106, "ERROR_WSMAN_WMI_CANNOT_CONNECT_ACCESS_DENIED",
        "Access to the namespace was denied.")
        .but("The terminal services namespace also demands an encrypted connection."),
    WINRM.row(0x8033_8111, "ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE_STATUS",
        "The request is too large for the service."),
    WINRM.row(0x8033_8112, "ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE_STATUS",
        "The service answered that it is not available (HTTP 503).")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    WINRM.row(0x8033_8113, "ERROR_WSMAN_HTTP_NOT_FOUND_STATUS",
        "The address does not exist on the web server that answered (HTTP 404).")
        .but("It may be another web server on the port."),
    WINRM.row(0x8033_811E, "ERROR_WSMAN_WMI_PROVIDER_INVALID_PARAMETER",
        "The provider found a parameter not valid."),
    WINRM.row(0x8033_8126, "ERROR_WSMAN_NETWORK_TIMEDOUT", "The host could not be reached in time.")
        .but("It comes from Windows' own client.")
        .fits(&[Cause::TcpBlocked, Cause::FirewallClosed]),
    WINRM.row(0x8033_813B, "", "The selector `__cimnamespace` says another namespace than the resource URI."),
    QUOTA.row(0x8033_81A5, "ERROR_WSMAN_QUOTA_MAX_SHELLS", "The user has too many shells open.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81A6, "ERROR_WSMAN_QUOTA_MAX_OPERATIONS", "The user has too many operations under way.")
        .but("Other tools may hold them; trying later helps."),
    QUOTA.row(0x8033_81A7, "ERROR_WSMAN_QUOTA_USER", "The quota of the user is exhausted.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81A8, "ERROR_WSMAN_QUOTA_SYSTEM", "The quota of the host is exhausted.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81AB, "ERROR_WSMAN_QUOTA_MAX_SHELLUSERS", "Too many users have shells open.")
        .but("Trying later helps."),
    WINRM.row(0x8033_81AC, "ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED",
        "Remote shells are switched off on the host.")
        .but("rdpfix does not need them."),
    QUOTA.row(0x8033_81E4, "ERROR_WSMAN_QUOTA_MAX_SHELLS_PPQ", "The plug-in has too many shells of this user.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81E5, "ERROR_WSMAN_QUOTA_MAX_USERS_PPQ", "The plug-in has too many users.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81E6, "ERROR_WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ", "The plug-in has too many shells.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81E7, "ERROR_WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ",
        "The plug-in has too many operations under way.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81E8, "ERROR_WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ",
        "The plug-in has too many operations of this user.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81E9, "ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", "The shell has too many commands.")
        .but("Trying later helps."),
    QUOTA.row(0x8033_81EA, "ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ",
        "The plug-in has not enough of what it needs.")
        .but("Trying later helps.")
        .fits(&[Cause::HostResources]),
];
