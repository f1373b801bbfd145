//! The way to the history: a few readers at once, each on a thread that may wait, so that no look at it delays another
//! request.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::dashboard::problem::Problem;
use crate::history::HistoryError;

/// Readers at once; further ones wait for their turn.
const READERS: usize = 4;

/// A history by its file. It is opened anew for each look, so that one that was replaced meanwhile is found.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    places: Arc<Semaphore>,
}

impl Archive {
    /// The history in a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            places: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// Looks at it on a thread that may wait.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        looking: impl FnOnce(&Path) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let path = self.path.clone();
        // A look goes on when its request has been given up, and keeps its place until it ends.
        let looked = tokio::task::spawn_blocking(move || {
            let _place = place;
            looking(&path)
        });
        // A look that ended without an answer is told as a history that gives none.
        looked.await.unwrap_or_else(|_| Err(Problem::unreadable()))
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        tracing::error!(%error, "the dashboard cannot read the history");
        Self::unreadable()
    }
}
