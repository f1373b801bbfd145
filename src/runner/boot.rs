//! Restarts of whole hosts, and waiting until they answer again.

use crate::cim::CimError;
use crate::playbook::Task;
use crate::runner::duty::Item;
use crate::runner::duty::Ready;
use crate::runner::task::Tried;
use crate::runner::turn::Turn;

impl Turn<'_, '_> {
    /// `reboot`, `wait_for_connection` and `wait_for`.
    pub(super) async fn boot(&mut self, task: &Task, item: Option<&Item>) -> Result<Tried, Ready> {
        let _ = item;
        Err(Ready::Failed(CimError::Configuration {
            detail: format!("`{}` is not there yet", task.action.word()),
            remedy: "leave it out".to_owned(),
        }))
    }
}
