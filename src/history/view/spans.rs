//! How a host fared over time, without what was said about it.

use jiff::Timestamp;

use crate::history::Reach;
use crate::history::State;

/// A state that a control was in for a while, and no longer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSpan {
    /// The control.
    pub control: String,
    /// How it was.
    pub state: State,
    /// When it was first seen.
    pub since: Timestamp,
    /// When another state, or another detail of the same one, was seen.
    pub until: Timestamp,
}

/// How a host was reached for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachSpan {
    /// How.
    pub reach: Reach,
    /// When it was first so.
    pub since: Timestamp,
    /// When it was first otherwise; `None` while it is so.
    pub until: Option<Timestamp>,
}

/// What a host went through from some moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// Of all its controls together, latest end first.
    pub controls: Vec<ControlSpan>,
    /// Latest first.
    pub reach: Vec<ReachSpan>,
    /// Whether that is all of it: of more than was asked for, the oldest are left out.
    pub is_whole: bool,
}
