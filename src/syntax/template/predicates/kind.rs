//! Tests of what a value is.

use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters;
use crate::syntax::template::filters::text::has_case;
use crate::syntax::template::filters::url;
use crate::syntax::template::predicates;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;

type Held = Result<bool, Fault>;

pub(super) const PREDICATES: &[Predicate] = &[
    Predicate::new(
        &["defined"],
        defined,
        "it exists",
        ["nope.a.b is defined", "false"],
    )
    .takes_undefined(),
    Predicate::new(
        &["undefined"],
        undefined,
        "it does not exist",
        ["nope is undefined", "true"],
    )
    .takes_undefined(),
    Predicate::new(&["none"], none, "it is null", ["none is none", "true"]),
    Predicate::new(
        &["boolean"],
        boolean,
        "it is true or false",
        ["'yes' is boolean", "false"],
    ),
    Predicate::new(
        &["true"],
        is_true,
        "it is `true` itself",
        ["1 is true", "false"],
    ),
    Predicate::new(
        &["false"],
        is_false,
        "it is `false` itself",
        ["false is false", "true"],
    ),
    Predicate::new(
        &["integer"],
        integer,
        "it is a whole number",
        ["1.0 is integer", "false"],
    ),
    Predicate::new(
        &["float"],
        float,
        "it is a number with a fraction",
        ["1.0 is float", "true"],
    ),
    Predicate::new(
        &["number"],
        number,
        "it is a number",
        ["'1' is number", "false"],
    ),
    Predicate::new(
        &["nan", "isnan"],
        nan,
        "it is no number, as a number",
        ["1 is nan", "false"],
    ),
    Predicate::new(
        &["string"],
        string,
        "it is a text",
        ["'x' is string", "true"],
    ),
    Predicate::new(
        &["mapping"],
        mapping,
        "it is a mapping",
        ["{'a': 1} is mapping", "true"],
    ),
    Predicate::new(
        &["sequence"],
        sequence,
        "it has items that can be counted; also a text or a mapping",
        ["'abc' is sequence", "true"],
    ),
    Predicate::new(
        &["iterable"],
        iterable,
        "a loop can go over it",
        ["5 is iterable", "false"],
    ),
    Predicate::new(
        &["callable"],
        callable,
        "it can be called",
        ["range is callable", "true"],
    ),
    Predicate::new(
        &["lower"],
        lower,
        "it is a text without capitals",
        ["'abc' is lower", "true"],
    ),
    Predicate::new(
        &["upper"],
        upper,
        "it is a text in capitals",
        ["'ABC' is upper", "true"],
    ),
    Predicate::new(&["even"], even, "it is even", ["4 is even", "true"]),
    Predicate::new(&["odd"], odd, "it is odd", ["4 is odd", "false"]),
    Predicate::new(
        &["divisibleby"],
        divisible,
        "it can be divided without a rest",
        ["9 is divisibleby 3", "true"],
    ),
    Predicate::new(
        &["truthy"],
        truthy,
        "it counts as true; `convert_bool=true` reads words",
        ["'no' is truthy(convert_bool=true)", "false"],
    ),
    Predicate::new(
        &["falsy"],
        falsy,
        "it counts as false; `convert_bool=true` reads words",
        ["'' is falsy", "true"],
    ),
    Predicate::new(
        &["any"],
        any,
        "one of its items counts as true",
        ["[false, true] is any", "true"],
    ),
    Predicate::new(
        &["all"],
        all,
        "all of its items count as true",
        ["[false, true] is all", "false"],
    ),
    Predicate::new(
        &["uri"],
        uri,
        "it is a URI; of these schemes",
        ["'urn:x' is uri", "true"],
    ),
    Predicate::new(
        &["url"],
        is_url,
        "it is a URL; of these schemes",
        ["'https://web01/x' is url", "true"],
    ),
    Predicate::new(
        &["urn"],
        urn,
        "it is a URN",
        ["'urn:isbn:1' is urn", "true"],
    ),
    Predicate::new(
        &["abs", "is_abs"],
        absolute,
        "it is an absolute path of Unix",
        ["'/etc' is abs", "true"],
    ),
    Predicate::new(
        &["escaped"],
        escaped,
        "never: nothing is escaped here",
        ["'x' is escaped", "false"],
    ),
    Predicate::new(
        &["filter"],
        filter,
        "there is such a filter",
        ["'combine' is filter", "true"],
    ),
    Predicate::new(
        &["test"],
        test,
        "there is such a test",
        ["'nope' is test", "false"],
    ),
];

fn held(call: &Call<'_, '_>, holds: impl Into<Option<bool>>) -> Held {
    call.done()?;
    Ok(holds.into() == Some(true))
}

fn defined(call: &mut Call<'_, '_>) -> Held {
    match &call.input {
        Value::Broken(fault) => Err(Fault::clone(fault)),
        input => held(call, !matches!(input, Value::Undefined(_))),
    }
}

fn undefined(call: &mut Call<'_, '_>) -> Held {
    defined(call).map(|defined| !defined)
}

fn none(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::None))
}

fn boolean(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Bool(_)))
}

