//! Filters for texts.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::method;
use crate::syntax::template::print;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["string"],
        string,
        "the value as a text",
        ["[1, true] | string", "\"[1, True]\""],
    ),
    Filter::new(
        &["lower"],
        lower,
        "small letters",
        ["'WEB01' | lower", "\"web01\""],
    ),
    Filter::new(
        &["upper"],
        upper,
        "capitals",
        ["'web01' | upper", "\"WEB01\""],
    ),
    Filter::new(
        &["capitalize"],
        capitalize,
        "a capital in front, small letters behind",
        ["'rDP host' | capitalize", "\"Rdp host\""],
    ),
    Filter::new(
        &["title"],
        title,
        "a capital at the beginning of every word",
        ["'remote desktop' | title", "\"Remote Desktop\""],
    ),
    Filter::new(
        &["trim"],
        trim,
        "no white space at the ends, or none of these letters",
        ["'  a b ' | trim", "\"a b\""],
    ),
    Filter::new(
        &["replace"],
        replace,
        "another text for a text; a third argument says how often",
        ["'a.b.c' | replace('.', '-', 1)", "\"a-b.c\""],
    ),
    Filter::new(
        &["split"],
        split,
        "the pieces between white space, or between a separator",
        ["'a,b' | split(',')", "[\"a\",\"b\"]"],
    ),
    Filter::new(
        &["format"],
        format,
        "values at the places of `%s`, `%d`, `%.1f`",
        ["'%s:%d' | format('web01', 3389)", "\"web01:3389\""],
    ),
    Filter::new(
        &["center"],
        center,
        "in the middle of this width",
        ["'a' | center(5)", "\"  a  \""],
    ),
    Filter::new(
        &["wordcount"],
        wordcount,
        "how many words it has",
        ["'a b-c' | wordcount", "3"],
    ),
    Filter::new(
        &["quote"],
        quote,
        "quoted for a shell of Unix",
        ["\"it's\" | quote", "\"'it'\\\"'\\\"'s'\""],
    ),
    Filter::new(
        &["escape", "e", "forceescape"],
        escape,
        "`&`, `<`, `>` and quotes as HTML writes them",
        ["'<a>' | escape", "\"&lt;a&gt;\""],
    ),
    Filter::new(
        &["safe"],
        safe,
        "the text itself: nothing is escaped here",
        ["'<a>' | safe", "\"<a>\""],
    ),
];

fn string(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    call.input_text().map(Value::from)
}

fn lower(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(Value::from(call.input_text()?.to_lowercase()))
}

fn upper(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(Value::from(call.input_text()?.to_uppercase()))
}

fn capitalize(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(Value::from(capitalized(&call.input_text()?)))
}

pub(in crate::syntax::template) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first
            .to_uppercase()
            .chain(letters.as_str().to_lowercase().chars())
            .collect(),
        None => String::new(),
    }
}

/// Jinja's words begin behind white space, a hyphen or an opening bracket.
fn title(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = call.input_text()?;
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if letter.is_whitespace() || "-({[<".contains(letter) {
            out.push(letter);
            begins = true;
        } else if begins {
            out.extend(letter.to_uppercase());
            begins = false;
        } else {
            out.extend(letter.to_lowercase());
        }
    }
    Ok(Value::from(out))
}

fn trim(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let letters = call
        .take("chars")
        .filter(|letters| !matches!(letters, Value::None));
    call.done()?;
    let letters = letters.map(|letters| letters.spell()).transpose()?;
    Ok(Value::from(match letters {
        Some(letters) => text.trim_matches(|letter| letters.contains(letter)),
        None => text.trim(),
    }))
}

fn replace(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let old = call.required("old")?.spell()?;
    let new = call.required("new")?.spell()?;
    let count = match call.take("count") {
        None | Some(Value::None) => -1,
        Some(count) => count
            .as_int()
            .ok_or_else(|| call.wrong("count", "a whole number", &count))?,
    };
    call.done()?;
    replaced(&text, [&old, &new], count, call.kit)
}

