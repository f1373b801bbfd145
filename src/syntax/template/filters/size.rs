//! Filters between numbers of bytes and what people write for them.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::number;
use crate::syntax::template::value::number::real;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["human_readable"],
        readable,
        "a size as people write it; `isbits=true`, `unit='M'`",
        ["1572864 | human_readable", "\"1.50 MB\""],
    ),
    Filter::new(
        &["human_to_bytes"],
        to_bytes,
        "the number of bytes; a unit for numbers without one, `isbits=true`",
        ["'1.5 MB' | human_to_bytes", "1572864"],
    ),
    Filter::new(
        &["filesizeformat"],
        file_size,
        "a size in thousands; `true` for powers of two",
        ["1500 | filesizeformat", "\"1.5 kB\""],
    ),
];

/// Letters with the power of two and the words for bytes and bits.
const UNITS: [(char, u32, [&str; 2]); 9] = [
    ('Y', 80, ["yottabyte", "yottabit"]),
    ('Z', 70, ["zettabyte", "zettabit"]),
    ('E', 60, ["exabyte", "exabit"]),
    ('P', 50, ["petabyte", "petabit"]),
    ('T', 40, ["terabyte", "terabit"]),
    ('G', 30, ["gigabyte", "gigabit"]),
    ('M', 20, ["megabyte", "megabit"]),
    ('K', 10, ["kilobyte", "kilobit"]),
    ('B', 0, ["byte", "bit"]),
];

fn readable(call: &mut Call<'_, '_>) -> Answer {
    let bits = call.flag("isbits")?;
    let unit = match call.take("unit") {
        None | Some(Value::None) => None,
        Some(unit) => Some(unit.spell()?.to_uppercase()),
    };
    call.done()?;
    let Some(size) = call.input.as_float() else {
        return Err(call.wrong_input("a number"));
    };
    let fits = |(letter, power, _): &&(char, u32, _)| match &unit {
        Some(unit) => *unit == letter.to_string(),
        None => size >= real(1 << power),
    };
    let (letter, power, _) = UNITS.iter().find(fits).unwrap_or(&('B', 0, ["", ""]));
    let whole = if bits { "bits" } else { "Bytes" };
    let suffix = match power {
        0 => whole.to_owned(),
        _ => format!("{letter}{}", if bits { 'b' } else { 'B' }),
    };
    Ok(Value::from(format!(
        "{:.2} {suffix}",
        size / real(1 << power)
    )))
}

fn to_bytes(call: &mut Call<'_, '_>) -> Answer {
    let default = match call.take("default_unit") {
        None | Some(Value::None) => None,
        Some(unit) => Some(unit.spell()?),
    };
    let bits = call.flag("isbits")?;
    call.done()?;
    let text = call.input_text()?;
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).unwrap_or((&text, ""));
    let unit = unit.trim();
    let bad = || call.failed(format!("`{text}` is no size"));
    let is_number =
        digits.ends_with(|last: char| last.is_ascii_digit()) && digits.matches('.').count() <= 1;
    if !is_number || !unit.chars().all(|letter| letter.is_ascii_alphabetic()) {
        return Err(bad());
    }
    let size = number::parse_float(digits).ok_or_else(bad)?;
    let unit = if unit.is_empty() {
        default.unwrap_or_default()
    } else {
        unit.to_owned()
    };
    let counted = if bits { Counted::Bits } else { Counted::Bytes };
    let power = power(&unit, counted).ok_or_else(|| {
        let class = if bits { 'b' } else { 'B' };
        call.failed(format!("`{unit}` is no unit"))
            .help(format!("write `K{class}`, `M{class}` or `G{class}`"))
    })?;
    let bytes = (size * real(1 << power)).round_ties_even();
    number::whole(bytes).map(Value::Int).ok_or_else(bad)
}

/// What a size counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Bytes,
    Bits,
}

/// The power of two of a unit; `None` when there is no such unit.
fn power(unit: &str, counted: Counted) -> Option<u32> {
    let Some(first) = unit.chars().next() else {
        return Some(0);
    };
    let letter = first.to_ascii_uppercase();
    let (_, power, words) = UNITS.iter().find(|(known, ..)| *known == letter)?;
    let [byte, bit] = words;
    let bits = counted == Counted::Bits;
    let word = if bits { bit } else { byte };
    let short = match (letter, bits) {
        ('B', false) => "B".to_owned(),
        ('B', true) => "b".to_owned(),
        (letter, false) => format!("{letter}B"),
        (letter, true) => format!("{letter}b"),
    };
    let fits = unit.len() == 1 || unit.to_lowercase() == **word || unit == short;
    fits.then_some(*power)
}

fn file_size(call: &mut Call<'_, '_>) -> Answer {
    let binary = call.flag("binary")?;
    call.done()?;
    let size = match &call.input {
        Value::Text(text) => number::parse_float(text),
        other => other.as_float(),
    };
    let size: f64 = size.ok_or_else(|| -> Fault { call.wrong_input("a number") })?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if (size - 1.0).abs() == 0.0 {
        return Ok(Value::from("1 Byte"));
    }
    if size < base {
        return Ok(Value::from(format!("{:.0} Bytes", size.trunc())));
    }
    let letters = if binary { "KMGTPEZY" } else { "kMGTPEZY" };
    let suffix = if binary { "iB" } else { "B" };
    let mut unit = base;
    let mut last = 'k';
    for letter in letters.chars() {
        unit *= base;
        last = letter;
        if size < unit {
            break;
        }
    }
    Ok(Value::from(format!(
        "{:.1} {last}{suffix}",
        base * size / unit
    )))
}
