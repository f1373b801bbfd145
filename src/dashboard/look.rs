//! One look: the history, opened when it is needed, with what was asked and what is true at this moment.

use std::cell::OnceCell;
use std::path::Path;

use jiff::Timestamp;

use crate::dashboard::ask::Ask;
use crate::dashboard::jobs::Job;
use crate::dashboard::problem::Problem;
use crate::history::History;

/// What answers are made from.
pub(super) struct Look<'l> {
    path: &'l Path,
    opened: OnceCell<History>,
    /// What was asked.
    pub(super) ask: &'l Ask,
    /// The moment of the request.
    pub(super) now: Timestamp,
    /// The service's jobs at this moment.
    pub(super) jobs: &'l [Job],
}

impl<'l> Look<'l> {
    /// A look at the history in a file.
    pub(super) fn new(path: &'l Path, ask: &'l Ask, now: Timestamp, jobs: &'l [Job]) -> Self {
        Self {
            path,
            opened: OnceCell::new(),
            ask,
            now,
            jobs,
        }
    }

    /// The history.
    pub(super) fn history(&self) -> Result<&History, Problem> {
        if let Some(history) = self.opened.get() {
            return Ok(history);
        }
        let history = History::read(self.path)?;
        Ok(self.opened.get_or_init(|| history))
    }
}
