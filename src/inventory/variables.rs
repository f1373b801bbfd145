//! Files of variables: `group_vars/NAME` and `host_vars/NAME` beside an inventory or a playbook.
//!
//! A folder is listed once, and of its files only those are read whose name is that of a known group or host.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::files::Kind;
use crate::inventory::document;
use crate::inventory::draft::Draft;
use crate::inventory::draft::Vars;
use crate::inventory::source::Reading;
use crate::inventory::yaml::is_something;
use crate::syntax::Content;
use crate::syntax::Node;

/// What may follow the name of a group or host, in the order in which it is looked for.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];
/// How deep folders may nest; a link may lead back up.
const DEPTH: usize = 32;

/// What the files beside one inventory, or beside the playbook, say.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) groups: BTreeMap<usize, Vars>,
    pub(super) hosts: BTreeMap<usize, Vars>,
}

impl Beside {
    /// Reads what is in a folder.
    pub(super) fn read(
        folder: &Path,
        draft: &mut Draft,
        reading: &Reading,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut reader = Reader { reading, mistakes };
        let named = reader.named(&folder.join("group_vars"), &|name| draft.known_group(name));
        let groups = reader.all(named, draft);
        let named = reader.named(&folder.join("host_vars"), &|name| draft.known_host(name));
        let hosts = reader.all(named, draft);
        Self { groups, hosts }
    }
}

/// The best path for each group or host, and how good it is: its place in [`ENDINGS`].
type Found = BTreeMap<usize, (usize, PathBuf)>;

struct Reader<'a> {
    reading: &'a Reading,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn named(&mut self, folder: &Path, known: &dyn Fn(&str) -> Option<usize>) -> Found {
        let mut found = Found::new();
        match self.reading.files.kind(folder) {
            Kind::Folder => {}
            Kind::Absent => return found,
            Kind::File | Kind::Executable => {
                let says = format!("`{}` is no folder, and is not read", folder.display());
                self.mistakes
                    .push(Diagnostic::warning("not-a-folder", says));
                return found;
            }
        }
        for path in self.list(folder) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            for (rank, ending) in ENDINGS.iter().enumerate() {
                let Some(owner) = name.strip_suffix(ending).and_then(known) else {
                    continue;
                };
                let is_better = found.get(&owner).is_none_or(|(best, _)| rank < *best);
                if is_better && self.reading.files.kind(&path) != Kind::Absent {
                    found.insert(owner, (rank, path.clone()));
                }
            }
        }
        found
    }

    fn list(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.reading.files.list(folder).unwrap_or_else(|error| {
            let says = format!("cannot list `{}`: {error}", folder.display());
            self.mistakes.push(Diagnostic::error("unreadable", says));
            Vec::new()
        })
    }

    fn all(&mut self, found: Found, draft: &mut Draft) -> BTreeMap<usize, Vars> {
        let mut all = BTreeMap::new();
        for (owner, (_, path)) in found {
            let mut files = Vec::new();
            self.files(path, 0, &mut files);
            let mut vars = Vars::new();
            for file in files {
                self.file(&file, draft, &mut vars);
            }
            if !vars.is_empty() {
                all.insert(owner, vars);
            }
        }
        all
    }

    /// The files of a folder and of those in it; a file itself.
    fn files(&mut self, path: PathBuf, depth: usize, files: &mut Vec<PathBuf>) {
        match self.reading.files.kind(&path) {
            Kind::File | Kind::Executable => files.push(path),
            Kind::Absent => {}
            Kind::Folder if depth > DEPTH => {}
            Kind::Folder => {
                for inner in self.list(&path) {
                    if self.counts(&inner) {
                        self.files(inner, depth + 1, files);
                    }
                }
            }
        }
    }

    /// Whether something within such a folder is read: no hidden file, no backup, and with an ending that is known; of
    /// folders those without an ending.
    fn counts(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return false;
        };
        if name.starts_with('.') || name.ends_with('~') {
            return false;
        }
        match name.rfind('.').and_then(|dot| name.get(dot..)) {
            None => true,
            Some(ending) => {
                ENDINGS.contains(&ending) && self.reading.files.kind(path) != Kind::Folder
            }
        }
    }

    fn file(&mut self, path: &Path, draft: &mut Draft, vars: &mut Vars) {
        let source = match document::read(path, self.reading) {
            Ok(source) => source,
            Err(mistake) => return self.mistakes.push(*mistake),
        };
        let (node, mistakes) = crate::syntax::parse_data(&source);
        self.mistakes.extend(mistakes);
        let Some(node) = node.filter(is_something) else {
            return;
        };
        crate::syntax::hide(&node, &self.reading.keyring);
        let Content::Mapping(entries) = node.content else {
            let mistake = Diagnostic::error(
                "not-variables",
                "a file of variables is a mapping from names to values",
            )
            .at(&node.span)
            .label(format!("this is {}", node.describe()));
            return self.mistakes.push(mistake);
        };
        for (key, value) in entries {
            let name = draft.name(&word(&key));
            vars.push((name, value));
        }
    }
}

/// The name that a key gives to a variable: for a number or a bare word what JSON would write.
pub(super) fn word(key: &Node) -> Cow<'_, str> {
    match &key.content {
        Content::Text(text) | Content::Unsafe(text) => Cow::Borrowed(text),
        Content::Null => Cow::Borrowed("null"),
        Content::Bool(true) => Cow::Borrowed("true"),
        Content::Bool(false) => Cow::Borrowed("false"),
        Content::Int(number) => Cow::Owned(number.to_string()),
        Content::Float(number) => Cow::Owned(format!("{number:?}")),
        Content::Sealed(_) | Content::Sequence(_) | Content::Mapping(_) => {
            Cow::Borrowed(key.span.text())
        }
    }
}

/// Variables by name, later ones winning.
pub(super) fn by_name<'v>(
    layers: impl IntoIterator<Item = &'v Vars>,
) -> BTreeMap<&'v str, &'v Node> {
    layers
        .into_iter()
        .flatten()
        .map(|(name, value): &(Arc<str>, Node)| (&**name, value))
        .collect()
}
