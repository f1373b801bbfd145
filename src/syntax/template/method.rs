//! Methods of texts, lists, mappings and times: `name.split('.')`, `services.items()`.
//!
//! Those that change a value in place are refused: values are shared.

use std::sync::Arc;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::time;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;

mod text;

pub(super) use crate::syntax::template::method::text::split;

const OF_TEXTS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];
const OF_LISTS: &[&str] = &["copy", "count", "index"];
const OF_MAPPINGS: &[&str] = &["copy", "get", "items", "keys", "values"];
const OF_TIMES: &[&str] = &["date", "isoformat", "strftime", "timestamp"];
const OF_NUMBERS: &[&str] = &["bit_length", "is_integer"];

/// Methods that change what they belong to, with what to do instead.
const CHANGING: [(&str, &str); 10] = [
    ("append", "make a new list: `list + [item]`"),
    ("extend", "make a new list: `list + other`"),
    ("insert", "make a new list: `[item] + list`"),
    ("remove", "make a new list: `list | reject('eq', item)`"),
    (
        "pop",
        "take what is needed: `list[:-1]`, or `| dict2items | rejectattr('key', 'eq', name) | items2dict`",
    ),
    ("sort", "make a new list: `list | sort`"),
    ("reverse", "make a new list: `list | reverse`"),
    ("update", "make a new mapping: `mapping | combine(other)`"),
    (
        "setdefault",
        "make a new mapping: `{name: value} | combine(mapping)`",
    ),
    ("clear", "begin with an empty value"),
];

fn methods(of: &Value) -> &'static [&'static str] {
    match of {
        Value::Text(_) => OF_TEXTS,
        Value::List(_) | Value::Tuple(_) => OF_LISTS,
        Value::Map(_) | Value::Lazy(_) => OF_MAPPINGS,
        Value::Time(_) => OF_TIMES,
        Value::Int(_) | Value::Float(_) => OF_NUMBERS,
        _ => &[],
    }
}

/// Whether a value has such a method.
pub(super) fn exists(of: &Value, name: &str) -> bool {
    methods(of).contains(&name)
}

/// What is no method but an attribute; only times have such.
pub(super) fn property(of: &Value, name: &str) -> Option<Value> {
    time::property(of, name)
}

/// Calls a method of the input; its name is that of the call.
pub(super) fn call(name: &str, call: &mut Call<'_, '_>) -> Answer {
    if !exists(&call.input, name) {
        return Err(unknown(&call.input, name));
    }
    match &call.input {
        Value::Text(text) => {
            let text = Arc::clone(text);
            text::call(&text, name, call)
        }
        Value::List(items) | Value::Tuple(items) => {
            let items = Arc::clone(items);
            of_list(&items, name, call)
        }
        Value::Map(_) | Value::Lazy(_) => of_mapping(name, call),
        Value::Time(_) => time::method(name, call),
        Value::Int(number) => {
            let bits = i128::BITS - number.unsigned_abs().leading_zeros();
            Ok(match name {
                "bit_length" => Value::Int(bits.into()),
                _ => Value::Bool(true),
            })
        }
        Value::Float(number) if name == "is_integer" => Ok(Value::Bool(number.fract() == 0.0)),
        other => Err(unknown(other, name)),
    }
}

fn unknown(of: &Value, name: &str) -> Fault {
    let fault = Fault::failed(format!("{} has no method `{name}`", of.describe()));
    if let (Some((_, help)), Value::List(_) | Value::Map(_)) =
        (CHANGING.iter().find(|(known, _)| *known == name), of)
    {
        return Fault::failed(format!("`{name}` would change a value that others share"))
            .help(*help);
    }
    match crate::diag::nearest(name, methods(of).iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault,
    }
}

fn of_list(items: &[Value], name: &str, call: &mut Call<'_, '_>) -> Answer {
    if name == "copy" {
        return Ok(call.input.clone());
    }
    let wanted = call.required("value")?;
    call.done()?;
    call.kit.spend(items.len())?;
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if compare::equal(item, &wanted)? {
            found.push(at);
        }
    }
    match (name, found.first()) {
        ("count", _) => Ok(Value::from(found.len())),
        (_, Some(first)) => Ok(Value::from(*first)),
        (_, None) => Err(call.failed("the list does not have this item")),
    }
}

fn of_mapping(name: &str, call: &mut Call<'_, '_>) -> Answer {
    if name == "get" {
        let key = call.required("key")?;
        let default = call.take("default").unwrap_or(Value::None);
        call.done()?;
        let found = crate::syntax::template::value::access::item(&call.input, &key)?;
        return Ok(found.unwrap_or(default));
    }
    call.done()?;
    let keys = call.items()?;
    if name == "keys" {
        return Ok(Value::List(keys));
    }
    let Some(entries) = call.input.entries()? else {
        return Err(call.wrong_input("a mapping"));
    };
    let pairs = entries.iter();
    Ok(match name {
        "values" => Value::from(pairs.map(|(_, value)| value.clone()).collect::<Vec<_>>()),
        "items" => Value::from(
            pairs
                .map(|(key, value)| Value::tuple(vec![key.value().clone(), value.clone()]))
                .collect::<Vec<_>>(),
        ),
        _ => Value::Map(entries),
    })
}
