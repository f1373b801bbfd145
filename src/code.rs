//! What numbers mean: the one table behind `rdpfix explain` and behind every number that rdpfix prints.
//!
//! Knows tables; must not know where a number was seen. Sources stand beside the rows.

use crate::finding::Cause;

pub mod answer;
pub mod asked;
pub mod event;
pub mod next;
pub mod pair;
mod table;

mod cim_status;
mod disconnect;
mod error_info;
mod extended;
mod hresult;
mod method;
mod negotiation;
mod ntstatus;
mod outside;
mod protocol_fault;
mod tls_alert;
mod win32;
mod wsman;

pub use crate::code::table::Custom;
pub use crate::code::table::Table;

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

impl Entry {
    /// What the rows of one sender have in common.
    const fn of(table: Table, sender: &'static str) -> Self {
        Self {
            table,
            source: "",
            code: 0,
            name: "",
            sender,
            means: "",
            beware: "",
            causes: &[],
        }
    }

    /// What the events of one source have in common.
    const fn event(source: &'static str, sender: &'static str) -> Self {
        Self {
            source,
            ..Self::of(Table::Event, sender)
        }
    }

    /// A row of this sender.
    const fn row(mut self, code: u32, name: &'static str, means: &'static str) -> Self {
        self.code = code;
        self.name = name;
        self.means = means;
        self
    }

    /// Adds what it does not mean.
    const fn but(mut self, beware: &'static str) -> Self {
        self.beware = beware;
        self
    }

    /// Adds the causes that fit, likeliest first.
    const fn fits(mut self, causes: &'static [Cause]) -> Self {
        self.causes = causes;
        self
    }

    /// The first sentence of what it means, to be put behind a colon: `the host insists on TLS`.
    pub fn gist(&self) -> String {
        let first = self.means.split(". ").next().unwrap_or(self.means);
        let first = first.trim_end_matches('.');
        match first.split_once(' ') {
            Some((word, rest)) if SMALL.contains(&word) => {
                format!("{} {rest}", word.to_lowercase())
            }
            _ => first.to_owned(),
        }
    }

    /// What to ask `rdpfix explain` for this row alone: `ntstatus:0xC000006D`, `schannel:36870`.
    pub fn ask(&self) -> String {
        let word = match self.table {
            Table::Event => event::word(self.source),
            table => table.word(),
        };
        format!("{word}:{}", self.table.number(self.code))
    }
}

/// Words that are capital only because they begin a sentence.
const SMALL: [&str; 28] = [
    "A",
    "Access",
    "All",
    "An",
    "Another",
    "Classic",
    "Client",
    "Clocks",
    "Encryption",
    "It",
    "More",
    "No",
    "Nobody",
    "Nothing",
    "One",
    "Other",
    "Reading",
    "Services",
    "Signing",
    "Something",
    "Storage",
    "The",
    "There",
    "This",
    "Too",
    "User",
    "What",
    "Writing",
];

/// Every table of rows, likeliest first among those of one kind.
static ROWS: &[&[Entry]] = &[
    disconnect::ROWS,
    extended::ROWS,
    negotiation::ROWS,
    error_info::ROWS,
    protocol_fault::ROWS,
    ntstatus::ROWS,
    hresult::ROWS,
    hresult::sign_in::ROWS,
    hresult::wmi::ROWS,
    hresult::gateway::ROWS,
    wsman::ROWS,
    tls_alert::ROWS,
    event::system::ROWS,
    event::listener::ROWS,
    event::rdpcorets::ROWS,
    event::session::ROWS,
    event::around::ROWS,
    win32::ROWS,
    method::ROWS,
    outside::ROWS,
    cim_status::ROWS,
];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// The row of a number in a table; for events see [`event()`].
pub fn entry(table: Table, code: u32) -> Option<&'static Entry> {
    all().find(|entry| entry.table == table && entry.code == code)
}

/// The row of an event; the source compares without regard to letter case, and a short name such as `schannel` will do.
pub fn event(source: &str, id: u32) -> Option<&'static Entry> {
    let source = event::source(source)?;
    all().find(|entry| {
        entry.table == Table::Event && entry.code == id && entry.source == source.name
    })
}

/// The rows with this name: `STATUS_LOGON_FAILURE`, without regard to letter case.
pub fn called(name: &str) -> Vec<&'static Entry> {
    all()
        .filter(|entry| !entry.name.is_empty() && entry.name.eq_ignore_ascii_case(name))
        .collect()
}

/// The number with its name, as people read it: `0xC000006D (STATUS_LOGON_FAILURE)`; without a name when none is known.
pub fn named(table: Table, code: u32) -> String {
    let number = table.number(code);
    match entry(table, code) {
        Some(entry) if !entry.name.is_empty() => format!("{number} ({})", entry.name),
        _ => number,
    }
}

/// The row of a fault of the management service, whichever table it is from.
pub fn of_fault(code: u32) -> Option<&'static Entry> {
    let tables = if code > 0xFFFF {
        [Table::WsMan, Table::HResult]
    } else {
        [Table::Win32, Table::CimStatus]
    };
    tables.into_iter().find_map(|table| entry(table, code))
}

/// The row of what a method of this class returned.
pub fn of_return(class: &str, code: u32) -> Option<&'static Entry> {
    match Table::of_class(class) {
        Some(table) if code <= 0xFFFF => entry(table, code),
        _ => of_fault(code),
    }
}

/// The number of a fault with its name, long ones both ways:
/// `2150858778 (0x8033801A, ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER)`.
pub fn fault(code: u32) -> String {
    with_name(code, of_fault(code))
}

/// The return value of a method of this class with its name: `14 (Service Disabled)`.
pub fn returned(class: &str, code: u32) -> String {
    with_name(code, of_return(class, code))
}

fn with_name(code: u32, row: Option<&Entry>) -> String {
    let name = row.map(|row| row.name).filter(|name| !name.is_empty());
    match (code > 0xFFFF, name) {
        (true, Some(name)) => format!("{code} (0x{code:08X}, {name})"),
        (true, None) => format!("{code} (0x{code:08X})"),
        (false, Some(name)) => format!("{code} ({name})"),
        (false, None) => code.to_string(),
    }
}

/// The rows in whose text all these words are, without regard to letter case.
pub fn search(words: &str) -> Vec<&'static Entry> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let has_all = |entry: &&Entry| {
        let text = text(entry);
        words.iter().all(|word| text.contains(word.as_str()))
    };
    all().filter(has_all).collect()
}

/// Everything that is said in a row, in small letters.
fn text(entry: &Entry) -> String {
    let mut text = [
        entry.ask().as_str(),
        entry.table.title(),
        entry.source,
        entry.name,
        entry.sender,
        entry.means,
        entry.beware,
    ]
    .join(" ");
    for cause in entry.causes {
        text.push(' ');
        text.push_str(cause.id());
    }
    let number = format!(" {} 0x{:X}", entry.code, entry.code);
    text.push_str(&number);
    text.to_lowercase()
}

#[cfg(test)]
mod tests;
