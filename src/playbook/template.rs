//! Templates in texts: compiled by minijinja, rendered with the variables that they name and no others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;

use minijinja::Environment;
use minijinja::ErrorKind;
use minijinja::Expression;
use minijinja::UndefinedBehavior;
use minijinja::value::Value;
use minijinja::value::ValueKind;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::scope::Variables;
use crate::syntax::Content;
use crate::syntax::Node;

/// Steps that one template may take; honest ones take some dozens.
const FUEL: u64 = 200_000;

/// The template engine; it has no state that templates could change.
pub(super) fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_fuel(Some(FUEL));
        engine
    })
}

/// Whether a text is a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a text in a node, at any depth, is a template.
pub(super) fn has_template(node: &Node) -> bool {
    match &node.content {
        Content::Text(text) => is_template(text),
        Content::Sequence(items) => items.iter().any(has_template),
        Content::Mapping(entries) => entries.iter().any(|(_, value)| has_template(value)),
        Content::Null | Content::Bool(_) | Content::Int(_) | Content::Float(_) => false,
    }
}

/// The names that the templates in a node need; mistakes of their syntax are added.
pub(super) fn check(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Vec<String> {
    match &node.content {
        Content::Text(text) if is_template(text) => match names(text) {
            Ok(names) => names,
            Err(error) => {
                mistakes.push(syntax_mistake(&error, &node.span));
                Vec::new()
            }
        },
        Content::Sequence(items) => items
            .iter()
            .flat_map(|item| check(item, mistakes))
            .collect(),
        Content::Mapping(entries) => entries
            .iter()
            .flat_map(|(_, value)| check(value, mistakes))
            .collect(),
        Content::Text(_)
        | Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_) => Vec::new(),
    }
}

/// A mistake in the syntax of a template or condition.
pub(super) fn syntax_mistake(error: &minijinja::Error, span: &Span) -> Diagnostic {
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Diagnostic::error(
        "template-syntax",
        format!("the template cannot be read: {detail}"),
    )
    .at(span)
}

/// The expression of a text that is nothing but `{{ expression }}`; its value keeps its type.
fn whole_expression(text: &str) -> Option<Result<Expression<'static, 'static>, minijinja::Error>> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    if inner.contains("}}") || inner.contains("{{") {
        return None;
    }
    let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
    Some(engine().compile_expression_owned(inner.to_owned()))
}

fn names(text: &str) -> Result<Vec<String>, minijinja::Error> {
    let found = match whole_expression(text) {
        Some(expression) => expression?.undeclared_variables(false),
        None => engine()
            .template_from_named_str("template", text)?
            .undeclared_variables(false),
    };
    Ok(sorted(found))
}

/// Names in a stable order, without the engine's own functions.
pub(super) fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names
        .into_iter()
        .filter(|name| !engine().globals().any(|(global, _)| global == name))
        .collect();
    names.sort();
    names
}

/// A node with its templates rendered; what a template made stands where the template stands.
pub(super) fn render(node: &Node, variables: &Variables<'_>) -> Result<Node, Vec<Diagnostic>> {
    let value = value_of(node, variables).map_err(|mistake| vec![mistake])?;
    Ok(node_of(&value, node))
}

/// The value of a node, templates rendered.
pub(super) fn value_of(node: &Node, variables: &Variables<'_>) -> Result<Value, Diagnostic> {
    Ok(match &node.content {
        Content::Null => Value::from(()),
        Content::Bool(truth) => Value::from(*truth),
        Content::Int(number) => Value::from(*number),
        Content::Float(number) => Value::from(*number),
        Content::Text(text) if is_template(text) => text_value(text, &node.span, variables)?,
        Content::Text(text) => Value::from(text.as_str()),
        Content::Sequence(items) => {
            let values: Result<Vec<Value>, _> =
                items.iter().map(|item| value_of(item, variables)).collect();
            Value::from(values?)
        }
        Content::Mapping(entries) => {
            let mut map = BTreeMap::new();
            for (key, value) in entries {
                map.insert(
                    key.spelled().unwrap_or_default().to_owned(),
                    value_of(value, variables)?,
                );
            }
            Value::from_object(map)
        }
    })
}

