//! Python's two ways to put values into texts: `'%s' % x` and `'{}'.format(x)`.

use crate::syntax::template::call::Given;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::print::spec::Spec;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;

mod spec;

/// `format % arguments`; a tuple gives several arguments, a mapping gives them by name.
pub(super) fn percent(format: &str, arguments: &Value) -> Result<String, Fault> {
    let mut positional = match arguments {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    positional.reverse();
    let mut out = String::new();
    let mut rest = format;
    let mut by_name = false;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let named = rest
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let value = match named {
            Some((name, after)) => {
                by_name = true;
                rest = after;
                let found = item(arguments, &Value::from(name))?;
                Some(found.ok_or_else(|| Fault::failed(format!("`%` finds no key `{name}`")))?)
            }
            None => None,
        };
        let (spec, after) = Spec::percent(rest, &mut || whole(positional.pop()))?;
        rest = after;
        let value = match value {
            Some(value) => value,
            None => positional.pop().ok_or_else(too_few)?,
        };
        out.push_str(&spec.percent_value(&value)?);
    }
    out.push_str(rest);
    if !by_name && !positional.is_empty() && !arguments.is_mapping() {
        return Err(Fault::failed("`%` has more values than places for them"));
    }
    Ok(out)
}

fn too_few() -> Fault {
    Fault::failed("`%` has more places than values for them")
}

fn whole(value: Option<Value>) -> Result<i128, Fault> {
    let value = value.ok_or_else(too_few)?;
    value
        .as_int()
        .ok_or_else(|| Fault::failed("`*` needs a whole number"))
}

/// `format.format(…)`
pub(super) fn braces(format: &str, given: &Given) -> Result<String, Fault> {
    Braces {
        given,
        next: 0,
        depth: 0,
    }
    .text(format)
}

struct Braces<'a> {
    given: &'a Given,
    next: usize,
    depth: usize,
}

impl Braces<'_> {
    fn text(&mut self, format: &str) -> Result<String, Fault> {
        let mut out = String::new();
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(rest.get(..at).unwrap_or_default());
            let brace = rest.get(at..).unwrap_or_default();
            if let Some(after) = brace.strip_prefix("{{") {
                out.push('{');
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                out.push('}');
                rest = after;
            } else if let Some((field, after)) = brace.strip_prefix('{').and_then(field) {
                out.push_str(&self.field(field)?);
                rest = after;
            } else {
                return Err(Fault::failed(
                    "`format` finds a brace without its other half",
                ));
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str) -> Result<String, Fault> {
        let (name, spec) = match field.find(':') {
            Some(at) => (
                field.get(..at).unwrap_or_default(),
                field.get(at + 1..).unwrap_or_default(),
            ),
            None => (field, ""),
        };
        let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
        let value = self.value(name)?;
        let value = match conversion {
            "" => value,
            "s" => Value::from(value.spell()?),
            "r" | "a" => Value::from(value.literal()?),
            other => {
                let message = format!("`format` knows no conversion `!{other}`");
                return Err(Fault::failed(message));
            }
        };
        if self.depth > 1 {
            return Err(Fault::too_deep());
        }
        self.depth += 1;
        let spec = self.text(spec)?;
        self.depth -= 1;
        Spec::braces(&spec)?.braces_value(&value)
    }

    /// A value by position, name, and the attributes and items behind it.
    fn value(&mut self, name: &str) -> Result<Value, Fault> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let first = name.get(..end).unwrap_or_default();
        let position = if first.is_empty() {
            self.next += 1;
            Some(self.next - 1)
        } else {
            first.parse().ok()
        };
        let named = &self.given.named;
        let mut value = match position {
            Some(at) => self.given.positional.get(at).cloned(),
            None => named
                .iter()
                .find(|(known, _)| &**known == first)
                .map(|(_, value)| value.clone()),
        };
        let mut rest = name.get(end..).unwrap_or_default();
        while let (Some(owner), false) = (&value, rest.is_empty()) {
            let (key, after) = member(rest)?;
            value = item(owner, &key)?;
            rest = after;
        }
        value.ok_or_else(|| Fault::failed(format!("`format` has no value for `{{{name}}}`")))
    }
}

fn member(path: &str) -> Result<(Value, &str), Fault> {
    if let Some((key, after)) = path
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        let key = key.parse().map_or_else(|_| Value::from(key), Value::Int);
        return Ok((key, after));
    }
    match path.strip_prefix('.') {
        Some(inner) => {
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            let (key, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
            Ok((Value::from(key), after))
        }
        None => Err(Fault::failed(
            "`format` cannot read what stands in the braces",
        )),
    }
}

/// What stands in braces, and what follows; braces inside may hold fields of their own.
fn field(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::braces;
    use super::percent;
    use crate::syntax::template::call::Given;
    use crate::syntax::template::value::Value;

    #[test]
    fn percent_formats_as_python_does() {
        let args = Value::tuple(vec![Value::from("a"), Value::Int(-7), Value::Float(2.5)]);
        assert_eq!(
            percent("%s|%05d|%8.2f%%", &args).unwrap(),
            "a|-0007|    2.50%"
        );
        let args = Value::tuple(vec![Value::Int(255), Value::Int(255), Value::from("x")]);
        assert_eq!(percent("%x %#X %-3s|", &args).unwrap(), "ff 0XFF x  |");
        assert!(percent("%d", &Value::from("a")).is_err());
        assert!(percent("%s %s", &Value::from("a")).is_err());
        assert!(percent("%s", &Value::tuple(vec![Value::None, Value::None])).is_err());
        let named = Value::map([("port", Value::Int(3389))]);
        assert_eq!(percent("tcp/%(port)d", &named).unwrap(), "tcp/3389");
    }

    #[test]
    fn braces_format_as_python_does() {
        let mut given = Given::of(vec![Value::from("a"), Value::Int(5), Value::Float(1234.5)]);
        given
            .named
            .push((Arc::from("map"), Value::map([("k", Value::from("v"))])));
        for (format, text) in [
            ("{}-{}", "a-5"),
            ("{1:03}|{0:>4}|{0:*^5}|{0:<3}|", "005|   a|**a**|a  |"),
            ("{2:,.2f} {1:x} {1:b} {1:+d}", "1,234.50 5 101 +5"),
            ("{map[k]}{{}}{0!r}", "v{}'a'"),
        ] {
            assert_eq!(braces(format, &given).unwrap(), text, "{format}");
        }
        assert!(braces("{9}", &given).is_err());
        assert!(braces("{", &given).is_err());
    }
}
