//! Types of local accounts and groups.

use super::BOOL;
use super::TEXT;
use super::TIME;
use super::Table;
use super::UINT;

/// Every class of this part.
pub(super) static CLASSES: &[(&str, Table)] =
    &[("Win32_Group", GROUP), ("Win32_UserAccount", USER_ACCOUNT)];

// Microsoft Learn, Win32_Group.
const GROUP: Table = &[
    ("Caption", TEXT),
    ("Description", TEXT),
    ("Domain", TEXT),
    ("InstallDate", TIME),
    ("LocalAccount", BOOL),
    ("Name", TEXT),
    ("SID", TEXT),
    ("SIDType", UINT),
    ("Status", TEXT),
];

// Microsoft Learn, Win32_UserAccount.
const USER_ACCOUNT: Table = &[
    ("AccountType", UINT),
    ("Caption", TEXT),
    ("Description", TEXT),
    ("Disabled", BOOL),
    ("Domain", TEXT),
    ("FullName", TEXT),
    ("InstallDate", TIME),
    ("LocalAccount", BOOL),
    ("Lockout", BOOL),
    ("Name", TEXT),
    ("PasswordChangeable", BOOL),
    ("PasswordExpires", BOOL),
    ("PasswordRequired", BOOL),
    ("SID", TEXT),
    ("SIDType", UINT),
    ("Status", TEXT),
];
