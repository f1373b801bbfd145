//! Makes texts that came from hosts and files fit for a terminal: no control characters, no sudden turns, no novels. Words
//! for what happened are made here too, neither cut nor cleaned, because secrets have to be taken out before.

use std::borrow::Cow;
use std::fmt::Display;
use std::fmt::Write as _;
use std::io;
use std::io::Write;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;

use crate::cim::Value;
use crate::control::Standing;
use crate::control::Waiver;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::Status;
use crate::event::Stopped;
use crate::event::TaskResult;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Failure;
use crate::plan::Layer;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::SkipReason;
use crate::plan::Unknown;
use crate::proof::Verdict;

/// Characters of one text that are shown to people.
pub(super) const SHOWN: usize = 400;

/// The text with control characters and direction marks written out, cut after `limit` characters.
pub(super) fn clean(text: &str, limit: usize) -> Cow<'_, str> {
    let short = text.char_indices().nth(limit).is_none();
    if short && !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(limit));
    for character in text.chars().take(limit) {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            hostile if is_hostile(hostile) => shown.extend(hostile.escape_unicode()),
            harmless => shown.push(harmless),
        }
    }
    if !short {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// JSON in which nothing stands that a terminal could obey. Such characters can only stand inside of its texts, so that
/// they may be escaped without looking at what is around them.
pub(super) fn clean_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    let mut units = [0; 2];
    for character in json.chars() {
        if is_hostile(character) {
            for unit in character.encode_utf16(&mut units) {
                let _written = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Writes a line of JSON in which nothing stands that a terminal could obey.
pub(super) fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value)?;
    out.write_all(clean_json(&line).as_bytes())?;
    out.write_all(b"\n")
}

/// A cell of a table that no spreadsheet computes.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    // The last four are what spreadsheets of East Asia take for the first four.
    let is_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Control characters move the cursor; direction marks show a text otherwise than it is; the others are not seen at all
/// or, as noncharacters, forbidden in XML.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || u32::from(character) & 0xFFFE == 0xFFFE
        || matches!(
            character,
            '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}'
        )
}

/// A value as people read it; `Null` means that there is nothing. It may be long, and hold anything.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "absent".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Sint(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) => text.clone(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Interval(length) => length.to_string(),
        Value::List(items) => {
            let shown: Vec<String> = items.iter().map(self::value).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Reference(path) => path.to_string(),
        Value::Object(instance) => format!("({})", instance.class),
    }
}

/// Why something was not looked at.
pub(super) fn skip_reason(reason: &SkipReason) -> String {
    match reason {
        SkipReason::Condition(condition) => format!("`when: {condition}` is false"),
        SkipReason::NotNotified => "not notified".to_owned(),
        SkipReason::EarlierFailure => "an earlier task failed".to_owned(),
        SkipReason::Interrupted => "the run was interrupted".to_owned(),
        SkipReason::Ended => "the play was ended on purpose".to_owned(),
        SkipReason::NoItems => "the loop has no items".to_owned(),
        SkipReason::Declined => "declined".to_owned(),
    }
}

/// Why the run ended early.
pub(super) fn stopped(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Budget => "stopped: more hosts failed than were allowed to",
        Stopped::Fatal => "stopped: a host failed where none was allowed to (`any_errors_fatal`)",
        Stopped::Deadline => "stopped: the deadline passed",
        Stopped::Leased => "not all of it: somebody else works on the hosts that were not started",
    }
}

