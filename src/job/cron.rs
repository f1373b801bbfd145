//! Cron expressions: five fields or a nickname, by the clock on the wall of a time zone.
//!
//! The `croner` package reads them and finds times on the calendar. Which moments those are on days on which clocks are
//! changed is decided here: an hour that is skipped is made up for right after the gap, once; an hour that comes twice
//! counts the first time. Only what is due every hour goes on through both. (The package's own rule would leave out
//! `*/20 2 * * *` on the day without a second hour.)

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::tz::TimeZone;

use croner::parser::CronParser;
use croner::parser::Seconds;
use croner::parser::Year;

mod fields;
mod grammar;

pub use crate::job::cron::fields::Days;
pub use crate::job::cron::fields::Fields;
pub use crate::job::cron::fields::Unusual;

/// Nicknames with what they stand for.
pub const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// What each field is and may hold.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, `L`, `15W`"),
    ("month", "1 to 12, `jan` to `dec`"),
    (
        "weekday",
        "0 to 7 (both ends are Sunday), `mon` to `sun`, `fri#2`, `friL`",
    ),
];

/// More changes of clocks than any rule needs to come round: 29 February on a Monday takes 40 years at most.
const MOST_TRANSITIONS: usize = 400;

/// A cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    fields: [String; 5],
    pattern: croner::Cron,
}

/// Where a search begins.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// This time is included.
    Since(DateTime),
    /// It is not.
    After(DateTime),
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The piece that is meant.
    pub(crate) piece: String,
    /// Lower case, no full stop.
    pub(crate) message: String,
    /// What was expected there.
    pub(crate) label: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Cron {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let expanded = expanded(text)?;
        let fields: Vec<String> = expanded
            .split_ascii_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
        let fields =
            <[String; 5]>::try_from(fields).map_err(|fields| wrong_count(text, fields.len()))?;
        for (at, field) in fields.iter().enumerate() {
            check(at, field)?;
        }
        both_days(&fields)?;
        // Each field was read before, so that this does not fail.
        let pattern = parser()
            .parse(&fields.join(" "))
            .map_err(|_error| never(text))?;
        let cron = Self {
            text: text.to_owned(),
            fields,
            pattern,
        };
        // What is due at all is due within 40 years of any day.
        let some_day = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        if cron.civil(Bound::Since(some_day)).is_none() {
            return Err(never(text));
        }
        Ok(cron)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first moment after `after`.
    pub(super) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.is_every_hour() {
            self.next_elapsed(after, zone)
        } else {
            self.next_on_the_wall(after, zone)
        }
    }

    /// Whether each hour of a day has it, so that nothing is lost or doubled when clocks are changed.
    fn is_every_hour(&self) -> bool {
        self.pattern.pattern.hours.values().len() == 24
    }

    /// Moments follow in the order of the wall's times, so the first one later than `after` is the next.
    fn next_on_the_wall(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut civil = zone.to_datetime(after);
        loop {
            civil = self.civil(Bound::After(civil))?;
            let at = moment(civil, zone)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// Between two changes of the clock the wall goes as time does.
    fn next_elapsed(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut from = after;
        let mut bound: fn(DateTime) -> Bound = Bound::After;
        for _ in 0..MOST_TRANSITIONS {
            let offset = zone.to_offset(from);
            let civil = self.civil(bound(offset.to_datetime(from)))?;
            let at = offset.to_timestamp(civil).ok()?;
            match zone.following(from).next() {
                Some(change) if change.timestamp() <= at => {
                    from = change.timestamp();
                    bound = Bound::Since;
                }
                Some(_) | None => return Some(at),
            }
        }
        None
    }

    fn civil(&self, bound: Bound) -> Option<DateTime> {
        let found = match bound {
            Bound::Since(civil) => self.pattern.find_next_occurrence(&civil, true),
            Bound::After(civil) => self.pattern.find_next_occurrence(&civil, false),
        };
        // The package gives up in the year 5000.
        found.ok()
    }
}

/// The moment at which a wall shows this time: the first of two, or the end of the gap that swallows it.
fn moment(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let is_gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    // Within a gap that is as long after its end as the time is after its beginning.
    let at = ambiguous.compatible().ok()?;
    if !is_gap {
        return Some(at);
    }
    let behind = at.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?;
    zone.preceding(behind)
        .next()
        .map(|change| change.timestamp())
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
}

fn expanded(text: &str) -> Result<&str, Mistake> {
    if !text.starts_with('@') {
        return Ok(text);
    }
    let known = NICKNAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, fields)| *fields).ok_or_else(|| {
        let names = NICKNAMES.map(|(name, _)| name);
        let near = crate::diag::nearest(text, names).map(|near| format!("did you mean `{near}`?"));
        let help = if text == "@reboot" {
            Some("a job has a time; the service makes up for missed ones when it starts, see `missed`".to_owned())
        } else {
            near
        };
        Mistake {
            piece: text.to_owned(),
            message: format!("cron has no nickname `{text}`"),
            label: format!("expected {}", crate::diag::alternatives(names)),
            help,
        }
    })
}

