//! Types of files and of security descriptors.

use super::BOOL;
use super::TEXT;
use super::TIME;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("CIM_DataFile", DATA_FILE),
    ("Win32_LogicalFileSecuritySetting", SECURITY_SETTING),
    ("Win32_SecurityDescriptor", SECURITY_DESCRIPTOR),
    ("Win32_ACE", ACCESS_CONTROL_ENTRY),
    ("Win32_Trustee", TRUSTEE),
];

// Microsoft Learn, CIM_DataFile.
const DATA_FILE: Table = &[
    ("AccessMask", UINT),
    ("Archive", BOOL),
    ("Caption", TEXT),
    ("Compressed", BOOL),
    ("CompressionMethod", TEXT),
    ("CreationClassName", TEXT),
    ("CreationDate", TIME),
    ("CSCreationClassName", TEXT),
    ("CSName", TEXT),
    ("Description", TEXT),
    ("Drive", TEXT),
    ("EightDotThreeFileName", TEXT),
    ("Encrypted", BOOL),
    ("EncryptionMethod", TEXT),
    ("Extension", TEXT),
    ("FileName", TEXT),
    ("FileSize", UINT),
    ("FileType", TEXT),
    ("FSCreationClassName", TEXT),
    ("FSName", TEXT),
    ("Hidden", BOOL),
    ("InstallDate", TIME),
    ("InUseCount", UINT),
    ("LastAccessed", TIME),
    ("LastModified", TIME),
    ("Manufacturer", TEXT),
    ("Name", TEXT),
    ("Path", TEXT),
    ("Readable", BOOL),
    ("Status", TEXT),
    ("System", BOOL),
    ("Version", TEXT),
    ("Writeable", BOOL),
];

// Microsoft Learn, Win32_LogicalFileSecuritySetting.
const SECURITY_SETTING: Table = &[
    ("Caption", TEXT),
    ("ControlFlags", UINT),
    ("Description", TEXT),
    ("OwnerPermissions", BOOL),
    ("Path", TEXT),
    ("SettingID", TEXT),
];

// Microsoft Learn, Win32_SecurityDescriptor; its lists are objects and need no type.
const SECURITY_DESCRIPTOR: Table = &[("ControlFlags", UINT), ("TIME_CREATED", UINT)];

// Microsoft Learn, Win32_ACE; its trustee is an object.
const ACCESS_CONTROL_ENTRY: Table = &[
    ("AccessMask", UINT),
    ("AceFlags", UINT),
    ("AceType", UINT),
    ("GuidInheritedObjectType", TEXT),
    ("GuidObjectType", TEXT),
    ("TIME_CREATED", UINT),
];

// Microsoft Learn, Win32_Trustee.
const TRUSTEE: Table = &[
    ("Domain", TEXT),
    ("Name", TEXT),
    ("SID", UINTS),
    ("SidLength", UINT),
    ("SIDString", TEXT),
    ("TIME_CREATED", UINT),
];
