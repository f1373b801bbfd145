//! Methods of texts, as Python's.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::text as filter;
use crate::syntax::template::print;
use crate::syntax::template::value::Value;

pub(super) fn call(text: &str, name: &str, call: &mut Call<'_, '_>) -> Answer {
    call.kit.spend_bytes(text.len())?;
    let answer = match name {
        "strip" | "lstrip" | "rstrip" => stripped(text, name, call),
        "split" | "rsplit" => split(text, name, call),
        "startswith" | "endswith" => borders(text, name, call).map(Value::Bool),
        "find" | "rfind" | "index" | "rindex" | "count" => found(text, name, call),
        "ljust" | "rjust" | "center" | "zfill" => padded(text, name, call),
        "partition" | "rpartition" => parted(text, name, call),
        "join" => {
            let items = call.required("iterable")?.items()?;
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
            match texts {
                Some(texts) => Ok(Value::from(texts.join(text))),
                None => Err(call.failed("joins texts only; `| join` joins anything")),
            }
        }
        "format" => {
            let given = std::mem::take(&mut call.given);
            print::braces(text, &given).map(Value::from)
        }
        "replace" => {
            let old = call.required_text("old")?;
            let new = call.required_text("new")?;
            let count = call.int("count", -1)?;
            filter::replaced(text, [&old, &new], count, call.kit)
        }
        "removeprefix" => {
            let prefix = call.required_text("prefix")?;
            Ok(text.strip_prefix(&*prefix).unwrap_or(text).into())
        }
        "removesuffix" => {
            let suffix = call.required_text("suffix")?;
            Ok(text.strip_suffix(&*suffix).unwrap_or(text).into())
        }
        "splitlines" => {
            let ends = if call.flag("keepends")? {
                filter::Ends::Kept
            } else {
                filter::Ends::Dropped
            };
            Ok(Value::from(filter::lines(text, ends)))
        }
        "expandtabs" => {
            let width = call.count("tabsize", 8)?;
            Ok(Value::from(expanded(text, width.min(1000))))
        }
        _ if name.starts_with("is") => Ok(Value::Bool(is(text, name))),
        _ => Ok(Value::from(changed(text, name))),
    };
    let answer = answer?;
    call.done()?;
    Ok(answer)
}

fn changed(text: &str, name: &str) -> String {
    match name {
        "upper" => text.to_uppercase(),
        "lower" | "casefold" => text.to_lowercase(),
        "capitalize" => filter::capitalized(text),
        "swapcase" => {
            let swap = |letter: char| {
                if letter.is_uppercase() {
                    letter.to_lowercase().to_string()
                } else {
                    letter.to_uppercase().to_string()
                }
            };
            text.chars().map(swap).collect()
        }
        _ => title(text),
    }
}

/// Python's own title case: every letter behind a non-letter is large.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = letter.is_alphabetic();
    }
    out
}

fn is(text: &str, name: &str) -> bool {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    match name {
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isascii" => text.is_ascii(),
        "isdecimal" | "isdigit" => all(|letter| letter.is_ascii_digit()),
        "isnumeric" => all(char::is_numeric),
        "isspace" => all(char::is_whitespace),
        "isidentifier" => {
            !text.starts_with(|first: char| first.is_ascii_digit())
                && all(|letter| letter.is_alphanumeric() || letter == '_')
        }
        "islower" => filter::has_case(text) && !text.chars().any(char::is_uppercase),
        "isupper" => filter::has_case(text) && !text.chars().any(char::is_lowercase),
        _ => filter::has_case(text) && text == title(text),
    }
}

fn stripped(text: &str, name: &str, call: &mut Call<'_, '_>) -> Answer {
    let letters = match call.take("chars") {
        None | Some(Value::None) => None,
        Some(Value::Text(letters)) => Some(letters),
        Some(other) => return Err(call.wrong("chars", "a text", &other)),
    };
    let strip = |letter: char| match &letters {
        Some(letters) => letters.contains(letter),
        None => letter.is_whitespace(),
    };
    Ok(Value::from(match name {
        "lstrip" => text.trim_start_matches(strip),
        "rstrip" => text.trim_end_matches(strip),
        _ => text.trim_matches(strip),
    }))
}

