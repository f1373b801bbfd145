//! Filters for lists.

use std::cmp::Ordering;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::order::Capitals;
use crate::syntax::template::filters::order::Direction;
use crate::syntax::template::filters::order::folded;
use crate::syntax::template::filters::order::sorted;
use crate::syntax::template::filters::select::Attribute;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::operator;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["list"],
        list,
        "the items as a list; the letters of a text, the keys of a mapping",
        ["'ab' | list", "[\"a\",\"b\"]"],
    ),
    Filter::new(
        &["length", "count"],
        length,
        "how many items, letters or keys",
        ["['a', 'b'] | length", "2"],
    ),
    Filter::new(
        &["first"],
        first,
        "the first item",
        ["['a', 'b'] | first", "\"a\""],
    ),
    Filter::new(
        &["last"],
        last,
        "the last item",
        ["['a', 'b'] | last", "\"b\""],
    ),
    Filter::new(
        &["join"],
        join,
        "the items as a text with another between them; `attribute` of them",
        ["['a', 1] | join(', ')", "\"a, 1\""],
    ),
    Filter::new(
        &["min"],
        min,
        "the smallest item; `attribute`, `case_sensitive`",
        ["[3, 1, 2] | min", "1"],
    ),
    Filter::new(
        &["max"],
        max,
        "the largest item; `attribute`, `case_sensitive`",
        ["[3, 1, 2] | max", "3"],
    ),
    Filter::new(
        &["sum"],
        sum,
        "the sum of the items; `attribute`, `start`",
        ["[{'n': 1}, {'n': 2}] | sum(attribute='n')", "3"],
    ),
    Filter::new(
        &["sort"],
        sort,
        "in order; `reverse`, `case_sensitive`, `attribute` (several with commas)",
        ["['b', 'A'] | sort", "[\"A\",\"b\"]"],
    ),
    Filter::new(
        &["reverse"],
        reverse,
        "the other way round, also a text",
        ["[1, 2] | reverse", "[2,1]"],
    ),
    Filter::new(
        &["batch"],
        batch,
        "lists of so many items each; a second argument fills the last",
        ["[1, 2, 3] | batch(2, 0)", "[[1,2],[3,0]]"],
    ),
    Filter::new(
        &["slice"],
        slice,
        "so many lists; a second argument fills them up",
        ["[1, 2, 3] | slice(2)", "[[1,2],[3]]"],
    ),
    Filter::new(
        &["flatten"],
        flatten,
        "lists inside of the list dissolved; `levels`, `skip_nulls`",
        ["[1, [2, [3]]] | flatten", "[1,2,3]"],
    ),
    Filter::new(
        &["zip"],
        zip,
        "pairs with the items of other lists",
        ["['a', 'b'] | zip([1, 2])", "[[\"a\",1],[\"b\",2]]"],
    ),
    Filter::new(
        &["zip_longest"],
        zip_longest,
        "as `zip`, up to the longest list; `fillvalue`",
        [
            "['a', 'b'] | zip_longest([1], fillvalue=0)",
            "[[\"a\",1],[\"b\",0]]",
        ],
    ),
    Filter::new(
        &["product"],
        product,
        "every item with every item of other lists; `repeat`",
        ["['a'] | product([1, 2])", "[[\"a\",1],[\"a\",2]]"],
    ),
    Filter::new(
        &["combinations"],
        combinations,
        "so many of the items, in every choice",
        ["[1, 2, 3] | combinations(2)", "[[1,2],[1,3],[2,3]]"],
    ),
    Filter::new(
        &["permutations"],
        permutations,
        "so many of the items, in every order",
        ["[1, 2] | permutations", "[[1,2],[2,1]]"],
    ),
];

fn list(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    call.items().map(Value::List)
}

fn length(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    match call.input.length()? {
        Some(length) => Ok(Value::from(length)),
        None => Err(call.wrong_input("something with items")),
    }
}

fn first(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    match call.items()?.first() {
        Some(first) => Ok(first.clone()),
        None => Ok(call
            .kit
            .undefined("there is no first item: the list is empty".to_owned())),
    }
}

fn last(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    match call.items()?.last() {
        Some(last) => Ok(last.clone()),
        None => Ok(call
            .kit
            .undefined("there is no last item: the list is empty".to_owned())),
    }
}

fn join(call: &mut Call<'_, '_>) -> Answer {
    let between = call.text("d", "")?;
    let attribute = Attribute::of(call.take("attribute"))?;
    call.done()?;
    let mut out = String::new();
    for (at, item) in call.items()?.iter().enumerate() {
        if at > 0 {
            out.push_str(&between);
        }
        let text = attribute.of_item(item, call.kit)?.spell()?;
        call.kit.spend_bytes(text.len() + between.len())?;
        out.push_str(&text);
    }
    Ok(Value::from(out))
}

