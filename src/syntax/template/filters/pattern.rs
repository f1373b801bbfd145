//! Filters with patterns, in the syntax of the `regex` library: Python's without looking ahead or behind and without
//! backreferences inside of patterns.

use std::sync::Arc;

use regex::Captures;
use regex::Regex;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["regex_replace"],
        replace,
        "another text where a pattern matches; `\\1` and `\\g<name>` are its groups; `count`, `ignorecase`, `multiline`, `mandatory_count`",
        [
            "'web01.corp' | regex_replace('^(\\w+)[.].*$', '\\1')",
            "\"web01\"",
        ],
    ),
    Filter::new(
        &["regex_search"],
        search,
        "what a pattern matches first, or these of its groups; null when it matches nothing",
        ["'web01' | regex_search('[0-9]+')", "\"01\""],
    ),
    Filter::new(
        &["regex_findall"],
        find_all,
        "everything that a pattern matches",
        ["'a1 b2' | regex_findall('[0-9]')", "[\"1\",\"2\"]"],
    ),
    Filter::new(
        &["regex_escape"],
        escape,
        "the text as a pattern that matches it",
        ["'a.b' | regex_escape", "\"a\\\\.b\""],
    ),
];

/// Where a pattern has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax::template) enum Anchor {
    Nowhere,
    Start,
    Both,
}

/// A pattern, ready.
struct Pattern {
    regex: Arc<Regex>,
    /// Whether it ends with `$` as the end of the text.
    ends: bool,
}

/// A pattern with Python's flags; `\Z` is the end of the text there.
fn compiled(
    call: &Call<'_, '_>,
    pattern: &str,
    [ignore_case, multiline]: [bool; 2],
    anchor: Anchor,
) -> Result<Pattern, Fault> {
    let mut flags = String::new();
    if ignore_case {
        flags.push('i');
    }
    if multiline {
        flags.push('m');
    }
    let flags = if flags.is_empty() {
        flags
    } else {
        format!("(?{flags})")
    };
    let written = pattern;
    let pattern = python_pattern(written);
    let whole = match anchor {
        Anchor::Nowhere => format!("{flags}{pattern}"),
        Anchor::Start => format!("{flags}\\A(?:{pattern})"),
        Anchor::Both => format!("{flags}\\A(?:{pattern})\\z"),
    };
    match call.kit.pattern(&whole) {
        Ok(regex) => Ok(Pattern {
            regex,
            ends: written.ends_with('$') && !written.ends_with("\\$") && !multiline,
        }),
        Err(error) => Err(bad_pattern(written, &error)),
    }
}

/// The mistake of a pattern that cannot be read.
fn bad_pattern(pattern: &str, error: &regex::Error) -> Fault {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    let fault = Fault::failed(format!("`{pattern}` is no pattern: {reason}"));
    if reason.contains("look-around") || reason.contains("backreferences") {
        fault.help("patterns here look neither ahead nor behind; use groups, or a second pattern")
    } else {
        fault
    }
}

/// Python's spelling of a pattern in that of the `regex` library: brackets and doubled signs in classes and lone braces are
/// letters, `\Z` is the end, `\<` is `<`.
pub fn python_pattern(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut class: Option<usize> = None;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let rest = letters.as_str();
        // How many letters the class has had, its `^` not counted.
        class = match (class, letter) {
            (Some(length), ']') if length > 0 => None,
            (Some(length), _) => Some(length + usize::from(length > 0 || letter != '^')),
            (None, '[') => {
                out.push('[');
                class = Some(0);
                continue;
            }
            (None, _) => None,
        };
        match letter {
            '\\' => match letters.next() {
                Some('Z') if class.is_none() => out.push_str("\\z"),
                Some(sign @ ('<' | '>')) => out.push(sign),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' | '&' | '~' if class.is_some() => out.extend(['\\', letter]),
            '-' if class.is_some() && out.ends_with('-') => out.push_str("\\-"),
            '{' if class.is_none() && !is_repetition(rest) => out.push_str("\\{"),
            other => out.push(other),
        }
    }
    out
}

/// Whether a brace says how often: `3}`, `3,}`, `,3}`, `3,5}`.
fn is_repetition(rest: &str) -> bool {
    let Some((inner, _)) = rest.split_once('}') else {
        return false;
    };
    let is_number = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
    match inner.split_once(',') {
        Some((least, most)) => !inner.starts_with(',') && is_number(least) && is_number(most),
        None => !inner.is_empty() && is_number(inner),
    }
}

