//! Types of services and their links.

use super::BOOL;
use super::TEXT;
use super::TEXTS;
use super::TIME;
use super::Table;
use super::UINT;

/// Every class of this part.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("Win32_Service", SERVICE),
    ("Win32_TerminalService", TERMINAL_SERVICE),
    ("Win32_DependentService", DEPENDENT),
    ("Win32_Service.ChangeStartMode", CHANGE_START_MODE),
    ("Win32_Service.Change", CHANGE),
    ("Win32_TerminalService.ChangeStartMode", CHANGE_START_MODE),
    ("Win32_TerminalService.Change", CHANGE),
];

// Microsoft Learn, Win32_Service; names and order of a recorded Server 2012; DelayedAutoStart is of 2016 and later.
const SERVICE: Table = &[
    ("AcceptPause", BOOL),
    ("AcceptStop", BOOL),
    ("Caption", TEXT),
    ("CheckPoint", UINT),
    ("CreationClassName", TEXT),
    ("DelayedAutoStart", BOOL),
    ("Description", TEXT),
    ("DesktopInteract", BOOL),
    ("DisplayName", TEXT),
    ("ErrorControl", TEXT),
    ("ExitCode", UINT),
    ("InstallDate", TIME),
    ("Name", TEXT),
    ("PathName", TEXT),
    ("ProcessId", UINT),
    ("ServiceSpecificExitCode", UINT),
    ("ServiceType", TEXT),
    ("Started", BOOL),
    ("StartMode", TEXT),
    ("StartName", TEXT),
    ("State", TEXT),
    ("Status", TEXT),
    ("SystemCreationClassName", TEXT),
    ("SystemName", TEXT),
    ("TagId", UINT),
    ("WaitHint", UINT),
];

// The class that TermService has in an answer for Win32_Service, as recorded from a Server 2012; the counts of raw and
// estimated sessions are on Microsoft Learn only.
const TERMINAL_SERVICE: Table = &[
    ("AcceptPause", BOOL),
    ("AcceptStop", BOOL),
    ("Caption", TEXT),
    ("CheckPoint", UINT),
    ("CreationClassName", TEXT),
    ("DelayedAutoStart", BOOL),
    ("Description", TEXT),
    ("DesktopInteract", BOOL),
    ("DisconnectedSessions", UINT),
    ("DisplayName", TEXT),
    ("ErrorControl", TEXT),
    ("EstimatedSessions", UINT),
    ("ExitCode", UINT),
    ("InstallDate", TIME),
    ("Name", TEXT),
    ("PathName", TEXT),
    ("ProcessId", UINT),
    ("RawSessions", UINT),
    ("ServiceSpecificExitCode", UINT),
    ("ServiceType", TEXT),
    ("Started", BOOL),
    ("StartMode", TEXT),
    ("StartName", TEXT),
    ("State", TEXT),
    ("Status", TEXT),
    ("SystemCreationClassName", TEXT),
    ("SystemName", TEXT),
    ("TagId", UINT),
    ("TotalSessions", UINT),
    ("WaitHint", UINT),
];

// Microsoft Learn, Win32_DependentService; Antecedent and Dependent are references and need no type.
const DEPENDENT: Table = &[("TypeOfDependency", UINT)];

// Microsoft Learn, ChangeStartMode method; the return value is known for every method.
const CHANGE_START_MODE: Table = &[("StartMode", TEXT)];

// Microsoft Learn, Change method of Win32_Service.
const CHANGE: Table = &[
    ("DisplayName", TEXT),
    ("PathName", TEXT),
    ("ServiceType", UINT),
    ("ErrorControl", UINT),
    ("StartMode", TEXT),
    ("DesktopInteract", BOOL),
    ("StartName", TEXT),
    ("StartPassword", TEXT),
    ("LoadOrderGroup", TEXT),
    ("LoadOrderGroupDependencies", TEXTS),
    ("ServiceDependencies", TEXTS),
];
