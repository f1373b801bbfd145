//! Modules of Ansible that say what a resource says: their arguments in the resource's words, at the places of the
//! originals.
//!
//! Knows what the modules' options mean; must not know hosts. What a resource cannot say is refused option by option.

use crate::diag::Diagnostic;
use crate::diag::alternatives;
use crate::playbook::module::Module;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::has_template;
use crate::syntax::template::whole_expression;

mod firewall_rule;
mod regedit;
mod service;

/// A resource's word, with what its key would hold.
pub(super) type Translated = (&'static str, Node);

/// Turns the arguments of one module, and tells the word of the resource that they are for.
type Translate = fn(&mut Draft<'_>) -> &'static str;

/// The modules, by their short names.
const MODULES: [(&str, Options, Translate); 3] = [
    ("win_service", service::OPTIONS, service::translate),
    ("win_regedit", regedit::OPTIONS, regedit::translate),
    (
        "win_firewall_rule",
        firewall_rule::OPTIONS,
        firewall_rule::translate,
    ),
];

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is translated.
    Read,
    /// It changes nothing here, and nothing is lost by that.
    Idle,
    /// No resource can say it: what to do instead.
    Refused(&'static str),
}

/// The options of a module.
type Options = &'static [(&'static str, Fate)];

/// The short names of the modules that are translated.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _, _)| *name)
}

/// The modules with their options: `None` for those that are understood, else what to do instead.
pub(super) fn options()
-> impl Iterator<Item = (&'static str, Vec<(&'static str, Option<&'static str>)>)> {
    MODULES.iter().map(|(name, options, _)| {
        let options = options.iter().map(|(option, fate)| match fate {
            Fate::Refused(advice) => (*option, Some(*advice)),
            Fate::Read | Fate::Idle => (*option, None),
        });
        (*name, options.collect())
    })
}

/// The resource that a module states; `None` after a mistake was added, or when it is none of these modules.
pub(super) fn translate(module: &Module, mistakes: &mut Vec<Diagnostic>) -> Option<Translated> {
    let (_, options, translate) = MODULES
        .iter()
        .find(|(name, _, _)| *name == module.short())?;
    let mut draft = Draft {
        module,
        entries: Vec::new(),
        mistakes: Vec::new(),
    };
    draft.check(options);
    let kind = translate(&mut draft);
    let is_sound = draft.mistakes.is_empty();
    mistakes.append(&mut draft.mistakes);
    let node = Node {
        span: module.span.clone(),
        content: Content::Mapping(draft.entries),
    };
    is_sound.then_some((kind, node))
}

/// What a word of a module means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// This word of the resource.
    Is(&'static str),
    /// Nothing that the resource could say: what to do instead.
    Refused(&'static str),
}

/// Words of a module with what they mean.
type Words = &'static [(&'static str, Meaning)];

/// Arguments that are being translated.
struct Draft<'a> {
    module: &'a Module,
    entries: Vec<(Node, Node)>,
    mistakes: Vec<Diagnostic>,
}

impl<'a> Draft<'a> {
    /// Tells of options that are none and of those that cannot be had.
    fn check(&mut self, options: Options) {
        let word = &self.module.word;
        if let Some(raw) = &self.module.raw {
            self.mistakes.push(
                Diagnostic::error("wrong-type", format!("`{word}` must be keys with values"))
                    .at(&raw.span)
                    .label("names no key"),
            );
        }
        for (key, value) in self.module.args.entries() {
            let name = key.spelled().unwrap_or_default();
            let fate = options.iter().find(|(option, _)| *option == name);
            match fate.map(|(_, fate)| *fate) {
                Some(Fate::Refused(advice)) if value.content != Content::Null => {
                    self.mistakes.push(
                        Diagnostic::error(
                            "unsupported-option",
                            format!("`{name}` of `{word}` cannot be stated here"),
                        )
                        .at(&key.span)
                        .help(advice),
                    );
                }
                Some(_) => {}
                None => self.mistakes.push(
                    Diagnostic::error("unknown-key", format!("unknown key `{name}` in `{word}`"))
                        .at(&key.span)
                        .label("no such key")
                        .suggest(name, options.iter().map(|(option, _)| *option)),
                ),
            }
        }
    }

