//! How a host is looked at while things change: one [`Pass`] until something is written, and through what check mode
//! foresees.

use std::sync::Arc;

use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::runner::line::Line;
use crate::runner::pass::Pass;

/// What the runner may do to a host.
pub(super) enum Means {
    /// Check mode: holds nothing that could write.
    Look(Arc<dyn CimReader>),
    /// Look and correct.
    Correct(Arc<dyn CimSession>),
}

impl Means {
    fn reader(&self) -> Arc<dyn CimReader> {
        match self {
            Self::Look(reader) => Arc::clone(reader),
            Self::Correct(session) => Arc::<dyn CimSession>::clone(session),
        }
    }
}

/// How a host is looked at.
pub(super) struct Eyes {
    pub(super) means: Means,
    /// What carries all of it, for reboots.
    pub(super) line: Arc<Line>,
    /// Valid until something is written.
    pub(super) pass: Pass,
    /// Grows whenever an earlier look may no longer hold.
    pub(super) epoch: usize,
}

impl Eyes {
    /// The first look at a host.
    pub(super) fn new(means: Means, line: Arc<Line>) -> Self {
        let pass = Pass::new(means.reader());
        Self {
            means,
            line,
            pass,
            epoch: 0,
        }
    }

    /// Forgets what was seen: something may have changed.
    pub(super) fn renew(&mut self) {
        self.epoch += 1;
        self.pass = Pass::new(self.means.reader());
    }

    /// A look of its own, that remembers nothing of this one.
    pub(super) fn afresh(&self) -> Pass {
        Pass::new(self.means.reader())
    }

    /// The session, unless nothing may be written.
    pub(super) fn session(&self) -> Option<Arc<dyn CimSession>> {
        match &self.means {
            Means::Look(_) => None,
            Means::Correct(session) => Some(Arc::clone(session)),
        }
    }
}