/// Why not every host had its turn; nothing when each had.
pub(super) fn unfinished(recap: &Recap) -> Option<String> {
    let some = |hosts: usize, what: &str| {
        let verb = if hosts == 1 { "was" } else { "were" };
        (hosts > 0).then(|| format!("{} {verb} {what}", counted(hosts, "host")))
    };
    let parts: Vec<String> = [
        recap.stopped.map(|why| stopped(why).to_owned()),
        some(recap.interrupted, "left undone"),
        some(recap.not_started, "never begun"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What check mode cannot tell, and why.
pub(super) fn unknown(unknown: &Unknown) -> String {
    let tasks: Vec<String> = unknown
        .depends_on
        .iter()
        .map(|task| format!("`{task}`"))
        .collect();
    format!("{}: depends on {}", unknown.what, tasks.join(", "))
}

/// What went wrong, in one line.
pub(super) fn failure(failure: &Failure) -> String {
    format!("{}: {}", failure.during, failure.error)
}

/// What people can do about a change that is not corrected by itself.
pub(super) fn advice(change: &Change) -> Option<String> {
    match &change.remedy {
        Remedy::Steps { .. } => None,
        Remedy::OwnedByPolicy { setting } => Some(format!(
            "Group Policy sets `{}` at {setting}: change it there",
            change.property
        )),
        Remedy::Manual { advice } => Some(advice.clone()),
    }
}

/// Why changes are not made.
pub(super) fn overridden(changes: &[Change]) -> String {
    let names: Vec<&str> = changes.iter().map(|change| change.property).collect();
    format!("Group Policy owns {}", names.join(", "))
}

/// Why a host is not as it should be, though nothing failed.
pub(super) fn drift(summary: &HostSummary) -> Option<String> {
    let counts = &summary.counts;
    let tasks = [
        (counts.would_change, "would be changed"),
        (counts.overridden, "owned by Group Policy"),
    ];
    let differing: Vec<String> = tasks
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !differing.is_empty() {
        return Some(format!("tasks that differ: {}", differing.join(", ")));
    }
    match summary.proof.as_ref().map(|proof| &proof.verdict) {
        Some(Verdict::Refuted { reason, .. }) => Some(reason.clone()),
        Some(Verdict::Proven) | None => None,
    }
}

/// Who accepts a deviation, until when, and why.
pub(super) fn waived(waiver: &Waiver) -> String {
    format!(
        "accepted by {} until {}: {}",
        waiver.owner, waiver.expires, waiver.reason
    )
}

/// What has to be said of a waiver besides: that it ends soon, or has ended although there is something to waive.
pub(super) fn waiver_warning(result: &TaskResult) -> Option<String> {
    let waiver = result.waiver.as_deref()?;
    if matches!(
        result.status(),
        Status::Ok | Status::Skipped | Status::Changed | Status::Unknown
    ) {
        return None;
    }
    let owner = &waiver.owner;
    match result.standing()? {
        Standing::Holds => None,
        Standing::EndsSoon { days: 0 } => {
            Some(format!("today is the last day of the waiver of {owner}"))
        }
        Standing::EndsSoon { days } => Some(format!(
            "the waiver of {owner} ends in {} ({})",
            counted(days, "day"),
            waiver.expires
        )),
        Standing::Expired { days } => Some(format!(
            "the waiver of {owner} ended {} ago ({})",
            counted(days, "day"),
            waiver.expires
        )),
    }
}

/// `1 day`, `2 days`
pub(super) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, word: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// What is said of changes that did not last.
pub(super) fn unconverged(left: &[Change]) -> String {
    let names: Vec<&str> = left.iter().map(|change| change.property).collect();
    format!(
        "still differs after it was corrected: {}; Group Policy may own it",
        names.join(", ")
    )
}

/// What differs, why it ended so, and what to do about it.
pub(super) fn told(outcome: &Outcome) -> (&[Change], Option<String>, Option<String>) {
    match outcome {
        Outcome::Compliant => (&[], None, None),
        Outcome::Drifted(changes) | Outcome::Changed(changes) => {
            (changes, None, changes.iter().find_map(advice))
        }
        Outcome::Overridden(changes) => (
            changes,
            Some(overridden(changes)),
            changes.iter().find_map(advice),
        ),
        Outcome::Unconverged { left, .. } => (left, Some(unconverged(left)), None),
        Outcome::Failed(failed) => (&failed.made, Some(failure(failed)), failed.error.hint()),
        Outcome::Unknown(untold) => (&[], Some(unknown(untold)), None),
        Outcome::Skipped(reason) => (&[], Some(skip_reason(reason)), None),
    }
}

/// The strongest layer among changes.
pub(super) fn decided_by(changes: &[Change]) -> Option<Layer> {
    changes
        .iter()
        .map(|change| change.decided_by)
        .min_by_key(|layer| match layer {
            Layer::Policy => 0,
            Layer::Local => 1,
            Layer::Default => 2,
        })
}

/// The greatest cost among changes.
pub(super) fn disruption(changes: &[Change]) -> Option<Disruption> {
    changes.iter().map(|change| change.disruption).max()
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// `850 ms`, `1.2 s`, `3 min 5 s`.
pub(super) fn duration(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.as_millis());
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds}.{} s", duration.subsec_millis() / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// How long something has lasted, in the greatest unit of which it is at least one: `40 minutes`, `5 hours`, `2 days`.
pub(super) fn span(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match minutes {
        ..1 => "under a minute".to_owned(),
        1..60 => counted(minutes, "minute"),
        60..1_440 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1_440, "day"),
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// A moment to the minute, in UTC.
pub(super) fn minute(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::clean;
    use super::clean_json;
    use super::duration;
    use super::guarded;
    use super::span;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(clean("a\u{1b}[2Jb\n\u{9b}", 99), r"a\u{1b}[2Jb\n\u{9b}");
    }

    #[test]
    fn direction_marks_are_written_out() {
        assert_eq!(clean("a\u{202e}b", 99), r"a\u{202e}b");
    }

    #[test]
    fn json_without_hostile_characters_means_the_same() {
        let json = serde_json::json!({ "a": "\u{9b}2J\u{202e}\u{1b}[0m" }).to_string();
        let clean = clean_json(&json);
        assert_eq!(clean, r#"{"a":"\u009b2J\u202e\u001b[0m"}"#);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&clean), value(&json));
    }

    #[test]
    fn formulas_become_texts() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        assert_eq!(guarded("RDP-NLA"), "RDP-NLA");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("äöü", 3), "äöü");
    }

    #[test]
    fn spans_are_told_in_their_greatest_unit() {
        for (seconds, told) in [
            (-5, "under a minute"),
            (59, "under a minute"),
            (60, "1 minute"),
            (3_599, "59 minutes"),
            (3_600, "1 hour"),
            (86_399, "23 hours"),
            (86_400, "1 day"),
            (400 * 86_400, "400 days"),
        ] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), told);
        }
    }

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(Duration::from_millis(850)), "850 ms");
        assert_eq!(duration(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 5 s");
    }
}
