//! One turn of a job: what its mode and its windows make of a due time, one run or two, and what is told of them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::event::Recap;
use crate::event::RunMode;
use crate::job::Access;
use crate::job::Job;
use crate::job::Mode;
use crate::service::Around;
use crate::service::agenda::Cause;
use crate::service::agenda::Ending;
use crate::service::agenda::until;
use crate::service::errand::Errand;
use crate::service::errand::NOT_TOLD;
use crate::service::errand::NotBegun;
use crate::service::errand::Notice;
use crate::service::errand::Position;
use crate::service::errand::Report;
use crate::service::errand::Standing;
use crate::service::said::What;
use crate::service::state::Last;
use crate::service::state::Running;

/// A job whose time has come.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The job.
    pub job: Arc<Job>,
    /// Why.
    pub cause: Cause,
    /// How the job stood before; `None` when nobody knows.
    pub before: Option<Standing>,
    /// What keeps it from making changes.
    pub bound: Bound,
}

/// What keeps a turn from making changes, besides the job's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The job's windows and blackouts.
    Windows,
    /// Nothing: somebody wants it now.
    Nothing,
}

/// A turn that is over.
#[derive(Debug, Clone)]
pub struct Over {
    /// The job.
    pub job: Arc<str>,
    /// As far as retries go.
    pub ending: Ending,
    /// How the job stands now.
    pub standing: Option<Standing>,
    /// Its last run; `None` when it was not to be run.
    pub last: Option<Last>,
    /// What the program would have exited with for its runs; 0 when there was none.
    pub exit_code: u8,
}

impl Over {
    /// One of which nothing is known but that it broke off.
    pub(super) fn broken(job: &Arc<str>) -> Self {
        Self {
            job: Arc::clone(job),
            ending: Ending::Failed,
            standing: None,
            last: None,
            exit_code: 1,
        }
    }
}

/// Whether every host is as it should be; `None` when the run was cut short, and says nothing about that.
pub fn standing(recap: &Recap) -> Option<Standing> {
    let bad = recap.failed + recap.unreachable + recap.drifted;
    if bad > 0 || recap.stopped.is_some() {
        Some(Standing::Bad)
    } else if recap.interrupted + recap.not_started > 0 {
        None
    } else {
        Some(Standing::Good)
    }
}

fn has_failed(recap: &Recap) -> bool {
    recap.failed + recap.unreachable > 0 || recap.stopped.is_some()
}

/// Which run of a turn one is.
#[derive(Clone, Copy)]
enum Part<'a> {
    /// The only one.
    Alone,
    /// An audit, which the second may follow.
    First,
    /// An apply after this audit.
    Second(&'a Report),
}

impl<'a> Part<'a> {
    fn audit(self) -> Option<&'a Report> {
        match self {
            Self::Second(audit) => Some(audit),
            Self::Alone | Self::First => None,
        }
    }

    fn position(self) -> Position {
        match self {
            Self::Alone => Position::Alone,
            Self::First => Position::MayBeFollowed,
            Self::Second(_) => Position::Follows,
        }
    }
}

/// A run that was made or could not begin, and what follows from it.
struct Made {
    report: Option<Arc<Report>>,
    over: Over,
}

impl Turn {
    /// Takes it. `stop` ends runs after the calls under way.
    pub(super) async fn take(mut self, around: Arc<Around>, stop: watch::Receiver<bool>) -> Over {
        let now = around.parts.clock.now();
        let Some(mode) = self.mode(now) else {
            let why = self.job.mode_at(now).reason.words();
            around.say(Some(&self.job.name), What::NotNow { why });
            return Over {
                job: Arc::clone(&self.job.name),
                ending: Ending::Fine,
                standing: self.before,
                last: None,
                exit_code: 0,
            };
        };
        if self.job.mode != Mode::ApplyInWindow || mode == RunMode::Check {
            return self.once(mode, Part::Alone, &around, stop).await.over;
        }
        let audit = self.once(RunMode::Check, Part::First, &around, stop.clone());
        let mut audit = audit.await;
        let Some(found) = audit.report else {
            return audit.over;
        };
        let still_open = self.mode(around.parts.clock.now()) == Some(RunMode::Apply);
        if found.drifting.is_empty() {
            return audit.over;
        }
        if *stop.borrow() || !still_open {
            let failed = around.parts.executor.conclude(&self.job.name).await;
            audit.over.exit_code = failed.unwrap_or(audit.over.exit_code);
            return audit.over;
        }
        self.before = audit.over.standing;
        let applied = self.once(RunMode::Apply, Part::Second(&found), &around, stop);
        applied.await.over
    }

