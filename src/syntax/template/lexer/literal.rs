//! Numbers and quoted texts inside templates.

use crate::syntax::template::lexer::Fractions;
use crate::syntax::template::lexer::TokenKind;
use crate::syntax::template::lexer::int;
use crate::syntax::template::value::number;

/// The number that a text begins with, and its length.
pub(super) fn number(text: &str, fractions: Fractions) -> Option<(TokenKind, usize)> {
    let whole = whole_length(text);
    if fractions == Fractions::Read
        && let Some(length) = float_length(text, digits(text))
    {
        let number = number::parse_float(text.get(..length)?)?;
        return Some((TokenKind::Float(number), length));
    }
    Some((TokenKind::Int(int(text.get(..whole)?)?), whole))
}

/// Digits with underscores between them.
fn digits(text: &str) -> usize {
    run(text, |letter| letter.is_ascii_digit())
}

fn run(text: &str, is_digit: impl Fn(char) -> bool) -> usize {
    let mut length = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let more = letters.peek().copied().is_some_and(&is_digit);
        if is_digit(letter) || (letter == '_' && length > 0 && more) {
            length += 1;
        } else {
            break;
        }
    }
    length
}

fn whole_length(text: &str) -> usize {
    let lower: String = text.chars().take(2).collect::<String>().to_lowercase();
    let rest = text.get(2..).unwrap_or_default();
    let rest = rest.strip_prefix('_').unwrap_or(rest);
    let skipped = text.len() - rest.len();
    let based = match lower.as_str() {
        "0x" => run(rest, |digit| digit.is_ascii_hexdigit()),
        "0o" => run(rest, |digit| ('0'..='7').contains(&digit)),
        "0b" => run(rest, |digit| matches!(digit, '0' | '1')),
        _ => 0,
    };
    if based > 0 {
        skipped + based
    } else if text.starts_with('0') {
        run(text, |digit| digit == '0')
    } else {
        digits(text)
    }
}

/// The length of a number with a fraction or an exponent; `None` when there is neither.
fn float_length(text: &str, whole: usize) -> Option<usize> {
    let rest = text.get(whole..)?;
    let fraction = rest.strip_prefix('.').map_or(0, digits);
    let fraction = if fraction > 0 { fraction + 1 } else { 0 };
    let rest = rest.get(fraction..)?;
    let exponent = rest.strip_prefix(['e', 'E']).map_or(0, |rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        match rest.get(sign..).map_or(0, digits) {
            0 => 0,
            length => 1 + sign + length,
        }
    });
    (fraction + exponent > 0).then_some(whole + fraction + exponent)
}

/// The length of a quoted text, quotes included; `None` when it does not end.
pub(super) fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return Some(at + 1);
        }
    }
    None
}

/// What Python makes of the escapes in a text; one it does not know stays as it is.
pub(super) fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(letter) = rest.chars().next() else {
            return Err("the text ends with a single backslash".to_owned());
        };
        let simple = match letter {
            '\n' => Some(""),
            '\\' => Some("\\"),
            '\'' => Some("'"),
            '"' => Some("\""),
            'a' => Some("\u{7}"),
            'b' => Some("\u{8}"),
            'f' => Some("\u{c}"),
            'n' => Some("\n"),
            'r' => Some("\r"),
            't' => Some("\t"),
            'v' => Some("\u{b}"),
            _ => None,
        };
        if let Some(simple) = simple {
            out.push_str(simple);
            rest = rest.get(1..).unwrap_or_default();
        } else {
            let (character, length) = coded(rest, letter)?;
            match character {
                Some(character) => out.push(character),
                None => out.push('\\'),
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of a numeric escape with the length of its code; no character when it is none.
fn coded(rest: &str, letter: char) -> Result<(Option<char>, usize), String> {
    let (start, radix, length) = match letter {
        'x' => (1, 16, 2),
        'u' => (1, 16, 4),
        'U' => (1, 16, 8),
        '0'..='7' => {
            let length = rest
                .chars()
                .take(3)
                .take_while(|digit| ('0'..='7').contains(digit));
            (0, 8, length.count())
        }
        'N' => return Err("characters by name (`\\N{…}`) are not known here".to_owned()),
        _ => return Ok((None, 0)),
    };
    let code = rest
        .get(start..start + length)
        .and_then(|digits| u32::from_str_radix(digits, radix).ok())
        .and_then(char::from_u32);
    match code {
        Some(character) => Ok((Some(character), start + length)),
        None => Err(format!("`\\{letter}` needs {length} digits of a character")),
    }
}