/// `split` and `rsplit`; without a separator at any white space.
pub(in crate::syntax::template) fn split(
    text: &str,
    name: &str,
    call: &mut Call<'_, '_>,
) -> Answer {
    let separator = match call.take("sep") {
        None | Some(Value::None) => None,
        Some(Value::Text(separator)) => Some(separator),
        Some(other) => return Err(call.wrong("sep", "a text", &other)),
    };
    let most = call.int("maxsplit", -1)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let from = if name == "rsplit" {
        From::End
    } else {
        From::Start
    };
    let pieces: Vec<&str> = match (separator, from) {
        (Some(separator), _) if separator.is_empty() => {
            return Err(call.failed("the separator must not be empty"));
        }
        (Some(separator), From::Start) => {
            text.splitn(most.saturating_add(1), &*separator).collect()
        }
        (Some(separator), From::End) => {
            let mut pieces: Vec<&str> = text.rsplitn(most.saturating_add(1), &*separator).collect();
            pieces.reverse();
            pieces
        }
        (None, from) => words(text, most, from),
    };
    Ok(Value::from(
        pieces.into_iter().map(Value::from).collect::<Vec<_>>(),
    ))
}

/// Where the pieces are counted from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Start,
    End,
}

fn words(text: &str, most: usize, from: From) -> Vec<&str> {
    let from_the_end = from == From::End;
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if pieces.len() >= most {
            pieces.push(rest);
            break;
        }
        let at = if from_the_end {
            rest.rfind(char::is_whitespace)
        } else {
            rest.find(char::is_whitespace)
        };
        let Some(at) = at else {
            pieces.push(rest);
            break;
        };
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (piece, left) = if from_the_end {
            (after.trim_start(), before.trim_end())
        } else {
            (before, after.trim_start())
        };
        pieces.push(piece);
        rest = left;
    }
    // The untouched rest keeps the white space at its far end.
    if pieces.len() > most
        && let Some(last) = pieces.last_mut()
    {
        *last = if from_the_end {
            let end = text.trim_start().len() - last.len();
            text.get(..text.len() - end).unwrap_or_default()
        } else {
            text.trim_end()
                .len()
                .checked_sub(last.len())
                .and_then(|start| text.get(start..))
                .unwrap_or_default()
        };
    }
    if from_the_end {
        pieces.reverse();
    }
    pieces
}

fn borders(text: &str, name: &str, call: &mut Call<'_, '_>) -> Result<bool, Fault> {
    let wanted = call.required("prefix")?;
    let wanted = match &wanted {
        Value::Tuple(items) => items.to_vec(),
        Value::Text(_) => vec![wanted],
        other => return Err(call.wrong("prefix", "a text", other)),
    };
    let mut candidates = wanted.iter().filter_map(Value::as_text);
    Ok(candidates.any(|wanted| {
        if name == "startswith" {
            text.starts_with(wanted)
        } else {
            text.ends_with(wanted)
        }
    }))
}

fn found(text: &str, name: &str, call: &mut Call<'_, '_>) -> Answer {
    let wanted = call.required_text("sub")?;
    if name == "count" {
        return Ok(Value::from(text.matches(&*wanted).count()));
    }
    let at = if name.starts_with('r') {
        text.rfind(&*wanted)
    } else {
        text.find(&*wanted)
    };
    match at {
        Some(at) => {
            let before = text.get(..at).unwrap_or_default();
            Ok(Value::from(before.chars().count()))
        }
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => Err(call.failed(format!("`{wanted}` is not in the text"))),
    }
}

fn padded(text: &str, name: &str, call: &mut Call<'_, '_>) -> Answer {
    let width = call.count("width", 0)?;
    call.kit.spend_bytes(width)?;
    let fill = if name == "zfill" {
        "0".to_owned()
    } else {
        call.text("fillchar", " ")?
    };
    let length = text.chars().count();
    let lacking = width.saturating_sub(length);
    let (left, right) = match name {
        "ljust" => (0, lacking),
        "center" => filter::centred(lacking, width),
        _ => (lacking, 0),
    };
    let (sign, digits) = match text.chars().next() {
        Some(sign @ ('+' | '-')) if name == "zfill" => {
            (sign.to_string(), text.get(1..).unwrap_or_default())
        }
        _ => (String::new(), text),
    };
    Ok(Value::from(format!(
        "{sign}{}{digits}{}",
        fill.repeat(left),
        fill.repeat(right)
    )))
}

fn parted(text: &str, name: &str, call: &mut Call<'_, '_>) -> Answer {
    let separator = call.required_text("sep")?;
    let parts = if name == "partition" {
        text.split_once(&*separator)
    } else {
        text.rsplit_once(&*separator)
    };
    let parts = match parts {
        Some((before, after)) => [before, &separator, after],
        None if name == "partition" => [text, "", ""],
        None => ["", "", text],
    };
    Ok(Value::tuple(parts.map(Value::from).to_vec()))
}

fn expanded(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for letter in text.chars() {
        match letter {
            '\t' if width > 0 => {
                let lacking = width - column % width;
                out.push_str(&" ".repeat(lacking));
                column += lacking;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(letter);
                column = 0;
            }
            letter => {
                out.push(letter);
                column += 1;
            }
        }
    }
    out
}