fn extreme(call: &mut Call<'_, '_>, wanted: Ordering) -> Answer {
    let capitals = Capitals::of(call)?;
    let attribute = Attribute::of(call.take("attribute"))?;
    call.done()?;
    let mut best: Option<(Value, Value)> = None;
    for item in call.items()?.iter() {
        let key = folded(&attribute.of_item(item, call.kit)?, capitals);
        key.used()?;
        let better = match &best {
            None => true,
            Some((known, _)) => compare::order(&key, known)? == Some(wanted),
        };
        if better {
            best = Some((key, item.clone()));
        }
    }
    match best {
        Some((_, item)) => Ok(item),
        None => Ok(call
            .kit
            .undefined("there is no smallest or largest item: the list is empty".to_owned())),
    }
}

fn min(call: &mut Call<'_, '_>) -> Answer {
    extreme(call, Ordering::Less)
}

fn max(call: &mut Call<'_, '_>) -> Answer {
    extreme(call, Ordering::Greater)
}

fn sum(call: &mut Call<'_, '_>) -> Answer {
    let attribute = Attribute::of(call.take("attribute"))?;
    let mut total = call.take("start").unwrap_or(Value::Int(0));
    call.done()?;
    if let Value::Text(_) = total {
        return Err(call.failed("texts are joined by `| join`"));
    }
    for item in call.items()?.iter() {
        let item = attribute.of_item(item, call.kit)?;
        total = operator::add(&total, &item, call.kit)?;
    }
    Ok(total)
}

fn sort(call: &mut Call<'_, '_>) -> Answer {
    let direction = Direction::of(call)?;
    let capitals = Capitals::of(call)?;
    let attributes = Attribute::several(call.take("attribute"))?;
    call.done()?;
    let mut keyed = Vec::new();
    for item in call.items()?.iter() {
        let mut keys = Vec::new();
        for attribute in &attributes {
            let key = attribute.of_item(item, call.kit)?;
            keys.push(folded(key.used()?, capitals));
        }
        keyed.push((Value::from(keys), item.clone()));
    }
    sorted(keyed, direction, call)
}

fn reverse(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    if let Value::Text(text) = &call.input {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut items = call.items()?.to_vec();
    items.reverse();
    Ok(Value::from(items))
}

fn batch(call: &mut Call<'_, '_>) -> Answer {
    let size = call.required("linecount")?;
    let fill = call
        .take("fill_with")
        .filter(|fill| !matches!(fill, Value::None));
    call.done()?;
    let size = size
        .as_int()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let Some(size) = size else {
        return Err(call.failed("`linecount` must be 1 at least"));
    };
    let items = call.items()?;
    let mut batches: Vec<Vec<Value>> = items.chunks(size).map(<[Value]>::to_vec).collect();
    if let (Some(fill), Some(last)) = (fill, batches.last_mut()) {
        call.kit.spend(size)?;
        last.resize(size, fill);
    }
    Ok(Value::from(
        batches.into_iter().map(Value::from).collect::<Vec<_>>(),
    ))
}

fn slice(call: &mut Call<'_, '_>) -> Answer {
    let count = call.count("slices", 0)?;
    let fill = call
        .take("fill_with")
        .filter(|fill| !matches!(fill, Value::None));
    call.done()?;
    if count == 0 {
        return Err(call.failed("`slices` must be 1 at least"));
    }
    call.kit.spend(count)?;
    let items = call.items()?;
    let (size, extra) = (items.len() / count, items.len() % count);
    let mut rest = items.iter().cloned();
    let mut slices = Vec::new();
    for at in 0..count {
        let mut slice: Vec<Value> = rest.by_ref().take(size + usize::from(at < extra)).collect();
        if at >= extra {
            slice.extend(fill.clone());
        }
        slices.push(Value::from(slice));
    }
    Ok(Value::from(slices))
}

fn flatten(call: &mut Call<'_, '_>) -> Answer {
    let levels = match call.take("levels") {
        None | Some(Value::None) => i128::MAX,
        Some(levels) => levels
            .as_int()
            .ok_or_else(|| call.wrong("levels", "a whole number", &levels))?,
    };
    let skip = call
        .take("skip_nulls")
        .map_or(Ok(true), |skip| skip.truth())?;
    let nulls = if skip { Nulls::Skipped } else { Nulls::Kept };
    call.done()?;
    let items = call.items()?;
    flattened(&items, levels, nulls, call).map(Value::from)
}

/// Whether nulls in lists stay.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    Kept,
    Skipped,
}

