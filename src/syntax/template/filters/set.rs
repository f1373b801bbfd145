//! Filters that take lists as sets. The order is that of the first list.

use indexmap::IndexSet;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::order::Capitals;
use crate::syntax::template::filters::order::folded;
use crate::syntax::template::filters::select::Attribute;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::compare::Key;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["unique"],
        unique,
        "each item once, without regard to capitals unless `case_sensitive=true`; `attribute`",
        ["['a', 'A', 'b'] | unique", "[\"a\",\"b\"]"],
    ),
    Filter::new(
        &["union"],
        union,
        "the items of both lists, each once",
        ["[1, 2] | union([2, 3])", "[1,2,3]"],
    ),
    Filter::new(
        &["intersect"],
        intersect,
        "the items that both lists have",
        ["[1, 2] | intersect([2, 3])", "[2]"],
    ),
    Filter::new(
        &["difference"],
        difference,
        "the items that the other list does not have",
        ["[1, 2] | difference([2, 3])", "[1]"],
    ),
    Filter::new(
        &["symmetric_difference"],
        symmetric,
        "the items that only one of the lists has",
        ["[1, 2] | symmetric_difference([2, 3])", "[1,3]"],
    ),
];

/// Values that are known, fast for those that can be keys.
#[derive(Default)]
struct Known {
    keys: IndexSet<Key>,
    others: Vec<Value>,
}

impl Known {
    fn of(items: &[Value], kit: &mut Kit<'_>) -> Result<Self, Fault> {
        let mut known = Self::default();
        for item in items {
            kit.spend(known.others.len())?;
            known.add(item)?;
        }
        Ok(known)
    }

    /// Adds a value; false when it was known.
    fn add(&mut self, value: &Value) -> Result<bool, Fault> {
        value.used()?;
        if let Ok(key) = Key::of(value.clone()) {
            return Ok(self.keys.insert(key));
        }
        let new = !self.has(value)?;
        if new {
            self.others.push(value.clone());
        }
        Ok(new)
    }

    fn has(&self, value: &Value) -> Result<bool, Fault> {
        if let Ok(key) = Key::of(value.clone()) {
            return Ok(self.keys.contains(&key));
        }
        for other in &self.others {
            if compare::equal(other, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn unique(call: &mut Call<'_, '_>) -> Answer {
    let capitals = Capitals::of(call)?;
    let attribute = Attribute::of(call.take("attribute"))?;
    call.done()?;
    let mut known = Known::default();
    let mut unique = Vec::new();
    for item in call.items()?.iter() {
        let key = attribute.of_item(item, call.kit)?;
        call.kit.spend(known.others.len())?;
        if known.add(&folded(key.used()?, capitals))? {
            unique.push(item.clone());
        }
    }
    Ok(Value::from(unique))
}

fn both(call: &mut Call<'_, '_>) -> Result<[std::sync::Arc<Vec<Value>>; 2], Fault> {
    let other = call.required("b")?.items()?;
    call.done()?;
    let items = call.items()?;
    call.kit.spend(other.len())?;
    Ok([items, other])
}

/// Which items are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Those that the other list has too.
    Shared,
    /// Those that it has not.
    Own,
}

/// The items of a list, each once, that another has or has not.
fn chosen(
    items: &[Value],
    other: &[Value],
    kept: Kept,
    kit: &mut Kit<'_>,
) -> Result<Vec<Value>, Fault> {
    let other = Known::of(other, kit)?;
    let mut known = Known::default();
    let mut chosen = Vec::new();
    for item in items {
        kit.spend(1 + other.others.len() + known.others.len())?;
        if other.has(item)? == (kept == Kept::Shared) && known.add(item)? {
            chosen.push(item.clone());
        }
    }
    Ok(chosen)
}

fn union(call: &mut Call<'_, '_>) -> Answer {
    let [items, other] = both(call)?;
    let all = [items.as_slice(), other.as_slice()].concat();
    chosen(&all, &[], Kept::Own, call.kit).map(Value::from)
}

fn intersect(call: &mut Call<'_, '_>) -> Answer {
    let [items, other] = both(call)?;
    chosen(&items, &other, Kept::Shared, call.kit).map(Value::from)
}

fn difference(call: &mut Call<'_, '_>) -> Answer {
    let [items, other] = both(call)?;
    chosen(&items, &other, Kept::Own, call.kit).map(Value::from)
}

fn symmetric(call: &mut Call<'_, '_>) -> Answer {
    let [items, other] = both(call)?;
    let mut only = chosen(&items, &other, Kept::Own, call.kit)?;
    only.extend(chosen(&other, &items, Kept::Own, call.kit)?);
    Ok(Value::from(only))
}
