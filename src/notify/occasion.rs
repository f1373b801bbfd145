//! Which occasions a run is: pure, from how it went and how the job stood before.

use crate::job::Occasion;
use crate::service::errand::Failure;
use crate::service::errand::Notice;
use crate::service::errand::Standing;
use crate::service::turn::began;

/// The occasions of a run, in the order in which they came about; `always` is not among them.
pub fn occasions(notice: &Notice) -> Vec<Occasion> {
    if notice.failure == Failure::ToldLate {
        return vec![Occasion::Failure];
    }
    let mut found = Vec::new();
    let drifted = notice
        .result
        .as_ref()
        .is_ok_and(|report| began(report, notice.before));
    if drifted {
        found.push(Occasion::Drift);
    }
    let failed = match &notice.result {
        Ok(report) => report.recap.has_failed(),
        Err(_) => true,
    };
    // A failure that is tried again may pass by itself.
    if failed && notice.failure == Failure::Told {
        found.push(Occasion::Failure);
    }
    let was_bad = drifted || notice.before == Some(Standing::Bad);
    if notice.now == Some(Standing::Good) && was_bad {
        found.push(Occasion::Recovery);
    }
    found
}

/// Those of the occasions of a run that a webhook wants. One that wants all runs gets one message for each run at least.
pub fn wanted(on: &[Occasion], notice: &Notice) -> Vec<Occasion> {
    let mut wanted = occasions(notice);
    wanted.retain(|one| on.contains(one));
    // Who is told late of a failure was told of the run in time.
    let is_first = notice.failure != Failure::ToldLate;
    if wanted.is_empty() && is_first && on.contains(&Occasion::Always) {
        wanted.push(Occasion::Always);
    }
    wanted
}
