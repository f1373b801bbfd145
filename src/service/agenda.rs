//! What is due when: a state machine that is told the time, and says which jobs begin and when to ask again.
//!
//! Pure: must not know how a run is made, where jobs come from or how to wait. The clock it is told may jump. Forward,
//! what passed meanwhile counts as missed. Backward, no time is run twice; only when the clock is set back by more than
//! [`CORRECTION`] was it wrong before, and the new time counts at once. cron(8) draws the same line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::job::Job;
use crate::job::Missed;
use crate::job::Overlap;
use crate::service::errand::LastEnd;
use crate::service::errand::LastRun;

/// A clock that is set back by more was wrong before.
pub const CORRECTION: SignedDuration = SignedDuration::from_hours(3);
/// A time that is noticed so late counts as missed.
pub const LATE: SignedDuration = SignedDuration::from_mins(1);

/// Why a run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its time has come.
    Due {
        /// When it was due.
        at: Timestamp,
    },
    /// It makes up for times that nobody was there for.
    Missed {
        /// The first of them.
        first: Timestamp,
        /// How many.
        count: usize,
    },
    /// It came due while the job still ran.
    Queued {
        /// When it was due.
        at: Timestamp,
    },
    /// The run before it failed.
    Retry {
        /// Which try this is, from 1.
        number: u32,
    },
    /// Somebody asked for it.
    Asked,
}

/// What is to be done, or to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A run begins.
    Begin {
        /// Of this job.
        job: Arc<str>,
        /// Why.
        cause: Cause,
    },
    /// A time is passed over, because the job still runs.
    PassOver {
        /// The job.
        job: Arc<str>,
        /// The time.
        at: Timestamp,
    },
    /// A run waits for the end of the one under way.
    Wait {
        /// The job.
        job: Arc<str>,
        /// The time.
        at: Timestamp,
    },
    /// Times passed, and nothing makes up for them.
    Gone {
        /// The job.
        job: Arc<str>,
        /// The first.
        first: Timestamp,
        /// How many.
        count: usize,
    },
    /// The last run from before the start never ended.
    NeverEnded {
        /// The job.
        job: Arc<str>,
        /// When it began.
        started: Timestamp,
    },
    /// The clock went back so far that it was wrong before.
    ClockSetBack {
        /// The job whose times are counted anew.
        job: Arc<str>,
        /// What the clock had shown.
        from: Timestamp,
    },
}

/// All jobs with what is known of their times.
#[derive(Debug, Default)]
pub struct Agenda {
    entries: BTreeMap<Arc<str>, Entry>,
}

/// One job.
#[derive(Debug)]
struct Entry {
    job: Arc<Job>,
    /// Times up to this one are done with.
    handled: Timestamp,
    next: Option<Timestamp>,
    runs: bool,
    /// The time whose run waits for the end of the one under way.
    queued: Option<Timestamp>,
    /// When to try again.
    retry: Option<Timestamp>,
    /// Retries since its time came.
    retries: u32,
    /// It stands in the file no more, and goes when it is over.
    leaves: bool,
}

/// What is known of a job's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it is run next.
    pub next: Option<Timestamp>,
    /// Whether a run waits for the end of the one under way.
    pub queued: bool,
    /// When it is tried again.
    pub retry: Option<Timestamp>,
}

impl Agenda {
    /// Takes these jobs in place of those before. What is known of a job of the same name is kept; of others, `last` says
    /// when they were run last, and what they missed since is made up for as they say, a run that never ended included.
    pub fn set(
        &mut self,
        jobs: &[Arc<Job>],
        last: &dyn Fn(&str) -> Option<LastRun>,
        now: Timestamp,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        for entry in self.entries.values_mut() {
            entry.leaves = true;
        }
        for job in jobs {
            if let Some(entry) = self.entries.get_mut(&job.name) {
                entry.renew(job, now);
                continue;
            }
            let (entry, told) = Entry::new(job, last(&job.name), now);
            acts.extend(told);
            self.entries.insert(Arc::clone(&job.name), entry);
        }
        self.entries.retain(|_, entry| entry.runs || !entry.leaves);
        acts
    }

    /// What is due now. Each run that is to begin counts as begun.
    pub fn due(&mut self, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        for entry in self.entries.values_mut().filter(|entry| !entry.leaves) {
            entry.due(now, &mut acts);
        }
        acts
    }

    /// Somebody wants a run now; whether one begins. A job that runs, or is about to go, does not begin another.
    pub fn ask(&mut self, job: &str) -> Option<Act> {
        let entry = self.entries.get_mut(job)?;
        if entry.runs || entry.leaves {
            return None;
        }
        Some(entry.begin(Cause::Asked, Timestamp::UNIX_EPOCH))
    }

    /// A run is over, and is tried again at this time unless another run comes first.
    pub fn ended(&mut self, job: &str, retry: Option<Timestamp>) -> Vec<Act> {
        let entry = self.entries.get_mut(job);
        let acts = entry.and_then(|entry| entry.ended(retry));
        let acts = acts.into_iter().collect();
        self.entries.retain(|_, entry| entry.runs || !entry.leaves);
        acts
    }

