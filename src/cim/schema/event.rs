//! Types of events in logs of the old kind.

use super::TEXT;
use super::TEXTS;
use super::TIME;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
pub(super) static CLASSES: &[(&str, Table)] = &[("Win32_NTLogEvent", LOG_EVENT)];

// Microsoft Learn, previous versions, Win32_NTLogEvent (Event Log Provider).
const LOG_EVENT: Table = &[
    ("Category", UINT),
    ("CategoryString", TEXT),
    ("ComputerName", TEXT),
    ("Data", UINTS),
    ("EventCode", UINT),
    ("EventIdentifier", UINT),
    ("EventType", UINT),
    ("InsertionStrings", TEXTS),
    ("Logfile", TEXT),
    ("Message", TEXT),
    ("RecordNumber", UINT),
    ("SourceName", TEXT),
    ("TimeGenerated", TIME),
    ("TimeWritten", TIME),
    ("Type", TEXT),
    ("User", TEXT),
];
