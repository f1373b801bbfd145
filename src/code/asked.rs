//! What somebody asks about, read from what was typed. Pure; looks up sources and tables, never rows.

use thiserror::Error;

use crate::code::Table;
use crate::code::event;
use crate::code::event::Source;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A number, whatever table it is from.
    Number(Number),
    /// An error code of the client with the extended one.
    Pair(u32, u32),
    /// A number of one table: `ntstatus:0xC000006D`.
    Row(Table, u32),
    /// An event, with its source when that was told: `schannel:36870`, `event 36870`.
    Event(Option<&'static Source>, u32),
    /// A name: `STATUS_LOGON_FAILURE`.
    Name(String),
}

/// A number as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The number in 32 bits.
    pub code: u32,
    /// How it was written, which tells tables apart that people write in one way only.
    pub written: Written,
}

/// How a number was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// `2308`
    Decimal,
    /// `-1073741715`, as HRESULT and NTSTATUS are shown by programs that take them for signed.
    Negative,
    /// `0x904`
    Hexadecimal,
}

/// Why something typed cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Nothing was typed.
    #[error("there is no number")]
    Nothing,
    /// Neither a number nor a name.
    #[error("`{0}` is neither a number nor a name of one")]
    NotANumber(String),
    /// A digit that hexadecimal numbers do not have.
    #[error("`{0}` is not a hexadecimal number: `{1}` is no digit of those")]
    NotHexadecimal(String, char),
    /// More than 32 bits.
    #[error("`{0}` is longer than the 32 bits that these numbers have")]
    TooLong(String),
    /// The word in front of a colon is neither a table nor a source of events.
    #[error("`{0}` is neither a table of numbers nor a source of events")]
    UnknownTable(String),
    /// An extended code beside something that has none.
    #[error("`{0}` says which table it is from already, so that `{1}` has no meaning beside it")]
    NothingExtended(String, String),
}

impl Unreadable {
    /// What to type instead.
    pub fn remedy(&self) -> String {
        let words: Vec<&str> = Table::ALL.into_iter().map(Table::word).collect();
        match self {
            Self::Nothing | Self::NotANumber(_) => {
                "type a number such as `0x904`, `2308`, `-1073741715` or `0xC000006D`, an event such as \
                 `schannel:36870`, or words behind `--search`"
                    .to_owned()
            }
            Self::NotHexadecimal(..) => {
                "behind `0x` stand digits from 0 to 9 and letters from A to F, as in `0x904`".to_owned()
            }
            Self::TooLong(_) => {
                "type the last eight hexadecimal digits alone, as in `0xC000006D`".to_owned()
            }
            Self::UnknownTable(_) => format!(
                "in front of the colon stands a source of events, such as `schannel` or `rcm`, or one of {}",
                words.join(", ")
            ),
            Self::NothingExtended(..) => {
                "ask for the two one after the other, or for an error code with its extended one: `0x904 0x7`"
                    .to_owned()
            }
        }
    }
}

/// Reads what was typed; `extended` is the second word, when there is one.
pub fn read(typed: &str, extended: Option<&str>) -> Result<Asked, Unreadable> {
    // A whole question may come as one word from a shell: "event 36870", "0x904 0x7", "0x904, 0x7".
    let words: Vec<&str> = [typed, extended.unwrap_or_default()]
        .into_iter()
        .flat_map(|word| word.split([' ', '\t', ',']))
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect();
    match words.as_slice() {
        [] => Err(Unreadable::Nothing),
        [one] => read_one(one),
        [front @ .., last] => read_several(&front.join(" "), last),
    }
}

/// Without the marks that are copied along with a number.
fn bare(word: &str) -> &str {
    word.trim_matches(|mark: char| mark.is_whitespace() || "\"'`()[]{}.;:,#".contains(mark))
}

fn read_one(word: &str) -> Result<Asked, Unreadable> {
    if let Some((front, back)) = word.rsplit_once(':') {
        let code = number(bare(back))?.code;
        return of(front, code).ok_or_else(|| Unreadable::UnknownTable(front.to_owned()));
    }
    match number(word) {
        Ok(number) => Ok(Asked::Number(number)),
        Err(Unreadable::NotANumber(_)) if is_name(word) => Ok(Asked::Name(word.to_owned())),
        Err(unreadable) => Err(unreadable),
    }
}

