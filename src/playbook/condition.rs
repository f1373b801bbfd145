//! `when`: expressions that must be true or false.

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;

/// One condition of a task.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The expression.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Condition {
    /// Reads `when`: one condition, or a list of them that must all hold.
    pub(super) fn parse_all(node: &Node, engine: &Engine, mistakes: &mut Vec<Diagnostic>) -> Vec<Self> {
        match &node.content {
<<<<<<< HEAD
            Content::Sequence(items) => items.iter().filter_map(|item| Self::parse(item, engine, mistakes)).collect(),
=======
            Content::Sequence(items) => items
                .iter()
                .filter_map(|item| Self::parse(item, mistakes))
                .collect(),
>>>>>>> rdp
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::Mapping(_) => Self::parse(node, engine, mistakes).into_iter().collect(),
        }
    }

    fn parse(node: &Node, engine: &Engine, mistakes: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = match &node.content {
            Content::Bool(true) => "true",
            Content::Bool(false) => "false",
            Content::Text(text) => text.trim(),
            Content::Null
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sequence(_)
            | Content::Mapping(_) => {
                mistakes.push(
                    Diagnostic::error(
                        "wrong-type",
                        "`when` must be an expression or a list of expressions",
                    )
                    .at(&node.span)
                    .label(format!("this is {}", node.describe())),
                );
                return None;
            }
        };
<<<<<<< HEAD
        let before = mistakes.len();
        engine.check_condition(text, &node.span, mistakes);
        (mistakes.len() == before).then(|| Self { text: text.to_owned(), span: node.span.clone() })
=======
        if template::is_template(text) {
            mistakes.push(
                Diagnostic::error("template-in-when", "`when` is an expression already")
                    .at(&node.span)
                    .help("leave out the braces: `when: some_variable`"),
            );
            return None;
        }
        match Compiled::new(text) {
            Ok(compiled) => Some(Self {
                text: text.to_owned(),
                span: node.span.clone(),
                compiled,
            }),
            Err(error) => {
                mistakes.push(template::syntax_mistake(&error, &node.span));
                None
            }
        }
    }

    /// The text, for reports.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it needs.
    pub(super) fn needed(&self) -> &[String] {
        &self.compiled.needed
    }

    /// Whether it holds on a host. Anything but true or false is a mistake: a text is neither.
    pub(super) fn holds(&self, variables: &Variables<'_>) -> Result<bool, Diagnostic> {
        let value = self.compiled.value(&self.span, variables)?;
        if value.kind() == ValueKind::Bool {
            return Ok(value.is_true());
        }
        Err(Diagnostic::error(
            "condition-not-boolean",
            format!("`{}` is neither true nor false", self.text),
        )
        .at(&self.span)
        .label(format!("this is a {}", value.kind()))
        .help("compare it, as in `x == 'yes'`, or convert it: `x | bool`"))
>>>>>>> rdp
    }
}
