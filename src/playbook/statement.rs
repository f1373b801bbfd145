//! Lists of tasks: blocks, tasks, and files that are imported while the playbook is read.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::Block;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::playbook::around::Around;
use crate::playbook::keywords;
use crate::playbook::module;
use crate::playbook::module::Module;
use crate::playbook::reader::Reader;
use crate::playbook::shape::is_idle;
use crate::playbook::shape::wrong;
use crate::playbook::shelf;
use crate::playbook::shelf::folder_of;
use crate::syntax::Content;
use crate::syntax::Node;

/// Blocks and files that may stand in each other.
const DEEPEST: usize = 64;
/// Keys of tasks that an import hands down to nobody.
const NOT_HANDED_DOWN: [&str; 8] = [
    "register",
    "changed_when",
    "failed_when",
    "until",
    "retries",
    "delay",
    "listen",
    "loop_control",
];

impl Reader {
    /// Statements as a playbook writes them; imports are replaced by what they import.
    pub(super) fn statements(&mut self, items: &[Node], around: &Around) -> Vec<Statement> {
        let mut found = Vec::new();
        if let Some(first) = items.first().filter(|_| around.depth > DEEPEST) {
            self.push(
                Diagnostic::error(
                    "too-deep",
                    format!("more than {DEEPEST} blocks and files stand in each other"),
                )
                .at(&first.span)
                .label("the limit is passed here"),
            );
            return found;
        }
        for item in items {
            if item.get("block").is_some() {
                let block = self.block(item, around);
                found.push(Statement::Block(Arc::new(block)));
            } else if ["rescue", "always"]
                .iter()
                .any(|key| item.get(key).is_some())
            {
                self.push(
                    Diagnostic::error("missing-key", "`rescue` and `always` belong to a `block`")
                        .at(&item.span)
                        .label("needs `block`"),
                );
            } else if let Some(import) = self.import(item) {
                let imported = self.imported(&import, item, around);
                if let Some((items, inner)) = imported {
                    found.extend(self.statements(items.items(), &inner));
                }
            } else {
                self.check_listen(item);
                let task = self.task(item, around);
                found.extend(task.map(|task| Statement::Task(Arc::new(task))));
            }
        }
        found
    }

    fn check_listen(&mut self, item: &Node) {
        if let Some(listen) = item.get("listen") {
            self.push(
                Diagnostic::error("unknown-key", "`listen` belongs to handlers")
                    .at(&listen.span)
                    .help("a task that others call stands under `handlers`"),
            );
        }
    }

    /// Handlers as a playbook writes them, and the names that they answer to, those of broken ones among them.
    pub(super) fn handlers(
        &mut self,
        items: &[Node],
        around: &Around,
        names: &mut Vec<(String, Span)>,
    ) -> Vec<Task> {
        let mut found = Vec::new();
        for item in items {
            if item.get("block").is_some() {
                self.push(
                    Diagnostic::error("block-as-handler", "a block cannot be a handler")
                        .at(&item.span)
                        .help("make its tasks handlers with the same `listen`"),
                );
            } else if let Some(import) = self.import(item) {
                if let Some((items, inner)) = self.imported(&import, item, around) {
                    found.extend(self.handlers(items.items(), &inner, names));
                }
            } else {
                self.handler_name(item, names);
                found.extend(self.task(item, around));
            }
        }
        found
    }

    fn handler_name(&mut self, item: &Node, names: &mut Vec<(String, Span)>) {
        let name = item
            .get("name")
            .and_then(|name| Some((name.spelled()?, name)));
        if let Some((name, place)) = name {
            if names.iter().any(|(known, _)| known == name) {
                self.push(
                    Diagnostic::error(
                        "duplicate-handler",
                        format!("there are two handlers `{name}`"),
                    )
                    .at(&place.span)
                    .help("rename one of them; several handlers may share a name by `listen`"),
                );
            }
            if item.get("listen").is_some() {
                self.listening.push(name.to_owned());
            }
            names.push((name.to_owned(), place.span.clone()));
        } else if item.get("listen").is_none() && matches!(item.content, Content::Mapping(_)) {
            self.push(
                Diagnostic::error("missing-key", "the handler lacks `name`")
                    .at(&item.span)
                    .help("tasks notify a handler by its name"),
            );
        }
    }

    fn block(&mut self, node: &Node, around: &Around) -> Block {
        for (key, value) in node.entries() {
            if !keywords::tell(keywords::BLOCK, key, value, &mut self.mistakes) {
                let mistake = keywords::unknown("a block", keywords::BLOCK, key);
                self.push(mistake);
            }
        }
        let own = self.own(node, around);
        let inner = around.in_block(own);
        let mut part = |key| {
            let items = self.list(node, key);
            self.statements(items, &inner)
        };
        Block {
            body: part("block"),
            rescue: part("rescue"),
            always: part("always"),
            name: node.get("name").and_then(Node::spelled).map(Arc::from),
            span: node.span.clone(),
        }
    }

    /// The import that an entry is.
    fn import(&mut self, item: &Node) -> Option<Module> {
        let (key, value) = item.entries().iter().find(|(key, _)| {
            key.spelled()
                .is_some_and(|word| module::short(word) == "import_tasks")
        })?;
        Some(self.module_of(key, value, item))
    }

