//! What a survey amounts to: findings of the catalogue. Pure; the time is an argument.
//!
//! One file for each part of a visit, each a list of rules. A rule speaks only when something was seen; what was not
//! reached is no evidence. A host on which RDP did not answer always has a finding of severity error.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::finding::Finding;
use crate::survey::Reply;
use crate::survey::Survey;
use crate::survey::Tcp;

mod builds;
mod certificate;
mod chain;
mod gateway;
mod identity;
mod login;
mod names;
mod negotiation;
mod path;
mod reach;
mod tls;

/// One part of a visit, judged.
type Rule = fn(&Survey, Timestamp, &mut Vec<Finding>);

const RULES: &[Rule] = &[
    names::judge,
    reach::judge,
    path::judge,
    negotiation::judge,
    tls::judge,
    certificate::judge,
    identity::judge,
    login::judge,
    gateway::judge,
];

/// Every finding, worst first; those that are equally bad stand in the order of the catalogue.
pub fn findings(survey: &Survey, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in RULES {
        rule(survey, now, &mut found);
    }
    found.sort_by(|one, other| {
        let worst_first = other.severity.cmp(&one.severity);
        worst_first.then(one.cause.cmp(&other.cause))
    });
    found
}

/// What became of TCP: by the addresses that were tried, else by the connections of the negotiation.
fn tcp(survey: &Survey) -> Option<Tcp> {
    survey.tcp_outcome().or_else(|| {
        survey.negotiation.first().map(|asked| match asked.reply {
            Reply::NotConnected(outcome) => outcome,
            _ => Tcp::Open,
        })
    })
}

/// How far the clocks may differ before they matter: Kerberos' own tolerance (windows-facts 11), in seconds.
const TOLERATED_SKEW: i64 = 300;

/// The difference of the clocks, host minus us, when it is more than clocks may differ.
fn skew(survey: &Survey) -> Option<i64> {
    let seconds = survey.ntlm.as_ref()?.skew_seconds?;
    (seconds.saturating_abs() > TOLERATED_SKEW).then_some(seconds)
}

/// Whether a difference of clocks is ahead of us or behind, as people say it: "2 h 5 min ahead of".
fn apart(seconds: i64) -> String {
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    format!("{} {side}", length(seconds))
}

/// `45 s`, `12 min`, `2 h 5 min`, `3 days`; without its sign.
fn length(seconds: i64) -> String {
    let seconds = seconds.saturating_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => match minutes % 60 {
            0 => format!("{hours} h"),
            rest => format!("{hours} h {rest} min"),
        },
        (1, _, _) => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}

/// The day of a moment, in UTC: `2026-11-11`.
fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// Whole days until a moment; negative when it is past.
fn days_until(moment: Timestamp, now: Timestamp) -> i64 {
    moment.duration_since(now).as_hours().div_euclid(24)
}

/// The moment by the clock of a host that differs from ours by so many seconds.
fn by_clock_of_host(now: Timestamp, skew: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(skew))
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::apart;
    use super::days_until;
    use super::length;

    #[test]
    fn lengths_read_naturally() {
        for (seconds, text) in [
            (45, "45 s"),
            (-720, "12 min"),
            (7_500, "2 h 5 min"),
            (7_200, "2 h"),
            (90_000, "1 day"),
            (-300_000, "3 days"),
            (i64::MIN, "106751991167300 days"),
        ] {
            assert_eq!(length(seconds), text);
        }
        assert_eq!(apart(-7_200), "2 h behind");
        assert_eq!(apart(7_200), "2 h ahead of");
    }

    #[test]
    fn days_count_down_and_below_zero() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        for (then, days) in [
            ("2026-11-30T13:00:00Z", 9),
            ("2026-11-22T11:00:00Z", 0),
            ("2026-11-21T11:00:00Z", -1),
            ("2026-11-11T00:00:00Z", -11),
        ] {
            assert_eq!(days_until(then.parse().unwrap(), now), days, "{then}");
        }
    }
}
