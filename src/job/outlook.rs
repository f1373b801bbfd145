//! What a job will never do from now on, or cannot keep up with.

use std::time::Duration;

use jiff::Timestamp;

use crate::diag::Diagnostic;
use crate::event::RunMode;
use crate::job::Access;
use crate::job::Job;
use crate::job::JobFile;
use crate::job::Mode;
use crate::job::duration;

/// Runs that are looked at for one that corrects.
const MOST_RUNS: usize = 400;

/// Runs whose distances are compared with the deadline.
const SOME_RUNS: usize = 50;

impl JobFile {
    /// What its jobs will never do after `now`, as warnings.
    pub fn outlook(&self, now: Timestamp) -> Vec<Diagnostic> {
        self.jobs.iter().flat_map(|job| job.outlook(now)).collect()
    }
}

impl Job {
    /// What it will never do after `now`, as warnings.
    pub fn outlook(&self, now: Timestamp) -> Vec<Diagnostic> {
        let is_shut = matches!(self.window(now), Access::Closed { until: None, .. });
        let mut found = Vec::new();
        if self.mode != Mode::Audit && is_shut {
            found.push(self.never_opens());
        } else if self.next(now).is_none() {
            found.push(self.never_runs());
        } else if self.mode == Mode::ApplyInWindow && !self.applies(now) {
            found.push(self.never_applies());
        }
        found.extend(self.too_late(now));
        found
    }

    fn applies(&self, now: Timestamp) -> bool {
        self.runs(now)
            .take(MOST_RUNS)
            .any(|at| self.mode_at(at).run == Some(RunMode::Apply))
    }

    fn never_opens(&self) -> Diagnostic {
        let both = self.windows.iter().chain(&self.blackouts);
        let place = both.map(|window| &window.span).next().unwrap_or(&self.span);
        Diagnostic::warning(
            "never-opens",
            format!("`{}` may change nothing for the next five years", self.name),
        )
        .at(place)
        .label("no window opens, or a blackout covers all of them")
        .help("dates of the past open no window any more")
    }

    fn never_runs(&self) -> Diagnostic {
        Diagnostic::warning("never-runs", format!("`{}` is never run", self.name))
            .at(&self.span)
            .label("none of its times falls into a window")
            .help("let a window open at those times, splay included, or take `mode: audit-then-apply-in-window`")
    }

    fn never_applies(&self) -> Diagnostic {
        Diagnostic::warning(
            "never-applies",
            format!("`{}` looks, and never corrects", self.name),
        )
        .at(&self.span)
        .label("none of its next times falls into a window")
        .help("let a window open at those times, splay included")
    }

    fn too_late(&self, now: Timestamp) -> Option<Diagnostic> {
        let deadline = self.deadline?;
        let runs: Vec<Timestamp> = self.runs(now).take(SOME_RUNS).collect();
        let later = runs.iter().skip(1);
        let shortest = runs
            .iter()
            .zip(later)
            .filter_map(|(one, next)| Duration::try_from(next.duration_since(*one)).ok())
            .min()?;
        (deadline > shortest).then(|| {
            Diagnostic::warning(
                "deadline-beyond-interval",
                format!("`{}` may still run when its time comes again", self.name),
            )
            .at(&self.span)
            .label(format!(
                "deadline {}, and {} between two runs",
                duration::words(deadline),
                duration::words(shortest)
            ))
            .help(format!(
                "`overlap: {}` says what happens then",
                self.overlap.word()
            ))
        })
    }
}
