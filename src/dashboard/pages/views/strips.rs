//! The states of a host over time: one strip for each control, and one for how it was reached.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::DAY;
use crate::dashboard::drawing::Window;
use crate::history::Reach;
use crate::history::view::HostView;
use crate::history::view::Spans;

/// The longest that strips reach back, in days.
const LONGEST: i32 = 90;

/// The states of one thing over time.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Strip<'v> {
    name: &'v str,
    /// What it shows, in words.
    label: String,
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Part {
    x: f64,
    width: f64,
    word: &'static str,
    since: Timestamp,
}

/// When strips begin: when the host was first seen, at most so many days ago.
pub(super) fn begin(view: &HostView, now: Timestamp) -> Timestamp {
    let earliest = now.saturating_sub(DAY * LONGEST).unwrap_or(now);
    view.host.first_seen.max(earliest).min(now)
}

/// The strips of a host from one moment to another, those of its controls in the order in which it has them.
pub(super) fn of<'v>(
    view: &'v HostView,
    spans: &Spans,
    (from, now): (Timestamp, Timestamp),
) -> Vec<Strip<'v>> {
    let window = Window::new(from, now);
    let mut past: BTreeMap<&str, Vec<(Timestamp, Timestamp, &'static str)>> = BTreeMap::new();
    for span in spans.controls.iter().rev() {
        let of_it = past.entry(&span.control).or_default();
        of_it.push((span.since, span.until, span.state.word()));
    }
    let reach = spans.reach.iter().rev().map(|span| {
        let word = match span.reach {
            Reach::Reached => "compliant",
            Reach::Failed => "failed",
            Reach::Unreachable => "unreachable",
        };
        (span.since, span.until.unwrap_or(now), word)
    });
    let mut strips = vec![strip("reached", joined(reach), window)];
    for current in &view.controls {
        let mut spans = past.remove(current.control.as_str()).unwrap_or_default();
        spans.push((current.detail_since, now, current.state.word()));
        strips.push(strip(&current.control, joined(spans), window));
    }
    strips
}

/// Spans that follow each other in the same state are one: what is said about it may have changed, the state has not.
fn joined(
    spans: impl IntoIterator<Item = (Timestamp, Timestamp, &'static str)>,
) -> Vec<(Timestamp, Timestamp, &'static str)> {
    let mut joined: Vec<(Timestamp, Timestamp, &'static str)> = Vec::new();
    for (since, until, word) in spans {
        match joined.last_mut() {
            Some(last) if last.2 == word && last.1 >= since => last.1 = until,
            _ => joined.push((since, until, word)),
        }
    }
    joined
}

fn strip<'v>(
    name: &'v str,
    spans: Vec<(Timestamp, Timestamp, &'static str)>,
    window: Window,
) -> Strip<'v> {
    let is = spans.last().map_or("unknown", |(_, _, word)| word);
    let turns = spans.len().saturating_sub(1);
    let parts = spans.into_iter().filter_map(|(since, until, word)| {
        let (x, width) = window.span(since, until)?;
        Some(Part {
            x,
            width,
            word,
            since,
        })
    });
    Strip {
        name,
        label: format!("{name}: {is} now, {turns} turns before"),
        parts: parts.collect(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::joined;

    #[test]
    fn the_same_state_with_another_detail_is_one_part() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let spans = vec![
            (at(0), at(1), "drift"),
            (at(1), at(2), "drift"),
            (at(2), at(3), "compliant"),
            (at(3), at(4), "drift"),
        ];
        assert_eq!(
            joined(spans),
            [
                (at(0), at(2), "drift"),
                (at(2), at(3), "compliant"),
                (at(3), at(4), "drift"),
            ]
        );
    }
}
