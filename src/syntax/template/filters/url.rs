//! Filters for addresses on the web.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;

pub(in crate::syntax::template) const FILTERS: &[Filter] = &[
    Filter::new(
        &["urlsplit"],
        urlsplit,
        "the parts of a URL, or one of them: `hostname`, `port`, `path` …",
        ["'https://web01:5986/wsman' | urlsplit('port')", "5986"],
    ),
    Filter::new(
        &["urlencode"],
        urlencode,
        "as it may stand in a URL; mappings become queries",
        ["{'a': 'x y'} | urlencode", "\"a=x+y\""],
    ),
    Filter::new(
        &["urldecode"],
        urldecode,
        "the text of a piece of a URL",
        ["'x%20y+z' | urldecode", "\"x y z\""],
    ),
];

/// The parts of a URL.
#[derive(Debug, Default, PartialEq)]
pub(in crate::syntax::template) struct Parts {
    pub(in crate::syntax::template) scheme: String,
    pub(in crate::syntax::template) netloc: String,
    path: String,
    query: String,
    fragment: String,
}

/// The parts of a URL, as Python's `urlsplit` finds them; `None` when brackets do not match.
pub(in crate::syntax::template) fn split(url: &str) -> Option<Parts> {
    let is_noise = |letter: char| letter <= ' ';
    let url: String = url
        .trim_start_matches(is_noise)
        .chars()
        .filter(|letter| !matches!(letter, '\t' | '\r' | '\n'))
        .collect();
    let mut parts = Parts::default();
    let mut rest = url.as_str();
    if let Some((scheme, after)) = url.split_once(':') {
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        if is_scheme {
            parts.scheme = scheme.to_lowercase();
            rest = after;
        }
    }
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (netloc, after) = after.split_at_checked(end)?;
        if netloc.contains('[') != netloc.contains(']') {
            return None;
        }
        netloc.clone_into(&mut parts.netloc);
        rest = after;
    }
    if let Some((before, fragment)) = rest.split_once('#') {
        fragment.clone_into(&mut parts.fragment);
        rest = before;
    }
    if let Some((before, query)) = rest.split_once('?') {
        query.clone_into(&mut parts.query);
        rest = before;
    }
    rest.clone_into(&mut parts.path);
    Some(parts)
}

impl Parts {
    fn user(&self) -> [Option<&str>; 2] {
        match self.netloc.rsplit_once('@') {
            Some((user, _)) => match user.split_once(':') {
                Some((user, password)) => [Some(user), Some(password)],
                None => [Some(user), None],
            },
            None => [None, None],
        }
    }

    fn host(&self) -> [Option<&str>; 2] {
        let host = self
            .netloc
            .rsplit_once('@')
            .map_or(&*self.netloc, |(_, host)| host);
        let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((name, rest)) => (name, rest.strip_prefix(':')),
            None => host
                .split_once(':')
                .map_or((host, None), |(name, port)| (name, Some(port))),
        };
        [
            Some(name).filter(|name| !name.is_empty()),
            port.filter(|port| !port.is_empty()),
        ]
    }
}

fn urlsplit(call: &mut Call<'_, '_>) -> Answer {
    let wanted = call.text("query", "")?;
    call.done()?;
    let text = call.strict_text()?;
    let Some(parts) = split(text) else {
        return Err(call.failed(format!("`{text}` is no URL")));
    };
    let [user, password] = parts.user();
    let [host, port] = parts.host();
    let port = match port {
        None => Value::None,
        Some(port) => match port.parse::<u16>() {
            Ok(port) => Value::Int(port.into()),
            Err(_) => return Err(call.failed(format!("`{port}` is no port"))),
        },
    };
    let all = Value::map([
        ("fragment", Value::from(parts.fragment.as_str())),
        ("hostname", Value::from(host.map(str::to_lowercase))),
        ("netloc", Value::from(parts.netloc.as_str())),
        ("password", Value::from(password)),
        ("path", Value::from(parts.path.as_str())),
        ("port", port),
        ("query", Value::from(parts.query.as_str())),
        ("scheme", Value::from(parts.scheme.as_str())),
        ("username", Value::from(user)),
    ]);
    if wanted.is_empty() {
        return Ok(all);
    }
    match crate::syntax::template::value::access::item(&all, &Value::from(wanted.as_str()))? {
        Some(found) => Ok(found),
        None => Err(call.failed(format!("a URL has no part `{wanted}`"))),
    }
}

fn encoded(text: &str, kept: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || "_.-~".contains(letter) || kept.contains(letter) {
            out.push(letter);
        } else if letter == ' ' {
            out.push_str(space);
        } else {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let code = format!("%{byte:02X}");
                out.push_str(&code);
            }
        }
    }
    out
}

fn urlencode(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let pairs = match &call.input {
        Value::List(_) | Value::Tuple(_) => {
            let mut pairs = Vec::new();
            for pair in call.items()?.iter() {
                match pair.items()?.as_slice() {
                    [name, value] => pairs.push((name.clone(), value.clone())),
                    _ => return Err(call.failed("needs pairs of a name and a value")),
                }
            }
            pairs
        }
        other => match other.entries()? {
            Some(map) => map
                .iter()
                .map(|(key, value)| (key.value().clone(), value.clone()))
                .collect(),
            None => return Ok(Value::from(encoded(&call.input_text()?, "/", "%20"))),
        },
    };
    let part = |value: &Value| -> Result<String, Fault> { Ok(encoded(&value.spell()?, "", "+")) };
    let mut query = Vec::new();
    for (name, value) in &pairs {
        query.push(format!("{}={}", part(name)?, part(value)?));
    }
    Ok(Value::from(query.join("&")))
}

fn urldecode(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = call.strict_text()?.replace('+', " ");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let digits = after
            .get(..2)
            .filter(|digits| digits.chars().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(b'%');
            rest = after;
        }
    }
    bytes.extend(rest.bytes());
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}
