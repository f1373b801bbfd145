//! The times of a job as other schedulers want them: minutes and hours of a day, and the days.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::job::Days;
use crate::job::Fields;
use crate::job::Job;
use crate::job::Schedule;
use crate::job::duration;

const DAY: u64 = 24 * 60 * 60;
const WEEK: u64 = 7 * DAY;

/// 1970-01-01, from which intervals are counted, was a Thursday.
const FIRST_WEEKDAY: u16 = 4;

/// When a job runs.
pub(super) struct Times {
    /// Each of these minutes in each of these hours; all entries together are the times of a day.
    pub(super) grid: Vec<(Vec<u16>, Vec<u16>)>,
    /// The days, with all their other fields.
    pub(super) fields: Fields,
    /// The zone of both.
    pub(super) zone: Arc<str>,
}

impl Times {
    /// Of a job; the error says why an interval has no times of the day.
    pub(super) fn of(job: &Job) -> Result<Self, String> {
        match &job.schedule {
            Schedule::Cron(cron) => {
                let fields = cron.fields();
                Ok(Self {
                    grid: vec![(fields.minutes.clone(), fields.hours.clone())],
                    fields,
                    zone: Arc::clone(&job.zone.name),
                })
            }
            Schedule::Every(every) => Self::every(*every),
        }
    }

    fn every(every: Duration) -> Result<Self, String> {
        let seconds = every.as_secs();
        let words = duration::words(every);
        if !seconds.is_multiple_of(60) {
            return Err(format!("every {words} is no whole number of minutes"));
        }
        let is_weekly = seconds == WEEK;
        if !is_weekly && (seconds > DAY || !DAY.is_multiple_of(seconds)) {
            return Err(format!(
                "every {words} falls on other times each day, and this scheduler knows times of the day only"
            ));
        }
        let step = usize::try_from(seconds / 60).unwrap_or(usize::MAX);
        let mut minutes_of: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
        for minute in (0..24 * 60_u16).step_by(step) {
            minutes_of.entry(minute % 60).or_default().push(minute / 60);
        }
        let mut grid: Vec<(Vec<u16>, Vec<u16>)> = Vec::new();
        for (minute, hours) in minutes_of {
            match grid.iter_mut().find(|(_, known)| *known == hours) {
                Some((minutes, _)) => minutes.push(minute),
                None => grid.push((vec![minute], hours)),
            }
        }
        let fields = Fields {
            minutes: Vec::new(),
            hours: Vec::new(),
            days: Vec::new(),
            months: (1..=12).collect(),
            weekdays: if is_weekly {
                vec![FIRST_WEEKDAY]
            } else {
                Vec::new()
            },
            unusual: Vec::new(),
            rule: if is_weekly { Days::OfWeek } else { Days::Any },
        };
        Ok(Self {
            grid,
            fields,
            zone: "UTC".into(),
        })
    }

    /// The times of a day in minutes since midnight, in order.
    pub(super) fn minutes(&self) -> Vec<u16> {
        let mut all: Vec<u16> = self
            .grid
            .iter()
            .flat_map(|(minutes, hours)| {
                hours
                    .iter()
                    .flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute))
            })
            .collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Times;

    #[test]
    fn intervals_become_times_of_the_day() {
        for (minutes, count, groups) in [
            (1, 1440, 1),
            (15, 96, 1),
            (90, 16, 2),
            (6 * 60, 4, 1),
            (24 * 60, 1, 1),
            (7 * 24 * 60, 1, 1),
            (45, 32, 3),
        ] {
            let times =
                Times::every(Duration::from_mins(minutes)).unwrap_or_else(|why| panic!("{why}"));
            let all = times.minutes();
            assert_eq!((all.len(), times.grid.len()), (count, groups), "{minutes}");
            assert!(all.is_sorted() && all[0] == 0);
        }
    }

    #[test]
    fn intervals_that_do_not_divide_a_day_are_refused() {
        for seconds in [30, 90, 7 * 3600, 36 * 3600, 2 * 86_400, 50 * 60] {
            assert!(
                Times::every(Duration::from_secs(seconds)).is_err(),
                "{seconds}"
            );
        }
    }
}
