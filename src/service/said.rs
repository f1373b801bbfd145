//! What the service tells of itself while it works: plain data, and the words for it.

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::Unit;
use serde::Serialize;

use crate::service::agenda::Cause;

/// One thing that the service tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// When.
    #[serde(rename = "ts")]
    pub at: Timestamp,
    /// The job that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<Arc<str>>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As it should be.
    Plain,
    /// Somebody may want to look.
    Warning,
    /// Somebody has to look.
    Error,
}

/// What the service tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// It is up.
    Started {
        /// The job file.
        file: String,
        /// How many jobs it has.
        jobs: usize,
    },
    /// The dashboard can be looked at.
    Listening {
        /// Where.
        url: String,
    },
    /// A run begins.
    RunBegun {
        /// `audit` or `apply`.
        mode: &'static str,
        /// Why, in words.
        cause: String,
    },
    /// A run is over.
    RunEnded {
        /// ULID of the run.
        run: String,
        /// `audit` or `apply`.
        mode: &'static str,
        /// How it went, in words.
        result: String,
        /// What the run alone would have exited with.
        exit_code: u8,
    },
    /// A run could not begin.
    RunNotBegun {
        /// Why.
        why: String,
    },
    /// A time came while changes are forbidden.
    NotNow {
        /// Why.
        why: &'static str,
    },
    /// A time is passed over, because the job still runs.
    PassedOver {
        /// The time.
        due: Timestamp,
    },
    /// A run waits for the end of the one under way.
    Queued {
        /// The time.
        due: Timestamp,
    },
    /// Times passed, and nothing makes up for them.
    Missed {
        /// The first.
        first: Timestamp,
        /// How many.
        count: usize,
    },
    /// The last run from before the start never ended.
    NeverEnded {
        /// When it began.
        started: Timestamp,
    },
    /// A failed run is tried again later.
    RetryLater {
        /// When.
        next: Timestamp,
    },
    /// A host is left out of a run.
    HostLeftOut {
        /// Its inventory name.
        host: Arc<str>,
        /// Who works on it.
        holder: String,
        /// Until when at most.
        until: Timestamp,
    },
    /// The clock went back so far that it was wrong before.
    ClockSetBack {
        /// What it had shown.
        from: Timestamp,
    },
    /// The job file was read again.
    Reloaded {
        /// How many jobs it has.
        jobs: usize,
    },
    /// The job file cannot be used; the jobs of before stay.
    NotReloaded {
        /// Why.
        why: String,
    },
    /// A webhook has its message.
    Told {
        /// Why it was sent.
        occasion: String,
        /// Whom, without the path.
        to: String,
        /// Tries that it took.
        tries: u32,
    },
    /// A webhook has not got its message.
    NotTold {
        /// Why it was sent.
        occasion: String,
        /// Whom, without the path.
        to: String,
        /// Why not, and what becomes of the message.
        why: String,
    },
    /// Something to know about.
    Note {
        /// What.
        text: String,
    },
    /// The end was asked for; no new run begins.
    Stopping {
        /// How many runs are under way.
        runs: usize,
        /// How long they are waited for, in seconds.
        drain_s: u64,
    },
    /// A run did not end in time and was cut off.
    CutOff,
    /// The last line.
    Stopped,
}

