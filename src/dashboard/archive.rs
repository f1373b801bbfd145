//! The way to the history: a few readers at once, each on a thread that may wait, so that no look at it delays another
//! request.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::dashboard::problem::Problem;
use crate::history::HistoryError;

/// Readers at once; further ones wait for their turn.
const READERS: usize = 4;

/// A history by its file. It is opened anew for each look, so that one that was replaced meanwhile is found, and its log can
/// be brought into it between looks. Opening reads the schema and no more: it takes a fraction of a millisecond, also where
/// there are ten thousand hosts.
pub struct Archive {
    path: PathBuf,
    places: Arc<Semaphore>,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for Archive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Archive({})", self.path.display())
    }
}

impl Archive {
    /// The history in a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            places: Arc::new(Semaphore::new(READERS)),
            tell: Box::new(|_| {}),
        }
    }

    /// Tells why the history could not be read or shown, in one line; the reader is told no more than that.
    #[must_use]
    pub fn telling(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.tell = Box::new(tell);
        self
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
        let looked = looked
            .await
            .unwrap_or_else(|error| Err(Problem::unreadable().because(error.to_string())));
        if let Err(Problem {
            cause: Some(cause), ..
        }) = &looked
        {
            (self.tell)(cause);
        }
        looked
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        Self::unreadable().because(error.to_string())
    }
}
