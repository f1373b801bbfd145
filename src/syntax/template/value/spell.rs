//! How values are spelled in texts: Python's `str` and `repr`.

use std::fmt::Write;

use crate::syntax::template::fault::Fault;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;

/// How deep lists may stand in lists.
pub(in crate::syntax::template) const DEPTH: usize = 64;

impl Value {
    /// The value inside a text: `True`, `None`, `1.0`, `['a', 1]`.
    pub(in crate::syntax::template) fn spell(&self) -> Result<String, Fault> {
        match self {
            Self::Text(text) => Ok(text.to_string()),
            other => other.literal(),
        }
    }

    /// The value among others that a template emits: there tuples are spelled as lists.
    pub(in crate::syntax::template) fn emitted(&self) -> Result<String, Fault> {
        match self {
            Self::Text(text) => Ok(text.to_string()),
            other => {
                let mut out = String::new();
                write_literal(other, &mut out, Level::new(Tuples::AsLists))?;
                Ok(out)
            }
        }
    }

    /// The value as a literal: a text gets quotes.
    pub(in crate::syntax::template) fn literal(&self) -> Result<String, Fault> {
        let mut out = String::new();
        write_literal(self, &mut out, Level::new(Tuples::Kept))?;
        Ok(out)
    }
}

/// How tuples are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tuples {
    Kept,
    AsLists,
}

/// How deep a value stands in others.
#[derive(Clone, Copy)]
struct Level {
    depth: usize,
    tuples: Tuples,
}

impl Level {
    fn new(tuples: Tuples) -> Self {
        Self { depth: 0, tuples }
    }

    fn deeper(self) -> Result<Self, Fault> {
        let depth = self.depth + 1;
        if depth > DEPTH {
            return Err(Fault::too_deep());
        }
        Ok(Self { depth, ..self })
    }
}

fn write_literal(value: &Value, out: &mut String, level: Level) -> Result<(), Fault> {
    match value.used()? {
        Value::None => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Text(text) => quoted(text, out),
        Value::List(items) => write_items(items, ["[", "]"], out, level)?,
        Value::Tuple(items) if level.tuples == Tuples::AsLists => {
            write_items(items, ["[", "]"], out, level)?;
        }
        Value::Tuple(items) if items.len() == 1 => write_items(items, ["(", ",)"], out, level)?,
        Value::Tuple(items) => write_items(items, ["(", ")"], out, level)?,
        Value::Map(map) => write_map(map, out, level)?,
        Value::Lazy(_) => {
            if let Some(map) = value.entries()? {
                write_map(&map, out, level)?;
            }
        }
        Value::Range(range) => {
            let step = if range.step == 1 {
                String::new()
            } else {
                format!(", {}", range.step)
            };
            let text = format!("range({}, {}{step})", range.start, range.stop);
            out.push_str(&text);
        }
        Value::Time(time) => out.push_str(&time.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()),
        other => {
            let message = format!("{} cannot stand in a text", other.describe());
            return Err(Fault::failed(message));
        }
    }
    Ok(())
}

fn write_items(
    items: &[Value],
    [open, close]: [&str; 2],
    out: &mut String,
    level: Level,
) -> Result<(), Fault> {
    out.push_str(open);
    let shown = items.iter().filter(|item| !matches!(item, Value::Omit));
    for (index, item) in shown.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_literal(item, out, level.deeper()?)?;
    }
    out.push_str(close);
    Ok(())
}

fn write_map(map: &Map, out: &mut String, level: Level) -> Result<(), Fault> {
    out.push('{');
    let shown = map
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Omit));
    for (index, (key, value)) in shown.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_literal(key.value(), out, level.deeper()?)?;
        out.push_str(": ");
        write_literal(value, out, level.deeper()?)?;
    }
    out.push('}');
    Ok(())
}

fn quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() || is_unprintable(letter) => {
                let code = u32::from(letter);
                let written = match code {
                    0..=0xFF => write!(out, "\\x{code:02x}"),
                    0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
                // Writing to a text cannot fail.
                debug_assert!(written.is_ok());
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
}

fn is_unprintable(letter: char) -> bool {
    letter != ' ' && letter.is_whitespace()
        || matches!(u32::from(letter), 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE000..=0xF8FF)
}

/// Python's spelling of a number with a fraction: the shortest that reads back the same.
pub(in crate::syntax::template) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = number.to_string();
    if plain.contains('.') {
        plain
    } else {
        plain + ".0"
    }
}

#[cfg(test)]
mod tests {
    use super::float;
    use crate::syntax::template::value::Value;

    #[test]
    fn numbers_are_spelled_as_python_spells_them() {
        for (number, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (1e100, "1e+100"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn texts_in_lists_get_the_quotes_that_need_no_escape() {
        let spelled = |text: &str| Value::from(vec![Value::from(text)]).spell().unwrap();
        assert_eq!(spelled("it's"), "[\"it's\"]");
        assert_eq!(spelled("\"'"), "['\"\\'']");
        assert_eq!(spelled("a\\b\n\u{1}é"), "['a\\\\b\\n\\x01é']");
    }
}
