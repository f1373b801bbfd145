//! The values of a mapping that have the right shape, free of the list of mistakes that they were checked with.

use crate::diag::Diagnostic;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;

/// A mapping that was checked against a table.
pub(super) struct Values<'n> {
    mapping: &'n Node,
    sound: Vec<&'static str>,
}

impl<'n> Values<'n> {
    /// Checks the mapping and tells its mistakes; see [`Args::new`].
    pub(super) fn new(
        what: &str,
        table: &'static [Property],
        mapping: &'n Node,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Self {
        let args = Args::new(what, table, mapping, mistakes);
        let names = table.iter().map(|property| property.name);
        let sound = names.filter(|name| args.node(name).is_some()).collect();
        Self { mapping, sound }
    }

    /// The value of a key; `None` when it is absent or of the wrong shape.
    pub(super) fn node(&self, key: &str) -> Option<&'n Node> {
        self.sound
            .contains(&key)
            .then(|| self.mapping.get(key))
            .flatten()
    }

    /// A text as it stands in the file.
    pub(super) fn text(&self, key: &str) -> Option<&'n str> {
        self.node(key)?.spelled()
    }

    /// A list of texts; one bare text counts as a list of one.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        let items = each(self.node(key)?).filter_map(Node::spelled);
        Some(items.map(str::to_owned).collect())
    }

    /// A whole number.
    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        match self.node(key)?.content {
            Content::Int(number) => Some(number),
            _ => None,
        }
    }
}

/// The items of a list, or the one value that stands for a list of one.
pub(super) fn each(node: &Node) -> impl Iterator<Item = &Node> {
    let single = (!matches!(node.content, Content::Sequence(_))).then_some(node);
    node.items().iter().chain(single)
}