    /// The statements of an imported file, and what is around them.
    fn imported(
        &mut self,
        import: &Module,
        node: &Node,
        around: &Around,
    ) -> Option<(Arc<Node>, Around)> {
        for (key, value) in node.entries() {
            self.check_import_key(key, value, import);
        }
        let own = self.own(node, around);
        let inner = around.within(own);
        let file = self.file_argument(import)?;
        let file = self.now_text("import_tasks", &file, &inner)?;
        let folder = around.file();
        let candidates =
            shelf::candidates(file.0.trim(), None, folder_of(&folder), &around.play.folder);
        let inner = self.enter(&candidates, &file.1, &inner)?;
        let items = self.task_file(&inner.file(), &file.1)?;
        Some((items, inner))
    }

    fn check_import_key(&mut self, key: &Node, value: &Node, import: &Module) {
        let word = key.spelled().unwrap_or_default();
        if word == import.word {
            return;
        }
        if word == "loop" || word.starts_with("with_") {
            self.push(
                Diagnostic::error(
                    "loop-over-import",
                    "a file is imported once, before any host is known",
                )
                .at(&key.span)
                .help("use `include_tasks`, which is carried out for each item"),
            );
        } else if NOT_HANDED_DOWN.contains(&word) && !is_idle(value) {
            self.push(
                Diagnostic::error(
                    "without-effect",
                    format!("`{word}` has no effect on `import_tasks`"),
                )
                .at(&key.span)
                .help("state it at the tasks of the file"),
            );
        } else if !keywords::tell(keywords::TASK, key, value, &mut self.mistakes) {
            let mistake = keywords::unknown("a task", keywords::TASK, key);
            self.push(mistake);
        }
    }

    /// Steps into the first of the files that is there.
    pub(super) fn enter(
        &mut self,
        candidates: &[PathBuf],
        at: &Span,
        around: &Around,
    ) -> Option<Around> {
        let entered = self.shelf.demand(candidates, at).and_then(|path| {
            self.shelf.count_import(at)?;
            check_chain(&around.files, &path, at)?;
            Ok(around.in_file(path))
        });
        entered.map_err(|mistake| self.push(mistake)).ok()
    }

    /// What a file of tasks holds: a list, or nothing.
    pub(super) fn task_file(&mut self, path: &Path, at: &Span) -> Option<Arc<Node>> {
        let root = match self.shelf.tree(path, at) {
            Ok(root) => root,
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                return None;
            }
        };
        match &root.content {
            Content::Sequence(items) => {
                if let Some(play) = items.iter().find(|item| item.get("hosts").is_some()) {
                    self.push(
                        Diagnostic::error("play-among-tasks", "this is a play, not a task")
                            .at(&play.span)
                            .help("playbooks are imported by `import_playbook`, beside the plays"),
                    );
                    return None;
                }
                Some(root)
            }
            Content::Null => {
                self.push(
                    Diagnostic::warning(
                        "empty-file",
                        format!("`{}` holds no task", path.display()),
                    )
                    .at(at),
                );
                Some(root)
            }
            _ => {
                self.push(
                    wrong("a file of tasks", "a list", &root)
                        .help("begin each task with `- name: ...`"),
                );
                None
            }
        }
    }

    /// A text that is needed before hosts are known, with its place.
    pub(super) fn now_text(
        &mut self,
        key: &str,
        value: &Node,
        around: &Around,
    ) -> Option<(String, Span)> {
        let known = around.fixed(value, &self.shelf);
        let known = known.map_err(|mistake| self.push(mistake)).ok()?;
        match known.as_text() {
            Some(text) if !text.trim().is_empty() => Some((text.to_owned(), value.span.clone())),
            _ => {
                self.push(wrong(key, "the path of a file", &known));
                None
            }
        }
    }

    /// `file` of an import or an include, which may also stand as its text.
    pub(super) fn file_argument(&mut self, module: &Module) -> Option<Node> {
        for (key, _) in module.args.entries() {
            let word = key.spelled().unwrap_or_default();
            let is_known = word == "file" || word == "apply" && module.short() == "include_tasks";
            if !is_known {
                self.push(
                    Diagnostic::error(
                        "unknown-key",
                        format!("unknown key `{word}` in `{}`", module.word),
                    )
                    .at(&key.span)
                    .label("no such key")
                    .help("variables for the file stand under `vars`, beside it"),
                );
            }
        }
        let file = module.raw.as_ref().or_else(|| module.args.get("file"));
        if file.is_none() {
            self.push(
                Diagnostic::error("missing-key", format!("`{}` names no file", module.word))
                    .at(&module.span)
                    .label("needs `file`"),
            );
        }
        file.cloned()
    }
}

/// A file that imports itself, or too many that import each other in a row.
fn check_chain(files: &[PathBuf], path: &Path, at: &Span) -> Result<(), Diagnostic> {
    let again = files.iter().position(|file| file == path);
    if let Some(first) = again {
        let chain: Vec<String> = files
            .iter()
            .skip(first)
            .map(PathBuf::as_path)
            .chain([path])
            .map(|file| format!("`{}`", file.display()))
            .collect();
        return Err(Diagnostic::error(
            "import-cycle",
            format!("files import each other: {}", chain.join(" → ")),
        )
        .at(at)
        .help(
            "import a file from one side only; `include_tasks` with a `when` may repeat itself",
        ));
    }
    if files.len() > DEEPEST {
        return Err(Diagnostic::error(
            "too-deep",
            format!("more than {DEEPEST} files import each other in a row"),
        )
        .at(at)
        .label("the limit is passed here"));
    }
    Ok(())
}
