//! `vars_files` and `vars_prompt`: variables of a play from outside the playbook.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::playbook::Play;
use crate::playbook::Prompt;
use crate::playbook::around::fixed;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::is_idle;
use crate::playbook::shape::is_name;
use crate::playbook::shape::wrong;
use crate::playbook::shelf;
use crate::syntax::Content;
use crate::syntax::Node;

/// Keys of an entry of `vars_prompt`.
const PROMPT_KEYS: [&str; 9] = [
    "name",
    "prompt",
    "default",
    "private",
    "confirm",
    "unsafe",
    "encrypt",
    "salt",
    "salt_size",
];

impl Reader {
    /// Lays the variables of `vars_files` over those of the play, and tells which these are.
    pub(super) fn vars_files(
        &mut self,
        play: &Node,
        vars: &mut BTreeMap<String, Node>,
        folder: &Path,
    ) -> BTreeMap<String, Span> {
        let mut set = BTreeMap::new();
        let Some(value) = play.get("vars_files") else {
            return set;
        };
        let entries = match &value.content {
            Content::Sequence(items) => items.iter().collect(),
            Content::Null => Vec::new(),
            _ => vec![value],
        };
        for entry in entries {
            let Some(found) = self.vars_file(entry, vars, folder) else {
                continue;
            };
            set.extend(found.keys().map(|name| (name.clone(), entry.span.clone())));
            vars.extend(found);
        }
        set
    }

    /// One entry: a file, or a list of which the first that is there counts.
    fn vars_file(
        &mut self,
        entry: &Node,
        vars: &BTreeMap<String, Node>,
        folder: &Path,
    ) -> Option<BTreeMap<String, Node>> {
        let names: Vec<&Node> = match &entry.content {
            Content::Sequence(items) => items.iter().collect(),
            _ => vec![entry],
        };
        let mut candidates = Vec::new();
        for name in names {
            let known = match fixed(name, &self.shelf, &[vars], folder) {
                Ok(known) => known,
                Err(mistake) => {
                    self.push(mistake.help(
                        "`include_vars` among `pre_tasks` reads a file that depends on the host",
                    ));
                    return None;
                }
            };
            let Some(file) = known.as_text() else {
                self.push(wrong("vars_files", "a list of files", &known));
                return None;
            };
            candidates.extend(shelf::candidates(file.trim(), Some("vars"), folder, folder));
        }
        let path = self.shelf.demand(&candidates, &entry.span);
        let path = path.map_err(|mistake| self.push(mistake)).ok()?;
        match self.shelf.tree(&path, &entry.span) {
            Ok(root) => {
                let engine = self.engine();
                let what = "a file of variables";
                Some(shape::variables(what, &root, &engine, &mut self.mistakes))
            }
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    /// The questions of a play.
    pub(super) fn prompts(&mut self, play: &Node) -> Vec<Prompt> {
        let Some(value) = play.get("vars_prompt") else {
            return Vec::new();
        };
        if !matches!(value.content, Content::Sequence(_) | Content::Null) {
            self.push(wrong("vars_prompt", "a list of questions", value));
        }
        let items = value.items().iter();
        items.filter_map(|item| self.prompt(item)).collect()
    }

    fn prompt(&mut self, item: &Node) -> Option<Prompt> {
        for (key, value) in item.entries() {
            self.check_prompt_key(key, value);
        }
        let Some(name) = item.get("name").and_then(Node::spelled) else {
            self.push(
                Diagnostic::error("missing-key", "the question lacks `name`")
                    .at(&item.span)
                    .label("needs the name of a variable"),
            );
            return None;
        };
        if !is_name(name) {
            self.push(shape::bad_name(name, item));
            return None;
        }
        let mut flag = |key: &str| {
            let value = item.get(key)?;
            shape::truth(key, value, &mut self.mistakes)
        };
        let private = flag("private").unwrap_or(true);
        let confirm = flag("confirm").unwrap_or_default();
        let is_unsafe = flag("unsafe").unwrap_or_default();
        let prompt = item.get("prompt").and_then(Node::spelled).unwrap_or(name);
        let default = item
            .get("default")
            .filter(|value| value.content != Content::Null);
        Some(Prompt {
            name: name.to_owned(),
            prompt: prompt.to_owned(),
            default: default.cloned(),
            private,
            confirm,
            is_unsafe,
        })
    }

    fn check_prompt_key(&mut self, key: &Node, value: &Node) {
        let word = key.spelled().unwrap_or_default();
        if !PROMPT_KEYS.contains(&word) {
            self.push(
                Diagnostic::error("unknown-key", format!("a question has no key `{word}`"))
                    .at(&key.span)
                    .label("no such key")
                    .suggest(word, PROMPT_KEYS)
                    .help("keys of a question: `name`, `prompt`, `default`, `private`, `confirm`, `unsafe`"),
            );
        } else if word == "encrypt" && !is_idle(value) {
            self.push(
                Diagnostic::error("unsupported-keyword", "`encrypt` is not supported")
                    .at(&key.span)
                    .help("it makes password hashes for Unix; leave it out"),
            );
        }
    }

    /// The questions whose answers count: neither `-e` nor a file answers them.
    pub(super) fn open_prompts(
        &mut self,
        prompts: Vec<Prompt>,
        files: &BTreeMap<String, Span>,
    ) -> Vec<Prompt> {
        let mut open = Vec::new();
        for prompt in prompts {
            if self.shelf.extra.contains_key(&prompt.name) {
                continue;
            }
            if let Some(span) = files.get(&prompt.name) {
                self.push(
                    Diagnostic::warning(
                        "unasked-question",
                        format!(
                            "`{}` is not asked for: a file of `vars_files` sets it",
                            prompt.name
                        ),
                    )
                    .at(span),
                );
                continue;
            }
            open.push(prompt);
        }
        open
    }
}

impl Prompt {
    /// The value that an answer stands for; nothing typed means the default, and an empty text where there is none, as
    /// in Ansible. What was typed unseen is never a template and never shown, and what is unsafe is no template either.
    pub fn answer(&self, typed: &str) -> Node {
        if let (true, Some(default)) = (typed.is_empty(), &self.default) {
            return default.clone();
        }
        let source = Arc::new(Source {
            name: format!("<answer for {}>", self.name),
            text: typed.to_owned(),
            secret: self.private,
        });
        Node {
            span: Span {
                start: 0,
                end: typed.len(),
                source,
            },
            content: if self.private || self.is_unsafe {
                Content::Unsafe(typed.to_owned())
            } else {
                Content::Text(typed.to_owned())
            },
        }
    }
}

impl Play {
    /// The play with its questions answered; an answer beats a variable of the play. Questions without an answer stay.
    #[must_use]
    pub fn answered(&self, answers: &BTreeMap<String, Node>) -> Self {
        let mut play = self.clone();
        for prompt in &self.prompts {
            if let Some(answer) = answers.get(&prompt.name) {
                play.vars.insert(prompt.name.clone(), answer.clone());
            }
        }
        play.prompts
            .retain(|prompt| !answers.contains_key(&prompt.name));
        play
    }
}
