//! A text to plays, with every mistake that is in it and in the files that it imports.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::playbook::Play;
use crate::playbook::Playbook;
use crate::playbook::around::Around;
use crate::playbook::around::Own;
use crate::playbook::around::PlaySide;
use crate::playbook::keywords;
use crate::playbook::module::short;
use crate::playbook::play::Imported;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shelf;
use crate::playbook::shelf::Shelf;
use crate::playbook::shelf::folder_of;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;

/// Reads a playbook; `None` when there is an error.
pub(super) fn playbook(source: &Arc<Source>, shelf: Shelf) -> (Option<Playbook>, Vec<Diagnostic>) {
    let root = match syntax::parse(source) {
        Ok(root) => root,
        Err(mistakes) => return (None, mistakes),
    };
    let mut reader = Reader::new(Arc::new(shelf));
    let file = shelf::normal(Path::new(&source.name));
    let imported = Imported {
        files: vec![file],
        ..Imported::default()
    };
    let plays = reader.plays(&root, &imported);
    let controls = reader.controls.close();
    let mistakes = in_order(reader.mistakes, source);
    let sound = shape::errors(&mistakes) == 0;
    (
        sound.then(|| Playbook {
            name: source.name.clone(),
            plays: plays.into_iter().map(Arc::new).collect(),
            controls,
        }),
        mistakes,
    )
}

/// File by file, the playbook first, and in the order of the lines, whatever was looked at first; each mistake once,
/// though a file may be read several times.
fn in_order(mistakes: Vec<Diagnostic>, first: &Arc<Source>) -> Vec<Diagnostic> {
    let mut files: Vec<Arc<Source>> = vec![Arc::clone(first)];
    let mut keyed = Vec::new();
    for mistake in mistakes {
        let key = mistake.span.as_ref().map(|span| {
            let known = files.iter().position(|file| file.name == span.source.name);
            let file = known.unwrap_or_else(|| {
                files.push(Arc::clone(&span.source));
                files.len() - 1
            });
            (file, span.start)
        });
        keyed.push((key, mistake));
    }
    keyed.sort_by_key(|(key, _)| *key);
    let mut found: Vec<Diagnostic> = Vec::new();
    for (_, mistake) in keyed {
        let is_told = found
            .iter()
            .rev()
            .take_while(|told| told.span == mistake.span)
            .any(|told| *told == mistake);
        if !is_told {
            found.push(mistake);
        }
    }
    found
}

impl Reader {
    /// The plays of a playbook, those that it imports among them.
    fn plays(&mut self, root: &Node, imported: &Imported) -> Vec<Play> {
        match &root.content {
            Content::Sequence(items) if !items.is_empty() => {
                let mut found = Vec::new();
                for item in items {
                    match import_of(item) {
                        Some(import) => found.extend(self.import_playbook(import, item, imported)),
                        None => found.extend(self.play(item, imported)),
                    }
                }
                found
            }
            Content::Null | Content::Sequence(_) => {
                self.push(no_plays(&root.span));
                Vec::new()
            }
            _ => {
                self.push(not_a_list(root));
                Vec::new()
            }
        }
    }

    fn import_playbook(&mut self, file: &Node, item: &Node, outer: &Imported) -> Vec<Play> {
        for (key, value) in item.entries() {
            if !keywords::tell(keywords::IMPORT, key, value, &mut self.mistakes) {
                let mistake = keywords::unknown("`import_playbook`", keywords::IMPORT, key);
                self.push(mistake);
            }
        }
        let Some(imported) = self.imported_playbook(file, item, outer) else {
            return Vec::new();
        };
        let path = imported.files.last().cloned().unwrap_or_default();
        match self.shelf.tree(&path, &file.span) {
            Ok(root) => self.plays(&root, &imported),
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                Vec::new()
            }
        }
    }

    /// What the plays of an imported playbook take from the import.
    fn imported_playbook(
        &mut self,
        file: &Node,
        item: &Node,
        outer: &Imported,
    ) -> Option<Imported> {
        let here = outer.files.last().cloned().unwrap_or_default();
        let side = PlaySide {
            folder: folder_of(&here).to_owned(),
            vars: outer.vars.clone(),
            ..PlaySide::default()
        };
        let mut around = Around::play(Arc::new(side), PathBuf::new(), Own::default());
        around.files.clone_from(&outer.files);
        let own = self.own(item, &around);
        let inner = around.within(own.clone());
        let (name, at) = self.now_text("import_playbook", file, &inner)?;
        let folder = folder_of(&here);
        let candidates = shelf::candidates(name.trim(), None, folder, folder);
        let files = self.enter(&candidates, &at, &inner)?.files;
        let mut when = outer.when.clone();
        when.extend(own.when);
        let mut tags = outer.tags.clone();
        tags.extend(own.tags);
        let mut vars = own.vars;
        // The outermost import has the last word.
        vars.extend(outer.vars.clone());
        let control = own.keywords.control.or_else(|| outer.control.clone());
        Some(Imported {
            files,
            when,
            tags,
            vars,
            control,
        })
    }
}

fn import_of(item: &Node) -> Option<&Node> {
    item.entries()
        .iter()
        .find(|(key, _)| {
            key.spelled()
                .is_some_and(|word| short(word) == "import_playbook")
        })
        .map(|(_, value)| value)
}

fn no_plays(span: &Span) -> Diagnostic {
    Diagnostic::error(
        "empty-playbook",
        format!("`{}` holds no play", span.source.name),
    )
    .at(span)
    .help("a playbook is a list of plays, each with `hosts` and `tasks`")
}

fn not_a_list(root: &Node) -> Diagnostic {
    let looks_like_inventory = root.get("all").is_some()
        || root
            .entries()
            .iter()
            .any(|(_, value)| value.get("hosts").is_some());
    let advice = if looks_like_inventory {
        "this looks like an inventory: give it with `-i`"
    } else {
        "a playbook is a list of plays: begin each with `- hosts: ...`"
    };
    Diagnostic::error("wrong-type", "a playbook must be a list of plays")
        .at(&root.span)
        .label(format!("this is {}", root.describe()))
        .help(advice)
}
