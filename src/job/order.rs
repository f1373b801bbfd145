//! What a run at some moment would do.

use jiff::Timestamp;

use crate::event::RunMode;
use crate::job::Job;
use crate::job::Mode;
use crate::job::Order;
use crate::job::Reason;

impl Job {
    /// What a run that begins at this moment does, and why.
    pub fn mode_at(&self, now: Timestamp) -> Order {
        let shut = match self.mode {
            Mode::Audit => Some(Reason::AuditOnly),
            Mode::Apply | Mode::ApplyInWindow => self.shut(self.zone.rules.to_datetime(now)),
        };
        let Some(reason) = shut else {
            return Order {
                run: Some(RunMode::Apply),
                reason: if self.windows.is_empty() {
                    Reason::Unbounded
                } else {
                    Reason::WindowOpen
                },
            };
        };
        let run = match self.mode {
            Mode::Audit | Mode::ApplyInWindow => Some(RunMode::Check),
            Mode::Apply => None,
        };
        Order { run, reason }
    }
}
