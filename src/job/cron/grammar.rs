//! What an item of a field may look like. The package is more generous: to it, `1,,2` is a list.

/// Months by their English names.
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

/// Weekdays, Sunday first.
pub(super) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Positions of the fields that have more than numbers.
const DAY: usize = 2;
const MONTH: usize = 3;
const WEEKDAY: usize = 4;

/// Whether this can be an item of the field at a position. Numbers may still be too large.
pub(super) fn is_item(at: usize, item: &str) -> bool {
    let item = match item.strip_prefix('+') {
        Some(rest) if at == WEEKDAY => rest,
        Some(_) | None => item,
    };
    is_unusual(at, item) || is_stepped(at, item)
}

/// `L`, `LW`, `15W`; `friL`, `fri#2`, `fri#L`.
fn is_unusual(at: usize, item: &str) -> bool {
    match at {
        DAY => item == "L" || item == "LW" || item.strip_suffix('W').is_some_and(is_number),
        WEEKDAY => {
            let is_nth = item.split_once('#').is_some_and(|(day, which)| {
                is_value(at, day) && (which == "L" || is_number(which))
            });
            is_nth || item.strip_suffix('L').is_some_and(|day| is_value(at, day))
        }
        _ => false,
    }
}

/// `*`, `a`, `a-b`, and `*/n`, `a-b/n`.
fn is_stepped(at: usize, item: &str) -> bool {
    let (values, step) = match item.split_once('/') {
        Some((values, step)) => (values, Some(step)),
        None => (item, None),
    };
    let range = values.split_once('-');
    let is_several = values == "*"
        || range.is_some_and(|(first, last)| is_value(at, first) && is_value(at, last));
    match step {
        Some(step) => is_several && is_number(step),
        None => is_several || is_value(at, values),
    }
}

fn is_value(at: usize, word: &str) -> bool {
    match at {
        MONTH => is_number(word) || MONTHS.contains(&word),
        WEEKDAY => is_number(word) || WEEKDAYS.contains(&word),
        _ => is_number(word),
    }
}

fn is_number(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}
