//! What a cron expression selects, field by field: for translations into other schedulers.

use crate::job::cron::Cron;
use crate::job::cron::grammar::WEEKDAYS;

/// Minutes, hours, days and months that are selected, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// 0 to 59.
    pub minutes: Vec<u16>,
    /// 0 to 23.
    pub hours: Vec<u16>,
    /// 1 to 31; those of [`Fields::unusual`] are not among them.
    pub days: Vec<u16>,
    /// 1 to 12.
    pub months: Vec<u16>,
    /// 0 (Sunday) to 6; those of [`Fields::unusual`] are not among them.
    pub weekdays: Vec<u16>,
    /// Days that depend on the month.
    pub unusual: Vec<Unusual>,
    /// Which days count.
    pub rule: Days,
}

/// Which days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// All of them.
    Any,
    /// Days of the month.
    OfMonth,
    /// Weekdays.
    OfWeek,
    /// Those that are one or the other.
    Either,
    /// Those that are both.
    Both,
}

/// A day that depends on the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusual {
    /// `L`.
    LastDay,
    /// `LW`: the last day from Monday to Friday.
    LastWorkday,
    /// `15W`: the day from Monday to Friday that is nearest to this one.
    NearestWorkday(u16),
    /// `friL`: the last of these weekdays.
    LastWeekday(u16),
    /// `fri#2`: this one of these weekdays.
    NthWeekday(u16, u16),
}

impl Cron {
    /// What it selects.
    pub fn fields(&self) -> Fields {
        let pattern = &self.pattern.pattern;
        let [_, _, days, _, weekdays] = &self.fields;
        let weekday_items = weekdays.trim_start_matches('+');
        let rule = match (pattern.is_dom_wildcard(), weekday_items == "*") {
            (true, true) => Days::Any,
            (false, true) => Days::OfMonth,
            (true, false) => Days::OfWeek,
            (false, false) if pattern.matches_dom_and_dow() => Days::Both,
            (false, false) => Days::Either,
        };
        let of_month = days.split(',').filter_map(of_month);
        let of_week = weekday_items.split(',').filter_map(of_week);
        Fields {
            minutes: pattern.minutes.values(),
            hours: pattern.hours.values(),
            days: pattern.days.values(),
            months: pattern.months.values(),
            weekdays: pattern.days_of_week.values(),
            unusual: of_month.chain(of_week).collect(),
            rule,
        }
    }

    /// The five fields in capitals, nicknames as what they stand for.
    pub fn expanded(&self) -> &[String; 5] {
        &self.fields
    }
}

fn of_month(item: &str) -> Option<Unusual> {
    match item {
        "L" => Some(Unusual::LastDay),
        "LW" => Some(Unusual::LastWorkday),
        _ => {
            let day = item.strip_suffix('W')?;
            day.parse().ok().map(Unusual::NearestWorkday)
        }
    }
}

fn of_week(item: &str) -> Option<Unusual> {
    if let Some((day, which)) = item.split_once('#') {
        let day = weekday(day)?;
        return Some(match which {
            "L" => Unusual::LastWeekday(day),
            _ => Unusual::NthWeekday(day, which.parse().ok()?),
        });
    }
    weekday(item.strip_suffix('L')?).map(Unusual::LastWeekday)
}

fn weekday(word: &str) -> Option<u16> {
    let number = match WEEKDAYS.iter().position(|name| *name == word) {
        Some(at) => u16::try_from(at).ok()?,
        None => word.parse().ok()?,
    };
    Some(number.checked_rem(7).unwrap_or_default())
}
