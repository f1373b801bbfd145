//! Signs in event logs: which events of which source happened lately, and what they say (windows-facts 10.2).

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::Looked;
use super::inside;
use super::told;
use super::unseen;
use crate::cim::LogEvent;
use crate::code;
use crate::diagnosis::Case;
use crate::inside::Unseen;

/// A source of events: how its name ends, and where its events are found.
#[derive(Debug, Clone, Copy)]
pub(in crate::diagnosis) struct Family {
    /// The source's name or its end, without regard to letter case.
    source: &'static str,
    /// The logs that hold its events, or their ends.
    logs: &'static [&'static str],
}

/// TLS.
pub(in crate::diagnosis) const SCHANNEL: Family = Family {
    source: "Schannel",
    logs: &["System"],
};
/// The listener. Which log it writes to differs between builds, so both are asked (windows-facts 2.5).
pub(in crate::diagnosis) const LISTENER: Family = Family {
    source: "TerminalServices-RemoteConnectionManager",
    logs: &[
        "System",
        "TerminalServices-RemoteConnectionManager/Operational",
        "TerminalServices-RemoteConnectionManager/Admin",
    ],
};
/// The core of the protocol.
pub(in crate::diagnosis) const CORE: Family = Family {
    source: "RdpCoreTS",
    logs: &["RdpCoreTS/Operational"],
};
/// Services.
pub(in crate::diagnosis) const SERVICES: Family = Family {
    source: "Service Control Manager",
    logs: &["System"],
};
/// The domain.
pub(in crate::diagnosis) const NETLOGON: Family = Family {
    source: "NETLOGON",
    logs: &["System"],
};
/// Sign-ins.
pub(in crate::diagnosis) const SECURITY: Family = Family {
    source: "Security-Auditing",
    logs: &["Security"],
};
/// The gateway role.
pub(in crate::diagnosis) const GATEWAY: Family = Family {
    source: "TerminalServices-Gateway",
    logs: &["TerminalServices-Gateway/Operational"],
};

impl Family {
    fn is_source_of(self, event: &LogEvent) -> bool {
        ends_with(&event.source, self.source)
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    text.to_lowercase().ends_with(&end.to_lowercase())
}

/// Events of a source with one of these numbers, oldest first; what could not be read when there is none.
pub(super) fn find<'a>(
    case: &Case<'a>,
    of: Family,
    ids: &[u32],
) -> Result<Vec<&'a LogEvent>, Unseen> {
    let inside = inside(case)?;
    let mut found: Vec<&LogEvent> = inside
        .events
        .values()
        .filter_map(|log| log.as_ref().ok())
        .flatten()
        .filter(|event| of.is_source_of(event) && ids.contains(&event.id))
        .collect();
    found.sort_by_key(|event| (event.at, event.record));
    if !found.is_empty() {
        return Ok(found);
    }
    let wanted = |name: &str| of.logs.iter().any(|end| ends_with(name, end));
    let unread = inside
        .events
        .iter()
        .filter(|(name, _)| wanted(name))
        .find_map(|(name, log)| log.as_ref().err().map(|unseen| (name, unseen)));
    if let Some((name, cause)) = unread {
        return Err(Unseen {
            why: format!("the log `{name}` was not read: {}", cause.why),
            remedy: cause.remedy.clone(),
        });
    }
    if inside.events.keys().any(|name| wanted(name)) {
        return Ok(found);
    }
    let log = of.logs.first().copied().unwrap_or_default();
    Err(unseen(format!("the log `{log}` was not read")))
}

/// The same without what our own visit brought about.
pub(super) fn find_before_us<'a>(
    case: &Case<'a>,
    of: Family,
    ids: &[u32],
) -> Result<Vec<&'a LogEvent>, Unseen> {
    let mut found = find(case, of, ids)?;
    found.retain(|event| !is_ours(case, event));
    Ok(found)
}

/// Whether an event happened since our visit from outside began; by the host's clock, whose skew is taken off.
pub(in crate::diagnosis) fn is_ours(case: &Case<'_>, event: &LogEvent) -> bool {
    /// Clocks are compared to the second, and a log may be stamped a little late.
    const MARGIN: SignedDuration = SignedDuration::from_secs(2);
    let (Some(survey), Ok(inside)) = (case.survey, case.inside) else {
        return false;
    };
    let skew = inside
        .system
        .as_ref()
        .map_or(0, |system| system.skew_seconds);
    let ahead = SignedDuration::from_secs(skew);
    let began = survey
        .at
        .saturating_add(ahead.saturating_sub(MARGIN))
        .unwrap_or(survey.at);
    event.at >= began
}

/// Yes with the newest of these events, our own visit left aside.
pub(super) fn any_before_us(case: &Case<'_>, of: Family, ids: &[u32], otherwise: &str) -> Looked {
    let found = find_before_us(case, of, ids)?;
    told(said(&found), otherwise)
}

/// Yes with the newest of these events.
pub(super) fn any(case: &Case<'_>, of: Family, ids: &[u32], otherwise: &str) -> Looked {
    let found = find(case, of, ids)?;
    told(said(&found), otherwise)
}

/// The newest event in a sentence, with how many there are like it.
pub(super) fn said(events: &[&LogEvent]) -> Option<String> {
    let newest = events.last()?;
    let times = match events.len() {
        1 => String::new(),
        more => format!(" and {} more like it", more - 1),
    };
    Some(format!(
        "event {} of {} at {}{times}{}",
        newest.id,
        newest.source,
        newest
            .at
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%d %H:%M:%SZ"),
        meaning(newest).map_or_else(String::new, |means| format!(": {means}")),
    ))
}

/// What the event says, by our table, else by its own words.
pub(in crate::diagnosis) fn meaning(event: &LogEvent) -> Option<String> {
    let short = event.source.strip_prefix("Microsoft-Windows-");
    let known = code::event(&event.source, event.id)
        .or_else(|| short.and_then(|short| code::event(short, event.id)));
    let text = match known {
        Some(entry) => entry.means.to_owned(),
        None => event
            .message
            .clone()
            .unwrap_or_else(|| event.strings.join(", ")),
    };
    let first = text.split_inclusive(". ").next().unwrap_or(&text);
    let sentence = first.lines().next().unwrap_or_default().trim();
    let sentence = sentence.trim_end_matches('.');
    (!sentence.is_empty()).then(|| sentence.to_owned())
}
