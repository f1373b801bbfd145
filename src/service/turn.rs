//! One turn of a job: what its mode and its windows make of a due time, one run or two, and what is told of them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Turn as Shifted;
use crate::job::Access;
use crate::job::Job;
use crate::job::Mode;
use crate::service::agenda::Cause;
use crate::service::agenda::until;
use crate::service::around::Around;
use crate::service::errand::BROKE_OFF;
use crate::service::errand::Errand;
use crate::service::errand::Failure;
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
    /// When it is tried again, unless another run comes first; `None`: it is not.
    pub retry: Option<Timestamp>,
    /// Failures that are told when it is not tried again after all.
    pub held: Vec<Notice>,
    /// How the job stands, as far as anybody was told.
    pub standing: Option<Standing>,
    /// Its last run; `None` when it was not to be run.
    pub last: Option<Last>,
    /// What the program would have exited with for its runs; 0 when there was none.
    pub exit_code: u8,
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

/// Whether hosts differ that did not in the run before. While a job stands well, or in its first run, all that differs is
/// new, also what an `apply` corrected at once; otherwise the history tells, control by control.
pub fn began(report: &Report, before: Option<Standing>) -> bool {
    let shifts = &report.shifts;
    let shifted = shifts.iter().any(|shift| shift.turn == Shifted::Began);
    let corrected = report.mode == RunMode::Apply && report.recap.changed > 0;
    let differs = corrected || report.recap.drifted > 0;
    shifted || before != Some(Standing::Bad) && differs
}

/// Whether a run calls for another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Nothing failed.
    Fine,
    /// Something failed, or it could not begin.
    Failed,
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
                retry: None,
                held: Vec::new(),
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
        let mut over = applied.await.over;
        over.held.extend(audit.over.held);
        over
    }

    /// What follows when it breaks off, which is a defect. What a panic says may hold anything, and stands on standard
    /// error already.
    pub(super) fn broken(&self, around: &Around, stop: &watch::Receiver<bool>) -> Over {
        let mode = self.mode(around.parts.clock.now());
        let not_begun = NotBegun {
            why: BROKE_OFF.to_owned(),
            exit_code: 1,
        };
        let result = Err(not_begun);
        self.made((mode.unwrap_or(RunMode::Check), result), None, around, stop)
            .over
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
            mode,
            only: audit.map(|found| found.drifting.clone()),
            deadline: self.deadline(mode, since),
            position: part.position(),
        };
        let result = around.parts.executor.run(errand, stop.clone()).await;
        self.made((mode, result.map(Arc::new)), audit, around, &stop)
    }

    /// What follows from a run, once it has been told.
    fn made(
        &self,
        (mode, result): (RunMode, Result<Arc<Report>, NotBegun>),
        audit: Option<&Report>,
        around: &Around,
        stop: &watch::Receiver<bool>,
    ) -> Made {
        let name = &self.job.name;
        let (ending, standing) = match &result {
            Ok(report) => judge(report, audit),
            Err(_) => (Ending::Failed, Some(Standing::Bad)),
        };
        let at = around.parts.clock.now();
        let may_retry = ending == Ending::Failed && !*stop.borrow();
        let retry = self.tried_again(at).filter(|_| may_retry);
        let is_drift_told = result
            .as_ref()
            .is_ok_and(|report| began(report, self.before));
        around.run_ended(name, mode, &result);
        let notice = Notice {
            job: Arc::clone(&self.job),
            result: result.clone(),
            at,
            before: self.before,
            now: standing,
            failure: retry.map_or(Failure::Told, |_| Failure::HeldBack),
        };
        around.tell(notice.clone());
        let has_failed = !result
            .as_ref()
            .is_ok_and(|report| !report.recap.has_failed());
        Made {
            report: result.as_ref().ok().cloned(),
            over: Over {
                job: Arc::clone(name),
                retry,
                held: retry
                    .filter(|_| has_failed)
                    .map(|_| notice)
                    .into_iter()
                    .collect(),
                // Nobody was told that something is bad, unless it differs.
                standing: match retry {
                    Some(_) if !is_drift_told => self.before,
                    _ => standing.or(self.before),
                },
                last: Some(last(&result, mode, at)),
                exit_code: exit_code(&result, audit),
            },
        }
    }

    /// When it is tried again after a failure, provided that it is run at all at that time.
    fn tried_again(&self, now: Timestamp) -> Option<Timestamp> {
        let again = self.job.tried_again(self.tries(), now)?;
        self.mode(again).map(|_| again)
    }

    /// How often it was tried before.
    pub(super) fn tries(&self) -> u32 {
        match self.cause {
            Cause::Retry { number } => number,
            Cause::Due { .. } | Cause::Missed { .. } | Cause::Queued { .. } | Cause::Asked => 0,
        }
    }

    /// How long hosts are begun: as the job says, and changes no longer than its window is open.
    fn deadline(&self, mode: RunMode, now: Timestamp) -> Option<Duration> {
        let closes = if mode == RunMode::Apply && self.bound == Bound::Windows {
            match self.job.window(now) {
                Access::Open { until } => until,
                Access::Closed { .. } => Some(now),
            }
        } else {
            None
        };
        let left = closes.map(|closes| until(closes, now));
        self.job.deadline.into_iter().chain(left).min()
    }
}

