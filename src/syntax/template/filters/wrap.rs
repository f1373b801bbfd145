//! Filters that lay long texts out in lines.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::text::Ends;
use crate::syntax::template::filters::text::lines;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["indent"],
        indent,
        "every line but the first moved to the right by a width or a text; `first`, `blank`",
        ["'a\nb' | indent(2)", "\"a\\n  b\""],
    ),
    Filter::new(
        &["wordwrap"],
        wordwrap,
        "lines of at most this width",
        [
            "'remote desktop host' | wordwrap(8)",
            "\"remote\\ndesktop\\nhost\"",
        ],
    ),
    Filter::new(
        &["truncate"],
        truncate,
        "at most this long, with `...` at the end",
        ["'remote desktop host' | truncate(12)", "\"remote...\""],
    ),
    Filter::new(
        &["comment"],
        comment,
        "as a comment: `plain` (`#`), `c`, `cblock`, `erlang` or `xml`",
        ["'managed' | comment", "\"#\\n# managed\\n#\""],
    ),
];

fn texts(text: &str) -> Vec<String> {
    let lines = lines(text, Ends::Dropped).into_iter();
    lines
        .filter_map(|line| line.as_text().map(str::to_owned))
        .collect()
}

fn indent(call: &mut Call<'_, '_>) -> Answer {
    let text = call.strict_text()?.to_owned();
    let indention = match call.take("width") {
        None => " ".repeat(4),
        Some(Value::Text(indention)) => indention.to_string(),
        Some(width) => {
            let width = width
                .as_int()
                .ok_or_else(|| call.wrong("width", "a whole number or a text", &width))?;
            let width = usize::try_from(width.max(0)).map_err(|_unfit| Fault::too_long())?;
            call.kit.spend_bytes(width)?;
            " ".repeat(width)
        }
    };
    let first = call.flag("first")?;
    let blank = call.flag("blank")?;
    call.done()?;
    let lines = texts(&format!("{text}\n"));
    let added = lines.len().saturating_mul(indention.len());
    call.kit.spend_bytes(added.saturating_add(text.len()))?;
    let moved = lines.iter().enumerate().map(|(at, line)| {
        if at > 0 && (blank || !line.is_empty()) {
            format!("{indention}{line}")
        } else {
            line.clone()
        }
    });
    let moved = moved.collect::<Vec<_>>().join("\n");
    Ok(Value::from(if first { indention + &moved } else { moved }))
}

fn truncate(call: &mut Call<'_, '_>) -> Answer {
    let text = call.strict_text()?.to_owned();
    let length = call.count("length", 255)?;
    let kill_words = call.flag("killwords")?;
    let end = call.text("end", "...")?;
    let leeway = match call.take("leeway") {
        None | Some(Value::None) => 5,
        Some(leeway) => leeway
            .as_int()
            .and_then(|leeway| usize::try_from(leeway).ok())
            .ok_or_else(|| call.wrong("leeway", "a whole number", &leeway))?,
    };
    call.done()?;
    let ending = end.chars().count();
    if length < ending {
        return Err(call.failed(format!("`length` must be {ending} at least")));
    }
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(Value::from(text));
    }
    let cut: String = text.chars().take(length - ending).collect();
    let kept = match cut.rsplit_once(' ') {
        Some((kept, _)) if !kill_words => kept,
        _ => &cut,
    };
    Ok(Value::from(format!("{kept}{end}")))
}

fn wordwrap(call: &mut Call<'_, '_>) -> Answer {
    let text = call.strict_text()?.to_owned();
    let width = call.count("width", 79)?;
    let break_long = call
        .take("break_long_words")
        .map_or(Ok(true), |flag| flag.truth())?;
    let between = match call.take("wrapstring") {
        None | Some(Value::None) => "\n".to_owned(),
        Some(text) => text.spell()?,
    };
    let hyphens = call
        .take("break_on_hyphens")
        .map_or(Ok(true), |flag| flag.truth())?;
    call.done()?;
    if width == 0 {
        return Err(call.failed("`width` must be 1 at least"));
    }
    call.kit.spend_bytes(text.len())?;
    let rule = Rule {
        width,
        break_long,
        hyphens,
    };
    let wrapped = texts(&text)
        .iter()
        .map(|line| rule.wrap(line).join(&between))
        .collect::<Vec<_>>();
    Ok(Value::from(wrapped.join(&between)))
}

struct Rule {
    width: usize,
    break_long: bool,
    hyphens: bool,
}

