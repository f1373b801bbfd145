//! Filters, functions and methods for points in time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::number;
use crate::syntax::template::value::number::real;

pub(in crate::syntax::template) const FILTERS: &[Filter] = &[
    Filter::new(
        &["strftime"],
        strftime,
        "a time in this format; seconds since 1970 instead of the beginning of the run, `utc=true`",
        ["'%Y-%m-%d' | strftime(0, utc=true)", "\"1970-01-01\""],
    ),
    Filter::new(
        &["to_datetime"],
        to_datetime,
        "a point in time, to compare; the format of the text",
        [
            "'2026-03-02' | to_datetime('%Y-%m-%d') > '2026-03-01' | to_datetime('%Y-%m-%d')",
            "true",
        ],
    ),
];

const MICROSECOND: i128 = 1_000_000;

/// The time of the run's beginning.
fn begun(call: &Call<'_, '_>) -> Result<jiff::Zoned, Fault> {
    call.kit
        .now()
        .ok_or_else(|| call.failed("the time is not known here"))
}

fn formatted(call: &Call<'_, '_>, time: &jiff::Zoned, format: &str) -> Answer {
    match jiff::fmt::strtime::format(format, time) {
        Ok(text) => Ok(Value::from(text)),
        Err(error) => Err(call.failed(format!("`{format}` is no format of a time: {error}"))),
    }
}

fn strftime(call: &mut Call<'_, '_>) -> Answer {
    let second = call
        .take("second")
        .filter(|second| !matches!(second, Value::None));
    let utc = call.flag("utc")?;
    call.done()?;
    let format = call.strict_text()?.to_owned();
    let zone = match call.kit.now() {
        Some(now) if !utc => now.time_zone().clone(),
        _ => TimeZone::UTC,
    };
    let time = match &second {
        None => begun(call)?.with_time_zone(zone),
        Some(second) => {
            let seconds = match second {
                Value::Text(text) => number::parse_float(text),
                other => other.as_float(),
            };
            let whole = seconds.and_then(|seconds| number::whole(seconds.floor()));
            let stamp = whole
                .and_then(|whole| i64::try_from(whole).ok())
                .and_then(|whole| Timestamp::from_second(whole).ok());
            match stamp {
                Some(stamp) => stamp.to_zoned(zone),
                None => return Err(call.wrong("second", "seconds since 1970", second)),
            }
        }
    };
    formatted(call, &time, &format)
}

fn to_datetime(call: &mut Call<'_, '_>) -> Answer {
    let format = call.text("format", "%Y-%m-%d %H:%M:%S")?;
    call.done()?;
    let text = call.strict_text()?;
    let parsed = jiff::fmt::strtime::parse(&format, text);
    let time = parsed.and_then(|parsed| match parsed.to_datetime() {
        Ok(time) => Ok(time),
        // A format without hours means midnight.
        Err(_) => parsed.to_date().map(|date| date.at(0, 0, 0, 0)),
    });
    match time {
        Ok(time) => Ok(Value::Time(time)),
        Err(error) => {
            Err(call.failed(format!("`{text}` is not in the format `{format}`: {error}")))
        }
    }
}

/// The function `now`.
pub(in crate::syntax::template) fn now(call: &mut Call<'_, '_>) -> Answer {
    let utc = call.flag("utc")?;
    let format = call.text("fmt", "")?;
    call.done()?;
    let begun = begun(call)?;
    let time = if utc {
        begun.with_time_zone(TimeZone::UTC)
    } else {
        begun
    };
    if format.is_empty() {
        return Ok(Value::Time(time.datetime()));
    }
    formatted(call, &time, &format)
}

/// An attribute of a time: `year`.
pub(in crate::syntax::template) fn property(of: &Value, name: &str) -> Option<Value> {
    let number = match of {
        Value::Time(time) => match name {
            "year" => time.year().into(),
            "month" => time.month().into(),
            "day" => time.day().into(),
            "hour" => time.hour().into(),
            "minute" => time.minute().into(),
            "second" => time.second().into(),
            "microsecond" => i128::from(time.subsec_nanosecond()) / 1000,
            _ => return None,
        },
        _ => return None,
    };
    Some(Value::Int(number))
}

/// A method of a time: `strftime`.
pub(in crate::syntax::template) fn method(name: &str, call: &mut Call<'_, '_>) -> Answer {
    match (call.input.clone(), name) {
        (Value::Time(time), "strftime") => {
            let format = call.required_text("format")?;
            call.done()?;
            let zoned = utc(call, time)?;
            formatted(call, &zoned, &format)
        }
        (Value::Time(time), "isoformat") => {
            call.done()?;
            Ok(Value::from(
                time.strftime("%Y-%m-%dT%H:%M:%S%.f").to_string(),
            ))
        }
        (Value::Time(time), "date") => {
            call.done()?;
            Ok(Value::Time(time.date().at(0, 0, 0, 0)))
        }
        (Value::Time(time), "timestamp") => {
            call.done()?;
            let zone = call
                .kit
                .now()
                .map_or(TimeZone::UTC, |now| now.time_zone().clone());
            match time.to_zoned(zone) {
                Ok(zoned) => Ok(Value::Float(
                    real(zoned.timestamp().as_microsecond().into()) / real(MICROSECOND),
                )),
                Err(_) => Err(call.failed("the time is out of range")),
            }
        }
        (other, _) => Err(call.failed(format!("{} has no such method", other.describe()))),
    }
}

fn utc(call: &Call<'_, '_>, time: DateTime) -> Result<jiff::Zoned, Fault> {
    time.to_zoned(TimeZone::UTC)
        .map_err(|_unfit| call.failed("the time is out of range"))
}
