//! What the answers of the API look like: the history's views, field by field.

use crate::dashboard::shape::Object;
use crate::dashboard::shape::Shape;
use crate::dashboard::shape::Shape::Any;
use crate::dashboard::shape::Shape::ByName;
use crate::dashboard::shape::Shape::Count;
use crate::dashboard::shape::Shape::Counts;
use crate::dashboard::shape::Shape::Day;
use crate::dashboard::shape::Shape::List;
use crate::dashboard::shape::Shape::Maybe;
use crate::dashboard::shape::Shape::Optional;
use crate::dashboard::shape::Shape::Text;
use crate::dashboard::shape::Shape::Time;
use crate::dashboard::shape::Shape::Word;

/// States of a control of a host to choose from, best first after the one that means all.
pub(in crate::dashboard) const ANY_STATE: &[&str] = &[
    "any",
    "compliant",
    "waived",
    "unknown",
    "drift",
    "overridden",
    "failed",
];
/// States of a host to choose from, likewise.
pub(in crate::dashboard) const ANY_HOST_STATE: &[&str] = &[
    "any",
    "compliant",
    "waived",
    "unknown",
    "drift",
    "overridden",
    "failed",
    "unreachable",
];
const STATES: &[&str] = ANY_STATE.split_at(1).1;
const HOST_STATES: &[&str] = ANY_HOST_STATE.split_at(1).1;
const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const MODES: &[&str] = &["check", "apply"];

const STATE: Shape = Word(STATES);
const HOST_STATE: Shape = Word(HOST_STATES);
const TALLIES: Shape = Counts(STATES);

