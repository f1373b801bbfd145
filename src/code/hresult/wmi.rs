//! HRESULTs of WMI (wbemcli.h), with what the terminal services provider means by them (windows-facts 0.2).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const WMI: Entry = Entry::of(
    Table::HResult,
    "WMI or one of its providers, as a fault or as a method's return value",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    WMI.row(0x8004_1001, "WBEM_E_FAILED", "The call failed, without a reason."),
    WMI.row(0x8004_1002, "WBEM_E_NOT_FOUND", "The object does not exist.")
        .fits(&[Cause::ListenerBroken]),
    WMI.row(0x8004_1003, "WBEM_E_ACCESS_DENIED", "Access to the class or the namespace is denied.")
        .but("The password was right. The terminal services namespace also demands an encrypted connection."),
    WMI.row(0x8004_1004, "WBEM_E_PROVIDER_FAILURE", "The provider failed.")
        .fits(&[Cause::HostResources]),
    WMI.row(0x8004_1005, "WBEM_E_TYPE_MISMATCH", "The value has another type than it was read as."),
    WMI.row(0x8004_1006, "WBEM_E_OUT_OF_MEMORY", "There is not enough memory.")
        .fits(&[Cause::HostResources]),
    WMI.row(0x8004_1008, "WBEM_E_INVALID_PARAMETER", "A parameter is not valid.")
        .but("For a listener's certificate it means that no such certificate is in the machine's own store, or \
              that an invisible mark was copied along with the thumbprint.")
        .fits(&[Cause::CertMissing]),
    WMI.row(0x8004_1009, "WBEM_E_NOT_AVAILABLE", "The resource is not available."),
    WMI.row(0x8004_100C, "WBEM_E_NOT_SUPPORTED", "The operation is not supported.")
        .but("It is what the `Console` listener answers."),
    WMI.row(0x8004_100E, "WBEM_E_INVALID_NAMESPACE", "The namespace does not exist."),
    WMI.row(0x8004_1010, "WBEM_E_INVALID_CLASS", "The class does not exist.")
        .but("Windows 7 and Server 2008 R2 lack the firewall's classes.")
        .fits(&[Cause::PatchLevel]),
    WMI.row(0x8004_1013, "WBEM_E_PROVIDER_LOAD_FAILURE", "The provider could not be loaded."),
    WMI.row(0x8004_1014, "WBEM_E_INITIALIZATION_FAILURE", "A component could not be started.")
        .fits(&[Cause::ServiceDown]),
    WMI.row(0x8004_1016, "WBEM_E_INVALID_OPERATION",
        "The operation is not allowed; from the terminal services provider: Group Policy owns the setting.")
        .but("A local write would be undone at the next refresh: change the policy.")
        .fits(&[Cause::PolicyOwned]),
    WMI.row(0x8004_1017, "WBEM_E_INVALID_QUERY", "The query is not valid."),
    WMI.row(0x8004_1019, "WBEM_E_ALREADY_EXISTS", "The object exists already."),
    WMI.row(0x8004_1023, "WBEM_E_READ_ONLY", "The property cannot be written."),
    WMI.row(0x8004_1024, "WBEM_E_PROVIDER_NOT_CAPABLE", "The provider cannot do this."),
    WMI.row(0x8004_102B, "WBEM_E_VALUE_OUT_OF_RANGE", "The value is out of range."),
    WMI.row(0x8004_102E, "WBEM_E_INVALID_METHOD", "The method does not exist."),
    WMI.row(0x8004_102F, "WBEM_E_INVALID_METHOD_PARAMETERS", "The parameters of the method are not valid."),
    WMI.row(0x8004_1032, "WBEM_E_CALL_CANCELLED", "The call was cancelled."),
    WMI.row(0x8004_1033, "WBEM_E_SHUTTING_DOWN", "WMI is shutting down.")
        .fits(&[Cause::ServiceDown]),
    WMI.row(0x8004_103A, "WBEM_E_INVALID_OBJECT_PATH", "The path of the object is not valid."),
    WMI.row(0x8004_106C, "WBEM_E_QUOTA_VIOLATION", "A quota of WMI is exhausted.")
        .fits(&[Cause::HostResources]),
];