impl Pattern {
    /// The text without a line break at its end, when Python's `$` would match before it.
    fn line<'t>(&self, text: &'t str) -> &'t str {
        match text.strip_suffix('\n') {
            Some(line) if self.ends => line,
            _ => text,
        }
    }
}

fn flags(call: &mut Call<'_, '_>, first: [&str; 2]) -> Result<[bool; 2], Fault> {
    let mut read = [false, false];
    for (flag, name) in read.iter_mut().zip(first) {
        *flag = call.flag(name)?;
    }
    Ok(read)
}

/// Whether a pattern matches: the tests `match`, `search` and `regex`.
pub(in crate::syntax::template) fn holds(
    call: &mut Call<'_, '_>,
    anchor: Anchor,
) -> Result<bool, Fault> {
    let Some(text) = call.input.as_text().map(str::to_owned) else {
        return Err(call.wrong_input("a text"));
    };
    let pattern = call.text("pattern", "")?;
    let flags = flags(call, ["ignorecase", "multiline"])?;
    call.done()?;
    call.kit.spend_bytes(text.len())?;
    let found = compiled(call, &pattern, flags, anchor)?;
    let regex = &found.regex;
    Ok(regex.is_match(&text) || regex.is_match(found.line(&text)))
}

fn replace(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let pattern = call.text("pattern", "")?;
    let replacement = call.text("replacement", "")?;
    let flags = flags(call, ["ignorecase", "multiline"])?;
    let count = call.int("count", 0)?;
    let mandatory = call.int("mandatory_count", 0)?;
    call.done()?;
    let found = compiled(call, &pattern, flags, Anchor::Nowhere)?;
    let pieces = replacement_pieces(&replacement)?;
    let line = found.line(&text);
    let most = usize::try_from(count).unwrap_or(0);
    let mut out = String::new();
    let mut end = 0;
    let mut replaced = 0;
    for captures in found.regex.captures_iter(line) {
        if most > 0 && replaced == most {
            break;
        }
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_str(text.get(end..whole.start()).unwrap_or_default());
        for piece in &pieces {
            let piece = piece.of(&captures, &found.regex)?;
            call.kit.spend_bytes(piece.len())?;
            out.push_str(piece);
        }
        end = whole.end();
        replaced += 1;
    }
    if mandatory != 0 && usize::try_from(mandatory) != Ok(replaced) {
        let message =
            format!("`{pattern}` should match {mandatory} times, and does {replaced} times");
        return Err(call.failed(message));
    }
    out.push_str(text.get(end..).unwrap_or_default());
    call.kit.spend_bytes(out.len())?;
    Ok(Value::from(out))
}

/// A piece of what is put in place of a match.
#[derive(Debug)]
enum Piece {
    Text(String),
    Group(usize),
    Named(String),
}

impl Piece {
    fn of<'p>(&'p self, captures: &'p Captures<'_>, regex: &Regex) -> Result<&'p str, Fault> {
        let unknown = |name: &str| Fault::failed(format!("the pattern has no group `{name}`"));
        match self {
            Self::Text(text) => Ok(text),
            Self::Group(number) if *number < captures.len() => {
                Ok(captures.get(*number).map_or("", |group| group.as_str()))
            }
            Self::Group(number) => Err(unknown(&number.to_string())),
            // A group that took no part is empty; one that does not exist is a mistake.
            Self::Named(name) if regex.capture_names().flatten().any(|known| known == name) => {
                Ok(captures.name(name).map_or("", |group| group.as_str()))
            }
            Self::Named(name) => Err(unknown(name)),
        }
    }
}

