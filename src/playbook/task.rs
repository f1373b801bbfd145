//! Tasks and handlers, made ready for a host.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Prepared;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::playbook::shape::errors;
use crate::resource::AnyResource;
use crate::resource::Kind;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Shape;
use crate::syntax::template::Layer;
use crate::syntax::template::Variables;

/// What the host is, in templates and conditions.
const FACTS: &str = "facts";

impl Scope<'_> {
    fn variables<'v>(&'v self, task: &'v BTreeMap<String, Node>) -> Variables<'v> {
        let [own, inherited] = self.host.layers();
        let variables = Variables::layered(vec![
            Layer::Written(self.extra),
            Layer::Values(self.locals),
            Layer::Values(self.results),
            Layer::Written(task),
            Layer::Written(self.play),
            Layer::Written(own),
            Layer::Written(inherited),
            Layer::Values(self.given),
        ])
        .with("inventory_hostname", &self.host_name);
        match self.facts {
            Some(facts) => variables.with(FACTS, facts),
            None => variables,
        }
    }
}

impl Task {
    /// Evaluates the condition and the templates for one host. A task without templates is parsed once and shared.
    pub fn prepare(&self, scope: &Scope<'_>) -> Result<Prepared, Vec<Diagnostic>> {
        // Most tasks are the same everywhere; these look at no variable.
        if self.when.is_empty()
            && let Action::Resource {
                body: Body::Fixed(resource),
                ..
            } = &self.action
        {
            return Ok(Prepared::Resource(Arc::clone(resource)));
        }
        let variables = scope.variables(&self.vars);
        for condition in &self.when {
            if !condition
                .holds(&variables)
                .map_err(|mistake| vec![mistake])?
            {
                return Ok(Prepared::Skipped(condition.text().to_owned()));
            }
        }
        let Action::Resource { kind, body } = &self.action else {
            return Err(vec![unsupported(&self.span, self.action.word())]);
        };
        match body {
            Body::Fixed(resource) => Ok(Prepared::Resource(Arc::clone(resource))),
            Body::Templated { node, engine } => {
                let rendered = engine
                    .render(node, &variables)
                    .map_err(|mistake| vec![mistake])?;
                let mut mistakes = Vec::new();
                let resource = resource_of(kind, &spelled(kind, rendered), &mut mistakes);
                resource.map(Prepared::Resource).ok_or(mistakes)
            }
        }
    }
}

fn unsupported(span: &Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        "unsupported-keyword",
        format!("`{word}` is not supported yet"),
    )
    .at(span)
}

/// The resource that a node without templates states.
pub(super) fn resource_of(
    kind: &Kind,
    node: &Node,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Arc<dyn AnyResource>> {
    let before = errors(mistakes);
    let resource = (kind.parse)(&mut Args::new(kind.name, kind.properties, node, mistakes));
    resource
        .filter(|_| errors(mistakes) == before)
        .map(Arc::from)
}

/// Numbers and truth values that templates made, as texts where the table asks for texts: `name: "{{ 5 }}"` has no
/// spelling of its own that could be read from the file.
fn spelled(kind: &Kind, node: Node) -> Node {
    let Content::Mapping(entries) = node.content else {
        return node;
    };
    let is_text = |key: &Node| {
        kind.properties.iter().any(|property| {
            key.spelled() == Some(property.name)
                && matches!(
                    property.shape,
                    Shape::Text | Shape::Texts | Shape::Word(_) | Shape::Words(_)
                )
        })
    };
    let entries = entries
        .into_iter()
        .map(|(key, value)| {
            if is_text(&key) {
                (key, as_text(value))
            } else {
                (key, value)
            }
        })
        .collect();
    Node {
        span: node.span,
        content: Content::Mapping(entries),
    }
}

fn as_text(node: Node) -> Node {
    let content = match node.content {
        Content::Sequence(items) => Content::Sequence(items.into_iter().map(as_text).collect()),
        Content::Int(number) if node.span.text().contains("{{") => {
            Content::Text(number.to_string())
        }
        Content::Float(number) if node.span.text().contains("{{") => {
            Content::Text(number.to_string())
        }
        content => content,
    };
    Node {
        span: node.span,
        content,
    }
}