    /// The value of an option; null counts as absent, as in Ansible.
    fn value(&self, name: &str) -> Option<&'a Node> {
        self.module
            .args
            .get(name)
            .filter(|value| value.content != Content::Null)
    }

    /// The key of an option, for its place.
    fn key(&self, name: &str) -> Option<&'a Node> {
        let mut entries = self.module.args.entries().iter();
        entries
            .find(|(key, _)| key.spelled() == Some(name))
            .map(|(key, _)| key)
    }

    /// Adds a key of the resource; it stands where the option stands that it comes from.
    fn put(&mut self, name: &'static str, from: &str, value: Node) {
        let span = self
            .key(from)
            .map_or_else(|| self.module.span.clone(), |key| key.span.clone());
        let key = Node {
            span,
            content: Content::Text(name.to_owned()),
        };
        self.entries.push((key, value));
    }

    /// Takes an option over as it stands.
    fn keep(&mut self, name: &'static str, from: &str) {
        if let Some(value) = self.value(from) {
            self.put(name, from, value.clone());
        }
    }

    /// Adds a word that the module's defaults imply.
    fn imply(&mut self, name: &'static str, content: Content) {
        let value = Node {
            span: self.module.span.clone(),
            content,
        };
        self.put(name, "", value);
    }

    /// Takes an option over whose words are others in the resource.
    fn reword(&mut self, name: &'static str, from: &str, words: Words) {
        if let Some(value) = self.value(from)
            && let Some(value) = self.reworded(from, value, words)
        {
            self.put(name, from, value);
        }
    }

    /// The resource's word for a word of the module; of an expression, one that translates whatever it gives.
    fn reworded(&mut self, name: &str, value: &Node, words: Words) -> Option<Node> {
        if has_template(value) {
            return self.reworded_later(name, value, words);
        }
        let typed = value.spelled().unwrap_or_default();
        let meaning = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(typed))
            .map(|(_, meaning)| *meaning);
        let mistake = match meaning {
            Some(Meaning::Is(word)) => {
                return Some(Node {
                    span: value.span.clone(),
                    content: Content::Text(word.to_owned()),
                });
            }
            Some(Meaning::Refused(advice)) => Diagnostic::error(
                "unsupported-option",
                format!(
                    "`{name}: {typed}` of `{}` cannot be stated here",
                    self.module.word
                ),
            )
            .help(advice),
            None => unknown_word(name, typed, words),
        };
        self.mistakes.push(mistake.at(&value.span));
        None
    }

    fn reworded_later(&mut self, name: &str, value: &Node, words: Words) -> Option<Node> {
        let Some(inner) = value
            .as_text()
            .map(str::trim_start)
            .and_then(whole_expression)
        else {
            self.mistakes.push(
                Diagnostic::error(
                    "template-for-word",
                    format!("`{name}` must be a word, or one expression in braces"),
                )
                .at(&value.span)
                .help(format!("words: {}", alternatives(sayable(words)))),
            );
            return None;
        };
        let pairs: Vec<String> = words
            .iter()
            .filter_map(|(word, meaning)| match meaning {
                Meaning::Is(ours) => Some(format!("'{word}': '{ours}'")),
                Meaning::Refused(_) => None,
            })
            .collect();
        let table = format!("{{ {} }}", pairs.join(", "));
        // A word that is none of these passes through, and the resource tells of it.
        let text = format!("{{{{ ({table})[{inner}] if ({inner}) in ({table}) else ({inner}) }}}}");
        Some(Node {
            span: value.span.clone(),
            content: Content::Text(text),
        })
    }

    /// The word of an option that decides which resource it is; no template can give it.
    fn deciding(&mut self, name: &str, default: &'static str) -> Option<String> {
        let Some(value) = self.value(name) else {
            return Some(default.to_owned());
        };
        if has_template(value) {
            self.mistakes.push(
                Diagnostic::error(
                    "template-for-word",
                    format!(
                        "`{name}` of `{}` must be known before hosts are",
                        self.module.word
                    ),
                )
                .at(&value.span)
                .label("decides what the task is about")
                .help("make two tasks of it, each with a `when`"),
            );
            return None;
        }
        Some(value.spelled().unwrap_or_default().to_lowercase())
    }

    /// Refuses an option's value.
    fn refuse(&mut self, name: &str, value: &Node, advice: &str) {
        let shown = value.spelled().unwrap_or("…");
        self.mistakes.push(
            Diagnostic::error(
                "unsupported-option",
                format!(
                    "`{name}: {shown}` of `{}` cannot be stated here",
                    self.module.word
                ),
            )
            .at(&value.span)
            .help(advice),
        );
    }
}

fn unknown_word(name: &str, typed: &str, words: Words) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "unknown-value",
        format!("unknown {} `{typed}`", name.replace('_', " ")),
    )
    .label(format!("expected {}", alternatives(sayable(words))));
    // What the resource calls so has another name here.
    let same = words
        .iter()
        .find(|(_, meaning)| matches!(meaning, Meaning::Is(ours) if *ours == typed));
    match same {
        Some((theirs, _)) => diagnostic.help(format!("did you mean `{theirs}`?")),
        None => diagnostic.suggest(typed, sayable(words)),
    }
}

fn sayable(words: Words) -> impl Iterator<Item = &'static str> {
    words
        .iter()
        .filter(|(_, meaning)| matches!(meaning, Meaning::Is(_)))
        .map(|(word, _)| *word)
}