/// What a run means for retries, and for how the job stands. A run of the hosts that an audit found to differ says
/// nothing about the others: what the audit found of them counts.
fn judge(report: &Report, audit: Option<&Report>) -> (Ending, Option<Standing>) {
    let is_worse = audit.is_some_and(|audit| audit.recap.has_failed());
    let ending = if is_worse || report.recap.has_failed() {
        Ending::Failed
    } else {
        Ending::Fine
    };
    let standing = match standing(&report.recap) {
        Some(Standing::Good) if is_worse => Some(Standing::Bad),
        Some(Standing::Good) if !report.left_out.is_empty() => audit.map(|_| Standing::Bad),
        Some(Standing::Good) if audit.is_some_and(is_beyond_us) => Some(Standing::Bad),
        standing => standing,
    };
    (ending, standing)
}

/// Whether an audit found hosts to differ that no apply follows for, because Group Policy owns what differs there.
fn is_beyond_us(audit: &Report) -> bool {
    audit.recap.drifted > audit.drifting.len()
}

/// After an audit with failures of its own, or with hosts that were not corrected, what it found counts; that something
/// could not be told counts more.
fn exit_code(result: &Result<Arc<Report>, NotBegun>, audit: Option<&Report>) -> u8 {
    match (result, audit) {
        (Ok(report), Some(audit)) if [report.exit_code, audit.exit_code].contains(&NOT_TOLD) => {
            NOT_TOLD
        }
        (Ok(_), Some(audit)) if audit.recap.has_failed() => audit.exit_code,
        (Ok(report), Some(audit))
            if !report.recap.has_failed()
                && (is_beyond_us(audit) || !report.left_out.is_empty()) =>
        {
            audit.exit_code
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::exit_code;
    use crate::event::Recap;
    use crate::event::RunMode;
    use crate::service::errand::LeftOut;
    use crate::service::errand::Report;

    fn report(mode: RunMode, exit_code: u8) -> Report {
        Report {
            run: "R1".to_owned(),
            playbook: "a.yml".to_owned(),
            mode,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            hosts: 2,
            recap: Recap::default(),
            exit_code,
            shifts: Vec::new(),
            waived: 0,
            drifting: Vec::new(),
            failures: Vec::new(),
            left_out: Vec::new(),
        }
    }

    #[test]
    fn hosts_that_differed_and_were_left_out_differ_still() {
        let audit = report(RunMode::Check, 3);
        let mended = report(RunMode::Apply, 0);
        assert_eq!(exit_code(&Ok(Arc::new(mended.clone())), Some(&audit)), 0);
        let mut left = mended;
        left.left_out.push(LeftOut {
            host: "ts01".into(),
            holder: "somebody".to_owned(),
            until: Timestamp::UNIX_EPOCH,
        });
        assert_eq!(exit_code(&Ok(Arc::new(left)), Some(&audit)), 3);
    }
}
