//! CIM status codes (DSP0200), which a fault carries when it has nothing better.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

const CIM: Entry = Entry::of(
    Table::CimStatus,
    "WMI on the host, in an error object that has no code of its own",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    CIM.row(1, "CIM_ERR_FAILED", "The call failed, without a reason."),
    CIM.row(2, "CIM_ERR_ACCESS_DENIED", "Access is denied."),
    CIM.row(3, "CIM_ERR_INVALID_NAMESPACE", "The namespace does not exist."),
    CIM.row(4, "CIM_ERR_INVALID_PARAMETER", "A parameter is not valid."),
    CIM.row(5, "CIM_ERR_INVALID_CLASS", "The class does not exist."),
    CIM.row(6, "CIM_ERR_NOT_FOUND", "The object does not exist."),
    CIM.row(7, "CIM_ERR_NOT_SUPPORTED", "The operation is not supported."),
    CIM.row(11, "CIM_ERR_ALREADY_EXISTS", "The object exists already."),
    CIM.row(16, "CIM_ERR_METHOD_NOT_AVAILABLE", "The method cannot be called."),
    CIM.row(17, "CIM_ERR_METHOD_NOT_FOUND", "The method does not exist."),
    CIM.row(27, "CIM_ERR_SERVER_LIMITS_EXCEEDED", "A limit of the host is exceeded.")
        .but("Trying later helps.")
        .fits(&[Cause::HostResources]),
];