/// A text with another in place of one; below 0 everywhere.
pub(in crate::syntax::template) fn replaced(
    text: &str,
    [old, new]: [&str; 2],
    count: i128,
    kit: &mut Kit<'_>,
) -> Answer {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let places = if old.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(old).count()
    };
    let length = places
        .min(most)
        .saturating_mul(new.len())
        .saturating_add(text.len());
    kit.spend_bytes(length)?;
    Ok(Value::from(text.replacen(old, new, most)))
}

fn split(call: &mut Call<'_, '_>) -> Answer {
    let text = call.strict_text()?.to_owned();
    call.kit.spend_bytes(text.len())?;
    let answer = method::split(&text, "split", call)?;
    call.done()?;
    Ok(answer)
}

fn format(call: &mut Call<'_, '_>) -> Answer {
    let format = call.input_text()?;
    let named = std::mem::take(&mut call.given.named);
    let arguments = if named.is_empty() {
        Value::tuple(call.rest())
    } else {
        let entries = named.into_iter();
        Value::from(
            entries
                .map(|(name, value)| {
                    (
                        crate::syntax::template::value::compare::Key::text(&name),
                        value,
                    )
                })
                .collect::<crate::syntax::template::value::Map>(),
        )
    };
    call.done()
        .map_err(|_unfit| call.failed("values by position and by name exclude each other"))?;
    let text = print::percent(&format, &arguments)?;
    call.kit.spend_bytes(text.len())?;
    Ok(Value::from(text))
}

/// How much goes to the left and to the right, as Python decides when it is not even.
pub(in crate::syntax::template) fn centred(lacking: usize, width: usize) -> (usize, usize) {
    let left = lacking / 2 + (lacking & width & 1);
    (left, lacking - left)
}

fn center(call: &mut Call<'_, '_>) -> Answer {
    let text = call.input_text()?;
    let width = call.count("width", 80)?;
    call.done()?;
    call.kit.spend_bytes(width)?;
    let (left, right) = centred(width.saturating_sub(text.chars().count()), width);
    Ok(Value::from(format!(
        "{}{text}{}",
        " ".repeat(left),
        " ".repeat(right)
    )))
}

fn wordcount(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = call.input_text()?;
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    Ok(Value::from(words.filter(|word| !word.is_empty()).count()))
}

fn quote(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = match &call.input {
        Value::None => String::new(),
        other => other.spell()?,
    };
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./-_".contains(letter);
    if !text.is_empty() && text.chars().all(is_safe) {
        return Ok(Value::from(text));
    }
    Ok(Value::from(format!("'{}'", text.replace('\'', "'\"'\"'"))))
}

fn escape(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = call.input_text()?;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    Ok(Value::from(out))
}

fn safe(call: &mut Call<'_, '_>) -> Answer {
    string(call)
}

/// Whether a text has letters that are small or large at all.
pub(in crate::syntax::template) fn has_case(text: &str) -> bool {
    text.chars()
        .any(|letter| letter.is_lowercase() || letter.is_uppercase())
}

/// Whether lines keep their line breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax::template) enum Ends {
    Kept,
    Dropped,
}

/// The lines of a text, as Python's `splitlines` cuts them.
pub(in crate::syntax::template) fn lines(text: &str, ends: Ends) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut rest = text;
    let is_end = |letter: char| {
        matches!(
            letter,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    while let Some(at) = rest.find(is_end) {
        let end = rest.get(at..).unwrap_or_default();
        let length = if end.starts_with("\r\n") {
            2
        } else {
            end.chars().next().map_or(1, char::len_utf8)
        };
        let kept = match ends {
            Ends::Kept => at + length,
            Ends::Dropped => at,
        };
        lines.push(Value::from(rest.get(..kept).unwrap_or_default()));
        rest = rest.get(at + length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        lines.push(Value::from(rest));
    }
    lines
}
