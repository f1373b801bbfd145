//! What is known about what was asked: every meaning of a number, likeliest first, or what kind of number it looks like.

use crate::code;
use crate::code::Custom;
use crate::code::Entry;
use crate::code::Table;
use crate::code::asked::Asked;
use crate::code::asked::Number;
use crate::code::asked::Written;
use crate::code::event::SOURCES;
use crate::code::event::Source;
use crate::code::pair;
use crate::code::pair::Pair;

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every meaning of a number or a name, likeliest first; never empty.
    Meanings(Vec<Meaning>),
    /// An error code with an extended one.
    Pair(PairAnswer),
    /// Nothing is in the table; what it looks like, and what was perhaps meant.
    Unknown(Unknown),
}

/// One meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The row.
    pub entry: &'static Entry,
    /// How the number leads to it.
    pub way: Way,
}

/// How a number leads to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is its number.
    Itself,
    /// It is an HRESULT made of a Win32 error: 0x8007 in front.
    Win32InHResult,
    /// It is an HRESULT made of an NTSTATUS: D in front instead of C.
    NtStatusInHResult,
    /// It is an NTSTATUS made of a Win32 error: 0xC007 in front.
    Win32InNtStatus,
    /// It is an event's number with the bits for its severity and its program in front.
    EventIdentifier,
}

impl Way {
    /// In words, for the reader who sees another number than was typed.
    pub fn words(self) -> &'static str {
        match self {
            Self::Itself => "",
            Self::Win32InHResult => {
                "an HRESULT that was made of a Win32 error: 0x8007 stands in front of it"
            }
            Self::NtStatusInHResult => {
                "an HRESULT that was made of an NTSTATUS: its first digit was changed from C to D"
            }
            Self::Win32InNtStatus => {
                "an NTSTATUS that was made of a Win32 error: 0xC007 stands in front of it"
            }
            Self::EventIdentifier => {
                "perhaps the whole identifier of an event: severity and program stand in front of its number"
            }
        }
    }
}

/// An error code with an extended one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairAnswer {
    /// The error code.
    pub code: u32,
    /// The extended error code.
    pub extended: u32,
    /// What is known of both together.
    pub pair: Option<&'static Pair>,
    /// What the error code says.
    pub first: Option<&'static Entry>,
    /// What the extended one says; numbers of the range for protocol errors are told by their error info.
    pub second: Option<&'static Entry>,
}

/// A number that is in no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What was asked for, in words.
    pub asked: String,
    /// What kind of number it looks like, in whole sentences.
    pub looks_like: Vec<&'static str>,
    /// What was perhaps meant: rows, with how to ask for them.
    pub perhaps: Vec<&'static Entry>,
}

/// Looks everything up.
pub fn answer(asked: &Asked) -> Answer {
    match asked {
        Asked::Number(number) => found(meanings(*number), || Unknown {
            asked: both(number.code),
            looks_like: looks_like(number.code),
            perhaps: perhaps(*number),
        }),
        Asked::Row(table, number) => found(itself(code::entry(*table, *number)), || Unknown {
            asked: format!("{} {}", table.title(), table.number(*number)),
            looks_like: Vec::new(),
            perhaps: elsewhere(*number),
        }),
        Asked::Event(source, id) => found(events(*source, *id), || Unknown {
            asked: match source {
                Some(source) => format!("event {id} of {}", source.name),
                None => format!("event {id}"),
            },
            looks_like: Vec::new(),
            perhaps: elsewhere(*id),
        }),
        Asked::Name(name) => found(itself(code::called(name)), || Unknown {
            asked: format!("`{name}`"),
            looks_like: Vec::new(),
            perhaps: code::search(name).into_iter().take(5).collect(),
        }),
        Asked::Pair(code, extended) => about_pair(*code, *extended),
    }
}

fn found(meanings: Vec<Meaning>, unknown: impl FnOnce() -> Unknown) -> Answer {
    if meanings.is_empty() {
        Answer::Unknown(unknown())
    } else {
        Answer::Meanings(meanings)
    }
}

fn itself(entries: impl IntoIterator<Item = &'static Entry>) -> Vec<Meaning> {
    entries
        .into_iter()
        .map(|entry| Meaning {
            entry,
            way: Way::Itself,
        })
        .collect()
}

/// Every meaning of a number, likeliest first: tables in their order, but those last whose numbers are not
/// written as this one was by custom. Events of several sources come in the order of their sources.
fn meanings(number: Number) -> Vec<Meaning> {
    let mut meanings = itself(code::all().filter(|entry| entry.code == number.code));
    let written_otherwise = |table: Table| {
        matches!(
            (number.written, table.custom()),
            (Written::Hexadecimal, Custom::Decimal) | (Written::Decimal, Custom::Hexadecimal)
        )
    };
    meanings.sort_by_key(|meaning| {
        let entry = meaning.entry;
        (written_otherwise(entry.table), entry.table, rank(entry))
    });
    if meanings.is_empty() {
        meanings.extend(wrapped(number.code));
    }
    meanings
}

