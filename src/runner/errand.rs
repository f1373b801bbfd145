//! Reboots and waits as tasks: made ready for a host, and what follows for what is seen afterwards.

use std::sync::Arc;

use crate::event::RunMode;
use crate::plan::Outcome;
use crate::plan::Unknown;
use crate::playbook::Task;
use crate::playbook::actions::Errand;
use crate::runner::boot;
use crate::runner::boot::BootContext;
use crate::runner::duty::Item;
use crate::runner::duty::Ready;
use crate::runner::prepare;
use crate::runner::task::Tried;
use crate::runner::turn::Turn;

impl Turn<'_, '_> {
    /// `reboot`, `wait_for_connection` and `wait_for`.
    pub(super) async fn boot(&mut self, task: &Task, item: Option<&Item>) -> Result<Tried, Ready> {
        let Some((node, _)) = task.action.errand_node() else {
            return Ok(Tried::told(Outcome::Compliant));
        };
        if let Some(unknown) = self.doubt_within(task, node, item) {
            return Err(Ready::Unknown(unknown));
        }
        let rendered = self.scope(item).node(task, node);
        let rendered = rendered.map_err(|mistake| self.refused(mistake))?;
        let mut mistakes = Vec::new();
        let Some(errand) = task.action.errand(&rendered, &mut mistakes) else {
            return Err(Ready::Failed(prepare::mistakes(mistakes)));
        };
        let is_looking = self.eyes.session().is_none();
        if is_looking && let Some(unknown) = self.doubt_about_wait(&errand) {
            return Err(Ready::Unknown(unknown));
        }
        let line = Arc::clone(&self.eyes.line);
        let context = BootContext {
            line: &line,
            host: &self.visit.host,
            prover: &self.visit.world.prover,
            clock: &self.visit.world.clock,
            stop: &self.stop,
            mode: match self.eyes.session() {
                Some(_) => self.visit.mode,
                None => RunMode::Check,
            },
        };
        let done = boot::act(&errand, &context).await;
        if is_looking && matches!(done.outcome, Outcome::Drifted(_)) {
            self.memory.foresight.remember_reboot(&task.name);
        }
        if !is_looking {
            // The host may be another one than before: nothing that was seen holds.
            self.eyes.renew();
            if let Errand::Reboot(order) = &errand {
                self.memory.facts = None;
                if matches!(done.outcome, Outcome::Changed(_)) {
                    self.memory.rebooted = Some(order.timeout);
                }
            }
        }
        Ok(Tried {
            message: done.message,
            own: done.values,
            ..Tried::told(done.outcome)
        })
    }

    /// Why it cannot be told what would be waited for: changes that were not made come before it.
    fn doubt_about_wait(&self, errand: &Errand) -> Option<Unknown> {
        let what = match errand {
            Errand::Reboot(_) => return None,
            Errand::WaitForConnection(_) => "whether the host answers after that".to_owned(),
            Errand::WaitFor(wanted) => match wanted.port {
                Some(port) => format!("what port {port} is like after that"),
                None => return None,
            },
        };
        let depends_on = self.memory.foresight.tasks();
        (!depends_on.is_empty()).then_some(Unknown { depends_on, what })
    }
}
