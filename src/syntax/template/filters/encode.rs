//! Filters between values and JSON or Base64.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use base64::prelude::BASE64_URL_SAFE;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::convert::json_key;
use crate::syntax::template::value::convert::of_json;
use crate::syntax::template::value::spell;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["to_json"],
        to_json,
        "JSON on one line; `indent`, `sort_keys`, `ensure_ascii`",
        ["{'a': [1, none]} | to_json", "\"{\\\"a\\\": [1, null]}\""],
    ),
    Filter::new(
        &["to_nice_json"],
        to_nice_json,
        "JSON in lines, keys in order; `indent=4`, `sort_keys=true`",
        [
            "{'a': 1} | to_nice_json(indent=1)",
            "\"{\\n \\\"a\\\": 1\\n}\"",
        ],
    ),
    Filter::new(
        &["tojson"],
        jinja_json,
        "JSON that may stand in HTML",
        ["'<' | tojson", "\"\\\"\\\\u003c\\\"\""],
    ),
    Filter::new(
        &["from_json"],
        from_json,
        "what a JSON text says",
        ["'{\"a\": [1]}' | from_json", "{\"a\":[1]}"],
    ),
    Filter::new(
        &["b64encode"],
        b64_encode,
        "Base64 of a text; `encoding='utf-16-le'` for PowerShell, `urlsafe=true`",
        ["'dir' | b64encode(encoding='utf-16-le')", "\"ZABpAHIA\""],
    ),
    Filter::new(
        &["b64decode"],
        b64_decode,
        "the text of a Base64 text; `encoding`, `urlsafe=true`",
        ["'ZGly' | b64decode", "\"dir\""],
    ),
];

/// Whether the keys of mappings are sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    AsTheyAre,
    InOrder,
}

/// How JSON is laid out.
struct Layout {
    indent: Option<String>,
    sort: bool,
    ascii: bool,
    between: String,
    colon: String,
}

impl Layout {
    /// The arguments of a call; nice JSON has lines and keys in order unless told otherwise.
    fn of(call: &mut Call<'_, '_>, indent: Option<usize>, keys: Keys) -> Result<Self, Fault> {
        let indent = match call.named("indent") {
            None => indent.map(|width| " ".repeat(width)),
            Some(Value::None) => None,
            Some(Value::Text(indent)) => Some(indent.to_string()),
            Some(width) => {
                let width = width
                    .as_int()
                    .ok_or_else(|| call.wrong("indent", "a whole number", &width))?;
                Some(" ".repeat(usize::try_from(width.clamp(0, 64)).unwrap_or_default()))
            }
        };
        let sort = call
            .named("sort_keys")
            .map_or(Ok(keys == Keys::InOrder), |flag| flag.truth())?;
        let ascii = call
            .named("ensure_ascii")
            .map_or(Ok(true), |flag| flag.truth())?;
        let mut layout = Self {
            between: if indent.is_some() { "," } else { ", " }.to_owned(),
            colon: ": ".to_owned(),
            indent,
            sort,
            ascii,
        };
        if let Some(separators) = call
            .named("separators")
            .filter(|value| !matches!(value, Value::None))
        {
            let [between, colon] = separators
                .items()?
                .iter()
                .map(Value::spell)
                .collect::<Result<Vec<_>, _>>()?
                .try_into()
                .map_err(|_unfit| call.failed("`separators` must be two texts"))?;
            layout.between = between;
            layout.colon = colon;
        }
        // They change how secrets and unsafe texts are marked, which does not happen here.
        for name in ["vault_to_text", "preprocess_unsafe", "profile"] {
            call.named(name);
        }
        call.done()?;
        Ok(layout)
    }

    fn write(&self, value: &Value, out: &mut String, depth: usize) -> Result<(), Fault> {
        if depth > spell::DEPTH {
            return Err(Fault::too_deep());
        }
        match value.used()? {
            Value::None => out.push_str("null"),
            Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Float(number) => out.push_str(&real(*number)),
            Value::Text(text) => self.text(text, out),
            Value::List(items) | Value::Tuple(items) => self.list(items, out, depth)?,
            Value::Time(_) => self.text(&value.spell()?, out),
            other => {
                let Some(map) = other.entries()? else {
                    let message = format!("JSON has nothing for {}", other.describe());
                    return Err(Fault::failed(message));
                };
                self.map(&map, out, depth)?;
            }
        }
        Ok(())
    }

    fn line(&self, out: &mut String, depth: usize) {
        if let Some(indent) = &self.indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    }

    fn list(&self, items: &[Value], out: &mut String, depth: usize) -> Result<(), Fault> {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push_str(&self.between);
            }
            self.line(out, depth + 1);
            self.write(item, out, depth + 1)?;
        }
        if !items.is_empty() {
            self.line(out, depth);
        }
        out.push(']');
        Ok(())
    }

    fn map(&self, map: &Map, out: &mut String, depth: usize) -> Result<(), Fault> {
        let mut entries: Vec<(&Value, &Value)> = map
            .iter()
            .map(|(key, value)| (key.value(), value))
            .collect();
        if self.sort {
            compare::sort(&mut entries, |(key, _)| Value::clone(key))?;
        }
        out.push('{');
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                out.push_str(&self.between);
            }
            self.line(out, depth + 1);
            self.text(&json_key(key)?, out);
            out.push_str(&self.colon);
            self.write(value, out, depth + 1)?;
        }
        if !entries.is_empty() {
            self.line(out, depth);
        }
        out.push('}');
        Ok(())
    }

    fn text(&self, text: &str, out: &mut String) {
        out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                letter if letter < ' ' || (self.ascii && letter > '~') => {
                    let mut units = [0; 2];
                    for unit in letter.encode_utf16(&mut units) {
                        let code = format!("\\u{unit:04x}");
                        out.push_str(&code);
                    }
                }
                letter => out.push(letter),
            }
        }
        out.push('"');
    }
}

