//! What filters that compare items have in common.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;

/// Whether capitals make a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Capitals {
    Ignored,
    Count,
}

impl Capitals {
    /// The parameter `case_sensitive`.
    pub(super) fn of(call: &mut Call<'_, '_>) -> Result<Self, Fault> {
        let count = call.flag("case_sensitive")?;
        Ok(if count { Self::Count } else { Self::Ignored })
    }
}

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

impl Direction {
    /// The parameter `reverse`.
    pub(super) fn of(call: &mut Call<'_, '_>) -> Result<Self, Fault> {
        let reverse = call.flag("reverse")?;
        Ok(if reverse { Self::Down } else { Self::Up })
    }
}

/// What an item is compared by.
pub(super) fn folded(value: &Value, capitals: Capitals) -> Value {
    match value {
        Value::Text(text) if capitals == Capitals::Ignored => Value::from(text.to_lowercase()),
        other => other.clone(),
    }
}

/// Items by their keys; equal ones keep their order in both directions.
pub(super) fn sorted(
    mut keyed: Vec<(Value, Value)>,
    direction: Direction,
    call: &mut Call<'_, '_>,
) -> Answer {
    call.kit.spend(keyed.len().saturating_mul(8))?;
    if direction == Direction::Down {
        keyed.reverse();
    }
    compare::sort(&mut keyed, |(key, _)| key.clone())?;
    let mut items: Vec<Value> = keyed.into_iter().map(|(_, item)| item).collect();
    if direction == Direction::Down {
        items.reverse();
    }
    Ok(Value::from(items))
}
