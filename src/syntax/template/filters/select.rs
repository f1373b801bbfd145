//! Filters that choose items, or take something of each.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::order::Capitals;
use crate::syntax::template::filters::order::Direction;
use crate::syntax::template::filters::order::folded;
use crate::syntax::template::filters::order::sorted;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;
use crate::syntax::template::value::compare;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["map"],
        map,
        "a filter applied to each item, or an `attribute` of each (`default` where it lacks)",
        [
            "[{'n': 1}, {}] | map(attribute='n', default=0) | list",
            "[1,0]",
        ],
    ),
    Filter::new(
        &["select"],
        select,
        "the items for which a test holds, or that count as true",
        ["[1, 2, 3] | select('odd') | list", "[1,3]"],
    ),
    Filter::new(
        &["reject"],
        reject,
        "the items for which a test does not hold",
        ["[1, 2, 3] | reject('odd') | list", "[2]"],
    ),
    Filter::new(
        &["selectattr"],
        select_attribute,
        "the items whose attribute passes a test",
        [
            "[{'s': 'up'}, {'s': 'down'}] | selectattr('s', 'eq', 'up') | list",
            "[{\"s\":\"up\"}]",
        ],
    ),
    Filter::new(
        &["rejectattr"],
        reject_attribute,
        "the items whose attribute does not pass a test",
        [
            "[{'s': 'up'}, {'s': 'down'}] | rejectattr('s', 'eq', 'up') | list",
            "[{\"s\":\"down\"}]",
        ],
    ),
    Filter::new(
        &["groupby"],
        group_by,
        "pairs of an attribute's value and the items that have it, in order; `default`, `case_sensitive`",
        [
            "[{'k': 'b'}, {'k': 'a'}] | groupby('k') | map('first') | list",
            "[\"a\",\"b\"]",
        ],
    ),
    Filter::new(
        &["attr"],
        attribute,
        "undefined for everything that data has: keys are found by `.` and `[]`",
        ["{'a': 1} | attr('a') | default(0)", "0"],
    ),
];

/// The way to a part of an item: `address.city`, `0`.
#[derive(Debug)]
pub(super) struct Attribute {
    keys: Vec<Value>,
}

impl Attribute {
    /// No attribute is the item itself.
    pub(super) fn of(attribute: Option<Value>) -> Result<Self, Fault> {
        let keys = match attribute {
            None | Some(Value::None) => Vec::new(),
            Some(Value::Text(path)) => path.split('.').map(key).collect(),
            Some(index @ Value::Int(_)) => vec![index],
            Some(other) => {
                let message = format!(
                    "`attribute` must be a text or a number, this is {}",
                    other.describe()
                );
                return Err(Fault::failed(message));
            }
        };
        Ok(Self { keys })
    }

    /// Several with commas between them.
    pub(super) fn several(attribute: Option<Value>) -> Result<Vec<Self>, Fault> {
        match attribute {
            Some(Value::Text(paths)) => paths
                .split(',')
                .map(|path| Self::of(Some(Value::from(path))))
                .collect(),
            other => Ok(vec![Self::of(other)?]),
        }
    }

    /// The part of an item; undefined when it has none.
    pub(super) fn of_item(&self, of: &Value, kit: &Kit<'_>) -> Answer {
        self.or_default(of, None, kit)
    }

    fn or_default(&self, of: &Value, default: Option<&Value>, kit: &Kit<'_>) -> Answer {
        let mut value = of.clone();
        for key in &self.keys {
            if let Value::Undefined(_) = value {
                return Ok(value);
            }
            value = match (item(&value, key)?, default) {
                (Some(found), _) => found,
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    let what = key.spell()?;
                    kit.undefined(format!("an item has no attribute `{what}`"))
                }
            };
        }
        Ok(value)
    }
}

fn key(word: &str) -> Value {
    let is_number = !word.is_empty() && word.chars().all(|digit| digit.is_ascii_digit());
    match word.parse() {
        Ok(index) if is_number => Value::Int(index),
        _ => Value::from(word),
    }
}

