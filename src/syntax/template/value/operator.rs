//! Addition as Python has it, for sums of lists.

use crate::syntax::template::call::Answer;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Value;

/// `left + right`
pub(in crate::syntax::template) fn add(left: &Value, right: &Value, kit: &mut Kit<'_>) -> Answer {
    if let (Some(left), Some(right)) = (left.used()?.as_int(), right.used()?.as_int()) {
        let sum = left.checked_add(right);
        return sum
            .map(Value::Int)
            .ok_or_else(|| Fault::failed("the number gets too large"));
    }
    if let (Some(left), Some(right)) = (left.as_float(), right.as_float()) {
        return Ok(Value::Float(left + right));
    }
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            kit.spend_bytes(left.len() + right.len())?;
            Ok(Value::from(format!("{left}{right}")))
        }
        (Value::List(left), Value::List(right)) => {
            kit.spend(left.len() + right.len())?;
            Ok(Value::from([left.as_slice(), right.as_slice()].concat()))
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            kit.spend(left.len() + right.len())?;
            Ok(Value::tuple([left.as_slice(), right.as_slice()].concat()))
        }
        _ => Err(Fault::failed(format!(
            "`+` does not go with {} and {}",
            left.describe(),
            right.describe()
        ))),
    }
}
