//! Lists of statements in order: tasks, blocks with what follows a failure, orders to the runner.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::plan::Outcome;
use crate::plan::SkipReason;
use crate::playbook::Block;
use crate::playbook::Meta;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::runner::ahead::Said;
use crate::runner::duty::Role;
use crate::runner::duty::failure;
use crate::runner::queue::Done;
use crate::runner::queue::End;
use crate::runner::result::Ended;
use crate::runner::turn::Flush;
use crate::runner::turn::Turn;

impl Turn<'_, '_> {
    /// Does statements in order; those that come too late are told as skipped.
    pub(super) fn walk<'s>(&'s mut self, list: &'s [Statement]) -> BoxFuture<'s, ()> {
        async move {
            for statement in list {
                match statement {
                    Statement::Task(task) => self.task(task, Role::Task).await,
                    Statement::Block(block) => self.block(block).await,
                }
            }
        }
        .boxed()
    }

    async fn block(&mut self, block: &Block) {
        let came_too_late = self.given_up.is_some();
        let has_rescue = !block.rescue.is_empty();
        self.rescues += usize::from(has_rescue);
        self.walk(&block.body).await;
        self.rescues -= usize::from(has_rescue);
        if has_rescue && !came_too_late && self.is_failed() {
            self.given_up = None;
            self.walk(&block.rescue).await;
        }
        // What was to be done in any case is not done for a host that is gone, or in a hurry.
        let held = if !came_too_late && self.is_failed() {
            self.given_up.take()
        } else {
            None
        };
        self.walk(&block.always).await;
        self.given_up = self.given_up.take().or(held);
    }

    /// Whether a task failed on a host that is still there.
    fn is_failed(&self) -> bool {
        self.given_up == Some(SkipReason::EarlierFailure) && !self.lost
    }

    /// Carries out an order to the runner; nothing is told of it.
    pub(super) async fn meta(&mut self, task: &Task, meta: Meta, role: Role) {
        match self.said(task, &task.when, None) {
            Said::Yes => {}
            Said::No(_) => return,
            Said::Unknown(unknown) => {
                let end = End::Told(Outcome::Unknown(unknown));
                self.tell_meta(task, role, end).await;
                return;
            }
            Said::Failed(error) => {
                let end = End::Told(Outcome::Failed(failure("preparing", error)));
                self.tell_meta(task, role, end).await;
                self.note_end(Ended::Failed);
                return;
            }
        }
        match meta {
            Meta::FlushHandlers => self.flush(Flush::Between).await,
            Meta::EndHost | Meta::EndPlay => self.given_up = Some(SkipReason::Ended),
            Meta::Nothing => {}
        }
    }

    async fn tell_meta(&mut self, task: &Task, role: Role, end: End) {
        let duty = self.duty(task, None, role);
        self.tell(Done::of(&duty, end, Duration::ZERO)).await;
    }
}