fn map(call: &mut Call<'_, '_>) -> Answer {
    if !call.input.truth()? {
        return Ok(Value::from(Vec::new()));
    }
    let items = call.items()?;
    let mut mapped = Vec::with_capacity(items.len());
    if call.given.positional.is_empty()
        && call
            .given
            .named
            .iter()
            .any(|(name, _)| &**name == "attribute")
    {
        let attribute = Attribute::of(call.named("attribute"))?;
        let default = call
            .named("default")
            .filter(|default| !matches!(default, Value::None));
        call.done()?;
        for item in items.iter() {
            mapped.push(attribute.or_default(item, default.as_ref(), call.kit)?);
        }
        return Ok(Value::from(mapped));
    }
    let Some(name) = call.given.positional.pop_front() else {
        return Err(call.failed("needs the name of a filter, or `attribute=`"));
    };
    let name = name.spell()?;
    let given = std::mem::take(&mut call.given);
    for item in items.iter() {
        mapped.push(call.kit.filter(&name, item.clone(), given.clone())?);
    }
    Ok(Value::from(mapped))
}

/// Which items are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Passing,
    Failing,
}

/// The items that pass a test, or that do not.
fn chosen(call: &mut Call<'_, '_>, attribute: &Attribute, kept: Kept) -> Answer {
    if !call.input.truth()? {
        return Ok(Value::from(Vec::new()));
    }
    let test = match call.given.positional.pop_front() {
        Some(name) => Some(name.spell()?),
        None => None,
    };
    let given = std::mem::take(&mut call.given);
    let mut chosen = Vec::new();
    for item in call.items()?.iter() {
        let value = attribute.of_item(item, call.kit)?;
        let holds = match &test {
            Some(test) => call.kit.test(test, value, given.clone())?.truth()?,
            None => value.truth()?,
        };
        if holds == (kept == Kept::Passing) {
            chosen.push(item.clone());
        }
    }
    Ok(Value::from(chosen))
}

fn select(call: &mut Call<'_, '_>) -> Answer {
    chosen(call, &Attribute::of(None)?, Kept::Passing)
}

fn reject(call: &mut Call<'_, '_>) -> Answer {
    chosen(call, &Attribute::of(None)?, Kept::Failing)
}

fn by_attribute(call: &mut Call<'_, '_>) -> Result<Attribute, Fault> {
    match call.given.positional.pop_front() {
        Some(attribute) => Attribute::of(Some(attribute)),
        None => Err(call.failed("needs the name of an attribute")),
    }
}

fn select_attribute(call: &mut Call<'_, '_>) -> Answer {
    let attribute = by_attribute(call)?;
    chosen(call, &attribute, Kept::Passing)
}

fn reject_attribute(call: &mut Call<'_, '_>) -> Answer {
    let attribute = by_attribute(call)?;
    chosen(call, &attribute, Kept::Failing)
}

fn group_by(call: &mut Call<'_, '_>) -> Answer {
    let attribute = Attribute::of(Some(call.required("attribute")?))?;
    let default = call
        .take("default")
        .filter(|default| !matches!(default, Value::None));
    let capitals = Capitals::of(call)?;
    call.done()?;
    let mut keyed = Vec::new();
    for item in call.items()?.iter() {
        let key = attribute.or_default(item, default.as_ref(), call.kit)?;
        let folded = folded(key.used()?, capitals);
        keyed.push((
            folded.clone(),
            Value::tuple(vec![folded, key, item.clone()]),
        ));
    }
    let items = sorted(keyed, Direction::Up, call)?.items()?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for entry in items.iter() {
        let entry = entry.items()?;
        let [folded, key, item] = entry.as_slice() else {
            continue;
        };
        match groups.last_mut() {
            Some((last, _, members)) if compare::equal(last, folded)? => members.push(item.clone()),
            _ => groups.push((folded.clone(), key.clone(), vec![item.clone()])),
        }
    }
    let pair = |(_, key, members): (Value, Value, Vec<Value>)| {
        Value::tuple(vec![key, Value::from(members)])
    };
    Ok(Value::from(
        groups.into_iter().map(pair).collect::<Vec<_>>(),
    ))
}

fn attribute(call: &mut Call<'_, '_>) -> Answer {
    let name = call.required_text("name")?;
    call.done()?;
    Ok(call.kit.undefined(format!(
        "`attr` finds no keys: write `.{name}` or `['{name}']`"
    )))
}
