//! Filters for defaults and decisions.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;
use crate::syntax::truth_of_word;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["default", "d"], default, "another value for what is undefined; `true` as second argument: also for what counts as false", ["nope.port | default(3389)", "3389"]).takes_undefined(),
    Filter::new(&["mandatory"], mandatory, "the value itself; a mistake with this message when it is undefined", ["3389 | mandatory('say which port')", "3389"]).takes_undefined(),
    Filter::new(&["ternary"], ternary, "the first value when it counts as true, else the second; a third for null", ["true | ternary('on', 'off')", "\"on\""]).takes_undefined(),
    Filter::new(&["bool"], bool, "true for `yes`, `on`, `true` and `1`; everything else is false", ["'Yes' | bool", "true"]),
    Filter::new(&["type_debug"], type_debug, "Python's word for the kind of the value", ["1.5 | type_debug", "\"float\""]).takes_undefined(),
];

fn default(call: &mut Call<'_, '_>) -> Answer {
    let default = call
        .take("default_value")
        .unwrap_or_else(|| Value::from(""));
    let boolean = call.take("boolean").unwrap_or(Value::Bool(false));
    call.done()?;
    let Value::Bool(boolean) = *boolean.used()? else {
        return Err(call.wrong("boolean", "true or false", &boolean));
    };
    match &call.input {
        Value::Undefined(_) => Ok(default),
        Value::Broken(fault) => Err(Fault::clone(fault)),
        input if boolean && !input.truth()? => Ok(default),
        _ => Ok(call.input.clone()),
    }
}

fn mandatory(call: &mut Call<'_, '_>) -> Answer {
    let message = call.take("msg");
    call.done()?;
    match (&call.input, message) {
        (Value::Undefined(missing), Some(message)) if !matches!(message, Value::None) => {
            let fault = Fault::named("undefined-variable", message.spell()?);
            Err(fault.help(format!("`{}` is undefined", missing.what)))
        }
        (input, _) => {
            input.used()?;
            Ok(call.input.clone())
        }
    }
}

fn ternary(call: &mut Call<'_, '_>) -> Answer {
    let yes = call.required("true_val")?;
    let no = call.required("false_val")?;
    let null = call
        .take("none_val")
        .filter(|null| !matches!(null, Value::None));
    call.done()?;
    if let (Value::None, Some(null)) = (&call.input, null) {
        return Ok(null);
    }
    Ok(if call.input.truth()? { yes } else { no })
}

/// What a value says about truth; `None` for what says nothing.
pub(in crate::syntax::template) fn truth_of(value: &Value) -> Option<bool> {
    match value {
        Value::Text(text) => truth_of_word(text),
        Value::Float(1.0) => Some(true),
        Value::Float(0.0) => Some(false),
        other => truth_of_word(&other.as_int()?.to_string()),
    }
}

fn bool(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(Value::Bool(match &call.input {
        Value::Text(text) => matches!(text.to_lowercase().as_str(), "yes" | "on" | "true" | "1"),
        Value::Float(number) => matches!(number, 1.0),
        other => other.as_int() == Some(1),
    }))
}

fn type_debug(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(Value::from(call.input.python_kind()))
}