impl What {
    /// How much it matters.
    pub fn weight(&self) -> Weight {
        match self {
            Self::RunNotBegun { .. } | Self::NotReloaded { .. } | Self::CutOff => Weight::Error,
            Self::RunEnded { exit_code, .. } if *exit_code != 0 => Weight::Warning,
            Self::PassedOver { .. }
            | Self::Missed { .. }
            | Self::NeverEnded { .. }
            | Self::RetryLater { .. }
            | Self::HostLeftOut { .. }
            | Self::ClockSetBack { .. }
            | Self::NotTold { .. }
            | Self::Note { .. } => Weight::Warning,
            Self::Started { .. }
            | Self::Listening { .. }
            | Self::RunBegun { .. }
            | Self::RunEnded { .. }
            | Self::NotNow { .. }
            | Self::Queued { .. }
            | Self::Reloaded { .. }
            | Self::Told { .. }
            | Self::Stopping { .. }
            | Self::Stopped => Weight::Plain,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { file, jobs } => write!(f, "up with {}, from `{file}`", jobs_of(*jobs)),
            Self::Listening { url } => write!(f, "the dashboard is at {url}"),
            Self::RunBegun { mode, cause } => write!(f, "{mode} begins: {cause}"),
            Self::RunEnded {
                run, mode, result, ..
            } => write!(f, "{mode} ended: {result} (run {run})"),
            Self::RunNotBegun { why } => write!(f, "cannot be run: {why}"),
            Self::NotNow { why } => write!(f, "not run now, because {why}"),
            Self::PassedOver { due } => write!(f, "{due} passed over: the run before is under way"),
            Self::Queued { due } => write!(f, "{due} waits for the end of the run before"),
            Self::Missed { first, count } => {
                write!(f, "missed {}, and not made up for", times(*first, *count))
            }
            Self::NeverEnded { started } => {
                write!(f, "the run begun at {} never ended", whole(*started))
            }
            Self::RetryLater { next } => write!(f, "tried again at {}", whole(*next)),
            Self::HostLeftOut {
                host,
                holder,
                until,
            } => write!(
                f,
                "`{host}` is left out: {holder} works on it until {} at most",
                whole(*until)
            ),
            Self::ClockSetBack { from } => write!(
                f,
                "the clock had shown {}, and is believed now: times are counted anew",
                whole(*from)
            ),
            Self::Reloaded { jobs } => write!(f, "jobs read again: {}", jobs_of(*jobs)),
            Self::NotReloaded { why } => {
                write!(f, "jobs not read again, those of before stay: {why}")
            }
            Self::Told {
                occasion,
                to,
                tries,
            } => write!(f, "{occasion} told to {to}{}", after(*tries)),
            Self::NotTold { occasion, to, why } => {
                write!(f, "{occasion} not told to {to}: {why}")
            }
            Self::Note { text } => f.write_str(text),
            Self::Stopping { runs: 0, .. } => f.write_str("stopping"),
            Self::Stopping { runs, drain_s } => {
                write!(
                    f,
                    "stopping: {runs} under way, waited for {drain_s} s at most"
                )
            }
            Self::CutOff => f.write_str("cut off: it did not end in time"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due { at } => write!(f, "due at {at}"),
            Self::Missed { first, count } => {
                write!(f, "makes up for {}", times(*first, *count))
            }
            Self::Queued { at } => write!(f, "due at {at}, when the run before was under way"),
            Self::Retry { number } => write!(f, "retry {number} of a run that failed"),
            Self::Asked => f.write_str("asked for"),
        }
    }
}

fn jobs_of(count: usize) -> String {
    match count {
        1 => "1 job".to_owned(),
        count => format!("{count} jobs"),
    }
}

fn after(tries: u32) -> String {
    match tries {
        0 | 1 => String::new(),
        tries => format!(" after {tries} tries"),
    }
}

/// Several times in words.
fn times(first: Timestamp, count: usize) -> String {
    let first = whole(first);
    match count {
        0 | 1 => format!("{first}"),
        count => format!("{count} times since {first}"),
    }
}

/// Without fractions of a second.
fn whole(at: Timestamp) -> Timestamp {
    at.round(Unit::Second).unwrap_or(at)
}

/// A span of time for people: `2 d 3 h`, `5 min`, `12 s`.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (1.., ..) => format!("{days} d {} h", hours % 24),
        (_, 1.., _) => format!("{hours} h {} min", minutes % 60),
        (_, _, 1..) => format!("{minutes} min"),
        _ => format!("{seconds} s"),
    }
}