fn real(number: f64) -> String {
    match spell::float(number).as_str() {
        "nan" => "NaN".to_owned(),
        "inf" => "Infinity".to_owned(),
        "-inf" => "-Infinity".to_owned(),
        plain => plain.to_owned(),
    }
}

fn written(call: &mut Call<'_, '_>, layout: &Layout) -> Answer {
    let mut out = String::new();
    layout.write(&call.input, &mut out, 0)?;
    call.kit.spend_bytes(out.len())?;
    Ok(Value::from(out))
}

fn to_json(call: &mut Call<'_, '_>) -> Answer {
    let layout = Layout::of(call, None, Keys::AsTheyAre)?;
    written(call, &layout)
}

fn to_nice_json(call: &mut Call<'_, '_>) -> Answer {
    call.named("separators");
    if let Some(indent) = call.given.positional.pop_front() {
        call.given.named.push(("indent".into(), indent));
    }
    let layout = Layout::of(call, Some(4), Keys::InOrder)?;
    written(call, &layout)
}

fn jinja_json(call: &mut Call<'_, '_>) -> Answer {
    if let Some(indent) = call.given.positional.pop_front() {
        call.given.named.push(("indent".into(), indent));
    }
    let layout = Layout::of(call, None, Keys::InOrder)?;
    let text = written(call, &layout)?.spell()?;
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
    Ok(Value::from(
        text.replace('&', "\\u0026").replace('\'', "\\u0027"),
    ))
}

fn from_json(call: &mut Call<'_, '_>) -> Answer {
    call.named("profile");
    call.done()?;
    let text = call.strict_text()?;
    match serde_json::from_str(text) {
        Ok(data) => {
            let length = text.len();
            call.kit.spend_bytes(length)?;
            Ok(of_json(data))
        }
        Err(error) => Err(call.failed(format!("not valid JSON: {error}"))),
    }
}

/// An encoding of texts, as Python names it.
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    /// With a mark of the byte order in front.
    Utf16,
    Utf16Little,
    Utf16Big,
}

impl Encoding {
    fn of(call: &mut Call<'_, '_>) -> Result<Self, Fault> {
        let name = call.text("encoding", "utf-8")?;
        Ok(
            match name.to_lowercase().replace(['-', '_', ' '], "").as_str() {
                "utf8" | "u8" => Self::Utf8,
                "ascii" | "usascii" => Self::Ascii,
                "latin1" | "iso88591" | "l1" => Self::Latin1,
                "utf16" | "u16" => Self::Utf16,
                "utf16le" => Self::Utf16Little,
                "utf16be" => Self::Utf16Big,
                _ => {
                    let message = format!("the encoding `{name}` is not known");
                    return Err(call.failed(message).help(
                        "known: `utf-8`, `ascii`, `latin-1`, `utf-16`, `utf-16-le`, `utf-16-be`",
                    ));
                }
            },
        )
    }

    /// The bytes; `None` when a letter has none.
    fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        let units = text.encode_utf16();
        Some(match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec())?,
            Self::Latin1 => text
                .chars()
                .map(u8::try_from)
                .collect::<Result<_, _>>()
                .ok()?,
            Self::Utf16 => [0xFF, 0xFE]
                .into_iter()
                .chain(units.flat_map(u16::to_le_bytes))
                .collect(),
            Self::Utf16Little => units.flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Big => units.flat_map(u16::to_be_bytes).collect(),
        })
    }

    /// The text; `None` when the bytes are none.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
            rest.is_empty().then(|| String::from_utf16(&units).ok())?
        };
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Ascii => bytes
                .is_ascii()
                .then(|| String::from_utf8(bytes.to_vec()).ok())?,
            Self::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
            Self::Utf16 => match bytes {
                [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
                [0xFF, 0xFE, rest @ ..] | rest => wide(rest, u16::from_le_bytes),
            },
            Self::Utf16Little => wide(bytes, u16::from_le_bytes),
            Self::Utf16Big => wide(bytes, u16::from_be_bytes),
        }
    }
}

fn b64_encode(call: &mut Call<'_, '_>) -> Answer {
    let encoding = Encoding::of(call)?;
    let safe = call.flag("urlsafe")?;
    call.done()?;
    let text = call.input_text()?;
    call.kit.spend_bytes(text.len())?;
    let Some(bytes) = encoding.bytes(&text) else {
        return Err(call.failed("the encoding does not have all these letters"));
    };
    let engine = if safe {
        BASE64_URL_SAFE
    } else {
        BASE64_STANDARD
    };
    Ok(Value::from(engine.encode(bytes)))
}

fn b64_decode(call: &mut Call<'_, '_>) -> Answer {
    let encoding = Encoding::of(call)?;
    let safe = call.flag("urlsafe")?;
    call.done()?;
    let text = call.input_text()?;
    call.kit.spend_bytes(text.len())?;
    let (engine, alphabet) = if safe {
        (BASE64_URL_SAFE, "-_=")
    } else {
        (BASE64_STANDARD, "+/=")
    };
    // As Python does: what is no letter of the alphabet is passed over.
    let is_digit = |letter: &char| letter.is_ascii_alphanumeric() || alphabet.contains(*letter);
    let digits: String = text.chars().filter(is_digit).collect();
    let bytes = engine
        .decode(&digits)
        .map_err(|_unfit| call.failed("not valid Base64"))?;
    match encoding.text(&bytes) {
        Some(text) => Ok(Value::from(text)),
        None => Err(call.failed("the bytes are no text in this encoding")),
    }
}
