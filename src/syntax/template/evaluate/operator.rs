//! Arithmetic and comparisons, as Python does them.

use std::cmp::Ordering;

use crate::syntax::template::ast::Comparison;
use crate::syntax::template::ast::Operator;
use crate::syntax::template::call::Answer;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::print;
use crate::syntax::template::resolve::Resolver;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::number::real;

pub(super) fn minus(value: &Value) -> Answer {
    match value.used()? {
        Value::Float(number) => Ok(Value::Float(-number)),
        Value::Span(span) => Ok(Value::Span(-span)),
        other => match other.as_int().map(i128::checked_neg) {
            Some(Some(number)) => Ok(Value::Int(number)),
            Some(None) => Err(too_large()),
            None => Err(unfit("-", &[other])),
        },
    }
}

pub(super) fn plus(value: Value) -> Answer {
    match value.used()? {
        Value::Float(_) => Ok(value),
        other => match other.as_int() {
            Some(number) => Ok(Value::Int(number)),
            None => Err(unfit("+", &[other])),
        },
    }
}

fn too_large() -> Fault {
    Fault::failed("the number gets too large")
}

fn unfit(sign: &str, operands: &[&Value]) -> Fault {
    let kinds: Vec<&str> = operands.iter().map(|value| value.describe()).collect();
    let fault = Fault::failed(format!("`{sign}` does not go with {}", kinds.join(" and ")));
    match operands {
        [Value::Text(_), _] | [_, Value::Text(_)] if sign == "+" => {
            fault.help("to join texts write `~`; to add numbers write `| int` behind the text")
        }
        [Value::Text(_), _] | [_, Value::Text(_)] => {
            fault.help("write `| int` or `| float` behind the text")
        }
        _ => fault,
    }
}

pub(in crate::syntax::template) fn binary(
    operator: Operator,
    left: &Value,
    right: &Value,
    resolver: &mut Resolver<'_>,
) -> Answer {
    left.used()?;
    right.used()?;
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return whole(operator, left, right);
    }
    if let (Some(left), Some(right)) = (left.as_float(), right.as_float()) {
        return broken(operator, left, right);
    }
    match operator {
        Operator::Add => add(left, right, resolver),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply => match (left.as_int(), right.as_int()) {
            (Some(times), None) => repeat(right, times, resolver),
            (None, Some(times)) => repeat(left, times, resolver),
            _ => Err(unfit("*", &[left, right])),
        },
        Operator::Modulo => match left {
            Value::Text(format) => {
                let text = print::percent(format, right)?;
                resolver.spend_bytes(text.len())?;
                Ok(Value::from(text))
            }
            _ => Err(unfit("%", &[left, right])),
        },
        Operator::Divide | Operator::FloorDivide | Operator::Power => {
            Err(unfit(operator.sign(), &[left, right]))
        }
    }
}

fn whole(operator: Operator, left: i128, right: i128) -> Answer {
    let by_zero = || Fault::failed("division by zero");
    let divides = matches!(
        operator,
        Operator::Divide | Operator::FloorDivide | Operator::Modulo
    );
    if divides && right == 0 {
        return Err(by_zero());
    }
    let number = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => return Ok(Value::Float(real(left) / real(right))),
        Operator::FloorDivide => left.checked_div_euclid(right).and_then(|quotient| {
            // Python rounds down, Rust's remainder is never negative.
            let exact = quotient.checked_mul(right)? == left;
            if exact || right > 0 {
                Some(quotient)
            } else {
                quotient.checked_sub(1)
            }
        }),
        Operator::Modulo => left.checked_rem(right).map(|rest| {
            if rest != 0 && (rest < 0) != (right < 0) {
                rest + right
            } else {
                rest
            }
        }),
        Operator::Power if right < 0 && left == 0 => return Err(by_zero()),
        Operator::Power if right < 0 => return Ok(Value::Float(real(left).powf(real(right)))),
        Operator::Power => u32::try_from(right)
            .ok()
            .and_then(|power| left.checked_pow(power)),
    };
    number.map(Value::Int).ok_or_else(too_large)
}

fn broken(operator: Operator, left: f64, right: f64) -> Answer {
    let divides = matches!(
        operator,
        Operator::Divide | Operator::FloorDivide | Operator::Modulo
    );
    if divides && right == 0.0 {
        return Err(Fault::failed("division by zero"));
    }
    let rest = || {
        let rest = left % right;
        if rest != 0.0 && (rest < 0.0) != (right < 0.0) {
            rest + right
        } else {
            rest
        }
    };
    Ok(Value::Float(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::FloorDivide => ((left - rest()) / right).round(),
        Operator::Modulo => rest(),
        Operator::Power => {
            let power = left.powf(right);
            if power.is_nan() && !left.is_nan() && !right.is_nan() {
                return Err(Fault::failed("the root of a negative number"));
            }
            power
        }
    }))
}