impl Rule {
    /// The lines of a paragraph.
    fn wrap(&self, paragraph: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut length = 0;
        for chunk in self.chunks(paragraph) {
            let is_space = chunk.starts_with(char::is_whitespace);
            let size = chunk.chars().count();
            if length + size <= self.width {
                if !(is_space && line.is_empty() && !lines.is_empty()) {
                    line.push_str(&chunk);
                    length += size;
                }
                continue;
            }
            if is_space {
                finish(&mut lines, &mut line, &mut length);
                continue;
            }
            if size > self.width && self.break_long {
                let mut rest = chunk.as_str();
                let mut left = size;
                while left > self.width - length {
                    let room = self.width - length;
                    left -= room;
                    let cut = rest
                        .char_indices()
                        .nth(room)
                        .map_or(rest.len(), |(at, _)| at);
                    line.push_str(rest.get(..cut).unwrap_or_default());
                    rest = rest.get(cut..).unwrap_or_default();
                    finish(&mut lines, &mut line, &mut length);
                }
                line.push_str(rest);
                length += left;
                continue;
            }
            finish(&mut lines, &mut line, &mut length);
            line.push_str(&chunk);
            length = size;
        }
        finish(&mut lines, &mut line, &mut length);
        lines
    }

    /// Words and the white space between them; words end behind a hyphen between letters.
    fn chunks(&self, text: &str) -> Vec<String> {
        let mut chunks: Vec<String> = Vec::new();
        let letters: Vec<char> = text.chars().collect();
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| letters.get(at))
                .is_some_and(|letter| letter.is_alphabetic())
        };
        let mut begins = true;
        let mut was_space = false;
        for (at, letter) in letters.iter().enumerate() {
            let is_space = letter.is_whitespace();
            if begins || is_space != was_space {
                chunks.push(String::new());
            }
            if let Some(chunk) = chunks.last_mut() {
                chunk.push(*letter);
            }
            was_space = is_space;
            begins = self.hyphens
                && *letter == '-'
                && is_letter(at.checked_sub(1))
                && is_letter(Some(at + 1));
        }
        chunks
    }
}

fn finish(lines: &mut Vec<String>, line: &mut String, length: &mut usize) {
    let kept = line.trim_end();
    if !kept.is_empty() {
        lines.push(kept.to_owned());
    }
    line.clear();
    *length = 0;
}

/// The parts that styles of comments set.
struct Style {
    beginning: &'static str,
    decoration: &'static str,
    end: &'static str,
}

fn style_of(name: &str) -> Option<Style> {
    let line = |decoration| Style {
        beginning: "",
        decoration,
        end: "",
    };
    Some(match name {
        "plain" => line("# "),
        "erlang" => line("% "),
        "c" => line("// "),
        "cblock" => Style {
            beginning: "/*",
            decoration: " * ",
            end: " */",
        },
        "xml" => Style {
            beginning: "<!--",
            decoration: " - ",
            end: "-->",
        },
        _ => return None,
    })
}

fn comment(call: &mut Call<'_, '_>) -> Answer {
    let text = call.strict_text()?.to_owned();
    let name = call.text("style", "plain")?;
    let Some(style) = style_of(&name) else {
        let message = format!("`{name}` is none of `plain`, `erlang`, `c`, `cblock` or `xml`");
        return Err(call.failed(message));
    };
    let mut part = |name: &str, default: &str| match call.named(name) {
        Some(value) => value.spell(),
        None => Ok(default.to_owned()),
    };
    let decoration = part("decoration", style.decoration)?;
    let newline = part("newline", "\n")?;
    let beginning = part("beginning", style.beginning)?;
    let prefix = part("prefix", decoration.trim_end())?;
    let postfix = part("postfix", decoration.trim_end())?;
    let end = part("end", style.end)?;
    let mut times = |name: &str| match call.named(name) {
        Some(value) => value
            .as_int()
            .and_then(|times| usize::try_from(times.clamp(0, 1000)).ok())
            .ok_or_else(|| call.wrong(name, "a whole number", &value)),
        None => Ok(1),
    };
    let (before, behind) = (times("prefix_count")?, times("postfix_count")?);
    call.done()?;
    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&beginning);
        out.push_str(&newline);
    }
    if prefix == newline {
        out += &newline.repeat(before);
    } else if !prefix.is_empty() {
        out += &format!("{prefix}{newline}").repeat(before);
    }
    let decorated = format!(
        "{decoration}{}",
        text.replace(&newline, &format!("{newline}{decoration}"))
    );
    out += &decorated.replace(
        &format!("{decoration}{newline}"),
        &format!("{}{newline}", decoration.trim_end()),
    );
    for _ in 0..behind {
        out.push_str(&newline);
        out.push_str(&postfix);
    }
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(Value::from(out))
}
