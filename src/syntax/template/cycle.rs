//! Variables that need themselves.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::form::is_template;
use crate::syntax::template::resolve::CHAIN;
use crate::syntax::template::value::access::part;

/// A path through variables and what is known to end. Parts of variables count for themselves: `a.b` may need `a.c`.
pub(super) struct Walk<'a> {
    engine: &'a Engine,
    variables: &'a BTreeMap<String, Node>,
    path: Vec<(usize, String)>,
    done: BTreeSet<usize>,
    found: Vec<Diagnostic>,
}

/// Variables that need themselves, each circle told once.
pub(super) fn all(engine: &Engine, variables: &BTreeMap<String, Node>) -> Vec<Diagnostic> {
    let mut walk = Walk {
        engine,
        variables,
        path: Vec::new(),
        done: BTreeSet::new(),
        found: Vec::new(),
    };
    for (name, node) in variables {
        walk.enter(node, name.clone());
    }
    walk.found
}

impl Walk<'_> {
    fn enter(&mut self, node: &Node, name: String) {
        let key = std::ptr::from_ref(node).addr();
        if let Some(start) = self.path.iter().position(|(before, _)| *before == key) {
            let circle = self.path.get(start..).unwrap_or_default();
            let circle: Vec<&str> = circle.iter().map(|(_, name)| name.as_str()).collect();
            self.found
                .push(told(&circle, |name| self.variables.get(name)));
            return;
        }
        if self.path.len() >= CHAIN || self.done.contains(&key) {
            return;
        }
        self.path.push((key, name));
        for (target, name) in self.needs(node) {
            self.enter(target, name);
        }
        self.path.pop();
        self.done.insert(key);
    }
}

impl<'a> Walk<'a> {
    /// The nodes that evaluating a node needs, with their names.
    fn needs(&self, node: &Node) -> Vec<(&'a Node, String)> {
        match &node.content {
            Content::Text(text) if is_template(text) => match self.engine.template(text) {
                Ok(template) => template
                    .names
                    .iter()
                    .filter_map(|path| self.target(path))
                    .collect(),
                // The grammar is checked elsewhere; what cannot be read names nothing.
                Err(_) => Vec::new(),
            },
            Content::Sequence(items) => items.iter().flat_map(|item| self.needs(item)).collect(),
            Content::Mapping(entries) => entries
                .iter()
                .flat_map(|(_, value)| self.needs(value))
                .collect(),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_) => Vec::new(),
        }
    }

    /// The node that a name with keys refers to, as far as files tell.
    fn target(&self, path: &[String]) -> Option<(&'a Node, String)> {
        let (root, keys) = path.split_first()?;
        let mut name = root.clone();
        let mut node = self.variables.get(root)?;
        for key in keys {
            let Some(inner) = part(node, key) else { break };
            node = inner;
            name = format!("{name}.{key}");
        }
        Some((node, name))
    }
}

/// The mistake of variables that need themselves; `node` finds where one is written.
pub(super) fn told<'n>(circle: &[&str], node: impl Fn(&str) -> Option<&'n Node>) -> Diagnostic {
    let first = circle.first().copied().unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "variable-cycle",
        format!(
            "variables need themselves: {} → {first}",
            circle.join(" → ")
        ),
    )
    .label("the circle begins here");
    let diagnostic = match node(first) {
        Some(node) => diagnostic.at(&node.span),
        None => diagnostic,
    };
    circle
        .iter()
        .skip(1)
        .filter_map(|name| Some((name, node(name)?)))
        .fold(diagnostic, |diagnostic, (name, node)| {
            let (line, column) = node.span.line_and_column();
            let path = &node.span.source.name;
            diagnostic.help(format!("`{name}` stands at {path}:{line}:{column}"))
        })
}
