//! `when` and its like: expressions that must be true or false.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::shape::errors;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::Variables;

/// One condition of a task.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    span: Span,
    engine: Arc<Engine>,
}

impl Condition {
    /// The expression, as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds. Anything but true or false is a mistake.
    pub(super) fn holds(&self, variables: &Variables<'_>) -> Result<bool, Diagnostic> {
        self.engine.holds(&self.text, &self.span, variables)
    }

    /// The variables that it names.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.engine.condition_names(&self.text)
    }

    /// Reads a key with conditions, such as `when`: one, or a list of them that must all hold. Nothing is no condition.
    pub(super) fn parse_all(
        key: &str,
        node: &Node,
        engine: &Arc<Engine>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Vec<Self> {
        match &node.content {
            Content::Sequence(items) => items
                .iter()
                .filter_map(|item| Self::parse(key, item, engine, mistakes))
                .collect(),
            Content::Null => {
                mistakes.push(
                    Diagnostic::warning("without-effect", format!("`{key}` states nothing"))
                        .at(&node.span)
                        .label("always holds"),
                );
                Vec::new()
            }
            _ => Self::parse(key, node, engine, mistakes)
                .into_iter()
                .collect(),
        }
    }

    fn parse(
        key: &str,
        node: &Node,
        engine: &Arc<Engine>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = match &node.content {
            Content::Bool(true) => "true",
            Content::Bool(false) => "false",
            Content::Text(text) | Content::Unsafe(text) => text.trim(),
            _ => {
                mistakes.push(
                    Diagnostic::error(
                        "wrong-type",
                        format!("`{key}` must be an expression or a list of expressions"),
                    )
                    .at(&node.span)
                    .label(format!("this is {}", node.describe())),
                );
                return None;
            }
        };
        let before = errors(mistakes);
        engine.check_condition(text, &node.span, mistakes);
        (errors(mistakes) == before).then(|| Self {
            text: text.to_owned(),
            span: node.span.clone(),
            engine: Arc::clone(engine),
        })
    }
}
