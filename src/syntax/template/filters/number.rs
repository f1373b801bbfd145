//! Filters for numbers.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::number;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["int"],
        int,
        "a whole number; another value instead of 0 for what is none; `base=16` for texts",
        ["'3389' | int", "3389"],
    ),
    Filter::new(
        &["float"],
        float,
        "a number with a fraction; another value instead of 0.0 for what is none",
        ["'1.5' | float", "1.5"],
    ),
    Filter::new(&["abs"], abs, "without its sign", ["-5 | abs", "5"]),
    Filter::new(
        &["round"],
        round,
        "rounded to so many digits; `ceil` or `floor` as second argument",
        ["2.46 | round(1)", "2.5"],
    ),
    Filter::new(
        &["log"],
        log,
        "the logarithm, to the base e or another",
        ["8 | log(2)", "3.0"],
    ),
    Filter::new(&["pow"], pow, "the power", ["2 | pow(10)", "1024.0"]),
    Filter::new(
        &["root"],
        root,
        "the square root, or another",
        ["9 | root", "3.0"],
    ),
];

fn int(call: &mut Call<'_, '_>) -> Answer {
    let default = call.take("default").unwrap_or(Value::Int(0));
    let base = call.int("base", 10)?;
    call.done()?;
    let whole = match &call.input {
        Value::Text(text) => {
            let base = u32::try_from(base).unwrap_or(u32::MAX);
            let exact = number::parse_int(text, base);
            exact.or_else(|| number::parse_float(text).and_then(number::whole))
        }
        Value::Float(real) => number::whole(*real),
        other => other.as_int(),
    };
    Ok(whole.map_or(default, Value::Int))
}

fn float(call: &mut Call<'_, '_>) -> Answer {
    let default = call.take("default").unwrap_or(Value::Float(0.0));
    call.done()?;
    let real = match &call.input {
        Value::Text(text) => number::parse_float(text),
        other => other.as_float(),
    };
    Ok(real.map_or(default, Value::Float))
}

fn abs(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    match &call.input {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        other => match other.as_int().and_then(i128::checked_abs) {
            Some(number) => Ok(Value::Int(number)),
            None => Err(call.wrong_input("a number")),
        },
    }
}

fn input(call: &Call<'_, '_>) -> Result<f64, Fault> {
    call.input.as_float().ok_or_else(|| {
        let fault = call.wrong_input("a number");
        fault.help("write `| int` or `| float` before it")
    })
}

fn round(call: &mut Call<'_, '_>) -> Answer {
    let precision = call.int("precision", 0)?;
    let method = call.text("method", "common")?;
    call.done()?;
    let precision = i32::try_from(precision)
        .ok()
        .filter(|digits| digits.abs() <= 300);
    let Some(precision) = precision else {
        return Err(call.failed("so many digits are not told apart"));
    };
    let value = input(call)?;
    let scale = 10_f64.powi(precision);
    match method.as_str() {
        "common" => match call.input.as_int() {
            Some(whole) => {
                let rounded = round_whole(whole, precision);
                let too_large = || Fault::failed("the number gets too large");
                Ok(Value::Int(rounded.ok_or_else(too_large)?))
            }
            None => Ok(Value::Float(round_half_even(value, precision))),
        },
        "ceil" => Ok(Value::Float((value * scale).ceil() / scale)),
        "floor" => Ok(Value::Float((value * scale).floor() / scale)),
        other => Err(call.failed(format!("`{other}` is none of `common`, `ceil` or `floor`"))),
    }
}

/// The exact value decides; halves go to the even digit.
fn round_half_even(value: f64, precision: i32) -> f64 {
    if let Ok(digits) = usize::try_from(precision) {
        return format!("{value:.digits$}").parse().unwrap_or(value);
    }
    let scale = 10_f64.powi(-precision);
    (value / scale).round_ties_even() * scale
}

fn round_whole(value: i128, precision: i32) -> Option<i128> {
    let Ok(digits) = u32::try_from(precision.checked_neg()?) else {
        return Some(value);
    };
    let Some(scale) = 10_i128.checked_pow(digits) else {
        return Some(0);
    };
    let (quotient, rest) = (value.div_euclid(scale), value.rem_euclid(scale));
    // What is lacking to the next one, instead of twice the rest, which might not fit.
    let lacking = scale - rest;
    let up = rest > lacking || (rest == lacking && quotient % 2 != 0);
    (quotient + i128::from(up)).checked_mul(scale)
}

fn number(call: &mut Call<'_, '_>, name: &str) -> Result<f64, Fault> {
    let value = call.required(name)?;
    value
        .as_float()
        .ok_or_else(|| call.wrong(name, "a number", &value))
}

fn log(call: &mut Call<'_, '_>) -> Answer {
    let value = input(call)?;
    let base = match call.take("base") {
        None => None,
        Some(base) => Some(
            base.as_float()
                .ok_or_else(|| call.wrong("base", "a number", &base))?,
        ),
    };
    call.done()?;
    if value <= 0.0 || base.is_some_and(|base| base <= 0.0 || matches!(base, 1.0)) {
        return Err(call.failed("there is no logarithm of that"));
    }
    Ok(Value::Float(match base {
        None => value.ln(),
        Some(10.0) => value.log10(),
        Some(base) => value.ln() / base.ln(),
    }))
}

fn pow(call: &mut Call<'_, '_>) -> Answer {
    let value = input(call)?;
    let power = number(call, "y")?;
    call.done()?;
    finite(value.powf(power), call)
}

fn root(call: &mut Call<'_, '_>) -> Answer {
    let value = input(call)?;
    let base = match call.take("base") {
        None => 2.0,
        Some(base) => base
            .as_float()
            .ok_or_else(|| call.wrong("base", "a number", &base))?,
    };
    call.done()?;
    if base == 0.0 {
        return Err(call.failed("division by zero"));
    }
    let root = if matches!(base, 2.0) {
        value.sqrt()
    } else {
        value.powf(1.0 / base)
    };
    finite(root, call)
}

fn finite(value: f64, call: &Call<'_, '_>) -> Answer {
    if value.is_finite() {
        Ok(Value::Float(value))
    } else {
        Err(call.failed("the result is no number"))
    }
}
