//! The event logs of a host merged on one timeline and cut around the last failures.

use std::time::Duration;

use jiff::Timestamp;

use crate::cim::EventLevel;
use crate::cim::LogEvent;
use crate::code;
use crate::diagnosis::Case;
use crate::diagnosis::signs::logs;

/// Events that are kept at most; the newest ones.
const MOST: usize = 200;
/// How many of the last failures are cut around.
const FAILURES: usize = 5;
/// What led to a failure: so long before it.
const BEFORE: Duration = Duration::from_mins(2);
/// What came of it: so long after it.
const AFTER: Duration = Duration::from_secs(30);
/// How many of the newest events are kept when nothing failed.
const QUIET: usize = 15;

/// One event on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, by our clock.
    pub at: Timestamp,
    /// The log.
    pub log: String,
    /// The source.
    pub source: String,
    /// Its number.
    pub id: u32,
    /// How grave it is.
    pub level: EventLevel,
    /// What it means by our table, else its own words; a sentence without a full stop, empty when it says nothing.
    pub says: String,
}

/// Events in order, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The events.
    pub moments: Vec<Moment>,
    /// How many others were read.
    pub left_out: usize,
}

/// Merges all logs by time and cuts around the last failures; without one, the newest events are shown. What our own
/// visit brought about is left aside.
pub fn timeline(case: &Case<'_>) -> Timeline {
    let Ok(inside) = case.inside else {
        return Timeline::default();
    };
    let mut events: Vec<&LogEvent> = inside
        .events
        .values()
        .filter_map(|log| log.as_ref().ok())
        .flatten()
        .filter(|event| !logs::is_ours(case, event))
        .collect();
    events.sort_by(|one, other| {
        (one.at, &one.log, one.record).cmp(&(other.at, &other.log, other.record))
    });
    let kept = cut(&events);
    let skew = inside
        .system
        .as_ref()
        .map_or(0, |system| system.skew_seconds);
    let moments: Vec<Moment> = kept.iter().map(|event| moment(event, skew)).collect();
    Timeline {
        left_out: events.len() - moments.len(),
        moments,
    }
}

fn cut<'a>(events: &[&'a LogEvent]) -> Vec<&'a LogEvent> {
    let failures: Vec<Timestamp> = events
        .iter()
        .rev()
        .filter(|event| is_failure(event))
        .take(FAILURES)
        .map(|event| event.at)
        .collect();
    let near = |event: &LogEvent| {
        failures.iter().any(|at| {
            let from = at.saturating_sub(BEFORE).unwrap_or(*at);
            let until = at.saturating_add(AFTER).unwrap_or(*at);
            (from..=until).contains(&event.at)
        })
    };
    let kept: Vec<&LogEvent> = events.iter().copied().filter(|event| near(event)).collect();
    let (kept, most) = if failures.is_empty() {
        (events.to_vec(), QUIET)
    } else {
        (kept, MOST)
    };
    let skipped = kept.len().saturating_sub(most);
    kept.into_iter().skip(skipped).collect()
}

/// Errors, refused sign-ins, and warnings that our table gives a cause for.
fn is_failure(event: &LogEvent) -> bool {
    match event.level {
        EventLevel::Error | EventLevel::AuditFailure => true,
        EventLevel::Warning => {
            code::event(&event.source, event.id).is_some_and(|entry| !entry.causes.is_empty())
        }
        EventLevel::Information | EventLevel::AuditSuccess => false,
    }
}

/// The host's clock may be wrong; its events are told by ours.
fn moment(event: &LogEvent, skew: i64) -> Moment {
    let at = event
        .at
        .saturating_sub(jiff::SignedDuration::from_secs(skew))
        .unwrap_or(event.at);
    Moment {
        at,
        log: event.log.clone(),
        source: event.source.clone(),
        id: event.id,
        level: event.level,
        says: logs::meaning(event).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::FAILURES;
    use super::cut;
    use crate::cim::EventLevel;
    use crate::cim::LogEvent;

    fn event(second: i64, level: EventLevel) -> LogEvent {
        LogEvent {
            log: "System".to_owned(),
            source: "Schannel".to_owned(),
            id: 36_870,
            level,
            at: jiff::Timestamp::from_second(1_750_000_000 + second).unwrap(),
            strings: Vec::new(),
            message: None,
            record: u64::try_from(second).unwrap(),
        }
    }

    #[test]
    fn what_is_far_from_the_last_failures_is_cut_away() {
        let mut events: Vec<LogEvent> = (0..10)
            .map(|number| event(number * 3_600, EventLevel::Error))
            .collect();
        events.push(event(9 * 3_600 - 60, EventLevel::Information));
        events.push(event(9 * 3_600 - 600, EventLevel::Information));
        events.sort_by_key(|event| event.at);
        let all: Vec<&LogEvent> = events.iter().collect();
        let kept = cut(&all);
        assert_eq!(kept.len(), FAILURES + 1);
        assert!(kept.iter().all(|event| event.record >= 5 * 3_600));
        assert!(
            kept.iter()
                .any(|event| event.level == EventLevel::Information)
        );
    }

    #[test]
    fn without_a_failure_the_newest_are_kept() {
        let events: Vec<LogEvent> = (0..100)
            .map(|number| event(number, EventLevel::Information))
            .collect();
        let all: Vec<&LogEvent> = events.iter().collect();
        let kept = cut(&all);
        assert_eq!(kept.len(), 15);
        assert_eq!(kept.last().map(|event| event.record), Some(99));
    }
}
