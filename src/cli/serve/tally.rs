//! Listens to a run for whoever is told of it afterwards: counts, shifts, and some names.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::Shift;
use crate::report::Reporter;
use crate::secret::Hidden;

/// Failures and shifts that are kept with their words; counts tell of all.
const MOST: usize = 1000;

/// What was heard of a run.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it went.
    pub recap: Option<Recap>,
    /// Controls that turned.
    pub shifts: Vec<Shift>,
    /// Results that a waiver accepts.
    pub waived: usize,
    /// Hosts that differ in something that can be corrected.
    pub drifting: Vec<Arc<str>>,
    /// Hosts that failed or could not be reached, with the reason.
    pub failures: Vec<(Arc<str>, String)>,
}

/// Listens.
#[derive(Debug, Clone)]
pub struct Tally {
    heard: Arc<Mutex<Heard>>,
    hidden: Arc<Hidden>,
}

impl Tally {
    /// Keeps nothing of what is hidden.
    pub fn new(hidden: &Arc<Hidden>) -> Self {
        Self {
            heard: Arc::default(),
            hidden: Arc::clone(hidden),
        }
    }

    /// What was heard; nothing is left.
    pub fn take(&self) -> Heard {
        std::mem::take(&mut *self.heard())
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self, summary: &HostSummary) {
        let mut heard = self.heard();
        heard.waived += summary.counts.waived;
        match &summary.status {
            HostStatus::Drifted => {
                if summary.counts.would_change + summary.counts.unknown > 0 {
                    heard.drifting.push(Arc::clone(&summary.host));
                }
            }
            HostStatus::Failed { reason, .. } | HostStatus::Unreachable { reason, .. } => {
                if heard.failures.len() < MOST {
                    let reason = self.hidden.mask(reason).into_owned();
                    heard.failures.push((Arc::clone(&summary.host), reason));
                }
            }
            HostStatus::Ok | HostStatus::Interrupted => {}
        }
    }
}

impl Reporter for Tally {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStart { at, .. } => self.heard().started = Some(*at),
            Event::Shift(shift) => {
                let mut heard = self.heard();
                if heard.shifts.len() < MOST {
                    let control = self.hidden.mask(&shift.control).into();
                    heard.shifts.push(Shift {
                        control,
                        ..shift.clone()
                    });
                }
            }
            Event::HostEnd(summary) => self.host(summary),
            Event::RunEnd { at, recap } => {
                let mut heard = self.heard();
                heard.ended = Some(*at);
                heard.recap = Some(*recap);
            }
            Event::HostStart { .. } | Event::Wave(_) | Event::Result(_) | Event::Drift(_) => {}
        }
        Ok(())
    }
}