    /// When something is due next, if nothing else happens.
    pub fn wake(&self) -> Option<Timestamp> {
        let entries = self.entries.values().filter(|entry| !entry.leaves);
        entries
            .flat_map(|entry| {
                let retry = entry.retry.filter(|_| !entry.runs);
                [entry.next, retry]
            })
            .flatten()
            .min()
    }

    /// A job by its name.
    pub fn job(&self, name: &str) -> Option<Arc<Job>> {
        Some(Arc::clone(&self.entries.get(name)?.job))
    }

    /// What is known of a job's times.
    pub fn times(&self, name: &str) -> Option<Times> {
        let entry = self.entries.get(name)?;
        Some(Times {
            next: entry.next.filter(|_| !entry.leaves),
            queued: entry.queued.is_some(),
            retry: entry.retry.filter(|_| !entry.leaves),
        })
    }
}

impl Entry {
    fn new(job: &Arc<Job>, last: Option<LastRun>, now: Timestamp) -> (Self, Vec<Act>) {
        let mut acts = Vec::new();
        let mut entry = Self {
            job: Arc::clone(job),
            handled: last.map_or(now, |last| last.started),
            next: None,
            runs: false,
            queued: None,
            retry: None,
            retries: 0,
            leaves: false,
        };
        entry.doubt(now, &mut acts);
        let mut missed = job.missed(Some(entry.handled), now);
        if let Some(last) = last.filter(|last| last.end != LastEnd::Over) {
            missed = Some(with_unended(job, last, missed, now));
            acts.push(Act::NeverEnded {
                job: Arc::clone(&job.name),
                started: last.started,
            });
        }
        if let Some(missed) = missed {
            acts.push(entry.missed(missed));
            entry.handled = entry.handled.max(now);
        }
        entry.look_ahead();
        (entry, acts)
    }

    /// Another version of the job. What passed while the old one held is not missed by the new one.
    fn renew(&mut self, job: &Arc<Job>, now: Timestamp) {
        self.leaves = false;
        self.job = Arc::clone(job);
        if self.next.is_none_or(|next| next > now) {
            self.handled = self.handled.max(now);
            self.look_ahead();
        }
    }

    fn look_ahead(&mut self) {
        self.next = self.job.next(self.handled);
    }

    /// Whether the clock can be believed.
    fn doubt(&mut self, now: Timestamp, acts: &mut Vec<Act>) {
        if self.handled.duration_since(now) > CORRECTION {
            acts.push(Act::ClockSetBack {
                job: Arc::clone(&self.job.name),
                from: self.handled,
            });
            self.handled = now;
            self.look_ahead();
        }
    }

    fn due(&mut self, now: Timestamp, acts: &mut Vec<Act>) {
        self.doubt(now, acts);
        if let Some(at) = self.next.filter(|at| *at <= now) {
            let act = if now.duration_since(at) <= LATE {
                self.begin(Cause::Due { at }, at)
            } else {
                let before = self.handled;
                match self.job.missed(Some(before), now) {
                    Some(missed) => self.missed(missed),
                    None => self.begin(Cause::Due { at }, at),
                }
            };
            acts.push(act);
            self.handled = now;
            self.look_ahead();
        }
        if !self.runs && self.retry.is_some_and(|at| at <= now) {
            self.retry = None;
            self.retries += 1;
            self.runs = true;
            acts.push(Act::Begin {
                job: Arc::clone(&self.job.name),
                cause: Cause::Retry {
                    number: self.retries,
                },
            });
        }
    }

    fn missed(&mut self, missed: Missed) -> Act {
        let Missed { first, count, .. } = missed;
        if missed.makes_up.is_some() {
            return self.begin(Cause::Missed { first, count }, first);
        }
        Act::Gone {
            job: Arc::clone(&self.job.name),
            first,
            count,
        }
    }

    /// Begins a run for this time, unless one is under way.
    fn begin(&mut self, cause: Cause, at: Timestamp) -> Act {
        let job = Arc::clone(&self.job.name);
        if self.runs {
            return if self.job.overlap == Overlap::Queue && self.queued.is_none() {
                self.queued = Some(at);
                Act::Wait { job, at }
            } else {
                Act::PassOver { job, at }
            };
        }
        self.runs = true;
        self.retry = None;
        self.retries = 0;
        Act::Begin { job, cause }
    }

    fn ended(&mut self, retry: Option<Timestamp>) -> Option<Act> {
        self.runs = false;
        if self.leaves {
            return None;
        }
        if let Some(at) = self.queued.take() {
            return Some(self.begin(Cause::Queued { at }, at));
        }
        self.retry = retry;
        None
    }
}

/// What a job missed, a run that never ended included. One that never ended after another is not made up for by itself:
/// what kills every run would else do so without end.
fn with_unended(job: &Job, last: LastRun, missed: Option<Missed>, now: Timestamp) -> Missed {
    let alone = || (last.end == LastEnd::Never).then(|| job.makes_up(now));
    Missed {
        first: last.started,
        count: 1 + missed.map_or(0, |missed| missed.count),
        makes_up: missed.map_or_else(|| alone().flatten(), |missed| missed.makes_up),
    }
}

/// How long to wait for a moment; nothing when it has passed.
pub fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(moment.duration_since(now)).unwrap_or_default()
}