/// Items with lists in them dissolved.
pub(super) fn flattened(
    items: &[Value],
    levels: i128,
    nulls: Nulls,
    call: &mut Call<'_, '_>,
) -> Result<Vec<Value>, Fault> {
    call.kit.enter()?;
    call.kit.spend(items.len())?;
    let mut out = Vec::new();
    for item in items {
        match item.used()? {
            Value::None if nulls == Nulls::Skipped => {}
            Value::Text(text) if nulls == Nulls::Skipped && matches!(&**text, "None" | "null") => {}
            Value::List(inner) | Value::Tuple(inner) if levels > 0 => {
                out.extend(flattened(inner, levels - 1, nulls, call)?);
            }
            item => out.push(item.clone()),
        }
    }
    call.kit.leave();
    Ok(out)
}

fn lists(call: &mut Call<'_, '_>) -> Result<Vec<std::sync::Arc<Vec<Value>>>, Fault> {
    let mut lists = vec![call.items()?];
    for other in call.rest() {
        lists.push(other.items()?);
    }
    Ok(lists)
}

fn zipped(lists: &[std::sync::Arc<Vec<Value>>], length: usize, fill: &Value) -> Value {
    let tuple = |at: usize| {
        let items = lists
            .iter()
            .map(|list| list.get(at).unwrap_or(fill).clone());
        Value::tuple(items.collect())
    };
    Value::from((0..length).map(tuple).collect::<Vec<_>>())
}

fn zip(call: &mut Call<'_, '_>) -> Answer {
    let strict = call
        .named("strict")
        .map_or(Ok(false), |strict| strict.truth())?;
    let lists = lists(call)?;
    call.done()?;
    let lengths = lists.iter().map(|list| list.len());
    let (least, most) = (lengths.clone().min(), lengths.max());
    if strict && least != most {
        return Err(call.failed("the lists differ in length"));
    }
    Ok(zipped(&lists, least.unwrap_or_default(), &Value::None))
}

fn zip_longest(call: &mut Call<'_, '_>) -> Answer {
    let fill = call.named("fillvalue").unwrap_or(Value::None);
    let lists = lists(call)?;
    call.done()?;
    let most = lists
        .iter()
        .map(|list| list.len())
        .max()
        .unwrap_or_default();
    call.kit.spend(most)?;
    Ok(zipped(&lists, most, &fill))
}

fn product(call: &mut Call<'_, '_>) -> Answer {
    let times = match call.named("repeat") {
        None => 1,
        Some(times) => times
            .as_int()
            .and_then(|times| usize::try_from(times).ok())
            .filter(|times| *times < 64)
            .ok_or_else(|| call.wrong("repeat", "a small whole number", &times))?,
    };
    let lists = lists(call)?;
    call.done()?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists.iter().cycle().take(lists.len() * times) {
        call.kit.spend(rows.len().saturating_mul(list.len() + 1))?;
        rows = rows
            .iter()
            .flat_map(|row| {
                list.iter().map(move |item| {
                    let mut longer = row.clone();
                    longer.push(item.clone());
                    longer
                })
            })
            .collect();
    }
    Ok(Value::from(
        rows.into_iter().map(Value::tuple).collect::<Vec<_>>(),
    ))
}

/// Which items may stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    InOrder,
    AnyOrder,
}

fn chosen(items: &[Value], size: usize, choice: Choice, call: &mut Call<'_, '_>) -> Answer {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        call.kit.spend(rows.len().saturating_mul(items.len() + 1))?;
        rows = rows
            .iter()
            .flat_map(|row| {
                let first = match choice {
                    Choice::InOrder => row.last().map_or(0, |last| last + 1),
                    Choice::AnyOrder => 0,
                };
                let free = (first..items.len()).filter(move |at| !row.contains(at));
                free.map(move |at| {
                    let mut longer = row.clone();
                    longer.push(at);
                    longer
                })
            })
            .collect();
    }
    let tuple = |row: Vec<usize>| {
        let items = row.into_iter().filter_map(|at| items.get(at).cloned());
        Value::tuple(items.collect())
    };
    Ok(Value::from(rows.into_iter().map(tuple).collect::<Vec<_>>()))
}

fn combinations(call: &mut Call<'_, '_>) -> Answer {
    let size = call.required("r")?;
    call.done()?;
    let items = call.items()?;
    match size.as_int().and_then(|size| usize::try_from(size).ok()) {
        Some(size) if size > items.len() => Ok(Value::from(Vec::new())),
        Some(size) => chosen(&items, size, Choice::InOrder, call),
        None => Err(call.wrong("r", "a whole number", &size)),
    }
}

fn permutations(call: &mut Call<'_, '_>) -> Answer {
    let items = call.items()?;
    let size = call.count("r", items.len())?;
    call.done()?;
    if size > items.len() {
        return Ok(Value::from(Vec::new()));
    }
    chosen(&items, size, Choice::AnyOrder, call)
}
