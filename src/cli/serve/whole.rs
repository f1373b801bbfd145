//! Makes one story of the two runs of a turn: every host once, as it was last seen.
//!
//! The audit's events of a host that does not differ pass as soon as the host is done. Those of a host that differs are held
//! back, in memory, until the run that corrects it is done with it, or the turn is over. What the history adds goes with
//! its host. Knows events only; must not know who is told of them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::Stopped;

/// A turn as it is told. It begins as the audit: with its run, its time and its number of hosts. The start of the second
/// run follows before the first host that this one was done with, so that what comes after it is known to be its own, and
/// the audit's start comes once more before the hosts that stay as it saw them. A turn in which the second run was done
/// with no host is told as the audit that it amounts to.
#[derive(Debug, Default)]
pub struct Whole {
    run: Part,
    /// The start of the audit.
    first: Option<Event>,
    /// The start of the second run, until a host of it is told.
    second: Option<Event>,
    /// Events of hosts that are under way.
    open: HashMap<Arc<str>, Vec<Event>>,
    /// Hosts that differ, as the audit saw them.
    held: BTreeMap<Arc<str>, (Vec<Event>, HostSummary)>,
    /// Of the hosts that are told.
    recap: Recap,
    /// What the last run that ended has to say of itself.
    ended: Option<Timestamp>,
    /// Hosts that nobody looked at: interrupted, and never begun.
    unseen: (usize, usize),
    stopped: Option<Stopped>,
    duration: Duration,
}

/// Which run of the turn is being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// None yet.
    #[default]
    Neither,
    /// The one that looks.
    Audit,
    /// The one that corrects.
    Apply,
}

impl Whole {
    /// Takes the next event of one of the runs; gives those that can be told now.
    pub fn hear(&mut self, event: &Event) -> Vec<Event> {
        match event {
            Event::RunStart { .. } if self.run == Part::Neither => {
                self.run = Part::Audit;
                self.first = Some(event.clone());
                vec![event.clone()]
            }
            Event::RunStart { .. } => {
                self.run = Part::Apply;
                // What a run that broke off left behind.
                self.open.clear();
                self.second = Some(event.clone());
                Vec::new()
            }
            // Says something of a run, nothing of a host.
            Event::Wave(_) => Vec::new(),
            Event::HostStart { host, .. } => self.keep(host, event),
            Event::Result(result) => self.keep(&result.host, event),
            Event::Shift(shift) => self.keep(&shift.host, event),
            Event::Drift(drift) => self.keep(&drift.host, event),
            Event::HostEnd(summary) => self.host(summary),
            Event::RunEnd { at, recap } => {
                self.run_ended(*at, recap);
                Vec::new()
            }
        }
    }

    /// The turn is over: what was held back, and the end. Nothing when not even the audit came to its end.
    pub fn conclude(mut self) -> Vec<Event> {
        let Some(at) = self.ended else {
            return Vec::new();
        };
        let held = std::mem::take(&mut self.held).into_values();
        let mut told = Vec::new();
        if self.run == Part::Apply && self.second.is_none() && held.len() > 0 {
            told.extend(self.first.take());
        }
        for (events, summary) in held {
            self.recap.add(&summary);
            told.extend(events);
            told.push(Event::HostEnd(summary));
        }
        let (interrupted, not_started) = self.unseen;
        let recap = Recap {
            interrupted: self.recap.interrupted + interrupted,
            not_started,
            stopped: self.stopped,
            duration: self.duration,
            ..self.recap
        };
        told.push(Event::RunEnd { at, recap });
        told
    }

    fn keep(&mut self, host: &Arc<str>, event: &Event) -> Vec<Event> {
        if let Some(events) = self.open.get_mut(host) {
            events.push(event.clone());
        } else {
            self.open.insert(Arc::clone(host), vec![event.clone()]);
        }
        Vec::new()
    }

