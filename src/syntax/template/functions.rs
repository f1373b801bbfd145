//! Functions that templates can call: `range`, `dict`, `lookup` and their like.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::call::Given;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::time;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Range;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;

/// A function with what the documentation says of it.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// One line.
    pub(super) line: &'static str,
    /// An expression, and what it gives as JSON.
    pub(super) example: [&'static str; 2],
    pub(super) run: fn(&mut Call<'_, '_>) -> Answer,
}

/// All functions.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "dict",
        line: "a mapping of named arguments, or of a list of pairs",
        example: ["dict(port=3389)", r#"{"port":3389}"#],
        run: dict,
    },
    Function {
        name: "lookup",
        line: "`env` (a variable of the environment) and `vars` (a variable by its name); no other lookups",
        example: ["lookup('vars', 'nope', default=1)", "1"],
        run: lookup,
    },
    Function {
        name: "now",
        line: "the time at which the run began; `utc=true`, `fmt='%Y-%m-%d'`",
        example: ["now(utc=true, fmt='%Y') | length", "4"],
        run: time::now,
    },
    Function {
        name: "q",
        line: "as `query`",
        example: ["q('vars', 'nope', default=1)", "[1]"],
        run: query,
    },
    Function {
        name: "query",
        line: "as `lookup`, as a list",
        example: ["query('vars', 'nope', default=1)", "[1]"],
        run: query,
    },
    Function {
        name: "range",
        line: "whole numbers: `range(stop)`, `range(start, stop, step)`",
        example: ["range(1, 6, 2) | list", "[1,3,5]"],
        run: range,
    },
    Function {
        name: "undef",
        line: "something undefined, with a message of its own",
        example: ["undef('say which port') | default(1)", "1"],
        run: undef,
    },
];

/// Functions of minijinja: name, line, example and what it gives.
pub(super) const BUILT_IN: &[(&str, &str, [&str; 2])] = &[(
    "namespace",
    "a mapping whose attributes `{% set %}` changes inside of loops",
    ["namespace(found=false).found", "false"],
)];

/// Whether there is a function of this name.
pub(super) fn exists(name: &str) -> bool {
    let built_in = BUILT_IN.iter().map(|(name, ..)| *name);
    let mut names = FUNCTIONS
        .iter()
        .map(|function| function.name)
        .chain(built_in);
    names.any(|known| known == name)
}

/// Calls a function.
pub(super) fn call(function: &'static Function, given: Given, kit: &mut Kit<'_>) -> Answer {
    if let Some(undefined) = given.undefined()
        // A default of a lookup may be undefined as long as nobody uses it.
        && !matches!(function.name, "lookup" | "query" | "q")
    {
        return Ok(undefined.clone());
    }
    (function.run)(&mut Call::new(function.name, Value::None, given, kit))
}

fn range(call: &mut Call<'_, '_>) -> Answer {
    let first = call.required("stop")?;
    let second = call.take("");
    let third = call.take("");
    call.done()?;
    let number = |value: &Value| {
        value
            .as_int()
            .ok_or_else(|| Fault::failed("`range` needs whole numbers"))
    };
    let (start, end) = match &second {
        None => (0, number(&first)?),
        Some(stop) => (number(&first)?, number(stop)?),
    };
    let by = third.as_ref().map_or(Ok(1), number)?;
    if by == 0 {
        return Err(call.failed("the step must not be 0"));
    }
    Ok(Value::Range(Range {
        start,
        stop: end,
        step: by,
    }))
}

fn dict(call: &mut Call<'_, '_>) -> Answer {
    let mut map = match call.given.positional.pop_front() {
        None => Map::new(),
        Some(pairs) => match pairs.entries()? {
            Some(map) => Map::clone(&map),
            None => pairs_of(&pairs)?,
        },
    };
    if !call.given.positional.is_empty() {
        return Err(call.failed("too many arguments"));
    }
    for (name, value) in std::mem::take(&mut call.given.named) {
        map.insert(Key::text(&name), value);
    }
    Ok(Value::from(map))
}

fn pairs_of(pairs: &Value) -> Result<Map, Fault> {
    let mut map = Map::new();
    for pair in pairs.items()?.iter() {
        match pair.items()?.as_slice() {
            [key, value] => map.insert(Key::of(key.clone())?, value.clone()),
            _ => return Err(Fault::failed("`dict` needs pairs of a key and a value")),
        };
    }
    Ok(map)
}

fn undef(call: &mut Call<'_, '_>) -> Answer {
    let hint = call.text("hint", "a value must be given here")?;
    call.done()?;
    Ok(call.kit.undefined(hint))
}

/// Lookups that read files or ask the world, with what to do instead.
const INSTEAD: [(&str, &str); 12] = [
    (
        "file",
        "put the text into a variable, or read it with `vars_files`",
    ),
    (
        "template",
        "put the text into a variable: its templates are rendered when it is used",
    ),
    (
        "pipe",
        "run the command before, and hand its output over by `-e`",
    ),
    ("password", "give the password from a vault"),
    ("ini", "put the values into a variables file"),
    ("csvfile", "put the values into a variables file"),
    ("fileglob", "name the files"),
    ("url", "fetch it before, and hand it over by `-e`"),
    ("dict", "use `| dict2items`"),
    ("items", "use the list itself"),
    ("sequence", "use `range(…)`"),
    ("subelements", "use `| subelements(…)`"),
];

fn lookup(call: &mut Call<'_, '_>) -> Answer {
    let as_list = call.named("wantlist");
    let as_list = as_list.map_or(Ok(false), |wanted| wanted.truth())?;
    let mut found = lookups(call)?;
    if as_list {
        return Ok(Value::from(found));
    }
    if found.len() < 2 {
        return Ok(found.pop().unwrap_or_else(|| Value::from(found)));
    }
    // Ansible joins texts, and leaves lists alone that have anything else.
    let texts: Option<Vec<&str>> = found.iter().map(Value::as_text).collect();
    let joined = texts.map(|texts| texts.join(","));
    Ok(joined.map_or_else(|| Value::from(found), Value::from))
}

fn query(call: &mut Call<'_, '_>) -> Answer {
    call.named("wantlist");
    lookups(call).map(Value::from)
}

fn lookups(call: &mut Call<'_, '_>) -> Result<Vec<Value>, Fault> {
    let plugin = call.required_text("plugin_name")?;
    let short = plugin.strip_prefix("ansible.builtin.").unwrap_or(&plugin);
    let terms = call.rest();
    let default = call.named("default");
    let mut found = Vec::new();
    for term in &terms {
        let name = term.spell()?;
        let value = match short {
            "env" => call.kit.environment(&name).map(Value::from),
            "vars" => call.kit.by_name(&name)?,
            _ => break,
        };
        found.push(match (value, &default) {
            (Some(value), _) => value,
            (None, Some(default)) => default.clone(),
            (None, None) if short == "env" => Value::from(""),
            (None, None) => call.kit.undefined(format!("undefined variable `{name}`")),
        });
    }
    if matches!(short, "env" | "vars") {
        return Ok(found);
    }
    let fault = Fault::named(
        "template-name",
        format!("lookup `{plugin}` is not run here"),
    );
    let instead = INSTEAD.iter().find(|(name, _)| *name == short);
    Err(fault.help(instead.map_or("`env` and `vars` are the only ones", |(_, help)| help)))
}
