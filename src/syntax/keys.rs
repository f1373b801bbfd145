//! The keys of a mapping: what makes two the same, and what becomes of one that stands twice.

use std::collections::HashMap;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;

/// What a key is that stands twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twice {
    /// An error.
    Refused,
    /// A warning; the later value takes the place of the earlier one, as in Ansible.
    LastWins,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    New,
    /// It takes the place of the entry at this position.
    Again(usize),
    No,
}

/// Where each key stands first, and its position among the entries, by what makes keys the same.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<String, (Span, usize)>);

impl Keys {
    /// What becomes of a key, and what is wrong with it.
    pub(super) fn admit(
        &mut self,
        key: &Node,
        position: usize,
        twice: Twice,
    ) -> (Admitted, Option<Diagnostic>) {
        let Some(identity) = identity(key) else {
            return (Admitted::No, Some(complex_key(key)));
        };
        let Some((first, earlier)) = self.0.get(&identity) else {
            self.0.insert(identity, (key.span.clone(), position));
            return (Admitted::New, None);
        };
        let (line, _) = first.line_and_column();
        let says = format!("key `{}` stands twice", key.span.text());
        let (mistake, label, admitted) = match twice {
            Twice::Refused => (
                Diagnostic::error("duplicate-key", says),
                format!("first on line {line}"),
                Admitted::No,
            ),
            Twice::LastWins => (
                Diagnostic::warning("duplicate-key", says),
                format!("this one counts, the one on line {line} is lost"),
                Admitted::Again(*earlier),
            ),
        };
        let mistake = mistake.at(&key.span).label(label);
        (admitted, Some(mistake.help("remove one of them")))
    }

    /// What makes each key what it is; see [`identity`].
    pub(super) fn identities(&self) -> impl Iterator<Item = String> {
        self.0.keys().cloned()
    }
}

/// What makes two keys the same; `None` for keys that are no scalars. As in Python, 1, 1.0 and true are one key.
pub(super) fn identity(key: &Node) -> Option<String> {
    match &key.content {
        Content::Null => Some("n".to_owned()),
        Content::Bool(truth) => Some(format!("{}", u8::from(*truth))),
        Content::Int(number) => Some(number.to_string()),
        // A whole one is written as the whole number is.
        Content::Float(number) => Some(number.to_string()),
        Content::Text(text) | Content::Unsafe(text) => Some(format!("t{text}")),
        Content::Sealed(_) | Content::Sequence(_) | Content::Mapping(_) => None,
    }
}

fn complex_key(key: &Node) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "complex-key",
        "a key must be a word, not a list or a mapping",
    )
    .at(&key.span)
    .label("this is the key");
    if key.span.text().starts_with('{') {
        diagnostic.help("quote a value that begins with a template: `\"{{ name }}\"`")
    } else {
        diagnostic
    }
}