fn wrong_count(text: &str, count: usize) -> Mistake {
    Mistake {
        piece: text.to_owned(),
        message: format!("cron has 5 fields, and here are {count}"),
        label: "expected minute, hour, day of the month, month and weekday".to_owned(),
        help: match count {
            6 => Some("seconds, years and zones are no fields here: `time_zone` names the zone, and `every` goes by seconds".to_owned()),
            _ => Some("such as `30 2 * * mon-fri`, or `@daily`".to_owned()),
        },
    }
}

/// Reads one field with nothing in the others, so that a mistake has a place.
fn check(at: usize, field: &str) -> Result<(), Mistake> {
    let mut alone = ["*"; 5];
    if let Some(slot) = alone.get_mut(at) {
        *slot = field;
    }
    let is_grammatical = field.split(',').all(|item| grammar::is_item(at, item));
    if is_grammatical && parser().parse(&alone.join(" ")).is_ok() {
        return Ok(());
    }
    let (name, values) = FIELDS.get(at).copied().unwrap_or_default();
    Err(Mistake {
        piece: field.to_owned(),
        message: format!("`{}` is no {name}", field.to_ascii_lowercase()),
        label: format!("expected {values}, `*`, ranges `a-b`, steps `*/n` or lists `a,b`"),
        help: field
            .contains('?')
            .then(|| "`*` says the same as `?`".to_owned()),
    })
}

/// Cron programs differ in what a step over everything means beside the other kind of day.
fn both_days(fields: &[String; 5]) -> Result<(), Mistake> {
    let [_, _, days, _, weekdays] = fields;
    let is_open = |field: &str| field.starts_with('*') && field != "*";
    let (open, around) = match (is_open(days), is_open(weekdays)) {
        (true, _) if weekdays != "*" => (days, "1-31"),
        (_, true) if days != "*" => (weekdays, "0-6"),
        (true | false, true | false) => return Ok(()),
    };
    let closed = open.replacen('*', around, 1);
    Err(Mistake {
        piece: open.clone(),
        message: format!(
            "`{open}` beside another kind of day means different things to cron programs"
        ),
        label: "some want both days to match, some either".to_owned(),
        help: Some(format!(
            "write `{closed}` when either is enough; for both put `+` before the weekdays"
        )),
    })
}

fn never(text: &str) -> Mistake {
    Mistake {
        piece: text.to_owned(),
        message: format!("no day is ever due by `{text}`"),
        label: "there is no such day".to_owned(),
        help: Some(
            "see whether the month has so many days; `L` is the last one of each".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;
    use jiff::civil::date;

    use super::Bound;
    use super::Cron;

    /// The next days of a rule after New Year's Day 2026, a Thursday.
    fn days(rule: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(&format!("0 0 {rule}")).unwrap();
        let mut civil: DateTime = date(2026, 1, 1).at(0, 0, 0, 0);
        let mut found = Vec::new();
        for _ in 0..count {
            civil = cron.civil(Bound::After(civil)).unwrap();
            found.push(civil.strftime("%m-%d").to_string());
        }
        found
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (rule, expected) in [
            ("* * *", ["01-02", "01-03", "01-04"]),
            ("31 * *", ["01-31", "03-31", "05-31"]),
            ("* * mon", ["01-05", "01-12", "01-19"]),
            ("* * 7", ["01-04", "01-11", "01-18"]),
            ("* * FRI-SUN", ["01-02", "01-03", "01-04"]),
            // Either kind of day is enough, or both must match.
            ("13 * fri", ["01-02", "01-09", "01-13"]),
            ("13 * +fri", ["02-13", "03-13", "11-13"]),
            ("L * *", ["01-31", "02-28", "03-31"]),
            ("L 11,12 *", ["11-30", "12-31", "11-30"]),
            ("LW * *", ["01-30", "02-27", "03-31"]),
            ("15W * *", ["01-15", "02-16", "03-16"]),
            ("1W * *", ["02-02", "03-02", "04-01"]),
            ("* * tue#2", ["01-13", "02-10", "03-10"]),
            ("* * friL", ["01-30", "02-27", "03-27"]),
            ("* 12 5L", ["12-25", "12-31", "12-29"]),
            ("29 2 *", ["02-29", "02-29", "02-29"]),
        ] {
            assert_eq!(days(rule, 3), expected, "{rule}");
        }
    }

    #[test]
    fn letter_case_and_white_space_do_not_matter() {
        let plain = Cron::parse("30 2 * jan mon").unwrap();
        let odd = Cron::parse("30  2\t* JAN Mon").unwrap();
        assert_eq!(plain.expanded(), odd.expanded());
    }

    #[test]
    fn nicknames_are_fields() {
        for (name, fields) in super::NICKNAMES {
            let [named, written] = [name, fields].map(|text| Cron::parse(text).unwrap());
            assert_eq!(named.expanded(), written.expanded(), "{name}");
            assert_eq!(named.text(), name);
        }
    }
}
