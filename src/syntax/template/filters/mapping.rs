//! Filters for mappings.

use std::sync::Arc;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::list::Nulls;
use crate::syntax::template::filters::list::flattened;
use crate::syntax::template::filters::order::Capitals;
use crate::syntax::template::filters::order::Direction;
use crate::syntax::template::filters::order::folded;
use crate::syntax::template::filters::order::sorted;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::compare::Key;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["combine"],
        combine,
        "one mapping of several, the last winning; `recursive=true`, `list_merge` (`replace`, `keep`, `append`, `prepend`, `append_rp`, `prepend_rp`)",
        [
            "{'a': {'x': 1}} | combine({'a': {'y': 2}}, recursive=true)",
            "{\"a\":{\"x\":1,\"y\":2}}",
        ],
    ),
    Filter::new(
        &["dict2items"],
        to_items,
        "a list of `key` and `value`; `key_name`, `value_name`",
        ["{'a': 1} | dict2items", "[{\"key\":\"a\",\"value\":1}]"],
    ),
    Filter::new(
        &["items2dict"],
        of_items,
        "a mapping of a list of `key` and `value`; `key_name`, `value_name`",
        ["[{'key': 'a', 'value': 1}] | items2dict", "{\"a\":1}"],
    ),
    Filter::new(
        &["items"],
        items,
        "pairs of keys and values",
        ["{'a': 1} | items", "[[\"a\",1]]"],
    ),
    Filter::new(
        &["dictsort"],
        dictsort,
        "pairs of keys and values, in order; `case_sensitive`, `by='value'`, `reverse`",
        ["{'b': 1, 'a': 2} | dictsort", "[[\"a\",2],[\"b\",1]]"],
    ),
    Filter::new(
        &["extract"],
        extract,
        "what a container has under this key, and then under more keys",
        [
            "'web01' | extract({'web01': {'ip': '10.0.0.1'}}, 'ip')",
            "\"10.0.0.1\"",
        ],
    ),
    Filter::new(
        &["subelements"],
        subelements,
        "pairs of an item and each element of a list in it; `skip_missing=true`",
        [
            "[{'u': 'a', 'k': [1, 2]}] | subelements('k') | map('last')",
            "[1,2]",
        ],
    ),
    Filter::new(
        &["rekey_on_member"],
        rekey,
        "a mapping by what each item has under this key; `duplicates='overwrite'`",
        [
            "[{'n': 'a'}] | rekey_on_member('n')",
            "{\"a\":{\"n\":\"a\"}}",
        ],
    ),
];

fn input(call: &Call<'_, '_>) -> Result<Arc<Map>, Fault> {
    match call.input.entries()? {
        Some(map) => Ok(map),
        None => Err(call.wrong_input("a mapping")),
    }
}

/// What becomes of lists that stand under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    /// Without those of the first that the second has too.
    AppendNew,
    PrependNew,
}

fn combine(call: &mut Call<'_, '_>) -> Answer {
    let recursive = call
        .named("recursive")
        .map_or(Ok(false), |flag| flag.truth())?;
    let merge = call
        .named("list_merge")
        .map_or(Ok("replace".to_owned()), |word| word.spell())?;
    let lists = match merge.as_str() {
        "replace" => Lists::Replace,
        "keep" => Lists::Keep,
        "append" => Lists::Append,
        "prepend" => Lists::Prepend,
        "append_rp" => Lists::AppendNew,
        "prepend_rp" => Lists::PrependNew,
        other => {
            return Err(call.failed(format!(
                "`{other}` is none of `replace`, `keep`, `append`, `prepend`, `append_rp` or `prepend_rp`"
            )));
        }
    };
    let mut terms = vec![call.input.clone()];
    terms.extend(call.rest());
    call.done()?;
    let terms = flattened(&terms, 1, Nulls::Skipped, call)?;
    if let [only] = terms.as_slice() {
        return Ok(only.clone());
    }
    let mut whole = Map::new();
    for term in &terms {
        let Some(map) = term.entries()? else {
            let message = format!("needs mappings, one is {}", term.describe());
            return Err(call.failed(message));
        };
        call.kit.spend(map.len())?;
        whole = merged(&whole, &map, (recursive, lists), call.kit)?;
    }
    Ok(Value::from(whole))
}

