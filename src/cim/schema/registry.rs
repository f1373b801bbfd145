//! Types of StdRegProv's parameters, those that go in and those that come out (StdRegProv class, Microsoft Learn).

use super::BOOL;
use super::TEXT;
use super::TEXTS;
use super::Table;
use super::UINT;
use super::UINTS;

/// Every class of this part.
pub(super) static CLASSES: &[(&str, Table)] = &[
    ("StdRegProv.CreateKey", KEY),
    ("StdRegProv.DeleteKey", KEY),
    ("StdRegProv.DeleteValue", VALUE),
    ("StdRegProv.EnumKey", NAMES),
    ("StdRegProv.EnumValues", NAMES_AND_TYPES),
    ("StdRegProv.GetDWORDValue", NUMBER),
    ("StdRegProv.SetDWORDValue", NUMBER),
    ("StdRegProv.GetQWORDValue", NUMBER),
    ("StdRegProv.SetQWORDValue", NUMBER),
    ("StdRegProv.GetStringValue", STRING),
    ("StdRegProv.SetStringValue", STRING),
    ("StdRegProv.GetExpandedStringValue", STRING),
    ("StdRegProv.SetExpandedStringValue", STRING),
    ("StdRegProv.GetMultiStringValue", STRINGS),
    ("StdRegProv.SetMultiStringValue", STRINGS),
    ("StdRegProv.GetBinaryValue", BYTES),
    ("StdRegProv.SetBinaryValue", BYTES),
    ("StdRegProv.CheckAccess", ACCESS),
];

// CreateKey and DeleteKey.
const KEY: Table = &[("hDefKey", UINT), ("sSubKeyName", TEXT)];

// DeleteValue.
const VALUE: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sValueName", TEXT),
];

// EnumKey.
const NAMES: Table = &[("hDefKey", UINT), ("sSubKeyName", TEXT), ("sNames", TEXTS)];

// EnumValues; Types is sint32[] there, but only ever holds the positive numbers of the registry types.
const NAMES_AND_TYPES: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sNames", TEXTS),
    ("Types", UINTS),
];

// DWORD and QWORD values.
const NUMBER: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sValueName", TEXT),
    ("uValue", UINT),
];

// Text values.
const STRING: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sValueName", TEXT),
    ("sValue", TEXT),
];

// Values of several texts.
const STRINGS: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sValueName", TEXT),
    ("sValue", TEXTS),
];

// Bytes, one element for each.
const BYTES: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("sValueName", TEXT),
    ("uValue", UINTS),
];

// CheckAccess.
const ACCESS: Table = &[
    ("hDefKey", UINT),
    ("sSubKeyName", TEXT),
    ("uRequired", UINT),
    ("bGranted", BOOL),
];
