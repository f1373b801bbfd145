//! Files of tasks and of variables that are read while a run goes on.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::playbook::Statement;
use crate::playbook::around::Around;
use crate::playbook::around::Own;
use crate::playbook::around::PlaySide;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shelf;
use crate::playbook::shelf::Shelf;
use crate::playbook::shelf::folder_of;
use crate::syntax::Node;

/// Reads the files that one statement includes, each once; serves all hosts at the same time.
pub struct Library {
    shelf: Arc<Shelf>,
    around: Around,
    at: Span,
    tasks: Mutex<HashMap<String, Tasks>>,
}

/// The statements of a file, or what is wrong with it.
type Tasks = Result<Arc<Vec<Statement>>, Vec<Diagnostic>>;

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Library").field(&self.at).finish()
    }
}

impl Default for Library {
    /// A library without files.
    fn default() -> Self {
        let source = Arc::new(Source {
            name: String::new(),
            text: String::new(),
            secret: false,
        });
        let nowhere = Span {
            source,
            start: 0,
            end: 0,
        };
        let around = Around::play(Arc::default(), PathBuf::new(), Own::default());
        Self::new(&Arc::new(Shelf::empty()), around, &nowhere)
    }
}

impl Library {
    /// A library for a statement at this place, with what its tasks take from what is around it.
    pub(super) fn new(shelf: &Arc<Shelf>, around: Around, at: &Span) -> Self {
        Self {
            shelf: Arc::clone(shelf),
            around,
            at: at.clone(),
            tasks: Mutex::default(),
        }
    }

    /// A library without files, for plays that come from elsewhere than a file.
    pub fn closed(at: &Span) -> Self {
        let play = Arc::new(PlaySide::default());
        let around = Around::play(play, PathBuf::new(), Own::default());
        Self::new(&Arc::new(Shelf::empty()), around, at)
    }

    /// The statements of a file of tasks, named as the playbook names it: beside the file that includes it, else beside
    /// the playbook. Keywords of the play, of blocks around the include and of its `apply` are pushed down.
    ///
    /// The errors are all mistakes of the file, or that there is none.
    pub fn tasks(&self, file: &str) -> Result<Arc<Vec<Statement>>, Vec<Diagnostic>> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tasks.get(file) {
            return known.clone();
        }
        let mut reader = Reader::new(Arc::clone(&self.shelf));
        let found = self.read(file, &mut reader);
        let known = self.around.play.handlers.get();
        reader.check_notified(known.map(Vec::as_slice).unwrap_or_default());
        let found = match found {
            Some(found) if reader.errors() == 0 => Ok(Arc::new(found)),
            Some(_) | None => Err(reader.mistakes),
        };
        tasks.insert(file.to_owned(), found.clone());
        found
    }

    /// The statements of the file that was read with the playbook; `None` when its name is a template, or when another
    /// statement had it read.
    pub(super) fn known(&self, file: &str) -> Option<Arc<Vec<Statement>>> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.get(file).and_then(|found| found.clone().ok())
    }

    /// Tells everything that is wrong with a file while the playbook is read, once for each play.
    pub(super) fn check(&self, file: &str, reader: &mut Reader) {
        let candidates = self.candidates(file, None);
        let path = match self.shelf.demand(&candidates, &self.at) {
            Ok(path) => path,
            Err(mistake) => return reader.push(mistake),
        };
        let is_new = {
            let mut checked = self
                .around
                .play
                .checked
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            checked.insert(path.clone())
        };
        // The playbook itself is none of the files of tasks that are being read.
        let is_open = self.around.files.iter().skip(1).any(|file| *file == path);
        if !is_new || is_open {
            return;
        }
        let before = reader.errors();
        let Some(found) = self.read(file, reader) else {
            return;
        };
        if reader.errors() == before {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.insert(file.to_owned(), Ok(Arc::new(found)));
        }
    }

    fn read(&self, file: &str, reader: &mut Reader) -> Option<Vec<Statement>> {
        let candidates = self.candidates(file, None);
        let path = self.shelf.demand(&candidates, &self.at);
        let path = path.map_err(|mistake| reader.push(mistake)).ok()?;
        let items = reader.task_file(&path, &self.at)?;
        let around = self.around.in_file(path);
        Some(reader.statements(items.items(), &around))
    }

    /// The variables of a file.
    ///
    /// The errors are all mistakes of the file, or that there is none.
    pub fn variables(&self, file: &str) -> Result<Arc<BTreeMap<String, Node>>, Vec<Diagnostic>> {
        let candidates = self.candidates(file, Some("vars"));
        let path = self
            .shelf
            .demand(&candidates, &self.at)
            .map_err(|mistake| vec![mistake])?;
        let root = self.shelf.tree(&path, &self.at)?;
        let mut mistakes = Vec::new();
        let variables = shape::variables(
            "a file of variables",
            &root,
            &self.shelf.engine,
            &mut mistakes,
        );
        if shape::errors(&mistakes) == 0 {
            Ok(Arc::new(variables))
        } else {
            Err(mistakes)
        }
    }

    fn candidates(&self, file: &str, sort: Option<&str>) -> Vec<PathBuf> {
        let from = self.around.file();
        shelf::candidates(
            file.trim(),
            sort,
            folder_of(&from),
            &self.around.play.folder,
        )
    }
}
