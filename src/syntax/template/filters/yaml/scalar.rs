//! Texts and numbers as YAML: which quotes a text needs, and where a long one is broken.

use std::sync::LazyLock;

use regex::Regex;

use crate::syntax;
use crate::syntax::Content;
use crate::syntax::template::value::spell;

/// Where a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Block,
    Flow,
    /// A key in lines; keys are never broken.
    Key,
    FlowKey,
}

/// Days and points in time, which YAML 1.1 reads as such.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = r"^\d{4}-(\d\d-\d\d|\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?)$";
    Regex::new(pattern).ok()
});

/// A number with a fraction.
pub(super) fn real(number: f64) -> String {
    match spell::float(number).as_str() {
        "nan" => ".nan".to_owned(),
        "inf" => ".inf".to_owned(),
        "-inf" => "-.inf".to_owned(),
        plain if plain.contains('.') => plain.to_owned(),
        // YAML 1.1 wants a point before an exponent.
        plain => plain.replace('e', ".0e"),
    }
}

/// What a text can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Looks {
    quotes: Quotes,
    /// Whether there are line breaks in it.
    lines: bool,
}

/// The least quotes that a text needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Quotes {
    None,
    /// None in lines; single ones in braces and brackets.
    InFlow,
    Single,
    Double,
}

/// Writes a text. The numbers are the column of further lines, the width and the
/// current column.
pub(super) fn text(text: &str, place: Place, numbers: [usize; 3], out: &mut String) {
    let looks = looks(text);
    let in_flow = matches!(place, Place::Flow | Place::FlowKey);
    let is_key = matches!(place, Place::Key | Place::FlowKey);
    let quotes = match looks.quotes {
        Quotes::None | Quotes::InFlow if reads_as_other(text) => Quotes::Single,
        Quotes::InFlow if in_flow => Quotes::Single,
        Quotes::InFlow => Quotes::None,
        Quotes::Single if looks.lines && is_key => Quotes::Double,
        quotes => quotes,
    };
    let folds = Folds {
        numbers,
        breaks: !is_key,
    };
    match quotes {
        Quotes::None | Quotes::InFlow => folds.plain(text, out),
        Quotes::Single => folds.single(text, out),
        Quotes::Double => double(text, out),
    }
}

/// Whether the bare word would be read as something else than a text.
fn reads_as_other(text: &str) -> bool {
    !matches!(syntax::resolve(text), Content::Text(_))
        || matches!(text, "=" | "<<")
        || TIME.as_ref().is_some_and(|time| time.is_match(text))
}

fn looks(text: &str) -> Looks {
    let letters: Vec<char> = text.chars().collect();
    let mut quotes = if text.is_empty() || text.starts_with("---") || text.starts_with("...") {
        Quotes::Single
    } else {
        Quotes::None
    };
    for at in 0..letters.len() {
        quotes = quotes.max(needs(&letters, at));
    }
    Looks {
        quotes,
        lines: text.contains('\n'),
    }
}

/// The quotes that a letter of a text needs.
fn needs(letters: &[char], at: usize) -> Quotes {
    let before = at.checked_sub(1).and_then(|at| letters.get(at));
    let behind = letters.get(at + 1);
    let is_blank = |letter: Option<&char>| letter.is_none_or(|letter| letter.is_whitespace());
    let first = before.is_none();
    match letters.get(at).copied().unwrap_or_default() {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`'
            if first =>
        {
            Quotes::Single
        }
        '-' | '?' if first && is_blank(behind) => Quotes::Single,
        ':' if is_blank(behind) => Quotes::Single,
        '#' if is_blank(before) => Quotes::Single,
        ',' | '?' | '[' | ']' | '{' | '}' | ':' => Quotes::InFlow,
        '\n' if before == Some(&' ') => Quotes::Double,
        '\n' => Quotes::Single,
        ' ' if first || behind.is_none() || before == Some(&'\n') => Quotes::Single,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => Quotes::Double,
        letter if letter.is_control() => Quotes::Double,
        _ => Quotes::None,
    }
}

/// Where texts are broken.
struct Folds {
    /// The column of further lines, the width and the current column.
    numbers: [usize; 3],
    breaks: bool,
}

impl Folds {
    fn plain(&self, text: &str, out: &mut String) {
        self.words(text, out, |_, _| true);
    }

    fn single(&self, text: &str, out: &mut String) {
        out.push('\'');
        let [indent, width, column] = self.numbers;
        let quoted = text.replace('\'', "''");
        let mut lines = quoted.split('\n').peekable();
        let mut column = column + 1;
        let mut first = true;
        while let Some(line) = lines.next() {
            if !first {
                // A single break would read as a space: there is one more than the text has.
                let after_text = !out.ends_with('\n');
                out.push_str(if after_text { "\n\n" } else { "\n" });
                if !line.is_empty() {
                    out.push_str(&" ".repeat(indent));
                }
                column = indent;
            }
            let folds = Self {
                numbers: [indent, width, column],
                breaks: self.breaks,
            };
            let is_last = lines.peek().is_none();
            let (from, is_first) = (out.len(), first);
            folds.words(line, out, |before, after| {
                (before > 0 || !is_first) && (after > 0 || !is_last)
            });
            column += out.len() - from;
            first = false;
        }
        if out.ends_with('\n') {
            out.push_str(&" ".repeat(indent));
        }
        out.push('\'');
    }

    /// Writes words, breaking a line at a single space behind the width; `may` is asked with what is before and behind.
    fn words(&self, text: &str, out: &mut String, may: impl Fn(usize, usize) -> bool) {
        let [indent, width, mut column] = self.numbers;
        let letters: Vec<char> = text.chars().collect();
        let is_space = |at: Option<usize>| at.and_then(|at| letters.get(at)) == Some(&' ');
        for (at, letter) in letters.iter().enumerate() {
            let single = *letter == ' ' && !is_space(at.checked_sub(1)) && !is_space(Some(at + 1));
            let behind = letters.len() - at - 1;
            if single && self.breaks && column > width && may(at, behind) && behind > 0 {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(*letter);
                column += 1;
            }
        }
    }
}

/// In double quotes, with escapes; long ones are not broken.
fn double(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            letter if letter.is_control() => {
                let code = format!("\\x{:02X}", u32::from(letter));
                out.push_str(&code);
            }
            '\u{feff}' => out.push_str("\\uFEFF"),
            letter => out.push(letter),
        }
    }
    out.push('"');
}
