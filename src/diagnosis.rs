//! Which causes explain what was seen of a host, ranked by evidence for and against. Pure.

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Severity;
use crate::inside::Inside;
use crate::inside::Unseen;
use crate::survey::Survey;

/// Everything that is known of a host.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The view from outside; `None` when nobody looked.
    pub survey: Option<&'a Survey>,
    /// The view from inside, or why there is none.
    pub inside: Result<&'a Inside, &'a Unseen>,
    /// What the client said: error code and extended error code.
    pub told: Option<(u32, Option<u32>)>,
    /// Our clock.
    pub now: Timestamp,
}

/// A cause with what speaks for and against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The cause.
    pub cause: Cause,
    /// How bad it is, given the evidence.
    pub severity: Severity,
    /// How well it explains what was seen, 0 to 100.
    pub score: u32,
    /// What speaks for it, strongest first; sentences without a full stop.
    pub evidence_for: Vec<String>,
    /// What speaks against it.
    pub evidence_against: Vec<String>,
    /// What would decide it but was not seen, and how to let it be seen.
    pub unseen: Vec<String>,
}

/// Ranks the causes, most likely first; causes without any evidence for them are left out.
pub fn diagnose(case: &Case<'_>) -> Vec<Ranked> {
    let _nothing_yet = case;
    Vec::new()
}