fn is_true(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Bool(true)))
}

fn is_false(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Bool(false)))
}

fn integer(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Int(_)))
}

fn float(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Float(_)))
}

fn number(call: &mut Call<'_, '_>) -> Held {
    held(call, call.input.as_float().is_some())
}

fn nan(call: &mut Call<'_, '_>) -> Held {
    held(
        call,
        matches!(call.input, Value::Float(number) if number.is_nan()),
    )
}

fn string(call: &mut Call<'_, '_>) -> Held {
    held(call, matches!(call.input, Value::Text(_)))
}

fn mapping(call: &mut Call<'_, '_>) -> Held {
    held(call, call.input.is_mapping())
}

fn sequence(call: &mut Call<'_, '_>) -> Held {
    held(call, call.input.length()?.is_some())
}

fn iterable(call: &mut Call<'_, '_>) -> Held {
    held(call, call.input.length()?.is_some())
}

fn callable(call: &mut Call<'_, '_>) -> Held {
    let callable = matches!(call.input, Value::Foreign);
    held(call, callable)
}

fn lower(call: &mut Call<'_, '_>) -> Held {
    let text = call.input_text()?;
    held(
        call,
        has_case(&text) && !text.chars().any(char::is_uppercase),
    )
}

fn upper(call: &mut Call<'_, '_>) -> Held {
    let text = call.input_text()?;
    held(
        call,
        has_case(&text) && !text.chars().any(char::is_lowercase),
    )
}

fn rest(call: &Call<'_, '_>, divisor: i128) -> Result<f64, Fault> {
    if divisor == 0 {
        return Err(call.failed("division by zero"));
    }
    match (&call.input, call.input.as_int()) {
        (_, Some(number)) => {
            // The one that does not fit leaves no rest.
            let rest = number.checked_rem(divisor).unwrap_or(0);
            Ok(if rest == 0 { 0.0 } else { 1.0 })
        }
        (Value::Float(number), None) => {
            Ok(number.rem_euclid(crate::syntax::template::value::number::real(divisor)))
        }
        _ => Err(call.wrong_input("a number")),
    }
}

fn even(call: &mut Call<'_, '_>) -> Held {
    let rest = rest(call, 2)?;
    held(call, rest == 0.0)
}

fn odd(call: &mut Call<'_, '_>) -> Held {
    let rest = rest(call, 2)?;
    held(call, (rest - 1.0).abs() == 0.0)
}

fn divisible(call: &mut Call<'_, '_>) -> Held {
    let divisor = call.required("num")?;
    let Some(divisor) = divisor.as_int() else {
        return Err(call.wrong("num", "a whole number", &divisor));
    };
    let rest = rest(call, divisor)?;
    held(call, rest == 0.0)
}

fn truthy(call: &mut Call<'_, '_>) -> Held {
    let convert = call.flag("convert_bool")?;
    call.done()?;
    if convert && let Some(truth) = filters::truth_of(&call.input) {
        return Ok(truth);
    }
    call.input.truth()
}

fn falsy(call: &mut Call<'_, '_>) -> Held {
    truthy(call).map(|truthy| !truthy)
}

fn any(call: &mut Call<'_, '_>) -> Held {
    call.done()?;
    for item in call.items()?.iter() {
        if item.truth()? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all(call: &mut Call<'_, '_>) -> Held {
    call.done()?;
    for item in call.items()?.iter() {
        if !item.truth()? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The scheme and the rest, when the schemes allow it.
fn parts(call: &mut Call<'_, '_>) -> Result<Option<url::Parts>, Fault> {
    let schemes = call.take("schemes");
    call.done()?;
    let Some(text) = call.input.as_text() else {
        return Ok(None);
    };
    let Some(parts) = url::split(text) else {
        return Ok(None);
    };
    let allowed = match &schemes {
        None | Some(Value::None) => true,
        Some(schemes) => {
            !schemes.truth()?
                || crate::syntax::template::value::compare::contains(
                    schemes,
                    &Value::from(parts.scheme.as_str()),
                )?
        }
    };
    Ok(allowed.then_some(parts))
}

fn uri(call: &mut Call<'_, '_>) -> Held {
    Ok(parts(call)?.is_some())
}

fn is_url(call: &mut Call<'_, '_>) -> Held {
    let parts = parts(call)?;
    Ok(parts.is_some_and(|parts| !parts.netloc.is_empty() || parts.scheme == "file"))
}

fn urn(call: &mut Call<'_, '_>) -> Held {
    let parts = parts(call)?;
    Ok(parts.is_some_and(|parts| parts.scheme == "urn"))
}

fn absolute(call: &mut Call<'_, '_>) -> Held {
    let text = call.strict_text()?;
    held(call, text.starts_with('/'))
}

fn escaped(call: &mut Call<'_, '_>) -> Held {
    held(call, false)
}

fn filter(call: &mut Call<'_, '_>) -> Held {
    let text = call.strict_text()?;
    held(call, filters::named(text).is_some())
}

fn test(call: &mut Call<'_, '_>) -> Held {
    let text = call.strict_text()?;
    held(call, predicates::named(text).is_some())
}
