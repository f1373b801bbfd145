//! What changes ask for: handlers that they notify, services that have to be restarted for their sake.

use std::collections::BTreeSet;

use crate::plan::Change;
use crate::playbook::Task;
use crate::runner::duty::Duty;

/// The kind whose resources restart services.
pub(super) const SERVICE: &str = "service";

/// A restart that changes wait for.
pub(super) struct Restart {
    pub(super) service: &'static str,
    /// `rdp_listener.port`, one for each change.
    needed_by: Vec<String>,
}

/// What tasks ask for until the next flush.
#[derive(Default)]
pub(super) struct Sequel {
    notified: BTreeSet<String>,
    pub(super) restarts: Vec<Restart>,
}

impl Restart {
    /// What it is called in reports.
    pub(super) fn name(&self) -> String {
        format!(
            "restart {} (needed by {})",
            self.service,
            self.needed_by.join(", ")
        )
    }
}

impl Sequel {
    /// Notes that a task changed something.
    pub(super) fn notify(&mut self, duty: &Duty) {
        self.notified.extend(duty.notify.iter().cloned());
    }

    /// Notes what changes that were made, or are to be made, ask for.
    pub(super) fn follow(&mut self, duty: &Duty, changes: &[Change]) {
        if duty.kind == SERVICE && changes.iter().any(restarts) {
            let service = duty.id();
            self.restarts
                .retain(|restart| !restart.service.eq_ignore_ascii_case(&service));
        }
        for change in changes {
            let Some(service) = change.restart else {
                continue;
            };
            let label = format!("{}.{}", duty.kind, change.property);
            let known = self
                .restarts
                .iter_mut()
                .find(|restart| restart.service.eq_ignore_ascii_case(service));
            match known {
                Some(restart) => restart.needed_by.push(label),
                None => self.restarts.push(Restart {
                    service,
                    needed_by: vec![label],
                }),
            }
        }
    }

    /// Whether a handler was notified, by its name or by one that it listens to.
    pub(super) fn wants(&self, handler: &Task) -> bool {
        self.notified.contains(&*handler.name)
            || handler
                .listen
                .iter()
                .any(|topic| self.notified.contains(topic))
    }

    /// Whether nobody waits for anything.
    pub(super) fn is_empty(&self) -> bool {
        self.notified.is_empty() && self.restarts.is_empty()
    }

    /// Forgets who was notified: the handlers ran.
    pub(super) fn clear_notified(&mut self) {
        self.notified.clear();
    }
}

/// Whether a change of a service makes it run anew, or not at all, so that it need not be restarted for other changes.
fn restarts(change: &Change) -> bool {
    change.property == "state"
}
