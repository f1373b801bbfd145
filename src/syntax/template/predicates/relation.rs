//! Tests that compare a value with another, or with a pattern.

use std::cmp::Ordering;

use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::pattern;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;

type Held = Result<bool, Fault>;

pub(super) const PREDICATES: &[Predicate] = &[
    Predicate::new(
        &["eq", "equalto", "=="],
        equal,
        "it equals",
        ["3389 is eq 3389", "true"],
    ),
    Predicate::new(
        &["ne", "!="],
        unequal,
        "it does not equal",
        ["1 is ne 2", "true"],
    ),
    Predicate::new(
        &["lt", "lessthan", "<"],
        less,
        "it is less",
        ["1 is lt 2", "true"],
    ),
    Predicate::new(
        &["le", "<="],
        at_most,
        "it is less or equal",
        ["2 is le 2", "true"],
    ),
    Predicate::new(
        &["gt", "greaterthan", ">"],
        greater,
        "it is greater",
        ["1 is gt 2", "false"],
    ),
    Predicate::new(
        &["ge", ">="],
        at_least,
        "it is greater or equal",
        ["2 is ge 2", "true"],
    ),
    Predicate::new(
        &["sameas"],
        same,
        "it is the very same: `true`, `false`, null, or equal and of the same kind",
        ["1 is sameas true", "false"],
    ),
    Predicate::new(
        &["in"],
        inside,
        "it is in a list, a mapping or a text",
        ["'a' is in ['a', 'b']", "true"],
    ),
    Predicate::new(
        &["contains"],
        contains,
        "it has this item",
        ["['a', 'b'] is contains('a')", "true"],
    ),
    Predicate::new(
        &["subset", "issubset"],
        subset,
        "all its items are in another list",
        ["[1] is subset([1, 2])", "true"],
    ),
    Predicate::new(
        &["superset", "issuperset"],
        superset,
        "it has all items of another list",
        ["[1, 2] is superset([1])", "true"],
    ),
    Predicate::new(
        &["match"],
        matches,
        "a pattern matches its beginning; `ignorecase`, `multiline`",
        ["'web01' is match('web')", "true"],
    ),
    Predicate::new(
        &["search"],
        search,
        "a pattern matches somewhere; `ignorecase`, `multiline`",
        ["'web01' is search('[0-9]+$')", "true"],
    ),
    Predicate::new(
        &["regex"],
        regex,
        "as `search`; `match_type='match'` or `'fullmatch'` changes that",
        ["'web01' is regex('WEB', ignorecase=true)", "true"],
    ),
];

fn other(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    let other = call.required("other")?;
    call.done()?;
    Ok(other)
}

fn equal(call: &mut Call<'_, '_>) -> Held {
    let other = other(call)?;
    compare::equal(&call.input, &other)
}

fn unequal(call: &mut Call<'_, '_>) -> Held {
    equal(call).map(|equal| !equal)
}

fn ordered(call: &mut Call<'_, '_>, wanted: &[Ordering]) -> Held {
    let other = other(call)?;
    let order = compare::order(&call.input, &other)?;
    Ok(order.is_some_and(|order| wanted.contains(&order)))
}

fn less(call: &mut Call<'_, '_>) -> Held {
    ordered(call, &[Ordering::Less])
}

fn at_most(call: &mut Call<'_, '_>) -> Held {
    ordered(call, &[Ordering::Less, Ordering::Equal])
}

fn greater(call: &mut Call<'_, '_>) -> Held {
    ordered(call, &[Ordering::Greater])
}

fn at_least(call: &mut Call<'_, '_>) -> Held {
    ordered(call, &[Ordering::Greater, Ordering::Equal])
}

fn same(call: &mut Call<'_, '_>) -> Held {
    let other = other(call)?;
    Ok(call.input.python_kind() == other.python_kind() && compare::equal(&call.input, &other)?)
}

fn inside(call: &mut Call<'_, '_>) -> Held {
    let container = other(call)?;
    compare::contains(&container, &call.input)
}

fn contains(call: &mut Call<'_, '_>) -> Held {
    let item = other(call)?;
    compare::contains(&call.input, &item)
}

fn all_in(items: &Value, of: &Value, call: &mut Call<'_, '_>) -> Held {
    let of = Value::List(of.items()?);
    for item in items.items()?.iter() {
        call.kit.spend(of.length()?.unwrap_or_default())?;
        if !compare::contains(&of, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn subset(call: &mut Call<'_, '_>) -> Held {
    let other = other(call)?;
    let input = call.input.clone();
    all_in(&input, &other, call)
}

fn superset(call: &mut Call<'_, '_>) -> Held {
    let other = other(call)?;
    let input = call.input.clone();
    all_in(&other, &input, call)
}

fn matches(call: &mut Call<'_, '_>) -> Held {
    pattern::holds(call, pattern::Anchor::Start)
}

fn search(call: &mut Call<'_, '_>) -> Held {
    pattern::holds(call, pattern::Anchor::Nowhere)
}

fn regex(call: &mut Call<'_, '_>) -> Held {
    let anchor = match call.named("match_type") {
        None => pattern::Anchor::Nowhere,
        Some(word) => match word.as_text() {
            Some("match") => pattern::Anchor::Start,
            Some("fullmatch") => pattern::Anchor::Both,
            _ => pattern::Anchor::Nowhere,
        },
    };
    pattern::holds(call, anchor)
}
