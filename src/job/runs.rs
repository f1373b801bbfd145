//! When a job is run next, and which of its times passed without anybody noticing.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::event::RunMode;
use crate::job::Access;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Schedule;

/// How far ahead a time within a window is looked for: ten years.
const HORIZON: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// Times that were passed over because no window was open, before the search ends: ten years of days.
const MOST_LOOKS: usize = 10 * 366;

/// More missed times than this are not counted.
const MOST_MISSED: usize = 1000;

/// Times of a job that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The earliest of them.
    pub first: Timestamp,
    /// How many; stops at 1000.
    pub count: usize,
    /// How a run that makes up for them goes now; `None`: nothing makes up for them, because the job says so or because
    /// it may not run now.
    pub makes_up: Option<RunMode>,
}

/// The times of a job, in order.
#[derive(Debug, Clone)]
pub struct Runs<'a> {
    job: &'a Job,
    after: Timestamp,
}

impl Iterator for Runs<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        self.after = self.job.next(self.after)?;
        Some(self.after)
    }
}

impl Job {
    /// When it is run first after `after`, its own splay included. Times at which it would not be run at all are passed
    /// over; `None` when there is none within ten years.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let end = after.saturating_add(HORIZON).ok()?;
        let mut from = after;
        for _ in 0..MOST_LOOKS {
            let at = self.due(from)?;
            if self.mode_at(at).run.is_some() {
                return Some(at);
            }
            let Access::Closed { until, .. } = self.window(at) else {
                return None;
            };
            from = just_before(until?)?;
            if from > end {
                return None;
            }
        }
        None
    }

    /// All its times after `after`.
    pub fn runs(&self, after: Timestamp) -> Runs<'_> {
        Runs { job: self, after }
    }

    /// Its times after the last one that was run, up to now. A job that never ran has missed nothing.
    pub fn missed(&self, last: Option<Timestamp>, now: Timestamp) -> Option<Missed> {
        let mut passed = self.runs(last?).take_while(|at| *at <= now);
        let first = passed.next()?;
        let count = 1 + passed.take(MOST_MISSED - 1).count();
        Some(Missed {
            first,
            count,
            makes_up: self.makes_up(now),
        })
    }

    /// How a run that makes up for what was missed goes now; `None` when there is none.
    pub fn makes_up(&self, now: Timestamp) -> Option<RunMode> {
        match self.missed_runs {
            MissedRuns::RunOnce => self.mode_at(now).run,
            MissedRuns::Skip => None,
        }
    }

    /// When a run is tried again that failed now and was tried again so often before. `None`: not at all, because that
    /// was often enough, or because its next time comes first. Windows are left to who asks.
    pub fn tried_again(&self, tries: u32, now: Timestamp) -> Option<Timestamp> {
        if tries >= self.retries.count {
            return None;
        }
        let delay = SignedDuration::try_from(self.retries.delay).ok()?;
        let again = now.checked_add(delay).ok()?;
        let is_first = self.next(now).is_none_or(|next| again < next);
        is_first.then_some(again)
    }

    /// When its schedule and its splay have it first after `after`, windows apart.
    pub(super) fn due(&self, after: Timestamp) -> Option<Timestamp> {
        let offset = SignedDuration::try_from(self.offset()).ok()?;
        let after = after.checked_sub(offset).ok()?;
        let at = match &self.schedule {
            Schedule::Cron(cron) => cron.next(after, &self.zone.rules)?,
            Schedule::Every(every) => next_multiple(after, *every)?,
        };
        at.checked_add(offset).ok()
    }
}

/// The latest moment before this one.
fn just_before(at: Timestamp) -> Option<Timestamp> {
    at.checked_sub(SignedDuration::from_nanos(1)).ok()
}

/// The first multiple of a duration since 1970 that is later than `after`.
fn next_multiple(after: Timestamp, every: Duration) -> Option<Timestamp> {
    let every = i64::try_from(every.as_secs()).ok()?;
    // Whole seconds, rounded down also before 1970.
    let after = after.as_nanosecond().div_euclid(1_000_000_000);
    let after = i64::try_from(after).ok()?;
    let count = after.checked_div_euclid(every)?.checked_add(1)?;
    Timestamp::from_second(count.checked_mul(every)?).ok()
}