/// The place of an event's source among the sources, likeliest first.
fn rank(entry: &Entry) -> Option<usize> {
    SOURCES
        .iter()
        .position(|source| source.name == entry.source)
}

/// What a number means that was made of another one.
fn wrapped(number: u32) -> Vec<Meaning> {
    const FRONT: u32 = 0xFFFF_0000;
    const MADE_OF_NTSTATUS: u32 = 0x1000_0000;
    let low = number & !FRONT;
    let (table, inner, way) = match number & FRONT {
        0x8007_0000 => (Table::Win32, low, Way::Win32InHResult),
        0xC007_0000 => (Table::Win32, low, Way::Win32InNtStatus),
        _ if number & 0xF000_0000 == 0xD000_0000 => (
            Table::NtStatus,
            number & !MADE_OF_NTSTATUS,
            Way::NtStatusInHResult,
        ),
        _ if may_be_identifier(number) => (Table::Event, low, Way::EventIdentifier),
        _ => return Vec::new(),
    };
    code::all()
        .filter(|entry| entry.table == table && entry.code == inner)
        .map(|entry| Meaning { entry, way })
        .collect()
}

/// Whether the bits in front of an event's number are those of a severity and of one of the programs that classic logs know:
/// 0xC0001B58 for 7000, 0xC00A0038 for 56.
fn may_be_identifier(number: u32) -> bool {
    const SEVERITY: u32 = 0xF000_0000;
    const FACILITY: u32 = 0x0FFF_0000;
    const TERMINAL_SERVER: u32 = 0x000A_0000;
    matches!(number & SEVERITY, 0x4000_0000 | 0x8000_0000 | 0xC000_0000)
        && matches!(number & FACILITY, 0 | TERMINAL_SERVER)
}

fn events(source: Option<&'static Source>, id: u32) -> Vec<Meaning> {
    let mut found = match source {
        Some(source) => itself(code::event(source.name, id)),
        None => itself(code::all().filter(|entry| entry.table == Table::Event && entry.code == id)),
    };
    found.sort_by_key(|meaning| rank(meaning.entry));
    found
}

fn about_pair(number: u32, extended: u32) -> Answer {
    let known = PairAnswer {
        code: number,
        extended,
        pair: pair::pair(number, extended),
        first: code::entry(Table::Disconnect, number),
        second: code::entry(Table::Extended, extended)
            .or_else(|| code::entry(Table::ErrorInfo, extended)),
    };
    if known.first.is_none() && known.second.is_none() {
        return Answer::Unknown(Unknown {
            asked: format!("error code 0x{number:X} with extended error code 0x{extended:X}"),
            looks_like: Vec::new(),
            perhaps: elsewhere(number),
        });
    }
    Answer::Pair(known)
}

/// Rows of other tables with this number.
fn elsewhere(number: u32) -> Vec<&'static Entry> {
    meanings(Number {
        code: number,
        written: Written::Decimal,
    })
    .iter()
    .map(|meaning| meaning.entry)
    .collect()
}

/// Rows of the number that the same digits are in hexadecimal: `904` for 0x904.
fn perhaps(number: Number) -> Vec<&'static Entry> {
    if number.written != Written::Decimal {
        return Vec::new();
    }
    u32::from_str_radix(&number.code.to_string(), 16)
        .map(elsewhere)
        .unwrap_or_default()
}

/// A number both ways.
fn both(number: u32) -> String {
    format!("0x{number:X} ({number})")
}

/// First number, last number and what numbers between them are, narrower ranges first ([MS-ERREF] 2, windows-facts 1 and 9).
#[rustfmt::skip] // Rows of a table.
static KINDS: [(u32, u32, &str); 15] = [
    (0x8004_1000, 0x8004_10FF, "It is an HRESULT of WMI."),
    (0x8007_0000, 0x8007_58FF, "It is an HRESULT made of a Win32 error, which is its second half."),
    (0x8007_5900, 0x8007_5AFF, "It is an HRESULT of the Remote Desktop Gateway."),
    (0x8009_0000, 0x8009_02FF, "It is an HRESULT of the key functions."),
    (0x8009_0300, 0x8009_03FF, "It is an HRESULT of the security packages: CredSSP, NTLM, Kerberos, Schannel."),
    (0x8009_1000, 0x8009_FFFF, "It is an HRESULT of the certificate functions."),
    (0x800B_0000, 0x800B_FFFF, "It is an HRESULT about trust in a certificate."),
    (0x8033_8000, 0x8033_8FFF, "It is a fault of WS-Management (WinRM)."),
    (0x8000_0000, 0x8FFF_FFFF, "It has the form of an HRESULT that tells an error."),
    (0xC000_0000, 0xCFFF_FFFF, "It is an NTSTATUS that tells an error."),
    (0xD000_0000, 0xDFFF_FFFF, "It is an NTSTATUS with a D for its C, which makes it an HRESULT."),
    (0x0000_10C0, 0x0000_119F, "It is in the range of error info for protocol faults."),
    (0x0000_1000, 0x0000_7FFF, "As an extended error code it is in the range of protocol errors, 4096 to 32767."),
    (0x0000_0100, 0x0000_22FF,
     "As an error code of the client its last two digits would tell the kind: 04 network, 06 security, \
      07 sign-in, 08 licences and timers."),
    (0x0000_0001, 0x0000_FFFF, "It may be a Win32 error or an event that has nothing to do with Remote Desktop."),
];

