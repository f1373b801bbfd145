//! Places within a scalar, so that the caret points at the word that is wrong.

use crate::diag::Span;
use crate::syntax::Node;

/// Where a piece stands within a node; the node's own place when it is not to be found letter by letter.
pub(super) fn of(piece: &str, node: &Node) -> Span {
    let span = &node.span;
    let lower = span.text().to_ascii_lowercase();
    match lower.find(&piece.to_ascii_lowercase()) {
        Some(at) if !piece.is_empty() => Span {
            source: span.source.clone(),
            start: span.start + at,
            end: span.start + at + piece.len(),
        },
        Some(_) | None => span.clone(),
    }
}
