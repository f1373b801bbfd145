//! YAML with positions: [`Node`], the tree of a text; [`Args`], which reads typed keys and collects every mistake.

use crate::diag::Span;

pub mod args;

pub use crate::syntax::args::Args;
pub use crate::syntax::args::Property;
pub use crate::syntax::args::Shape;

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
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order of the text; keys are unique.
    Mapping(Vec<(Node, Node)>),
}
