//! Tasks and handlers, read from a playbook.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Condition;
use crate::playbook::Task;
use crate::playbook::foreign;
use crate::resource::AnyResource;
use crate::resource::CATALOGUE;
use crate::resource::Kind;
use crate::syntax;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::has_template;

/// The keys of a task besides the resource.
const KEYS: [&str; 4] = ["name", "when", "tags", "notify"];
/// What the host is, in templates and conditions.
pub(super) const FACTS: &str = "facts";

impl Task {
    /// Reads a task; `None` after a mistake was added.
    pub(super) fn parse(
        node: &Node,
        context: &Context<'_>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        if !matches!(node.content, Content::Mapping(_)) {
            mistakes.push(
                Diagnostic::error("wrong-type", "a task must be keys with values")
                    .at(&node.span)
                    .label(format!("this is {}", node.describe())),
            );
            return None;
        }
        let before = errors(mistakes);
        let when = node
            .get("when")
            .map(|when| Condition::parse_all(when, context.engine, mistakes))
            .unwrap_or_default();
        let mut tags = context.tags.to_vec();
        tags.extend(
            texts(node.get("tags"), "tags", mistakes)
                .into_iter()
                .flat_map(|(text, _)| split_tags(&text)),
        );
        let notify = texts(node.get("notify"), "notify", mistakes)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        let name = name_of(node, mistakes);
        let (kind, body) = resource_key(node, mistakes)?;
        let body = read_body(kind, body, context.engine, mistakes)?;
        let task = Self {
            when,
            tags,
            notify,
            ..Self::plain(
                name.as_deref().unwrap_or(kind.name),
                Action::Resource { kind, body },
                node.span.clone(),
            )
        };
        // Everything of the task was looked at, but a task with mistakes must not run.
        (errors(mistakes) == before).then_some(task)
    }

    /// Whether a condition or a template names `facts`.
    pub(super) fn needs_facts(&self) -> bool {
        let in_body = match &self.action {
            Action::Resource {
                body: Body::Templated { node, engine },
                ..
            } => engine.names(node).contains(FACTS),
            _ => false,
        };
        in_body || self.when.iter().any(|condition| condition.needs(FACTS))
    }
}

/// What a task takes from the file and the play around it.
pub(super) struct Context<'a> {
    /// Checks and, later, evaluates.
    pub(super) engine: &'a Arc<Engine>,
    /// `tags` of the play.
    pub(super) tags: &'a [String],
}

fn name_of(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let name = node.get("name")?;
    let text = name.spelled();
    if text.is_none() {
        mistakes.push(
            Diagnostic::error("wrong-type", "`name` must be a text")
                .at(&name.span)
                .label(format!("this is {}", name.describe())),
        );
    }
    text.map(Arc::from)
}

fn read_body(
    kind: &'static Kind,
    node: &Node,
    engine: &Arc<Engine>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Body> {
    if has_template(node) {
        let before = errors(mistakes);
        syntax::args::check(kind.name, kind.properties, node, &has_template, mistakes);
        engine.check(node, mistakes);
        return (errors(mistakes) == before).then(|| Body::Templated {
            node: node.clone(),
            engine: Arc::clone(engine),
        });
    }
    resource_of(kind, node, mistakes).map(Body::Fixed)
}

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

fn errors(mistakes: &[Diagnostic]) -> usize {
    mistakes
        .iter()
        .filter(|mistake| mistake.severity == Severity::Error)
        .count()
}

/// The one key that names a resource, with its value.
fn resource_key<'a>(
    node: &'a Node,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<(&'static Kind, &'a Node)> {
    let mut found: Option<(&'static Kind, &Node)> = None;
    let before = mistakes.len();
    for (key, value) in node.entries() {
        let word = key.spelled().unwrap_or_default();
        if KEYS.contains(&word) {
            continue;
        }
        match (Kind::named(word), found) {
            (Some(kind), None) => found = Some((kind, value)),
            (Some(_), Some((first, _))) => mistakes.push(
                Diagnostic::error(
                    "two-resources",
                    format!(
                        "a task states one resource, but here are `{}` and `{word}`",
                        first.name
                    ),
                )
                .at(&key.span)
                .help("make two tasks of it"),
            ),
            (None, _) => mistakes.push(unknown(key, word)),
        }
    }
    if found.is_none() && mistakes.len() == before {
        mistakes.push(
            Diagnostic::error("no-resource", "the task names no resource")
                .at(&node.span)
                .label("needs a resource")
                .help(format!("resources: {}", kinds())),
        );
    }
    found
}

fn kinds() -> String {
    let names: Vec<String> = CATALOGUE
        .iter()
        .map(|kind| format!("`{}`", kind.name))
        .collect();
    names.join(", ")
}

fn unknown(key: &Node, word: &str) -> Diagnostic {
    if let Some(advice) = foreign::module(word) {
        return Diagnostic::error(
            "foreign-module",
            format!("Ansible's module `{word}` is not run here"),
        )
        .at(&key.span)
        .help(advice);
    }
    if foreign::is_keyword(word) {
        return Diagnostic::error(
            "unsupported-keyword",
            format!("`{word}` is not supported yet"),
        )
        .at(&key.span)
        .help("keys of a task: `name`, `when`, `tags`, `notify` and one resource");
    }
    if foreign::is_qualified(word) {
        return Diagnostic::error(
            "foreign-module",
            format!("the module `{word}` is not run here"),
        )
        .at(&key.span)
        .help(format!("resources: {}", kinds()));
    }
    let candidates = CATALOGUE.iter().map(|kind| kind.name).chain(KEYS);
    let near = crate::diag::nearest(word, candidates);
    let diagnostic =
        Diagnostic::error("unknown-resource", format!("there is no resource `{word}`"))
            .at(&key.span)
            .label("no such resource");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("resources: {}", kinds())),
    }
}

pub(super) fn split_tags(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A text or a list of texts, each with its node.
pub(super) fn texts<'a>(
    node: Option<&'a Node>,
    key: &str,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(String, &'a Node)> {
    let Some(node) = node else {
        return Vec::new();
    };
    let items: Vec<&Node> = match &node.content {
        Content::Sequence(items) => items.iter().collect(),
        Content::Null => Vec::new(),
        Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Mapping(_) => vec![node],
    };
    let mut found = Vec::new();
    for item in items {
        match item.spelled() {
            Some(text) => found.push((text.to_owned(), item)),
            None => mistakes.push(
                Diagnostic::error(
                    "wrong-type",
                    format!("`{key}` must be a text or a list of texts"),
                )
                .at(&item.span)
                .label(format!("this is {}", item.describe())),
            ),
        }
    }
    found
}