/// Python's replacement: `\1`, `\g<1>`, `\g<name>`, `\n` and `\\`.
fn replacement_pieces(text: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(letter) = rest.chars().next() else {
            return Err(Fault::failed(
                "the replacement ends with a single backslash",
            ));
        };
        if let Some((name, after)) = rest
            .strip_prefix("g<")
            .and_then(|rest| rest.split_once('>'))
        {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(
                name.parse()
                    .map_or_else(|_| Piece::Named(name.to_owned()), Piece::Group),
            );
            rest = after;
            continue;
        }
        let digits: String = rest
            .chars()
            .take(2)
            .take_while(char::is_ascii_digit)
            .collect();
        if let (Ok(number), true) = (digits.parse(), !digits.starts_with('0')) {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Group(number));
            rest = rest.get(digits.len()..).unwrap_or_default();
            continue;
        }
        match letter {
            '0' => plain.push('\0'),
            'n' => plain.push('\n'),
            't' => plain.push('\t'),
            'r' => plain.push('\r'),
            'a' => plain.push('\u{7}'),
            'f' => plain.push('\u{c}'),
            'v' => plain.push('\u{b}'),
            'b' => plain.push('\u{8}'),
            letter if letter.is_ascii_alphabetic() => {
                let message = format!("the replacement has the unknown escape `\\{letter}`");
                return Err(Fault::failed(message).help("write `\\\\` for a backslash"));
            }
            '\\' => plain.push('\\'),
            other => {
                plain.push('\\');
                plain.push(other);
            }
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    Ok(pieces)
}

fn search(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let pattern = call.required_text("regex")?;
    let groups = call.rest();
    let flags = flags(call, ["ignorecase", "multiline"])?;
    call.done()?;
    call.kit.spend_bytes(text.len())?;
    let compiled = compiled(call, &pattern, flags, Anchor::Nowhere)?;
    let regex = &compiled.regex;
    let mut wanted = Vec::new();
    for group in &groups {
        let name = group.as_text().unwrap_or_default();
        let name = name
            .strip_prefix("\\g<")
            .and_then(|name| name.strip_suffix('>'))
            .or_else(|| name.strip_prefix('\\'))
            .ok_or_else(|| call.failed("groups are named `\\1` or `\\g<name>`"))?;
        wanted.push(name.to_owned());
    }
    let captures = regex.captures(&text);
    let Some(captures) = captures.or_else(|| regex.captures(compiled.line(&text))) else {
        return Ok(Value::None);
    };
    if wanted.is_empty() {
        let whole = captures.get(0).map_or("", |group| group.as_str());
        return Ok(Value::from(whole));
    }
    let mut found = Vec::new();
    for name in wanted {
        let group = match name.parse::<usize>() {
            Ok(number) if number < captures.len() => captures.get(number),
            Err(_) if regex.capture_names().flatten().any(|known| known == name) => {
                captures.name(&name)
            }
            _ => return Err(call.failed(format!("the pattern has no group `{name}`"))),
        };
        found.push(Value::from(group.map(|group| group.as_str())));
    }
    Ok(Value::from(found))
}

fn find_all(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let pattern = call.required_text("regex")?;
    let [multiline, ignore_case] = flags(call, ["multiline", "ignorecase"])?;
    call.done()?;
    call.kit.spend_bytes(text.len())?;
    let compiled = compiled(call, &pattern, [ignore_case, multiline], Anchor::Nowhere)?;
    let mut found = Vec::new();
    for captures in compiled.regex.captures_iter(compiled.line(&text)) {
        call.kit.spend(1)?;
        let groups: Vec<Value> = captures
            .iter()
            .map(|group| Value::from(group.map_or("", |group| group.as_str())))
            .collect();
        found.push(match groups.as_slice() {
            [whole] => whole.clone(),
            [_, group] => group.clone(),
            [_, groups @ ..] => Value::tuple(groups.to_vec()),
            [] => Value::None,
        });
    }
    Ok(Value::from(found))
}

fn escape(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let kind = call.text("re_type", "python")?;
    call.done()?;
    let special = match kind.as_str() {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "[].^$*\\",
        other => return Err(call.failed(format!("`{other}` is none of `python` or `posix_basic`"))),
    };
    let mut out = String::new();
    for letter in text.chars() {
        if special.contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    Ok(Value::from(out))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::python_pattern;

    #[test]
    fn pythons_spelling_is_understood() {
        for (theirs, ours) in [
            (r"[^[\]]{2}{x}\Z", r"[^\[\]]{2}\{x}\z"),
            (r"[]a]\<b\>[^]&]", r"[]a]<b>[^]\&]"),
            (r"web\d+\Z", r"web\d+\z"),
            ("[[a]", r"[\[a]"),
            ("[]a]b]", "[]a]b]"),
            ("[^]a]", "[^]a]"),
            ("[a&&--c~~d]&~", r"[a\&\&-\-c\~\~d]&~"),
        ] {
            assert_eq!(python_pattern(theirs), ours);
            assert!(Regex::new(ours).is_ok(), "{ours}");
        }
    }
}