/// Several words: a number with an extended one, or a table or source with a number.
fn read_several(front: &str, last: &str) -> Result<Asked, Unreadable> {
    let code = number(last)?.code;
    match read_one(front) {
        Ok(Asked::Number(first)) => Ok(Asked::Pair(first.code, code)),
        Ok(Asked::Row(Table::Disconnect, first)) => Ok(Asked::Pair(first, code)),
        Ok(Asked::Row(..) | Asked::Event(..) | Asked::Pair(..)) => Err(
            Unreadable::NothingExtended(front.to_owned(), last.to_owned()),
        ),
        Ok(Asked::Name(_)) | Err(Unreadable::NotANumber(_)) => {
            of(front, code).ok_or_else(|| Unreadable::UnknownTable(front.to_owned()))
        }
        Err(unreadable) => Err(unreadable),
    }
}

/// The number of what the word in front names.
fn of(front: &str, code: u32) -> Option<Asked> {
    let front = bare(front);
    match Table::from_word(front) {
        Some(Table::Event) => Some(Asked::Event(None, code)),
        Some(table) => Some(Asked::Row(table, code)),
        None => event::source(front).map(|source| Asked::Event(Some(source), code)),
    }
}

/// A name begins with a letter and has no signs but those that names have.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || "_-()".contains(sign))
}

/// Reads one number: decimal, negative, or hexadecimal with `0x` or in eight digits.
pub fn number(word: &str) -> Result<Number, Unreadable> {
    let (negative, digits) = match word.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (true, digits),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let prefixed = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let bare_hexadecimal = digits.len() == 8
        && digits.chars().all(|sign| sign.is_ascii_hexdigit())
        && digits.contains(|sign: char| sign.is_ascii_alphabetic());
    let (digits, radix) = match prefixed {
        Some(digits) => (digits, 16),
        None if bare_hexadecimal => (digits, 16),
        None => (digits, 10),
    };
    if let (Some(wrong), 16) = (digits.chars().find(|sign| !sign.is_ascii_hexdigit()), radix) {
        return Err(Unreadable::NotHexadecimal(word.to_owned(), wrong));
    }
    if digits.is_empty() || !digits.chars().all(|sign| sign.is_digit(radix)) {
        return Err(Unreadable::NotANumber(word.to_owned()));
    }
    let too_long = || Unreadable::TooLong(word.to_owned());
    let wide = u64::from_str_radix(digits, radix).ok();
    let code = wide
        .and_then(|wide| {
            if negative {
                negated(wide)
            } else {
                narrowed(wide)
            }
        })
        .ok_or_else(too_long)?;
    let written = match (negative, radix) {
        (true, _) => Written::Negative,
        (false, 16) => Written::Hexadecimal,
        (false, _) => Written::Decimal,
    };
    Ok(Number { code, written })
}

/// In 32 bits; a number that was widened with its sign is narrowed again.
fn narrowed(wide: u64) -> Option<u32> {
    const SIGN_BITS: u64 = 0xFFFF_FFFF_8000_0000;
    let low = if wide >= SIGN_BITS {
        wide & 0xFFFF_FFFF
    } else {
        wide
    };
    u32::try_from(low).ok()
}

