//! What a task becomes on one host: conditions, resources and everything else that may hold templates.
//!
//! Knows variables by their layers; must not know hosts, nor what is done with what comes out.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diag::Diagnostic;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Condition;
use crate::playbook::Prepared;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::playbook::shape::errors;
use crate::resource::AnyResource;
use crate::resource::Kind;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;
use crate::syntax::resolve;
use crate::syntax::template::Layer;
use crate::syntax::template::Variables;
use crate::syntax::template::has_template;
use crate::syntax::template::is_template;
use crate::syntax::truth_of_word;

/// What the run tells and variables of any sort may replace, as in Ansible, where they belong to the inventory.
pub const REPLACEABLE: [&str; 4] = [
    "group_names",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname_short",
];

/// What the host is, in templates and conditions.
const FACTS: &str = "facts";

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

impl Scope<'_> {
    fn variables<'v>(&'v self, task: &'v BTreeMap<String, Node>) -> Variables<'v> {
        let [own, inherited] = self.host.layers();
        let variables = Variables::layered(vec![
            Layer::Except(self.given, &REPLACEABLE),
            Layer::Written(self.extra),
            Layer::Values(self.locals),
            Layer::Values(self.results),
            Layer::Written(self.included),
            Layer::Written(task),
            Layer::Written(self.play),
            Layer::Values(self.fact_values),
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

    /// The first of the conditions that does not hold.
    pub fn refusal<'c>(
        &self,
        task: &Task,
        conditions: &'c [Condition],
    ) -> Result<Option<&'c Condition>, Diagnostic> {
        if conditions.is_empty() {
            return Ok(None);
        }
        let variables = self.variables(&task.vars);
        for condition in conditions {
            if !condition.holds(&variables)? {
                return Ok(Some(condition));
            }
        }
        Ok(None)
    }

    /// A node with every template replaced by what it stands for, and without what `omit` leaves out.
    pub fn node(&self, task: &Task, node: &Node) -> Result<Node, Diagnostic> {
        if !has_template(node) {
            return Ok(node.clone());
        }
        self.engine.render(node, &self.variables(&task.vars))
    }

    /// Like [`Scope::node`], as data.
    pub fn json(&self, task: &Task, node: &Node) -> Result<Json, Diagnostic> {
        self.node(task, node).map(|node| json(&node))
    }

    /// Like [`Scope::json`]; `None` when all of it is `omit`, so that the key is as if it had not been written.
    pub fn unless_omitted(&self, task: &Task, node: &Node) -> Result<Option<Json>, Diagnostic> {
        if !has_template(node) {
            return Ok(Some(json(node)));
        }
        let variables = self.variables(&task.vars);
        let rendered = self.engine.rendered(node, &variables)?;
        Ok(rendered.map(|node| json(&node)))
    }

    /// A node as a text for people: texts as they are, everything else as JSON.
    pub fn text(&self, task: &Task, node: &Node) -> Result<String, Diagnostic> {
        self.json(task, node).map(|data| shown(&data))
    }

    /// The name of a task, its templates replaced; as written when that cannot be.
    pub fn title(&self, task: &Task) -> Arc<str> {
        if !is_template(&task.name) {
            return Arc::clone(&task.name);
        }
        let written = Node {
            span: task.span.clone(),
            content: Content::Text(task.name.to_string()),
        };
        match self.text(task, &written) {
            Ok(title) => title.into(),
            Err(_) => Arc::clone(&task.name),
        }
    }

    /// A node that says yes or no, also by Ansible's words.
    pub fn truth(&self, task: &Task, key: &str, node: &Node) -> Result<bool, Diagnostic> {
        let rendered = self.node(task, node)?;
        let word = match &rendered.content {
            Content::Bool(truth) => return Ok(*truth),
            Content::Int(number) => number.to_string(),
            Content::Text(text) | Content::Unsafe(text) => text.clone(),
            Content::Null
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Sequence(_)
            | Content::Mapping(_) => String::new(),
        };
        truth_of_word(&word).ok_or_else(|| wrong(key, "true or false", &rendered))
    }

    /// A node that is a number, 0 or more; a quoted one counts.
    pub fn number(&self, task: &Task, key: &str, node: &Node) -> Result<f64, Diagnostic> {
        let rendered = self.node(task, node)?;
        let number = match json(&rendered) {
            Json::Number(number) => number.as_f64(),
            Json::String(text) => text.trim().parse().ok(),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        };
        number
            .filter(|number| number.is_finite() && *number >= 0.0)
            .ok_or_else(|| wrong(key, "a number, 0 or more", &rendered))
    }

    /// The items of a task's loop.
    pub fn items(&self, task: &Task, items: &Node) -> Result<Vec<Json>, Diagnostic> {
        let rendered = self.node(task, items)?;
        match json(&rendered) {
            Json::Array(items) => Ok(items),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
                Err(wrong("loop", "a list", &rendered)
                    .help("a mapping becomes a list by `| dict2items`"))
            }
        }
    }

    /// The resource of a task that states one.
    pub fn resource(&self, task: &Task) -> Result<Arc<dyn AnyResource>, Vec<Diagnostic>> {
        let Action::Resource { kind, body } = &task.action else {
            let word = task.action.word();
            let mistake = Diagnostic::error("no-resource", format!("`{word}` states no resource"));
            return Err(vec![mistake.at(&task.span)]);
        };
        match body {
            Body::Fixed(resource) => Ok(Arc::clone(resource)),
            Body::Templated { node, engine } => {
                let rendered = engine
                    .render(node, &self.variables(&task.vars))
                    .map_err(|mistake| vec![mistake])?;
                let mut mistakes = Vec::new();
                let rendered = spelled(kind, rendered);
                resource_of(kind, &rendered, &mut mistakes).ok_or(mistakes)
            }
        }
    }

    /// The first of some variables that a task's conditions need, directly or through other variables.
    pub fn needed_by_conditions(
        &self,
        task: &Task,
        conditions: &[Condition],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let names = conditions.iter().flat_map(Condition::names).collect();
        self.reaches(task, names, wanted)
    }

    /// The first of some variables that a node needs, directly or through other variables.
    pub fn needed_by_node(
        &self,
        task: &Task,
        node: &Node,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        self.reaches(task, self.engine.names(node), wanted)
    }

    fn reaches(
        &self,
        task: &Task,
        names: BTreeSet<String>,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let variables = self.variables(&task.vars);
        let mut seen = BTreeSet::new();
        let mut open: Vec<String> = names.into_iter().collect();
        while let Some(name) = open.pop() {
            if wanted(&name) {
                return Some(name);
            }
            if let Some(node) = variables.node(&name)
                && seen.insert(name)
            {
                open.extend(self.engine.names(node));
            }
        }
        None
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
        match scope.refusal(self, &self.when) {
            Err(mistake) => Err(vec![mistake]),
            Ok(Some(condition)) => Ok(Prepared::Skipped(condition.text().to_owned())),
            Ok(None) => scope.resource(self).map(Prepared::Resource),
        }
    }
}

