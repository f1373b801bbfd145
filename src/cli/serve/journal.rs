//! When jobs were run last, as the history tells.

use std::path::PathBuf;

use crate::history::History;
use crate::history::view::RecapRow;
use crate::service::errand::Journal;
use crate::service::errand::LastRun;
use crate::service::errand::Standing;

/// The history in this file.
#[derive(Debug)]
pub struct Past(pub PathBuf);

impl Journal for Past {
    fn last(&self, job: &str) -> Option<LastRun> {
        // Where there is no history yet, nothing was run.
        let history = History::read(&self.0).ok()?;
        let last = history.last_run(job).ok()??;
        let row = history.run(&last.run).ok().flatten();
        Some(LastRun {
            started: last.started,
            standing: row.and_then(|row| standing(&row.recap?)),
        })
    }
}

/// Like that of a run that just ended; see [`crate::service::turn::standing`].
fn standing(recap: &RecapRow) -> Option<Standing> {
    if recap.failed + recap.unreachable + recap.drifted > 0 || recap.stopped.is_some() {
        Some(Standing::Bad)
    } else if recap.interrupted + recap.not_started > 0 {
        None
    } else {
        Some(Standing::Good)
    }
}
