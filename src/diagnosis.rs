//! Which causes explain what was seen of a host, ranked by evidence for and against; what would mend it; what the event
//! logs tell on one timeline. Pure: knows surveys, inside views and the catalogue, and asks nobody.
//!
//! A [`Sign`] is a question with three answers: yes, no, not seen. The rules say for which causes a sign
//! speaks, how strongly, and why; `rank` weighs them. Ranking is changed by changing rows, not code.

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Severity;
use crate::inside::Inside;
use crate::inside::Unseen;
use crate::survey::Survey;

pub mod mend;
mod rank;
mod rules;
mod signs;
pub mod timeline;
mod unseen;

pub use crate::diagnosis::rank::FULL;
pub use crate::diagnosis::rules::Rule;
pub use crate::diagnosis::rules::Supports;
pub use crate::diagnosis::signs::Answer;
pub use crate::diagnosis::signs::Sign;
pub use crate::diagnosis::unseen::Missing;
pub use crate::diagnosis::unseen::is_seen_inside;
pub use crate::diagnosis::unseen::not_seen;

/// Everything that is known of a host.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The view from outside; `None` when nobody looked.
    pub survey: Option<&'a Survey>,
    /// The view from inside, or why there is none.
    pub inside: Result<&'a Inside, &'a Unseen>,
    /// The account of the management session and what became of it; `None` when none was tried.
    pub account: Option<Account<'a>>,
    /// What the client said: error code and extended error code.
    pub told: Option<(u32, Option<u32>)>,
    /// Our clock.
    pub now: Timestamp,
}

/// The account with which the management session was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// As the inventory has it: `user`, `DOMAIN\user`, `user@domain`.
    pub user: &'a str,
    /// What the host said to it.
    pub welcome: Welcome,
}

/// What a host said to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// It let it in.
    Accepted,
    /// It refused user name or password.
    Refused,
    /// It was never asked.
    Unasked,
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
    rank::rank(case)
}

/// Every row of the rules, in the order of the catalogue.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::all()
}
