//! YAML with positions: [`Node`], the tree of a text; [`Args`], which reads typed keys and collects every mistake.
//!
//! Knows YAML and templates, and nothing of playbooks or inventories.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::vault::Keyring;
use crate::vault::Sealed;

pub mod args;
mod document;
mod json;
mod keys;
mod load;
mod place;
mod scalar;
mod tag;
pub mod template;

pub use crate::diag::source_from_bytes;
pub use crate::syntax::args::Args;
pub use crate::syntax::args::Property;
pub use crate::syntax::args::Shape;
pub use crate::syntax::document::document;

/// One node of a YAML text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// What a node is. Plain scalars are typed as Ansible's YAML types them (1.1: `yes` is true, `0777` octal).
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `null`, `~` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    Text(String),
    /// A text tagged `!unsafe`: never a template, whatever is in it.
    Unsafe(String),
    /// A text that ansible-vault encrypted (`!vault`); a template engine with the keys opens it.
    Sealed(Arc<Sealed>),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order of the text; keys are unique.
    Mapping(Vec<(Node, Node)>),
}

/// Reads one YAML document.
///
/// Scalars follow YAML 1.1 as PyYAML reads it, with three differences: timestamps and whole numbers beyond 64 bits stay
/// texts, and a key that stands twice is an error. An empty text is `Null`.
pub fn parse(source: &Arc<Source>) -> Result<Node, Vec<Diagnostic>> {
    load::load(source, keys::Twice::Refused).map(|(node, _)| node)
}

/// Reads a file of variables or an inventory, as Ansible does: JSON when it is that, else YAML as [`parse`] does, but a key
/// that stands twice is a warning, its last value winning. The node is `None` when there are errors.
pub fn parse_data(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    if let Some(node) = json::read(source) {
        return (Some(node), Vec::new());
    }
    match load::load(source, keys::Twice::LastWins) {
        Ok((node, warnings)) => (Some(node), warnings),
        Err(mistakes) => (None, mistakes),
    }
}

/// Reads JSON as Python does: `NaN` and `Infinity` are numbers, and the last of several equal keys wins. Ansible's objects
/// `{"__ansible_vault": …}` and `{"__ansible_unsafe": …}` are the values that they stand for. `None` when it is no JSON.
pub fn parse_json(source: &Arc<Source>) -> Option<Node> {
    json::read(source)
}

/// What a word says about truth, in Ansible's words; `None` for words that say nothing.
pub fn truth_of_word(word: &str) -> Option<bool> {
    match word.trim().to_lowercase().as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
        "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
        _ => None,
    }
}

/// What a bare word stands for in a YAML text: `no` is false, `0x10` is 16.
pub fn resolve(word: &str) -> Content {
    scalar::resolve(word)
}

/// Shorter texts of an encrypted file are taken for ordinary words: a state, a port, a name of a group.
const SECRET_LENGTH: usize = 8;

/// Lets the keyring hide the texts of a file that was encrypted as a whole, wherever they may turn up; does nothing for
/// other files. Templates are no secrets, what they stand for is.
pub fn hide(node: &Node, keyring: &Keyring) {
    if !node.span.source.secret {
        return;
    }
    match &node.content {
        Content::Text(text) | Content::Unsafe(text)
            if text.len() >= SECRET_LENGTH && !template::is_template(text) =>
        {
            keyring.hidden().add(text);
        }
        Content::Sequence(items) => items.iter().for_each(|item| hide(item, keyring)),
        Content::Mapping(entries) => entries.iter().for_each(|(_, value)| hide(value, keyring)),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Sealed(_) => {}
    }
}

impl Node {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Unsafe(text) => Some(text),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Sequence(_)
            | Content::Mapping(_) => None,
        }
    }

    /// The text, or what stands in the file for a number or another bare word; `None` for lists and mappings and for
    /// values that a template made.
    pub fn spelled(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Unsafe(text) => Some(text),
            Content::Sequence(_) | Content::Mapping(_) => None,
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_) => {
                let word = self.span.text();
                (scalar::resolve(word) == self.content).then_some(word)
            }
        }
    }

    /// The entries of a mapping; empty for everything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.content {
            Content::Mapping(entries) => entries,
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_) => &[],
        }
    }

    /// The items of a sequence; empty for everything else.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::Sequence(items) => items,
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Mapping(_) => &[],
        }
    }

    /// The value of a key; `None` when it is absent or this is no mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(name, _)| name.spelled() == Some(key))
            .map(|(_, value)| value)
    }

    /// What it is, for messages: `a list`.
    pub fn describe(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true or false",
            Content::Int(_) => "a whole number",
            Content::Float(_) => "a number",
            Content::Text(_) | Content::Unsafe(_) => "a text",
            Content::Sealed(_) => "an encrypted value",
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }
}