/// The number below zero in 32 bits, as two's complement.
fn negated(wide: u64) -> Option<u32> {
    let low = u32::try_from(wide).ok()?;
    (low <= 0x8000_0000).then(|| low.wrapping_neg())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use super::Asked;
    use super::Number;
    use super::Written;
    use super::read;
    use crate::code;
    use crate::code::Table;
    use crate::code::event;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (typed, code, written) in [
            ("0x904", 0x904, Written::Hexadecimal),
            ("0X904", 0x904, Written::Hexadecimal),
            ("0x00000904.", 0x904, Written::Hexadecimal),
            ("2308", 2308, Written::Decimal),
            ("(2308)", 2308, Written::Decimal),
            ("-1073741715", 0xC000_006D, Written::Negative),
            ("-0x3FFFFF93", 0xC000_006D, Written::Negative),
            ("3221225581", 0xC000_006D, Written::Decimal),
            ("C000006D", 0xC000_006D, Written::Hexadecimal),
            ("0xFFFFFFFFC000006D", 0xC000_006D, Written::Hexadecimal),
            ("4294967295", u32::MAX, Written::Decimal),
            ("-2147483648", 0x8000_0000, Written::Negative),
        ] {
            let number = Number { code, written };
            assert_eq!(read(typed, None), Ok(Asked::Number(number)), "{typed}");
        }
    }

    #[test]
    fn pairs_tables_events_and_names_are_told_apart() {
        let schannel = event::source("schannel");
        for (typed, extended, asked) in [
            ("0x904", Some("0x7"), Asked::Pair(0x904, 7)),
            ("0x904, 0x7", None, Asked::Pair(0x904, 7)),
            ("disconnect:0x904", Some("7"), Asked::Pair(0x904, 7)),
            (
                "NTSTATUS:0xC000006D",
                None,
                Asked::Row(Table::NtStatus, 0xC000_006D),
            ),
            ("alert", Some("40"), Asked::Row(Table::TlsAlert, 40)),
            ("tls alert", Some("40"), Asked::Row(Table::TlsAlert, 40)),
            ("schannel:36870", None, Asked::Event(schannel, 36870)),
            ("Schannel", Some("36870"), Asked::Event(schannel, 36870)),
            ("event", Some("36870"), Asked::Event(None, 36870)),
            ("event 36870", None, Asked::Event(None, 36870)),
            ("event:36870", None, Asked::Event(None, 36870)),
            (
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager:1057",
                None,
                Asked::Event(event::source("rcm"), 1057),
            ),
            (
                "service control manager",
                Some("7000"),
                Asked::Event(event::source("scm"), 7000),
            ),
            (
                "status_logon_failure",
                None,
                Asked::Name("status_logon_failure".to_owned()),
            ),
        ] {
            assert_eq!(read(typed, extended), Ok(asked), "{typed} {extended:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_remedy() {
        for (typed, extended, says) in [
            ("", None, "there is no number"),
            (
                "0xZZ",
                None,
                "`0xZZ` is not a hexadecimal number: `Z` is no digit of those",
            ),
            ("0x", None, "`0x` is neither a number nor a name of one"),
            ("12a4", None, "`12a4` is neither a number nor a name of one"),
            ("-", None, "`-` is neither a number nor a name of one"),
            (
                "4294967296",
                None,
                "`4294967296` is longer than the 32 bits that these numbers have",
            ),
            (
                "-2147483649",
                None,
                "`-2147483649` is longer than the 32 bits that these numbers have",
            ),
            (
                "0x123456789",
                None,
                "`0x123456789` is longer than the 32 bits that these numbers have",
            ),
            (
                "nonsense:5",
                None,
                "`nonsense` is neither a table of numbers nor a source of events",
            ),
            (
                "nonsense",
                Some("5"),
                "`nonsense` is neither a table of numbers nor a source of events",
            ),
            (
                "schannel:36870",
                Some("7"),
                "`schannel:36870` says which table it is from already, so that `7` has no meaning beside it",
            ),
            (
                "0x904",
                Some("seven"),
                "`seven` is neither a number nor a name of one",
            ),
        ] {
            let unreadable = read(typed, extended).unwrap_err();
            assert_eq!(unreadable.to_string(), says, "{typed} {extended:?}");
            assert!(!unreadable.remedy().is_empty());
        }
    }

    /// What output shows as the way to ask for a row asks for that row.
    #[test]
    fn every_row_can_be_asked_for() {
        for entry in code::all() {
            let wanted = match entry.table {
                Table::Event => Asked::Event(event::source(entry.source), entry.code),
                table => Asked::Row(table, entry.code),
            };
            assert_eq!(read(&entry.ask(), None), Ok(wanted), "{}", entry.ask());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(typed: String, extended in any::<Option<String>>()) {
            let _read = read(&typed, extended.as_deref());
        }

        #[test]
        fn any_number_is_read_back(code: u32) {
            let signed = i32::from_ne_bytes(code.to_ne_bytes());
            for typed in [format!("{code}"), format!("0x{code:x}"), format!("{signed}"), format!("0x{code:08X}")] {
                let Ok(Asked::Number(read)) = read(&typed, None) else {
                    panic!("{typed}");
                };
                assert_eq!(read.code, code, "{typed}");
            }
        }
    }
}