fn text_value(text: &str, span: &Span, variables: &Variables<'_>) -> Result<Value, Diagnostic> {
    let wrong = |error: minijinja::Error| syntax_mistake(&error, span);
    let needed = names(text).map_err(wrong)?;
    let context = variables.context(&needed)?;
    let outcome = match whole_expression(text) {
        Some(expression) => expression.map_err(wrong)?.eval(context),
        None => engine().render_str(text, context).map(Value::from),
    };
    let value = outcome.map_err(|error| failed(&error, &needed, span, variables))?;
    if value.is_undefined() {
        return Err(undefined(&needed, span, variables));
    }
    Ok(value)
}

/// Why evaluating failed, in terms of the playbook.
pub(super) fn failed(
    error: &minijinja::Error,
    needed: &[String],
    span: &Span,
    variables: &Variables<'_>,
) -> Diagnostic {
    if error.kind() == ErrorKind::UndefinedError {
        return undefined(needed, span, variables);
    }
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Diagnostic::error(
        "template-failed",
        format!("the template cannot be evaluated: {detail}"),
    )
    .at(span)
}

fn undefined(needed: &[String], span: &Span, variables: &Variables<'_>) -> Diagnostic {
    match needed.iter().find(|name| !variables.has(name)) {
        Some(missing) => {
            Diagnostic::error("undefined-variable", format!("`{missing}` is undefined"))
                .at(span)
                .label(format!("needs `{missing}`"))
                .suggest(missing, variables.names())
        }
        None => Diagnostic::error("undefined-variable", "a part of a variable is undefined")
            .at(span)
            .label(format!("looks into `{}`", needed.join("`, `"))),
    }
}

fn node_of(value: &Value, origin: &Node) -> Node {
    // An untouched node keeps its own parts and their places.
    if !has_template(origin) {
        return origin.clone();
    }
    let content = match (&origin.content, value.kind()) {
        (Content::Sequence(items), _) => {
            let values = value.try_iter().into_iter().flatten();
            Content::Sequence(
                items
                    .iter()
                    .zip(values)
                    .map(|(item, value)| node_of(&value, item))
                    .collect(),
            )
        }
        (Content::Mapping(entries), _) => Content::Mapping(
            entries
                .iter()
                .map(|(key, item)| {
                    let value = value
                        .get_attr(key.spelled().unwrap_or_default())
                        .unwrap_or_default();
                    (key.clone(), node_of(&value, item))
                })
                .collect(),
        ),
        _ => content_of(value, &origin.span),
    };
    Node {
        span: origin.span.clone(),
        content,
    }
}

/// A value as a node that stands at one place.
fn content_of(value: &Value, span: &Span) -> Content {
    let at = |value: &Value| Node {
        span: span.clone(),
        content: content_of(value, span),
    };
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Content::Null,
        ValueKind::Bool => Content::Bool(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(number) if value.is_integer() => Content::Int(number),
            Ok(_) | Err(_) => {
                f64::try_from(value.clone()).map_or_else(|_| text_of(value), Content::Float)
            }
        },
        ValueKind::Seq | ValueKind::Iterable => Content::Sequence(
            value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|item| at(&item))
                .collect(),
        ),
        ValueKind::Map => Content::Mapping(
            value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|key| (at(&key), at(&value.get_item(&key).unwrap_or_default())))
                .collect(),
        ),
        _ => text_of(value),
    }
}

fn text_of(value: &Value) -> Content {
    Content::Text(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// An expression that is kept, shared by all hosts.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    expression: Arc<Expression<'static, 'static>>,
    /// The names that it needs.
    pub(super) needed: Arc<[String]>,
}

impl Compiled {
    /// Compiles an expression without braces.
    pub(super) fn new(text: &str) -> Result<Self, minijinja::Error> {
        let expression = engine().compile_expression_owned(text.to_owned())?;
        let needed = sorted(expression.undeclared_variables(false));
        Ok(Self {
            expression: Arc::new(expression),
            needed: needed.into(),
        })
    }

    /// Its value on a host.
    pub(super) fn value(
        &self,
        span: &Span,
        variables: &Variables<'_>,
    ) -> Result<Value, Diagnostic> {
        let context = variables.context(&self.needed)?;
        self.expression
            .eval(context)
            .map_err(|error| failed(&error, &self.needed, span, variables))
    }
}