fn add(left: &Value, right: &Value, resolver: &mut Resolver<'_>) -> Answer {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            resolver.spend_bytes(left.len() + right.len())?;
            Ok(Value::from(format!("{left}{right}")))
        }
        (Value::List(left), Value::List(right)) => {
            resolver.spend(left.len() + right.len())?;
            Ok(Value::from([left.as_slice(), right.as_slice()].concat()))
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            resolver.spend(left.len() + right.len())?;
            Ok(Value::tuple([left.as_slice(), right.as_slice()].concat()))
        }
        (Value::Time(time), Value::Span(span)) | (Value::Span(span), Value::Time(time)) => {
            shifted(*time, *span)
        }
        (Value::Span(left), Value::Span(right)) => Ok(Value::Span(left + right)),
        _ => Err(unfit("+", &[left, right])),
    }
}

fn subtract(left: &Value, right: &Value) -> Answer {
    match (left, right) {
        (Value::Time(left), Value::Time(right)) => {
            let nanoseconds = left.duration_since(*right).as_nanos();
            Ok(Value::Span(nanoseconds / 1000))
        }
        (Value::Time(time), Value::Span(span)) => shifted(*time, -span),
        (Value::Span(left), Value::Span(right)) => Ok(Value::Span(left - right)),
        _ => Err(unfit("-", &[left, right])),
    }
}

fn shifted(time: jiff::civil::DateTime, span: i128) -> Answer {
    let microseconds = i64::try_from(span).map_err(|_unfit| too_large())?;
    let shifted = time.checked_add(jiff::SignedDuration::from_micros(microseconds));
    shifted.map(Value::Time).map_err(|_unfit| too_large())
}

fn repeat(of: &Value, times: i128, resolver: &mut Resolver<'_>) -> Answer {
    let times = usize::try_from(times.max(0)).map_err(|_unfit| Fault::too_long())?;
    let length = |one: usize| one.checked_mul(times).ok_or_else(Fault::too_long);
    match of {
        Value::Text(text) => {
            resolver.spend_bytes(length(text.len())?)?;
            Ok(Value::from(text.repeat(times)))
        }
        Value::List(items) => {
            resolver.spend(length(items.len())?)?;
            Ok(Value::from(repeated(items, times)))
        }
        Value::Tuple(items) => {
            resolver.spend(length(items.len())?)?;
            Ok(Value::tuple(repeated(items, times)))
        }
        other => Err(unfit("*", &[other, &Value::Int(0)])),
    }
}

fn repeated(items: &[Value], times: usize) -> Vec<Value> {
    std::iter::repeat_n(items, times)
        .flatten()
        .cloned()
        .collect()
}

/// Whether a comparison holds.
pub(super) fn holds(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Fault> {
    let ordered = |wanted: &[Ordering]| {
        let order = compare::order(left, right);
        let order = order.map_err(|fault| match (left, right) {
            (Value::Text(_), _) | (_, Value::Text(_)) => {
                fault.help("write `| int` or `| float` behind the text")
            }
            _ => fault,
        })?;
        Ok(order.is_some_and(|order| wanted.contains(&order)))
    };
    match comparison {
        Comparison::Equal => compare::equal(left, right),
        Comparison::Unequal => compare::equal(left, right).map(|equal| !equal),
        Comparison::Less => ordered(&[Ordering::Less]),
        Comparison::LessOrEqual => ordered(&[Ordering::Less, Ordering::Equal]),
        Comparison::Greater => ordered(&[Ordering::Greater]),
        Comparison::GreaterOrEqual => ordered(&[Ordering::Greater, Ordering::Equal]),
        Comparison::In => compare::contains(right, left),
        Comparison::NotIn => compare::contains(right, left).map(|found| !found),
    }
}

#[cfg(test)]
mod tests {
    use super::whole;
    use crate::syntax::template::ast::Operator;
    use crate::syntax::template::value::Value;

    #[test]
    fn division_rounds_down_and_the_rest_has_the_divisors_sign() {
        let number = |operator, left, right| match whole(operator, left, right).unwrap() {
            Value::Int(number) => number,
            other => panic!("{other:?}"),
        };
        for (left, right, quotient, rest) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -2, -3, 0),
        ] {
            assert_eq!(
                number(Operator::FloorDivide, left, right),
                quotient,
                "{left} {right}"
            );
            assert_eq!(
                number(Operator::Modulo, left, right),
                rest,
                "{left} {right}"
            );
        }
        assert!(whole(Operator::Power, 10, 100).is_err());
        assert!(whole(Operator::Divide, 1, 0).is_err());
    }
}
