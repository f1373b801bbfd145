//! What a certificate chain shows of itself: names, usages, keys, dates. Knows X.509; judges nothing.

use jiff::Timestamp;

use crate::certificate::Certificate;
use crate::survey::Survey;

/// The listener's own certificate, when one was shown.
pub(super) fn leaf(survey: &Survey) -> Option<&Certificate> {
    survey.tls.as_ref()?.chain.first()
}

/// Whether a certificate bears this very name, by its alternative names or its common name; `*.example` stands for one label.
pub(super) fn names(certificate: &Certificate, asked: &str) -> bool {
    certificate
        .names()
        .iter()
        .any(|name| covers(name, asked.trim_end_matches('.')))
}

fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        None => pattern.trim_end_matches('.').eq_ignore_ascii_case(name),
        Some(zone) => name
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(zone)),
    }
}

/// Extended key usages that let a certificate stand for a Remote Desktop host (windows-facts 2.4), and "any".
const SERVER_USAGES: [&str; 3] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.54.1.2", "2.5.29.37.0"];

/// Whether a certificate may stand for a Remote Desktop host; one without usages may be used for anything.
pub(super) fn is_for_servers(certificate: &Certificate) -> bool {
    let usages = &certificate.usages;
    usages.is_empty()
        || usages
            .iter()
            .any(|usage| SERVER_USAGES.contains(&usage.as_str()))
}

/// How a moment lies to a certificate's dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    /// Before the first moment.
    Early,
    /// Between both.
    Within,
    /// After the last moment.
    Past,
}

/// How this moment lies to the dates.
pub(super) fn dates(certificate: &Certificate, now: Timestamp) -> Dates {
    if now > certificate.not_after {
        Dates::Past
    } else if now < certificate.not_before {
        Dates::Early
    } else {
        Dates::Within
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, name, does) in [
            ("ts01.corp.example", "TS01.corp.example", true),
            ("*.corp.example", "ts01.corp.example", true),
            ("*.corp.example", "a.ts01.corp.example", false),
            ("*.corp.example", "corp.example", false),
            ("*.corp.example", ".corp.example", false),
            ("ts01", "ts01.corp.example", false),
        ] {
            assert_eq!(covers(pattern, name), does, "{pattern} {name}");
        }
    }
}
