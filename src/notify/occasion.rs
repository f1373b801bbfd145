//! Which occasions a run is: pure, from how it went and how the job stood before.

use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Turn;
use crate::job::Occasion;
use crate::service::errand::Notice;
use crate::service::errand::Report;
use crate::service::errand::Standing;

/// The occasions of a run, in the order in which they came about; `always` is not among them.
pub fn occasions(notice: &Notice) -> Vec<Occasion> {
    let mut found = Vec::new();
    let drifted = notice
        .result
        .as_ref()
        .is_ok_and(|report| began(report, notice.before));
    if drifted {
        found.push(Occasion::Drift);
    }
    let failed = match &notice.result {
        Ok(report) => has_failed(&report.recap),
        Err(_) => true,
    };
    // A failure that is tried again may pass by itself.
    if failed && !notice.tried_again {
        found.push(Occasion::Failure);
    }
    let was_bad = drifted || notice.before == Some(Standing::Bad);
    if notice.now == Some(Standing::Good) && was_bad {
        found.push(Occasion::Recovery);
    }
    found
}

/// Those of the occasions that a webhook wants. One that wants all runs gets one message for each run at least.
pub fn wanted(on: &[Occasion], found: &[Occasion]) -> Vec<Occasion> {
    let mut wanted: Vec<Occasion> = found
        .iter()
        .copied()
        .filter(|one| on.contains(one))
        .collect();
    if wanted.is_empty() && on.contains(&Occasion::Always) {
        wanted.push(Occasion::Always);
    }
    wanted
}

/// Whether hosts differ that did not in the run before. While a job stands well, or in its first run, all that differs is
/// new, also what an `apply` corrected at once; otherwise the history tells, control by control.
fn began(report: &Report, before: Option<Standing>) -> bool {
    let shifted = report.shifts.iter().any(|shift| shift.turn == Turn::Began);
    let corrected = report.mode == RunMode::Apply && report.recap.changed > 0;
    let differs = corrected || report.recap.drifted > 0;
    shifted || before != Some(Standing::Bad) && differs
}

fn has_failed(recap: &Recap) -> bool {
    recap.failed + recap.unreachable > 0 || recap.stopped.is_some()
}
