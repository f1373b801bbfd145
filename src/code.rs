//! What numbers mean: the one table behind `rdpfix explain` and behind every number that rdpfix prints.
//!
//! Knows tables; must not know where a number was seen. Sources stand beside the rows.

use crate::finding::Cause;

/// Which table a number belongs to, likeliest meaning of a bare number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// mstsc's "error code": the disconnect reason.
    Disconnect,
    /// mstsc's "extended error code".
    Extended,
    /// Failure codes of the RDP negotiation ([MS-RDPBCGR] 2.2.1.2.2).
    Negotiation,
    /// Error info that a host sends during a session ([MS-RDPBCGR] 2.2.5.1.1).
    ErrorInfo,
    /// NTSTATUS.
    NtStatus,
    /// HRESULT, those of the gateway and of WMI's terminal services provider among them.
    HResult,
    /// Win32 errors.
    Win32,
    /// Return values of Win32_Service methods.
    Win32Service,
    /// Return values of file methods (CIM_DataFile, Win32_Directory).
    FileMethod,
    /// WS-Management and WinRM faults.
    WsMan,
    /// Fatal TLS alerts (RFC 8446 6.2).
    TlsAlert,
    /// Status of a licence server (`GetTStoLSConnectivityStatus`).
    LicenceServer,
    /// Events, by source.
    Event,
}

/// One meaning of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The table.
    pub table: Table,
    /// For events the source, else empty.
    pub source: &'static str,
    /// The number.
    pub code: u32,
    /// Its name where it comes from: `STATUS_LOGON_FAILURE`; empty when it has none.
    pub name: &'static str,
    /// Who sends it, and when.
    pub sender: &'static str,
    /// What it means, in whole sentences.
    pub means: &'static str,
    /// What it does not mean, contested readings named as such; empty when there is nothing to warn of.
    pub beware: &'static str,
    /// The causes that fit, likeliest first.
    pub causes: &'static [Cause],
}

static ENTRIES: &[Entry] = &[];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter()
}

/// The row of a number in a table; for events see [`event`].
pub fn entry(table: Table, code: u32) -> Option<&'static Entry> {
    all().find(|entry| entry.table == table && entry.code == code)
}

/// The row of an event; the source compares without regard to letter case, and a short name such as `schannel` will do.
pub fn event(source: &str, id: u32) -> Option<&'static Entry> {
    all().find(|entry| {
        entry.table == Table::Event && entry.code == id && entry.source.eq_ignore_ascii_case(source)
    })
}

/// The number with its name, as people read it: `0xC000006D (STATUS_LOGON_FAILURE)`; without a name when none is known.
pub fn named(table: Table, code: u32) -> String {
    let number = match table {
        Table::NtStatus | Table::HResult => format!("0x{code:08X}"),
        _ => code.to_string(),
    };
    match entry(table, code) {
        Some(entry) if !entry.name.is_empty() => format!("{number} ({})", entry.name),
        _ => number,
    }
}
