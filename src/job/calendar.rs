//! Maintenance windows and blackouts: whether changes may be made, and until when.
//!
//! Windows go by the clock on the wall: one from 02:00 to 03:00 does not open on the day without that hour, and is open
//! twice on the day that has it twice.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::job::Access;
use crate::job::Job;
use crate::job::Reason;
use crate::job::Window;

/// How far ahead the next change is looked for, in days: five years with a leap day.
const HORIZON: usize = 5 * 366;

/// No change of the clock is larger.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

impl Window {
    /// Whether a wall that shows this time is within it.
    pub fn covers(&self, civil: DateTime) -> bool {
        let (date, time) = (civil.date(), civil.time());
        let over_midnight = self.is_over_midnight();
        let before_end = over_midnight || self.to.is_none_or(|to| time < to);
        let since_today = time >= self.from && before_end && self.begins_on(date);
        let since_yesterday = over_midnight
            && self.to.is_some_and(|to| time < to)
            && date.yesterday().is_ok_and(|before| self.begins_on(before));
        since_today || since_yesterday
    }

    /// Whether it ends on the day after that on which it begins.
    pub fn is_over_midnight(&self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }

    fn begins_on(&self, date: Date) -> bool {
        if self.days.is_empty() && self.dates.is_empty() {
            return true;
        }
        self.days.contains(&date.weekday())
            || self
                .dates
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&date))
    }
}

impl Job {
    /// Whether changes may be made at a moment, and until when that stays so. Looks five years ahead.
    pub fn window(&self, now: Timestamp) -> Access {
        let shut = self.shut(self.zone.rules.to_datetime(now));
        let until = self.turn(now, shut);
        match shut {
            None => Access::Open { until },
            Some(reason) => Access::Closed { until, reason },
        }
    }

    /// Why nothing may be changed while the wall shows this time; `None` when changes may be made.
    pub(super) fn shut(&self, civil: DateTime) -> Option<Reason> {
        let covered = |windows: &[Window]| windows.iter().any(|window| window.covers(civil));
        if covered(&self.blackouts) {
            return Some(Reason::Blackout);
        }
        let is_bounded = !self.windows.is_empty();
        (is_bounded && !covered(&self.windows)).then_some(Reason::WindowClosed)
    }

    /// When it is first otherwise than this after `now`, as to whether changes may be made.
    fn turn(&self, now: Timestamp, shut: Option<Reason>) -> Option<Timestamp> {
        let zone = &self.zone.rules;
        let times = self.edges();
        if times.is_empty() {
            return None;
        }
        let is_other = |at: &Timestamp| {
            let then = self.shut(zone.to_datetime(*at));
            then.is_some() != shut.is_some()
        };
        let today = zone.to_datetime(now).date();
        // Yesterday, for the one who stands in the second of two equal hours around midnight.
        let first = today.yesterday().unwrap_or(today);
        first
            .series(1.day())
            .take(HORIZON)
            .flat_map(|date| moments(date, &times, zone))
            .filter(|at| *at > now)
            .find(is_other)
    }

    /// The times of a day at which a window may open or close.
    fn edges(&self) -> Vec<Time> {
        let both = self.windows.iter().chain(&self.blackouts);
        let mut times: Vec<Time> = both
            .flat_map(|window| [Some(window.from), window.to, Some(Time::midnight())])
            .flatten()
            .collect();
        times.sort_unstable();
        times.dedup();
        times
    }
}

/// The moments from the begin of a day to that of the next at which the wall shows one of these times or is put right, in
/// order.
fn moments(date: Date, times: &[Time], zone: &TimeZone) -> Vec<Timestamp> {
    let next = date.tomorrow().unwrap_or(date);
    let (Some(begin), Some(end)) = (begin_of(date, zone), begin_of(next, zone)) else {
        return Vec::new();
    };
    let around = begin.saturating_sub(A_DAY).unwrap_or(begin);
    let changes = zone.following(around).map(|change| change.timestamp());
    let changes: Vec<Timestamp> = changes
        .take_while(|at| *at <= end.saturating_add(A_DAY).unwrap_or(end))
        .collect();
    let mut dates = vec![date];
    if !changes.is_empty() {
        // An hour that comes twice around midnight mixes the times of two days.
        dates.extend([date.yesterday().unwrap_or(date), next]);
    }
    let mut found = changes;
    for (date, time) in dates
        .iter()
        .flat_map(|date| times.iter().map(move |time| (date, time)))
    {
        let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(*time));
        found.extend(ambiguous.earlier().ok());
        found.extend(ambiguous.later().ok());
    }
    found.retain(|at| (begin..end).contains(at));
    found.sort_unstable();
    found.dedup();
    found
}

/// The first moment of a day.
fn begin_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = date.to_datetime(Time::midnight());
    zone.to_ambiguous_timestamp(midnight).compatible().ok()
}
