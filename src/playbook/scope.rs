//! The variables of a host: found by precedence, rendered when needed, cycles told.

use std::cell::RefCell;
use std::collections::BTreeMap;

use minijinja::value::Value;

use crate::diag::Diagnostic;
use crate::playbook::Scope;
use crate::playbook::template;
use crate::syntax::Node;

/// The host's own name in templates.
const HOST_NAME: &str = "inventory_hostname";
/// What the host is, in templates.
pub(super) const FACTS: &str = "facts";

/// Variables of one host while one task is made ready.
pub(super) struct Variables<'a> {
    scope: &'a Scope<'a>,
    /// Names whose values are being rendered, outermost first.
    trail: RefCell<Vec<String>>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            trail: RefCell::new(Vec::new()),
        }
    }

    fn node(&self, name: &str) -> Option<&'a Node> {
        [self.scope.extra, self.scope.play, self.scope.host]
            .into_iter()
            .find_map(|layer| layer.get(name))
    }

    /// Whether there is such a variable.
    pub(super) fn has(&self, name: &str) -> bool {
        self.node(name).is_some()
            || name == HOST_NAME
            || (name == FACTS && self.scope.facts.is_some())
    }

    /// All names, for "did you mean".
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        let layers = [self.scope.extra, self.scope.play, self.scope.host];
        layers
            .into_iter()
            .flat_map(|layer| layer.keys().map(String::as_str))
            .chain([HOST_NAME, FACTS])
    }

    /// The values of the needed names; names that do not exist are left out, so that `x is defined` works.
    pub(super) fn context(&self, needed: &[String]) -> Result<Value, Diagnostic> {
        let mut found = BTreeMap::new();
        for name in needed {
            if let Some(value) = self.value(name)? {
                found.insert(name.clone(), value);
            }
        }
        Ok(Value::from_object(found))
    }

    fn value(&self, name: &str) -> Result<Option<Value>, Diagnostic> {
        let Some(node) = self.node(name) else {
            return Ok(self.built_in(name));
        };
        if !template::has_template(node) {
            return template::value_of(node, self).map(Some);
        }
        if self.trail.borrow().iter().any(|outer| outer == name) {
            return Err(self.cycle(name, node));
        }
        self.trail.borrow_mut().push(name.to_owned());
        let value = template::value_of(node, self);
        self.trail.borrow_mut().pop();
        value.map(Some)
    }

    fn built_in(&self, name: &str) -> Option<Value> {
        match name {
            HOST_NAME => Some(Value::from(self.scope.host_name)),
            FACTS => self
                .scope
                .facts
                .map(|facts| Value::from(minijinja::value::Serde(facts))),
            _ => None,
        }
    }

    fn cycle(&self, name: &str, node: &Node) -> Diagnostic {
        let trail = self.trail.borrow();
        let circle: Vec<&str> = trail
            .iter()
            .map(String::as_str)
            .skip_while(|outer| *outer != name)
            .chain([name])
            .collect();
        Diagnostic::error(
            "variable-cycle",
            format!(
                "variables refer to each other in a circle: {}",
                circle.join(" → ")
            ),
        )
        .at(&node.span)
        .label(format!("`{name}` needs itself"))
        .help("give one of them a value of its own")
    }
}