macro_rules! object {
    ($(#[$doc:meta])* $constant:ident, $name:literal, $about:literal, [$($field:expr),* $(,)?]) => {
        $(#[$doc])*
        pub(in crate::dashboard) static $constant: Shape = Shape::Object(&Object {
            name: $name,
            about: $about,
            fields: &[$($field),*],
        });
    };
}

object!(
    /// How a run went.
    RECAP, "Recap", "How a run went, in hosts",
    [
        ("ok", Count, "As they should be"),
        ("changed", Count, "Of these, changed"),
        ("drifted", Count, "Differ"),
        ("unreachable", Count, "Without a session"),
        ("failed", Count, "Something failed"),
        ("interrupted", Count, "Left undone"),
        ("not_started", Count, "Never had their turn"),
        ("stopped", Maybe(&Word(&["budget", "fatal", "deadline", "leased"])), "Why it was stopped before its end"),
        ("proven", Count, "A client gets through"),
        ("duration_ms", Count, "Wall time in milliseconds"),
    ]
);

object!(
    /// One run.
    RUN, "Run", "One run",
    [
        ("run", Text, "ULID"),
        ("job", Maybe(&Text), "The job that it was one of"),
        ("playbook", Text, "As it was named"),
        ("mode", Word(MODES), "Whether it made changes"),
        ("hosts", Count, "How many hosts it was for"),
        ("started", Time, "When it started"),
        ("heard", Time, "Its last sign of life"),
        ("ended", Maybe(&Time), "When it ended; null while it goes on, and for good when it was killed"),
        ("recap", Maybe(&RECAP), "How it went, once it has ended"),
        ("exit_code", Maybe(&Count), "What the program ended with"),
        ("began", Count, "Controls that began to differ"),
        ("mended", Count, "Controls that differ no more"),
        ("corrected", Count, "Properties that it changed"),
    ]
);

object!(
    /// A control with its tallies.
    CONTROL, "Control", "A control, and how hosts fare with it now",
    [
        ("control", Text, "Identifier"),
        ("title", Maybe(&Text), "What it asks for"),
        ("severity", Word(SEVERITIES), "How much it matters"),
        ("references", List(&Text), "Where it comes from"),
        ("hosts", TALLIES, "Hosts by state"),
    ]
);

object!(
    /// The fleet.
    FLEET, "Fleet", "The whole fleet at a glance",
    [
        ("at", Time, "When it was looked at"),
        ("hosts", Count, "How many hosts there are"),
        ("by_state", Counts(HOST_STATES), "Hosts by state"),
        ("cells", TALLIES, "Controls of hosts by state"),
        ("controls", List(&CONTROL), "Every control, by identifier"),
        ("last_run", Maybe(&RUN), "The run that was started last"),
        ("certificates_expiring", Count, "Certificates that end within thirty days, or have ended"),
    ]
);

object!(
    /// All controls.
    CONTROLS, "Controls", "Every control",
    [("controls", List(&CONTROL), "By identifier")]
);

object!(
    /// One host in a list.
    HOST, "Host", "A host as a whole",
    [
        ("host", Text, "Inventory name"),
        ("state", HOST_STATE, "The worst of its controls, unless it could not be reached or failed"),
        ("controls", TALLIES, "Its controls by state"),
        ("first_seen", Time, "When it was first tried"),
        ("last_seen", Maybe(&Time), "When one of its controls was last seen"),
        ("last_tried", Time, "When it was last tried"),
        ("last_run", Maybe(&Text), "The run that tried it last"),
        ("reason", Maybe(&Text), "Why it failed or could not be reached"),
    ]
);

object!(
    /// Some hosts.
    HOSTS, "Hosts", "Some hosts",
    [
        ("hosts", List(&HOST), "By name"),
        ("total", Count, "How many there are on all pages"),
        ("next", Maybe(&Text), "The next page's `after`; null on the last"),
    ]
);

object!(
    /// A waiver in a detail.
    WAIVER_NOTE, "WaiverNote", "A waiver as it stood",
    [
        ("owner", Text, "Who answers for it"),
        ("reason", Text, "Why"),
        ("expires", Text, "The last day on which it holds"),
    ]
);

object!(
    /// One result in a detail.
    PART, "Part", "What one result says",
    [
        ("what", Text, "The kind of resource, with what it is about"),
        ("before", Optional(&ByName(&Any)), "Properties that differ, as they are"),
        ("after", Optional(&ByName(&Any)), "As they should be"),
        ("reason", Optional(&Text), "Why it failed or cannot be told"),
        ("hint", Optional(&Text), "What to do about it"),
        ("decided_by", Optional(&Word(&["policy", "local", "default"])), "The strongest layer that decides"),
    ]
);

object!(
    /// What is said about a state.
    DETAIL, "Detail", "What is said about a state",
    [
        ("parts", Optional(&List(&PART)), "By result"),
        ("waiver", Optional(&WAIVER_NOTE), "The waiver that results came with"),
    ]
);

object!(
    /// A control of a host.
    CURRENT, "Current", "A control of a host as it is now",
    [
        ("control", Text, "Identifier"),
        ("title", Maybe(&Text), "What it asks for"),
        ("severity", Word(SEVERITIES), "How much it matters"),
        ("state", STATE, "How it is"),
        ("since", Time, "Since when it has been in this state"),
        ("detail_since", Time, "Since when it has been so in every detail"),
        ("last_seen", Time, "When it was last seen so"),
        ("detail", Maybe(&DETAIL), "What is said about it"),
    ]
);

object!(
    /// An interval.
    INTERVAL, "Interval", "A state that a control of a host was in for a while",
    [
        ("host", Text, "Inventory name"),
        ("control", Text, "Identifier"),
        ("state", STATE, "How it was"),
        ("since", Time, "When it was first seen"),
        ("until", Maybe(&Time), "When another state was seen"),
        ("last_seen", Time, "When it was last seen"),
        ("detail", Maybe(&DETAIL), "What is said about it"),
    ]
);

object!(
    /// How a host was reached.
    REACH, "Reach", "How a host was reached for a while",
    [
        ("reach", Word(&["reached", "failed", "unreachable"]), "How"),
        ("since", Time, "When it was first so"),
        ("until", Maybe(&Time), "When it was first otherwise"),
        ("last_seen", Time, "When it was last so"),
        ("reason", Maybe(&Text), "Why it was not reached, or failed"),
    ]
);

object!(
    /// A certificate.
    CERTIFICATE, "Certificate", "A certificate that a host has shown",
    [
        ("host", Text, "Inventory name"),
        ("subject", Text, "As one line"),
        ("thumbprint", Text, "SHA-1, upper-case hex"),
        ("not_before", Time, "First moment of validity"),
        ("not_after", Time, "Last moment of validity"),
        ("since", Time, "When it was first shown"),
        ("until", Maybe(&Time), "When another one was shown"),
        ("last_seen", Time, "When it was last shown"),
    ]
);

object!(
    /// Some certificates.
    CERTIFICATES, "Certificates", "Some certificates",
    [
        ("certificates", List(&CERTIFICATE), "Those that end first, first"),
        ("total", Count, "How many there are"),
    ]
);

object!(
    /// A change.
    CHANGE, "Change", "One property that was changed on a host",
    [
        ("host", Text, "Inventory name"),
        ("run", Text, "The run that changed it"),
        ("at", Time, "When"),
        ("control", Text, "Identifier"),
        ("resource", Text, "The kind of resource"),
        ("task", Text, "The task's name"),
        ("property", Text, "In the playbook's words"),
        ("before", Any, "What was there before; null for nothing"),
        ("after", Any, "What is there since"),
    ]
);

object!(
    /// Everything about a host.
    HOST_VIEW, "HostView", "Everything about one host",
    [
        ("host", HOST, "The host as a whole"),
        ("controls", List(&CURRENT), "Its controls as they are now, worst first"),
        ("past", List(&INTERVAL), "Intervals that ended, latest first"),
        ("reach", List(&REACH), "How it was reached, latest first"),
        ("certificates", List(&CERTIFICATE), "Certificates that it has shown, latest first"),
        ("changes", List(&CHANGE), "What was changed on it, latest first"),
    ]
);

object!(
    /// A host of a control.
    CONTROL_HOST, "ControlHost", "How a host fares with a control",
    [
        ("host", Text, "Inventory name"),
        ("state", STATE, "How it is"),
        ("since", Time, "Since when"),
        ("last_seen", Time, "When it was last seen so"),
        ("detail", Maybe(&DETAIL), "What is said about it"),
    ]
);

object!(
    /// A control with its hosts.
    CONTROL_VIEW, "ControlView", "A control, and hosts that are in a state of it",
    [
        ("control", CONTROL, "The control"),
        ("hosts", List(&CONTROL_HOST), "Worst state first, then by name"),
        ("total", Count, "How many there are on all pages"),
    ]
);

object!(
    /// The matrix.
    MATRIX, "Matrix", "Every control of every host in one piece; one digit a state",
    [
        ("controls", List(&Text), "The columns, by identifier"),
        ("hosts", List(&Text), "The rows, by name"),
        ("states", Text, "A digit for each host: its place among the states of hosts, from 1"),
        ("cells", Text, "Row by row, a digit for each control: its place among the states of controls, from 1; 0 when the host does not have it"),
        ("next", Maybe(&Text), "The next page's `after`; null on the last"),
    ]
);

object!(
    /// A day.
    DAY, "Day", "Drift on one day of UTC",
    [
        ("date", Day, "Which day"),
        ("drifting", Count, "Controls of hosts that differed at its end"),
        ("found", Count, "That differed when they were looked at for the first time"),
        ("began", Count, "That began to differ"),
        ("ended", Count, "That differed no more"),
        ("corrected", Count, "Properties that were changed"),
    ]
);

object!(
    /// Days.
    DAYS, "Days", "Drift over time",
    [("days", List(&DAY), "Oldest first")]
);

object!(
    /// Some runs.
    RUNS, "Runs", "Some runs",
    [
        ("runs", List(&RUN), "Latest first"),
        ("next", Maybe(&Text), "The next page's `after`; null on the last"),
    ]
);

object!(
    /// An entry of a diff.
    DIFF_ENTRY, "DiffEntry", "One control of a host that is, or was meanwhile, otherwise",
    [
        ("host", Text, "Inventory name"),
        ("control", Text, "Identifier"),
        ("kind", Word(&["began", "ended", "flapped", "appeared", "other"]), "In which way"),
        ("was", Maybe(&STATE), "After the earlier run; null when it had not been seen"),
        ("is", STATE, "After the later run"),
        ("at", Time, "When it was first seen otherwise"),
    ]
);

object!(
    /// A diff.
    DIFF, "Diff", "What is otherwise after one run than after another",
    [
        ("from", RUN, "The earlier run"),
        ("to", RUN, "The later run"),
        ("entries", List(&DIFF_ENTRY), "By the moment at which each was first seen otherwise"),
        ("next", Maybe(&Text), "The next page's `after`; null on the last"),
    ]
);

object!(
    /// A waiver.
    WAIVER, "Waiver", "A waiver that results came with",
    [
        ("hosts", Text, "The host pattern"),
        ("control", Text, "Identifier"),
        ("owner", Text, "Who answers for it"),
        ("reason", Text, "Why"),
        ("expires", Text, "The last day on which it holds"),
        ("first_seen", Time, "When it was first met"),
        ("last_seen", Time, "When it was last met"),
        ("waived", Count, "Hosts whose control is waived now by a waiver with this owner, reason and last day"),
    ]
);

object!(
    /// Waivers.
    WAIVERS, "Waivers", "Every waiver that results came with",
    [("waivers", List(&WAIVER), "Those that end first, first")]
);

object!(
    /// The last run of a job.
    LAST_RUN, "LastRun", "How a job's last run ended",
    [
        ("run", Text, "ULID"),
        ("at", Time, "When it ended"),
        ("result", Text, "In one word"),
    ]
);

object!(
    /// A job.
    JOB, "Job", "A scheduled job as it stands now",
    [
        ("name", Text, "Its name"),
        ("cadence", Text, "When it runs, in words or as written"),
        ("mode", Word(MODES), "Whether it makes changes"),
        ("next", Maybe(&Time), "When it runs next"),
        ("last", Maybe(&LAST_RUN), "Its last run that ended"),
        ("running_since", Maybe(&Time), "Since when it has been running"),
        ("trouble", Maybe(&Text), "Why it does not run as it should"),
    ]
);

object!(
    /// Jobs.
    JOBS, "Jobs", "Every job of the service",
    [("jobs", List(&JOB), "In the service's order")]
);

object!(
    /// A run that was asked for.
    ASKED, "Asked", "A run that was asked for",
    [("job", Text, "The job"), ("accepted", Shape::Flag, "Always true")]
);

#[cfg(test)]
mod tests {
    use super::HOST_STATES;
    use super::STATES;
    use crate::history::HostState;
    use crate::history::State;

    #[test]
    fn states_are_those_of_the_history() {
        assert_eq!(STATES, State::ALL.map(State::word));
        assert_eq!(HOST_STATES, HostState::ALL.map(HostState::word));
    }
}
