//! What a notification can say: the variables of its `body`.

/// Variables with what they hold. Whoever sends notifications gives all of them.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        "occasion",
        "why this is sent: `drift`, `failure`, `recovery` or `always`",
    ),
    ("job", "name of the job"),
    (
        "run",
        "identifier of the run, as in histories and JSON lines",
    ),
    ("mode", "`audit` or `apply`"),
    ("playbook", "the playbook, as runs name it"),
    ("started", "when the run began, in RFC 3339 and UTC"),
    ("ended", "when it ended"),
    ("seconds", "how long it took"),
    ("exit_code", "what the run alone would have exited with"),
    ("hosts", "how many hosts took part"),
    ("ok", "how many are as they should be"),
    ("changed", "how many of these were corrected"),
    ("drifted", "how many differ"),
    ("unreachable", "how many could not be reached"),
    ("failed", "how many failed"),
    ("waived", "how many deviations are accepted"),
    (
        "drifts",
        "what began to differ since the run before: a list of `host`, `control` and `since`",
    ),
    (
        "recoveries",
        "what is as it should be again, as in `drifts`",
    ),
    (
        "failures",
        "hosts that failed or could not be reached: a list of `host` and `reason`",
    ),
    (
        "url",
        "the run's page on the dashboard, when there is one, else nothing",
    ),
];

/// The names alone.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|(name, _)| *name)
}
