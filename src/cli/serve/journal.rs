//! When jobs were run last and how they stood then, as the history tells.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::view::JobStanding;
use crate::service::errand::Journal;
use crate::service::errand::LastEnd;
use crate::service::errand::LastRun;
use crate::service::errand::Standing;

/// The history in this file.
#[derive(Debug)]
pub struct Past {
    store: PathBuf,
    /// Once something was noted. Opening it checks the whole file, which may take a while.
    open: Mutex<Option<History>>,
}

impl Past {
    /// That of this file.
    pub fn new(store: PathBuf) -> Self {
        Self {
            store,
            open: Mutex::default(),
        }
    }

    fn note(&self, job: &str, standing: Standing) -> Result<(), HistoryError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut history = match open.take() {
            Some(history) => history,
            None => match History::open_existing(&self.store) {
                // One that is damaged is left to the next run, which sets it aside and says so.
                Err(HistoryError::Absent { .. }) => {
                    History::open(&self.store, SystemClock.now())?.history
                }
                opened => opened?,
            },
        };
        let standing = match standing {
            Standing::Good => JobStanding::Well,
            Standing::Bad => JobStanding::Badly,
        };
        history.job_stands(job, standing)?;
        *open = Some(history);
        Ok(())
    }
}

impl Journal for Past {
    fn last(&self, job: &str) -> Option<LastRun> {
        // Where there is no history yet, nothing was run.
        let history = History::read(&self.store).ok()?;
        let last = history.last_run(job).ok()??;
        let end = match (last.ended, last.unended_before) {
            (Some(_), _) => LastEnd::Over,
            (None, 0) => LastEnd::Never,
            (None, 1..) => LastEnd::NeverAgain,
        };
        Some(LastRun {
            started: last.started,
            end,
        })
    }

    fn standing(&self, job: &str) -> Option<Standing> {
        let history = History::read(&self.store).ok()?;
        match history.job_standing(job).ok()?? {
            JobStanding::Well => Some(Standing::Good),
            JobStanding::Badly => Some(Standing::Bad),
        }
    }

    fn stands(&self, job: &str, standing: Standing) -> Result<(), String> {
        let noted = self.note(job, standing);
        noted.map_err(|error| error.to_string())
    }
}
