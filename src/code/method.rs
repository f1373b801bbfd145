//! Return values of the CIM methods that repair a host: services, processes, files (windows-facts 3 and 7).

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const SERVICE: Entry = Entry::of(
    Table::Win32Service,
    "the methods of Win32_Service and Win32_TerminalService",
);
const PROCESS: Entry = Entry::of(Table::ProcessCreate, "Win32_Process.Create");
const FILE: Entry = Entry::of(
    Table::FileMethod,
    "the methods of CIM_DataFile and Win32_Directory",
);
const SECURITY: Entry = Entry::of(
    Table::FileSecurity,
    "the methods of Win32_LogicalFileSecuritySetting",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    SERVICE.row(0, "Success", "The order was accepted.")
        .but("The state changes later: starting and stopping return before they are done."),
    SERVICE.row(1, "Not Supported", "The service does not support the order."),
    SERVICE.row(2, "Access Denied", "The account may not do this to the service."),
    SERVICE.row(3, "Dependent Services Running", "Other services that depend on this one still run.")
        .but("For TermService it is usually UmRdpService: stop those first."),
    SERVICE.row(4, "Invalid Service Control", "The order is not valid, or the service does not take it."),
    SERVICE.row(5, "Service Cannot Accept Control",
        "The service cannot take orders now; a stopped service says the same when it is stopped.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(6, "Service Not Active", "The service does not run.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(7, "Service Request Timeout", "The service did not answer in time.")
        .but("It may still be starting: look at its state.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICE.row(8, "Unknown Failure", "Something failed, without a reason.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(9, "Path Not Found", "The program of the service does not exist.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(10, "Service Already Running", "The service runs already.")
        .but("When it was to be started, that is success."),
    SERVICE.row(11, "Service Database Locked", "The list of services is locked.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(12, "Service Dependency Deleted", "A service that it depends on does not exist.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(13, "Service Dependency Failure", "A service that it depends on did not start.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(14, "Service Disabled", "The service is disabled.")
        .but("Change its start mode first. Hardening baselines disable Remote Desktop services on purpose.")
        .fits(&[Cause::ServiceDown, Cause::PolicyOwned]),
    SERVICE.row(15, "Service Logon Failure", "The account of the service could not sign in.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(16, "Service Marked for Deletion", "The service is about to be removed.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(17, "Service No Thread", "The service could not start a thread.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICE.row(18, "Status Circular Dependency", "Services depend on each other in a circle.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(19, "Status Duplicate Name", "A service of this name exists already."),
    SERVICE.row(20, "Status Invalid Name", "The name has characters that are not allowed."),
    SERVICE.row(21, "Status Invalid Parameter", "A parameter is not valid.")
        .but("The method wants `Automatic` where the property reads `Auto`."),
    SERVICE.row(22, "Status Invalid Service Account",
        "The account is not valid or lacks the right to run as a service.")
        .fits(&[Cause::ServiceDown]),
    SERVICE.row(23, "Status Service Exists", "The service exists already."),
    SERVICE.row(24, "Service Already Paused", "The service is paused already."),
    PROCESS.row(0, "Successful Completion", "The process was started.")
        .but("Nothing is known of what became of it."),
    PROCESS.row(2, "Access Denied", "The account may not start the process."),
    PROCESS.row(3, "Insufficient Privilege", "The account lacks a privilege."),
    PROCESS.row(8, "Unknown Failure", "Something failed, without a reason.")
        .fits(&[Cause::HostResources]),
    PROCESS.row(9, "Path Not Found", "The program does not exist."),
    PROCESS.row(21, "Invalid Parameter", "A parameter is not valid."),
    FILE.row(0, "Success", "It was done."),
    FILE.row(2, "Access Denied", "The account may not do this to the file.")
        .fits(&[Cause::MachineKeys]),
    FILE.row(8, "Unspecified Failure", "Something failed, without a reason."),
    FILE.row(9, "Invalid Object", "The name is not valid."),
    FILE.row(10, "Object Already Exists", "A file of this name exists already."),
    FILE.row(11, "File System Not NTFS", "The file system is not NTFS, so that there are no rights."),
    FILE.row(12, "Platform Not Windows", "The platform does not support it."),
    FILE.row(13, "Drive Not the Same", "The file cannot be renamed to another drive."),
    FILE.row(14, "Directory Not Empty", "The folder is not empty."),
    FILE.row(15, "Sharing Violation", "Another process holds the file open.")
        .but("For the listener's key file: stop the services that use it.")
        .fits(&[Cause::MachineKeys]),
    FILE.row(16, "Invalid Start File", "The file to begin with does not exist."),
    FILE.row(17, "Privilege Not Held", "The account lacks a privilege.")
        .fits(&[Cause::MachineKeys]),
    FILE.row(21, "Invalid Parameter", "A parameter is not valid."),
    SECURITY.row(0, "Success", "It was done."),
    SECURITY.row(2, "Access Denied", "The account may not read or change the rights of the file.")
        .fits(&[Cause::MachineKeys]),
    SECURITY.row(8, "Unknown Failure", "Something failed, without a reason."),
    SECURITY.row(9, "Privilege Missing", "The account lacks a privilege.")
        .but("The same number of CIM_DataFile means a wrong name.")
        .fits(&[Cause::MachineKeys]),
    SECURITY.row(21, "Invalid Parameter", "A parameter is not valid."),
];
