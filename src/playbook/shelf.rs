//! The files that a playbook draws on, each opened and read once.
//!
//! Knows paths, bytes and encryption; must not know what the files say.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::files::Files;
use crate::files::Kind;
use crate::playbook::Reading;
use crate::syntax;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::vault::Keyring;

/// Files that one playbook may import; honest ones import some dozens.
const MOST_IMPORTS: usize = 2_000;

/// Files, with what it takes to read them.
pub(super) struct Shelf {
    files: Option<Arc<dyn Files>>,
    keyring: Arc<Keyring>,
    /// `-e`.
    pub(super) extra: BTreeMap<String, Node>,
    /// Checks and, later, evaluates; one for everything that belongs to a playbook.
    pub(super) engine: Arc<Engine>,
    trees: Mutex<HashMap<PathBuf, Tree>>,
    imports: AtomicUsize,
}

/// What a file holds, or what is wrong with it.
type Tree = Result<Arc<Node>, Vec<Diagnostic>>;

impl fmt::Debug for Shelf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shelf")
    }
}

impl Shelf {
    /// A shelf without files.
    pub(super) fn empty() -> Self {
        Self {
            files: None,
            keyring: Arc::default(),
            extra: BTreeMap::new(),
            engine: Arc::new(Engine::new()),
            trees: Mutex::default(),
            imports: AtomicUsize::new(0),
        }
    }

    /// A shelf with the files of the machine.
    pub(super) fn of(reading: &Reading) -> Self {
        Self {
            files: Some(Arc::clone(&reading.files)),
            keyring: Arc::clone(&reading.keyring),
            extra: reading.extra.clone(),
            engine: reading.engine.clone().unwrap_or_else(|| {
                Arc::new(Engine::new().with_keyring(Arc::clone(&reading.keyring)))
            }),
            ..Self::empty()
        }
    }

    /// The first of the paths at which there is a file.
    pub(super) fn find(&self, candidates: &[PathBuf]) -> Option<PathBuf> {
        let files = self.files.as_ref()?;
        candidates
            .iter()
            .find(|path| matches!(files.kind(path), Kind::File | Kind::Executable))
            .cloned()
    }

    /// Like [`Shelf::find`], with the mistake when there is none.
    pub(super) fn demand(&self, candidates: &[PathBuf], at: &Span) -> Result<PathBuf, Diagnostic> {
        if self.files.is_none() {
            return Err(
                Diagnostic::error("no-files", "other files are not read here")
                    .at(at)
                    .label("names another file"),
            );
        }
        self.find(candidates).ok_or_else(|| {
            let looked: Vec<String> = candidates
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            Diagnostic::error("no-such-file", "there is no such file")
                .at(at)
                .help(format!("looked for {}", looked.join(", ")))
        })
    }

    /// Counts an import; the mistake when there are more than any playbook needs.
    pub(super) fn count_import(&self, at: &Span) -> Result<(), Diagnostic> {
        if self.imports.fetch_add(1, Ordering::Relaxed) < MOST_IMPORTS {
            return Ok(());
        }
        Err(Diagnostic::error(
            "too-many-imports",
            format!("more than {MOST_IMPORTS} files are imported"),
        )
        .at(at)
        .label("the limit is passed here"))
    }

    /// What the file at a path holds. Files that ansible-vault encrypted as a whole are opened.
    pub(super) fn tree(&self, path: &Path, at: &Span) -> Tree {
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = trees.get(path) {
            return tree.clone();
        }
        let tree = self
            .source(path, at)
            .map_err(|mistake| vec![mistake])
            .and_then(|source| syntax::parse(&source))
            .map(|node| {
                syntax::hide(&node, &self.keyring);
                Arc::new(node)
            });
        trees.insert(path.to_owned(), tree.clone());
        tree
    }

    fn source(&self, path: &Path, at: &Span) -> Result<Arc<Source>, Diagnostic> {
        let unreadable = |reason: String| {
            Diagnostic::error(
                "unreadable-file",
                format!("`{}` cannot be read: {reason}", path.display()),
            )
            .at(at)
        };
        let files = self
            .files
            .as_ref()
            .ok_or_else(|| unreadable("other files are not read here".to_owned()))?;
        let bytes = files
            .read(path)
            .map_err(|error| unreadable(error.to_string()))?;
        let name = path.display().to_string();
        let opened = syntax::document(&name, bytes, &self.keyring);
        // What is wrong with a text says itself where.
        opened.map_err(|mistake| match mistake.span {
            Some(_) => *mistake,
            None => mistake.at(at),
        })
    }
}

/// Where a file may lie that another one names: beside the one that names it, then beside the playbook; in the folder
/// of its sort (`vars`, `tasks`) first when there is one.
pub(super) fn candidates(
    name: &str,
    sort: Option<&str>,
    from: &Path,
    playbook: &Path,
) -> Vec<PathBuf> {
    let name = Path::new(name);
    if name.is_absolute() {
        return vec![normal(name)];
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in [from, playbook] {
        let sorted = sort
            .filter(|sort| !name.starts_with(sort))
            .map(|sort| folder.join(sort).join(name));
        for path in sorted.into_iter().chain([folder.join(name)]) {
            let path = normal(&path);
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

/// The path without detours: `a/../b` is `b`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut kept = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(kept.components().next_back(), Some(Component::Normal(_))) =>
            {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    kept
}

/// The folder that a file lies in; empty for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::path::PathBuf;

    use super::candidates;
    use super::normal;

    #[test]
    fn detours_are_left_out_but_not_those_above_the_start() {
        assert_eq!(normal(Path::new("a/./b/../c")), Path::new("a/c"));
        assert_eq!(normal(Path::new("../../a")), Path::new("../../a"));
        assert_eq!(normal(Path::new("/a/../b")), Path::new("/b"));
    }

    #[test]
    fn files_are_looked_for_beside_the_one_that_names_them_first() {
        let found = |name, sort| -> Vec<PathBuf> {
            candidates(name, sort, Path::new("tasks"), Path::new(""))
        };
        assert_eq!(
            found("a.yml", None),
            [Path::new("tasks/a.yml"), Path::new("a.yml")]
        );
        assert_eq!(
            found("a.yml", Some("vars")),
            [
                Path::new("tasks/vars/a.yml"),
                Path::new("tasks/a.yml"),
                Path::new("vars/a.yml"),
                Path::new("a.yml"),
            ]
        );
        assert_eq!(found("/a.yml", Some("vars")), [Path::new("/a.yml")]);
    }
}