fn merged(below: &Map, above: &Map, rule: (bool, Lists), kit: &mut Kit<'_>) -> Result<Map, Fault> {
    kit.enter()?;
    let mut whole = below.clone();
    let (recursive, lists) = rule;
    for (key, new) in above {
        let merged = match (whole.get(key), new) {
            (Some(Value::Map(old)), Value::Map(new)) if recursive => {
                Value::from(merged(old, new, rule, kit)?)
            }
            (Some(Value::List(old)), Value::List(new)) => list_of(old, new, lists, kit)?,
            _ => new.clone(),
        };
        whole.insert(key.clone(), merged);
    }
    kit.leave();
    Ok(whole)
}

fn list_of(
    old: &Arc<Vec<Value>>,
    new: &Arc<Vec<Value>>,
    lists: Lists,
    kit: &mut Kit<'_>,
) -> Answer {
    kit.spend(old.len() + new.len())?;
    let mut left = || -> Result<Vec<Value>, Fault> {
        let count = new.len();
        let new = Value::List(Arc::clone(new));
        let mut left = Vec::new();
        for item in old.iter() {
            kit.spend(count)?;
            if !compare::contains(&new, item)? {
                left.push(item.clone());
            }
        }
        Ok(left)
    };
    Ok(match lists {
        Lists::Replace => Value::List(Arc::clone(new)),
        Lists::Keep => Value::List(Arc::clone(old)),
        Lists::Append => Value::from([old.as_slice(), new.as_slice()].concat()),
        Lists::Prepend => Value::from([new.as_slice(), old.as_slice()].concat()),
        Lists::AppendNew => Value::from([left()?.as_slice(), new.as_slice()].concat()),
        Lists::PrependNew => Value::from([new.as_slice(), left()?.as_slice()].concat()),
    })
}

fn names(call: &mut Call<'_, '_>) -> Result<[Key; 2], Fault> {
    let key = call.take("key_name").unwrap_or_else(|| Value::from("key"));
    let value = call
        .take("value_name")
        .unwrap_or_else(|| Value::from("value"));
    call.done()?;
    Ok([Key::of(key)?, Key::of(value)?])
}

fn to_items(call: &mut Call<'_, '_>) -> Answer {
    let [key_name, value_name] = names(call)?;
    let map = input(call)?;
    call.kit.spend(map.len())?;
    let entry = |(key, value): (&Key, &Value)| {
        Value::from(Map::from_iter([
            (key_name.clone(), key.value().clone()),
            (value_name.clone(), value.clone()),
        ]))
    };
    Ok(Value::from(map.iter().map(entry).collect::<Vec<_>>()))
}

fn of_items(call: &mut Call<'_, '_>) -> Answer {
    let [key_name, value_name] = names(call)?;
    let Some(items) = call.input.as_sequence().cloned() else {
        return Err(call.wrong_input("a list"));
    };
    call.kit.spend(items.len())?;
    let mut map = Map::new();
    for entry in items.iter() {
        let Some(entry) = entry.entries()? else {
            return Err(call.failed("needs mappings with a key and a value"));
        };
        let part = |name: &Key| {
            let found = entry.get(name).cloned();
            found.ok_or_else(|| {
                let name = name.value().spell().unwrap_or_default();
                Fault::failed(format!("`items2dict`: an item has no `{name}`"))
            })
        };
        map.insert(Key::of(part(&key_name)?)?, part(&value_name)?);
    }
    Ok(Value::from(map))
}

fn pair(key: &Key, value: &Value) -> Value {
    Value::tuple(vec![key.value().clone(), value.clone()])
}

fn items(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let map = input(call)?;
    Ok(Value::from(
        map.iter()
            .map(|(key, value)| pair(key, value))
            .collect::<Vec<_>>(),
    ))
}