    fn host(&mut self, summary: &HostSummary) -> Vec<Event> {
        let mut events = self.open.remove(&summary.host).unwrap_or_default();
        let host = Arc::clone(&summary.host);
        if self.run == Part::Apply {
            if self.held.remove(&host).is_none() {
                // It was told already, and no host is told twice.
                return Vec::new();
            }
        } else if summary.status == HostStatus::Drifted {
            self.held.insert(host, (events, summary.clone()));
            return Vec::new();
        }
        self.recap.add(summary);
        events.push(Event::HostEnd(summary.clone()));
        self.second.take().into_iter().chain(events).collect()
    }

    fn run_ended(&mut self, at: Timestamp, recap: &Recap) {
        if self.run == Part::Audit {
            let seen = self.recap.interrupted;
            self.unseen = (recap.interrupted.saturating_sub(seen), recap.not_started);
        }
        self.ended = Some(at);
        // Why the last run left hosts as they were counts more than why the one before did.
        self.stopped = recap.stopped.or(self.stopped);
        self.duration += recap.duration;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Whole;
    use crate::cim::Traffic;
    use crate::event::Counts;
    use crate::event::Drift;
    use crate::event::Event;
    use crate::event::HostStatus;
    use crate::event::HostSummary;
    use crate::event::Recap;
    use crate::event::RunMode;
    use crate::event::Shift;
    use crate::event::Stopped;
    use crate::event::Turn;

    /// A run as a list of words: `A` and `Z` are its start and end; `a` a host that is as it should be, `+a` one that
    /// was changed, `-a` one that differs, `!a` one that failed, `~a` one that was interrupted; `a.` only its start.
    fn run(run: &str, words: &str, recap: Recap) -> Vec<Event> {
        let mode = match run {
            "R1" => RunMode::Check,
            _ => RunMode::Apply,
        };
        let mut events = Vec::new();
        for word in words.split_whitespace() {
            match word {
                "A" => events.push(Event::RunStart {
                    run: run.to_owned(),
                    at: Timestamp::UNIX_EPOCH,
                    mode,
                    playbook: "a.yml".to_owned(),
                    hosts: 9,
                    job: None,
                }),
                "Z" => events.push(Event::RunEnd {
                    at: Timestamp::UNIX_EPOCH,
                    recap,
                }),
                _ => events.extend(host(word, mode)),
            }
        }
        events
    }

    fn host(word: &str, mode: RunMode) -> Vec<Event> {
        let name: Arc<str> = word.trim_matches(['+', '-', '!', '~', '.']).into();
        let at = Timestamp::UNIX_EPOCH;
        let (status, changed) = match word.chars().next() {
            Some('+') => (HostStatus::Ok, 1),
            Some('-') => (HostStatus::Drifted, 0),
            Some('!') => {
                let (reason, hint) = (String::new(), None);
                (HostStatus::Failed { reason, hint }, 0)
            }
            Some('~') => (HostStatus::Interrupted, 0),
            _ => (HostStatus::Ok, 0),
        };
        let mut events = vec![Event::HostStart {
            host: Arc::clone(&name),
            at,
        }];
        if word.ends_with('.') {
            return events;
        }
        let (host, control, since) = (Arc::clone(&name), "nla".into(), at);
        events.push(if mode == RunMode::Check {
            Event::Drift(Drift {
                host,
                at,
                control,
                since,
            })
        } else {
            Event::Shift(Shift {
                host,
                at,
                control,
                turn: Turn::Ended,
                since,
            })
        });
        events.push(Event::HostEnd(HostSummary {
            host: name,
            at,
            status,
            counts: Counts {
                changed,
                ..Counts::default()
            },
            proof: None,
            traffic: Traffic::default(),
            duration: Duration::ZERO,
        }));
        events
    }

    /// What is told, a word each: hosts under way by their name and `.`, what the history adds by `since` and `turned`.
    fn words(events: &[Event]) -> String {
        let word = |event: &Event| match event {
            Event::RunStart { run, mode, .. } => format!("{run}:{mode:?}"),
            Event::HostStart { host, .. } => format!("{host}."),
            Event::Drift(drift) => format!("{}:since", drift.host),
            Event::Shift(shift) => format!("{}:turned", shift.host),
            Event::HostEnd(summary) => {
                let word = format!("{:?}", summary.status);
                let changed = "+".repeat(summary.counts.changed);
                let word = word.split([' ', '{']).next().unwrap_or_default();
                format!("{}:{word}{changed}", summary.host)
            }
            Event::RunEnd { recap, .. } => format!(
                "end:{}/{}/{}/{}/{}/{}",
                recap.ok,
                recap.changed,
                recap.drifted,
                recap.failed,
                recap.interrupted,
                recap.not_started
            ),
            Event::Wave(_) | Event::Result(_) => "other".to_owned(),
        };
        let words: Vec<String> = events.iter().map(word).collect();
        words.join(" ")
    }

    fn told(whole: &mut Whole, events: &[Event]) -> String {
        let told: Vec<Event> = events.iter().flat_map(|event| whole.hear(event)).collect();
        words(&told)
    }

    #[test]
    fn a_host_that_does_not_differ_is_told_at_once_and_one_that_differs_is_held_back() {
        let mut whole = Whole::default();
        assert_eq!(
            told(&mut whole, &run("R1", "A a -b !c Z", Recap::default())),
            "R1:Check a. a:since a:Ok c. c:since c:Failed"
        );
        assert_eq!(
            words(&whole.conclude()),
            "b. b:since b:Drifted end:1/0/1/1/0/0"
        );
    }

    #[test]
    fn what_was_applied_takes_the_place_of_what_the_audit_saw() {
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A a -b -c -d Z", Recap::default()));
        assert_eq!(
            told(&mut whole, &run("R2", "A +b !c Z", Recap::default())),
            "R2:Apply b. b:turned b:Ok+ c. c:turned c:Failed"
        );
        // Left out, or never begun.
        assert_eq!(
            words(&whole.conclude()),
            "R1:Check d. d:since d:Drifted end:2/1/1/1/0/0"
        );
    }

    #[test]
    fn a_turn_in_which_nothing_was_applied_is_an_audit() {
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A -a Z", Recap::default()));
        assert_eq!(told(&mut whole, &run("R2", "A Z", Recap::default())), "");
        assert_eq!(
            words(&whole.conclude()),
            "a. a:since a:Drifted end:0/0/1/0/0/0"
        );
    }

    #[test]
    fn a_host_that_was_begun_and_not_ended_is_as_the_audit_saw_it() {
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A -a -b Z", Recap::default()));
        let applied = told(&mut whole, &run("R2", "A a. ~b", Recap::default()));
        assert_eq!(applied, "R2:Apply b. b:turned b:Interrupted");
        assert_eq!(
            words(&whole.conclude()),
            "R1:Check a. a:since a:Drifted end:0/0/1/0/1/0"
        );
    }

    #[test]
    fn no_host_is_told_twice() {
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A a Z", Recap::default()));
        let again = told(&mut whole, &run("R2", "A +a Z", Recap::default()));
        assert_eq!(again, "");
        assert_eq!(words(&whole.conclude()), "end:1/0/0/0/0/0");
    }

    #[test]
    fn hosts_that_nobody_looked_at_stay_counted() {
        let audit = Recap {
            interrupted: 3,
            not_started: 4,
            stopped: Some(Stopped::Deadline),
            duration: Duration::from_secs(5),
            ..Recap::default()
        };
        let apply = Recap {
            not_started: 1,
            duration: Duration::from_secs(2),
            ..Recap::default()
        };
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A a ~b -c -d Z", audit));
        let _apply = told(&mut whole, &run("R2", "A +c Z", apply));
        let events = whole.conclude();
        assert_eq!(
            words(&events),
            "R1:Check d. d:since d:Drifted end:2/1/1/0/3/4",
            "`b` is one of the three, and `d`, which was not begun again, is as it was seen"
        );
        let Some(Event::RunEnd { recap, .. }) = events.last() else {
            panic!("no end: {events:?}");
        };
        assert_eq!(recap.stopped, Some(Stopped::Deadline));
        assert_eq!(recap.duration, Duration::from_secs(7));
    }

    #[test]
    fn a_turn_that_broke_off_in_its_audit_has_no_end() {
        let mut whole = Whole::default();
        let _audit = told(&mut whole, &run("R1", "A a -b", Recap::default()));
        assert_eq!(words(&whole.conclude()), "");
    }
}
