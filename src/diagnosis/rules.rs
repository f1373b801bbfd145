//! The rules: which sign speaks for or against which cause, how strongly, and by which source. Data only.
//!
//! Points for a cause are added, points against it taken off; half of [`FULL`](super::FULL) is needed for an error.

use crate::diagnosis::signs::Sign;
use crate::finding::Cause;

mod account;
mod certificate;
mod host;
mod listener;
mod order;
mod security;
mod way;

pub(super) use crate::diagnosis::rules::order::EXPLAINED;
pub(super) use crate::diagnosis::rules::order::PRECEDENCE;

/// What a sign that is there says for a cause: how many points, and how bad the cause is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supports {
    /// Nothing; the sign only speaks against the cause when it is not there.
    Nothing,
    /// The cause is possible.
    Hint(u32),
    /// The cause is there, and hosts or clients are worse off.
    Weakens(u32),
    /// The cause is there, and keeps clients out.
    KeepsOut(u32),
}

impl Supports {
    /// How many points.
    pub fn points(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Hint(points) | Self::Weakens(points) | Self::KeepsOut(points) => points,
        }
    }
}

/// One row.
#[derive(Debug)]
pub struct Rule {
    /// The cause.
    pub cause: Cause,
    /// The sign.
    pub sign: &'static Sign,
    /// What the sign says for the cause when it is there.
    pub supports: Supports,
    /// How many points it takes off when it was looked for and is not there.
    pub opposes: u32,
    /// Where that comes from.
    pub source: &'static str,
}

impl Rule {
    const fn new(
        cause: Cause,
        sign: &'static Sign,
        supports: Supports,
        opposes: u32,
        source: &'static str,
    ) -> Self {
        Self {
            cause,
            sign,
            supports,
            opposes,
            source,
        }
    }
}

/// A sign from outside that more than one cause brings about: once another cause is established, it says nothing more
/// for this one.
#[derive(Debug)]
pub(super) struct Explained {
    /// The sign.
    pub(super) sign: &'static Sign,
    /// The causes that bring it about.
    pub(super) by: &'static [Cause],
}

/// Of two causes of which both are there, the one that comes first.
#[derive(Debug)]
pub(super) struct Precedence {
    /// The root.
    pub(super) first: Cause,
    /// What it brings about, or what cannot be judged before it.
    pub(super) then: Cause,
    /// Only when this is there too.
    pub(super) when: Option<&'static Sign>,
}

/// Every row, in the order of the catalogue.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        way::ROWS,
        listener::ROWS,
        certificate::ROWS,
        security::ROWS,
        account::ROWS,
        host::ROWS,
    ]
    .into_iter()
    .flatten()
}