    /// Whether it makes changes now; `None` when it is not to be run at all.
    fn mode(&self, now: Timestamp) -> Option<RunMode> {
        match (self.bound, self.job.mode) {
            (Bound::Windows, _) | (_, Mode::Audit) => self.job.mode_at(now).run,
            (Bound::Nothing, Mode::Apply | Mode::ApplyInWindow) => Some(RunMode::Apply),
        }
    }

    /// Makes one run; after an audit, of the hosts that it found to differ.
    async fn once(
        &self,
        mode: RunMode,
        part: Part<'_>,
        around: &Around,
        stop: watch::Receiver<bool>,
    ) -> Made {
        let audit = part.audit();
        let name = &self.job.name;
        let since = around.parts.clock.now();
        let cause = self.cause;
        around.run_begins(name, Running { since, mode, cause });
        let errand = Errand {
            job: Arc::clone(&self.job),
            cause,
            mode,
            only: audit.map(|found| found.drifting.clone()),
            deadline: self.deadline(mode, since),
            position: part.position(),
        };
        let result = around.parts.executor.run(errand, stop).await.map(Arc::new);
        let (ending, standing) = match &result {
            Ok(report) => judge(report, audit),
            Err(_) => (Ending::Failed, Some(Standing::Bad)),
        };
        let tried_again = ending == Ending::Failed && self.tries() < self.job.retries.count;
        let at = around.parts.clock.now();
        around.run_ended(name, mode, &result);
        around.tell(Notice {
            job: Arc::clone(&self.job),
            result: result.clone(),
            at,
            before: self.before,
            now: standing,
            tried_again,
        });
        Made {
            report: result.as_ref().ok().cloned(),
            over: Over {
                job: Arc::clone(name),
                ending,
                standing: if tried_again {
                    self.before
                } else {
                    standing.or(self.before)
                },
                last: Some(last(&result, mode, at)),
                exit_code: exit_code(&result, audit),
            },
        }
    }

    /// How often it was tried before.
    fn tries(&self) -> u32 {
        match self.cause {
            Cause::Retry { number } => number,
            Cause::Due { .. } | Cause::Missed { .. } | Cause::Queued { .. } | Cause::Asked => 0,
        }
    }

    /// How long hosts are begun: as the job says, and changes no longer than its window is open.
    fn deadline(&self, mode: RunMode, now: Timestamp) -> Option<Duration> {
        let closes = match self.job.window(now) {
            Access::Open { until } if mode == RunMode::Apply && self.bound == Bound::Windows => {
                until
            }
            Access::Open { .. } | Access::Closed { .. } => None,
        };
        let left = closes.map(|closes| until(closes, now));
        self.job.deadline.into_iter().chain(left).min()
    }
}

/// What a run means for retries, and for how the job stands. A run of the hosts that an audit found to differ says
/// nothing about the others: what the audit found of them counts.
fn judge(report: &Report, audit: Option<&Report>) -> (Ending, Option<Standing>) {
    let is_worse = audit.is_some_and(|audit| has_failed(&audit.recap));
    let ending = if is_worse || has_failed(&report.recap) {
        Ending::Failed
    } else {
        Ending::Fine
    };
    let standing = match standing(&report.recap) {
        Some(Standing::Good) if is_worse => Some(Standing::Bad),
        Some(Standing::Good) if !report.left_out.is_empty() => audit.map(|_| Standing::Bad),
        standing => standing,
    };
    (ending, standing)
}

/// After an audit with failures of its own, those count; that something could not be told counts more.
fn exit_code(result: &Result<Arc<Report>, NotBegun>, audit: Option<&Report>) -> u8 {
    match (result, audit) {
        (Ok(report), Some(audit)) if [report.exit_code, audit.exit_code].contains(&NOT_TOLD) => {
            NOT_TOLD
        }
        (Ok(_), Some(audit)) if has_failed(&audit.recap) => audit.exit_code,
        (Ok(report), _) => report.exit_code,
        (Err(not_begun), _) => not_begun.exit_code,
    }
}

fn last(result: &Result<Arc<Report>, NotBegun>, mode: RunMode, ended: Timestamp) -> Last {
    match result {
        Ok(report) => Last {
            ended,
            mode,
            run: Some(report.run.clone()),
            result: Ok(report.recap),
            left_out: report.left_out.clone(),
        },
        Err(not_begun) => Last {
            ended,
            mode,
            run: None,
            result: Err(not_begun.why.clone()),
            left_out: Vec::new(),
        },
    }
}