fn dictsort(call: &mut Call<'_, '_>) -> Answer {
    let capitals = Capitals::of(call)?;
    let by = call.text("by", "key")?;
    let direction = Direction::of(call)?;
    call.done()?;
    let map = input(call)?;
    let mut keyed = Vec::new();
    for (key, value) in map.iter() {
        let sorted_by = match by.as_str() {
            "key" => key.value(),
            "value" => value,
            other => return Err(call.failed(format!("`{other}` is none of `key` or `value`"))),
        };
        keyed.push((folded(sorted_by.used()?, capitals), pair(key, value)));
    }
    sorted(keyed, direction, call)
}

fn extract(call: &mut Call<'_, '_>) -> Answer {
    let container = call.required("container")?;
    let mut keys = vec![call.input.clone()];
    match call.take("morekeys") {
        None | Some(Value::None) => {}
        Some(Value::List(more)) => keys.extend(more.iter().cloned()),
        Some(key) => keys.push(key),
    }
    call.done()?;
    let mut value = container;
    for key in keys {
        if let Value::Undefined(_) = value {
            return Ok(value);
        }
        let Some(found) = item(&value, &key)? else {
            let key = key.spell()?;
            let reason = format!("there is no `{key}` to extract");
            return Ok(call.kit.undefined(reason));
        };
        value = found;
    }
    Ok(value)
}

fn subelements(call: &mut Call<'_, '_>) -> Answer {
    let path = call.required("subelements")?;
    let skip = call.flag("skip_missing")?;
    call.done()?;
    let elements = match (&call.input, call.input.entries()?) {
        (_, Some(map)) => map.values().cloned().collect(),
        (Value::List(items), None) => items.to_vec(),
        _ => return Err(call.wrong_input("a list or a mapping of mappings")),
    };
    let path: Vec<Value> = match &path {
        Value::Text(path) => path.split('.').map(Value::from).collect(),
        Value::List(path) => path.to_vec(),
        other => return Err(call.wrong("subelements", "a text or a list", other)),
    };
    let mut pairs = Vec::new();
    for element in elements {
        let mut values = Some(element.clone());
        for key in &path {
            let Some(value) = values.take() else { break };
            if value.entries()?.is_none() {
                return Err(call.failed(format!(
                    "`{}` is looked for in {}",
                    key.spell()?,
                    value.describe()
                )));
            }
            values = item(&value, key)?;
            if values.is_none() && !skip {
                return Err(call.failed(format!("an item has no `{}`", key.spell()?)));
            }
        }
        match values {
            None => {}
            Some(Value::List(values)) => {
                call.kit.spend(values.len())?;
                pairs.extend(
                    values
                        .iter()
                        .map(|value| Value::tuple(vec![element.clone(), value.clone()])),
                );
            }
            Some(other) => {
                return Err(call.failed(format!(
                    "needs a list in the items, this is {}",
                    other.describe()
                )));
            }
        }
    }
    Ok(Value::from(pairs))
}

fn rekey(call: &mut Call<'_, '_>) -> Answer {
    let name = call.required("key")?;
    let duplicates = call.text("duplicates", "error")?;
    call.done()?;
    let overwrite = match duplicates.as_str() {
        "error" => false,
        "overwrite" => true,
        other => return Err(call.failed(format!("`{other}` is none of `error` or `overwrite`"))),
    };
    let items = match call.input.entries()? {
        Some(map) => map.values().cloned().collect(),
        None if call.input.as_text().is_some() => {
            return Err(call.wrong_input("a list or a mapping"));
        }
        None => call.items()?.to_vec(),
    };
    let mut map = Map::new();
    for entry in items {
        if !entry.is_mapping() {
            return Err(call.failed("an item is no mapping"));
        }
        let Some(key) = item(&entry, &name)? else {
            return Err(call.failed(format!("an item has no `{}`", name.spell()?)));
        };
        let key = Key::of(key)?;
        if map.contains_key(&key) && !overwrite {
            return Err(call.failed(format!("`{}` comes twice", key.value().spell()?)));
        }
        map.insert(key, entry);
    }
    Ok(Value::from(map))
}
