//! What turns share: who does what is to be done, what is shown of it, and what is being told.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::event::Recap;
use crate::event::RunMode;
use crate::service::Parts;
use crate::service::errand::Failure;
use crate::service::errand::LeftOut;
use crate::service::errand::NotBegun;
use crate::service::errand::Notice;
use crate::service::errand::Report;
use crate::service::errand::Standing;
use crate::service::said::Said;
use crate::service::said::What;
use crate::service::state::Running;
use crate::service::state::State;
use crate::service::turn::Over;

/// What turns share.
pub(super) struct Around {
    pub(super) parts: Parts,
    /// What is shown of it.
    pub(super) state: watch::Sender<State>,
    /// What is being told to others.
    tellings: Mutex<JoinSet<()>>,
}

impl Around {
    /// Nothing is being told yet.
    pub(super) fn new(parts: Parts, state: State) -> Self {
        Self {
            parts,
            state: watch::Sender::new(state),
            tellings: Mutex::default(),
        }
    }

    pub(super) fn say(&self, job: Option<&Arc<str>>, what: What) {
        self.parts.log.say(&Said {
            at: self.parts.clock.now(),
            job: job.cloned(),
            what,
        });
    }

    pub(super) fn run_begins(&self, job: &Arc<str>, running: Running) {
        let mode = running.mode.word();
        let cause = running.cause.to_string();
        self.say(Some(job), What::RunBegun { mode, cause });
        self.state.send_modify(|state| {
            if let Some(shown) = state.job_mut(job) {
                shown.running = Some(running);
            }
        });
    }

    pub(super) fn run_ended(
        &self,
        job: &Arc<str>,
        mode: RunMode,
        result: &Result<Arc<Report>, NotBegun>,
    ) {
        match result {
            Ok(report) => {
                for left_out in &report.left_out {
                    let LeftOut {
                        host,
                        holder,
                        until,
                    } = left_out.clone();
                    let what = What::HostLeftOut {
                        host,
                        holder,
                        until,
                    };
                    self.say(Some(job), what);
                }
                let what = What::RunEnded {
                    run: report.run.clone(),
                    mode: mode.word(),
                    result: words(&report.recap),
                    exit_code: report.exit_code,
                };
                self.say(Some(job), what);
            }
            Err(NotBegun { why, .. }) => {
                self.say(Some(job), What::RunNotBegun { why: why.clone() });
            }
        }
    }

    pub(super) fn turn_ended(&self, over: &Over) {
        self.state.send_modify(|state| {
            if let Some(shown) = state.job_mut(&over.job) {
                shown.running = None;
                shown.last = over.last.clone().or(shown.last.take());
            }
        });
    }

    /// Has a notice told beside everything else.
    pub(super) fn tell(&self, notice: Notice) {
        let telling = self.parts.herald.tell(notice);
        let mut tellings = self.tellings.lock().unwrap_or_else(PoisonError::into_inner);
        while tellings.try_join_next().is_some() {}
        tellings.spawn(telling);
    }

    /// Has failures told that were held back; whether there were any.
    pub(super) fn tell_late(&self, held: Vec<Notice>) -> bool {
        let were_any = !held.is_empty();
        for notice in held {
            self.tell(Notice {
                failure: Failure::ToldLate,
                ..notice
            });
        }
        were_any
    }

    /// Notes how a job stands, when it is news.
    pub(super) fn stands(&self, job: &Arc<str>, before: Option<Standing>, now: Standing) {
        if before == Some(now) {
            return;
        }
        if let Err(why) = self.parts.journal.stands(job, now) {
            let text = format!("how the job stands is not noted: {why}");
            self.say(Some(job), What::Note { text });
        }
    }

    pub(super) fn take_tellings(&self) -> JoinSet<()> {
        std::mem::take(&mut *self.tellings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How hosts fared, in one line; what is none is left out.
pub fn words(recap: &Recap) -> String {
    let counts = [
        ("ok", recap.ok),
        ("changed", recap.changed),
        ("drifted", recap.drifted),
        ("unreachable", recap.unreachable),
        ("failed", recap.failed),
        ("interrupted", recap.interrupted),
        ("not started", recap.not_started),
    ];
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = some
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        "no hosts".to_owned()
    } else {
        parts.join(", ")
    }
}