/// What kind of number it looks like, by its front and its range.
fn looks_like(number: u32) -> Vec<&'static str> {
    let fitting = KINDS
        .iter()
        .filter(|(from, to, _)| (*from..=*to).contains(&number));
    let most = if number > 0xFFFF { 1 } else { KINDS.len() };
    fitting.map(|(_, _, words)| *words).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use super::Way;
    use super::answer;
    use crate::code::Table;
    use crate::code::asked::read;

    fn tables(typed: &str) -> Vec<(Table, u32, Way)> {
        let asked = read(typed, None).unwrap();
        match answer(&asked) {
            Answer::Meanings(meanings) => meanings
                .iter()
                .map(|meaning| (meaning.entry.table, meaning.entry.code, meaning.way))
                .collect(),
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn a_number_of_several_tables_is_told_in_each_likeliest_first() {
        let five: Vec<Table> = tables("5").into_iter().map(|(table, ..)| table).collect();
        assert_eq!(
            five,
            [
                Table::Extended,
                Table::Negotiation,
                Table::ErrorInfo,
                Table::Win32,
                Table::Win32Service,
                Table::LicenceServer,
                Table::CimStatus,
            ]
        );
    }

    #[test]
    fn tables_whose_numbers_are_written_otherwise_come_last() {
        let first = |typed: &str| tables(typed).first().map(|(table, ..)| *table);
        assert_eq!(first("24"), Some(Table::ErrorInfo));
        assert_eq!(first("0x18"), Some(Table::Kerberos));
        assert_eq!(first("50"), Some(Table::TlsAlert));
        assert_eq!(first("0x32"), Some(Table::Win32));
    }

    #[test]
    fn a_number_made_of_another_is_unwrapped() {
        for (typed, table, code, way) in [
            ("0x8007274D", Table::Win32, 10_061, Way::Win32InHResult),
            ("0xC0070005", Table::Win32, 5, Way::Win32InNtStatus),
            (
                "0xD000006D",
                Table::NtStatus,
                0xC000_006D,
                Way::NtStatusInHResult,
            ),
            (
                "0xD0000184",
                Table::NtStatus,
                0xC000_0184,
                Way::NtStatusInHResult,
            ),
            ("0xC0001B58", Table::Event, 7000, Way::EventIdentifier),
            ("0xC00A0038", Table::Event, 56, Way::EventIdentifier),
        ] {
            assert!(tables(typed).contains(&(table, code, way)), "{typed}");
        }
    }

    #[test]
    fn an_unknown_number_tells_what_it_looks_like() {
        for (typed, looks, perhaps) in [
            ("0xC0009999", "It is an NTSTATUS that tells an error.", 0),
            ("0x80041099", "It is an HRESULT of WMI.", 0),
            ("0x803389AB", "It is a fault of WS-Management (WinRM).", 0),
            (
                "904",
                "As an error code of the client its last two digits would tell the kind: 04 network, 06 security, 07 \
                 sign-in, 08 licences and timers.",
                1,
            ),
        ] {
            let Answer::Unknown(unknown) = answer(&read(typed, None).unwrap()) else {
                panic!("{typed} is known");
            };
            assert!(unknown.looks_like.contains(&looks), "{typed}: {unknown:?}");
            assert_eq!(unknown.perhaps.len(), perhaps, "{typed}: {unknown:?}");
        }
    }

    #[test]
    fn the_pair_is_told_with_both_halves() {
        let Answer::Pair(told) = answer(&read("0x904", Some("0x7")).unwrap()) else {
            panic!("a pair");
        };
        assert!(told.pair.is_some() && told.first.is_some() && told.second.is_some());
        let Answer::Pair(told) = answer(&read("3", Some("4339")).unwrap()) else {
            panic!("a pair");
        };
        assert_eq!(
            told.second.map(|entry| entry.name),
            Some("ERRINFO_REMOTEAPPSNOTENABLED")
        );
    }
}
