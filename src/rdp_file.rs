//! Connection files of mstsc (`.rdp`): lines of `name:type:value`, read with positions, judged, cleaned and made anew
//! (windows-facts 8.1). Pure: bytes in, text out.
//!
//! [`read`] takes bytes apart, [`settings`] is the table of what mstsc knows, [`judge`] looks at a file alone, [`against`]
//! at a file and a host that was probed, [`clean`] writes. Must not know file systems, sockets or terminals.

use crate::finding::Severity;
use crate::inventory::endpoint;

pub mod against;
pub mod clean;
pub mod judge;
pub mod read;
pub mod settings;

pub use crate::rdp_file::read::NotRdpFile;

/// A file as it was read; nothing of it is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdpFile {
    /// How its characters are written.
    pub encoding: Encoding,
    /// Every line, blank ones too, in order.
    pub lines: Vec<Line>,
}

/// How characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, little endian: what mstsc writes.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// What stands on it.
    pub content: Content,
}

/// What stands on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing but white space.
    Blank,
    /// `name:type:value`.
    Setting(Setting),
    /// Something else: the text and what is wrong with it.
    Malformed {
        /// The line as it stands.
        text: String,
        /// Why it is no setting.
        why: Malformation,
    },
}

/// Why a line is no setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformation {
    /// There are not two colons in it.
    Colons,
    /// Nothing stands before the first colon.
    NoName,
    /// Between the colons stands neither `s`, `i` nor `b`.
    Type,
}

/// `name:type:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name as it is written; mstsc does not look at letter case.
    pub name: String,
    /// The type.
    pub kind: ValueKind,
    /// The value, without white space around it.
    pub value: String,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `s`: text.
    Text,
    /// `i`: a whole number.
    Integer,
    /// `b`: bytes in hex.
    Binary,
}

impl ValueKind {
    /// `s`, `i`, `b`.
    pub fn letter(self) -> char {
        match self {
            Self::Text => 's',
            Self::Integer => 'i',
            Self::Binary => 'b',
        }
    }
}

/// What is said about a setting or a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// `error` keeps a connection from working, `warning` is malformed, twice there or contradictory, `info` is harmless.
    pub severity: Severity,
    /// The line, counted from 1; `None` when a setting is missing.
    pub line: Option<usize>,
    /// The setting, or the text of a line that is none.
    pub setting: String,
    /// What is wrong, lower case, no full stop.
    pub says: String,
    /// What to do.
    pub remedy: String,
}

impl Objection {
    fn new(
        severity: Severity,
        line: Option<usize>,
        setting: &str,
        says: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            line,
            setting: setting.to_owned(),
            says: says.into(),
            remedy: String::new(),
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl RdpFile {
    /// Every setting with its line, in order.
    pub fn settings(&self) -> impl Iterator<Item = (usize, &Setting)> {
        self.lines.iter().filter_map(|line| match &line.content {
            Content::Setting(setting) => Some((line.number, setting)),
            Content::Blank | Content::Malformed { .. } => None,
        })
    }

    /// The setting that counts when a name stands several times.
    ///
    /// Assumption: mstsc reads from top to bottom and keeps the last.
    pub fn find(&self, name: &str) -> Option<(usize, &Setting)> {
        self.settings()
            .filter(|(_, setting)| setting.name.eq_ignore_ascii_case(name))
            .last()
    }

    /// The text of a setting of type `s` that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let (_, setting) = self.find(name)?;
        (setting.kind == ValueKind::Text && !setting.value.is_empty())
            .then_some(setting.value.as_str())
    }

    /// The number of a setting of type `i`, when it is one.
    pub fn number(&self, name: &str) -> Option<i64> {
        let (_, setting) = self.find(name)?;
        (setting.kind == ValueKind::Integer)
            .then(|| setting.value.parse().ok())
            .flatten()
    }

    /// Where the file leads: host and port, 3389 when none is named; `None` without a usable address.
    pub fn destination(&self) -> Option<Destination> {
        let mut destination = Destination::read(self.text("full address")?)?;
        if destination.port.is_none() {
            destination.port = self
                .number("server port")
                .and_then(|port| u16::try_from(port).ok())
                .filter(|port| *port != 0);
        }
        Some(destination)
    }
}

/// Host and port, as `full address` writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name or address, without brackets.
    pub host: String,
    /// The port, when one is named.
    pub port: Option<u16>,
}

impl Destination {
    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address; `None` when it is none of these.
    pub fn read(text: &str) -> Option<Self> {
        let (host, port) = endpoint::split(text.trim()).ok()?;
        is_host(host).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// Whether this can be the name or the address of a host.
fn is_host(host: &str) -> bool {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| label.len() <= 63)
        && host
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[test]
    fn destinations_are_read_with_and_without_a_port() {
        let read = |text| Destination::read(text).map(|found| (found.host, found.port));
        let host = |name: &str, port| Some((name.to_owned(), port));
        assert_eq!(read("ts01"), host("ts01", None));
        assert_eq!(
            read(" ts01.corp.example:3390 "),
            host("ts01.corp.example", Some(3390))
        );
        assert_eq!(read("[::1]:3390"), host("::1", Some(3390)));
        assert_eq!(read("::1"), host("::1", None));
        for bad in [
            "",
            "ts01:",
            "ts01:0",
            "ts01:99999",
            "two words",
            "[::1",
            "ts01/x",
            "\u{200e}ts01",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