fn wrong(key: &str, wanted: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("`{key}` must be {wanted}"))
        .at(&node.span)
        .label(format!("this is {}", node.describe()))
}

/// A node without templates, as data; keys become texts.
pub fn json(node: &Node) -> Json {
    match &node.content {
        Content::Null | Content::Sealed(_) => Json::Null,
        Content::Bool(truth) => Json::from(*truth),
        Content::Int(number) => Json::from(*number),
        Content::Float(number) => Json::from(*number),
        Content::Text(text) | Content::Unsafe(text) => Json::from(text.as_str()),
        Content::Sequence(items) => items.iter().map(json).collect(),
        Content::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (shown(&json(key)), json(value)))
            .collect(),
    }
}

/// Data as a text for people: texts as they are, everything else as JSON.
pub fn shown(data: &Json) -> String {
    match data {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            data.to_string()
        }
    }
}

/// What templates made, as what the table asks for: numbers become texts (`name: "{{ 5 }}"` has no spelling of its own
/// that could be read from the file), and words become numbers and truth values (`-e port=3390` is a text).
fn spelled(kind: &Kind, node: Node) -> Node {
    let Content::Mapping(entries) = node.content else {
        return node;
    };
    let shape = |key: &Node| {
        let named = |property: &&Property| key.spelled() == Some(property.name);
        kind.properties.iter().find(named).map(|found| found.shape)
    };
    let entries = entries.into_iter().map(|(key, value)| {
        let value = match shape(&key) {
            Some(Shape::Text | Shape::Texts | Shape::Word(_) | Shape::Words(_)) => as_text(value),
            Some(Shape::Bool | Shape::Integer { .. }) => as_word(value),
            _ => value,
        };
        (key, value)
    });
    Node {
        content: Content::Mapping(entries.collect()),
        span: node.span,
    }
}

fn as_word(node: Node) -> Node {
    let content = match node.content {
        Content::Text(text) if node.span.text().contains("{{") => match resolve(text.trim()) {
            word @ (Content::Bool(_) | Content::Int(_)) => word,
            _ => Content::Text(text),
        },
        content => content,
    };
    Node {
        span: node.span,
        content,
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
