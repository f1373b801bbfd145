//! Resolves variables that are templates themselves, when they are needed, and keeps evaluation within its limits.

use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::call::Given;
use crate::syntax::template::cycle;
use crate::syntax::template::evaluate::Evaluator;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::fault::Place;
use crate::syntax::template::filters;
use crate::syntax::template::filters::Undefined;
use crate::syntax::template::form::is_template;
use crate::syntax::template::predicates;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::convert::to_node;
use crate::syntax::template::variables::Found;
use crate::syntax::template::variables::Variables;
use crate::vault::Sealed;

/// How many variables may refer to each other in a row.
pub(super) const CHAIN: usize = 64;
/// Steps that one evaluation may take; honest ones take some dozens, a loop over ten thousand hosts some hundred
/// thousand. Long texts cost a step for every sixteen bytes.
const STEPS: usize = 5_000_000;
/// How deep expressions, macros and variables may be in each other.
const DEPTH: usize = 160;

/// Evaluates with variables that may be templates themselves.
pub(super) struct Resolver<'a> {
    engine: &'a Engine,
    variables: &'a Variables<'a>,
    /// The nodes under evaluation with their names, outermost first.
    path: Vec<(usize, String)>,
    /// What nodes gave, by their address; the variables outlive the resolver, so none moves.
    done: HashMap<usize, Value>,
    steps: usize,
    depth: usize,
    /// What is evaluated now, for places in messages.
    place: Option<Place>,
}

/// A variable, or a part of one that was not evaluated yet.
pub(super) enum Reference<'a> {
    Written(&'a Node, String),
    Ready(Value),
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

impl<'a> Resolver<'a> {
    pub(super) fn new(engine: &'a Engine, variables: &'a Variables<'a>) -> Self {
        Self {
            engine,
            variables,
            path: Vec::new(),
            done: HashMap::new(),
            steps: STEPS,
            depth: 0,
            place: None,
        }
    }

    /// The node with its templates replaced; `None` when it is `omit`.
    pub(super) fn node(&mut self, node: &Node) -> Result<Option<Node>, Diagnostic> {
        let content = match &node.content {
            Content::Text(text) if is_template(text) => {
                let value = self.template(text, &node.span);
                let rendered = value.and_then(|value| to_node(&value, &node.span));
                return rendered.map_err(|fault| self.told(fault, &node.span));
            }
            Content::Sealed(sealed) => {
                let opened = self.open(sealed, &node.span);
                Content::Unsafe(opened.map_err(|fault| self.told(fault, &node.span))?)
            }
            Content::Sequence(items) => {
                let items = items.iter().filter_map(|item| self.node(item).transpose());
                Content::Sequence(items.collect::<Result<_, _>>()?)
            }
            Content::Mapping(entries) => {
                let mut rendered = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if let Some(value) = self.node(value)? {
                        rendered.push((key.clone(), value));
                    }
                }
                Content::Mapping(rendered)
            }
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::Unsafe(_) => node.content.clone(),
        };
        Ok(Some(Node {
            span: node.span.clone(),
            content,
        }))
    }

    /// The value of a node. What fails inside of lists and mappings stays in its place until it is used.
    pub(super) fn value(&mut self, node: &Node) -> Answer {
        Ok(match &node.content {
            Content::Null => Value::None,
            Content::Bool(truth) => Value::Bool(*truth),
            Content::Int(number) => Value::Int((*number).into()),
            Content::Float(number) => Value::Float(*number),
            Content::Text(text) if is_template(text) => return self.template(text, &node.span),
            Content::Text(text) | Content::Unsafe(text) => Value::from(text.as_str()),
            Content::Sealed(sealed) => Value::from(self.open(sealed, &node.span)?),
            Content::Sequence(items) => Value::from(
                items
                    .iter()
                    .map(|item| self.kept(item))
                    .collect::<Vec<Value>>(),
            ),
            Content::Mapping(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    map.insert(Key::of(self.value(key)?)?, self.kept(value));
                }
                Value::from(map)
            }
        })
    }

    fn kept(&mut self, node: &Node) -> Value {
        let depth = self.depth;
        let value = self.value(node);
        // A fault may have left in the middle.
        self.depth = depth;
        match value {
            Ok(value) => value,
            Err(Fault::Missing(missing)) => Value::Undefined(missing),
            Err(fault) => {
                let fault = fault.at(|| Place::whole(&node.span));
                Value::Broken(Arc::new(fault))
            }
        }
    }

    /// The mistake does not show the line: nothing of a secret is printed, not even encrypted.
    fn open(&self, sealed: &Sealed, span: &Span) -> Result<String, Fault> {
        match self.engine.keyring.open(sealed) {
            Ok(clear) => Ok(clear.reveal().to_owned()),
            Err(error) => {
                let (line, column) = span.line_and_column();
                let path = &span.source.name;
                Err(Fault::told(
                    Diagnostic::error(
                        "vault-value",
                        format!("the value at {path}:{line}:{column} stays closed: {error}"),
                    )
                    .help("give the password: `--vault-password-file FILE`, `--vault-id LABEL@FILE` or `-J`"),
                ))
            }
        }
    }

    /// What a text with templates in it gives.
    pub(super) fn template(&mut self, text: &str, span: &Span) -> Answer {
        let compiled = self
            .engine
            .template(text)
            .map_err(|unreadable| Fault::told(unreadable.told(text, span)))?;
        self.within(Place::of(span, &compiled.text), |resolver, place| {
            let value = Evaluator::new(resolver, place).template(&compiled.statements)?;
            Ok(with_line_ends(value, text))
        })
    }

    /// What an expression gives.
    pub(super) fn evaluate(
        &mut self,
        expression: &Expression,
        text: &Arc<str>,
        span: &Span,
    ) -> Answer {
        self.within(Place::of(span, text), |resolver, place| {
            Evaluator::new(resolver, place).eval(expression)
        })
    }

    fn within(
        &mut self,
        place: Place,
        evaluate: impl FnOnce(&mut Self, &Place) -> Answer,
    ) -> Answer {
        let outer = self.place.replace(place.clone());
        let answer = evaluate(self, &place);
        self.place = outer;
        answer.map_err(|fault| fault.at(|| place))
    }

    /// A variable by its name; `None` when there is none.
    pub(super) fn reference(&self, name: &str) -> Option<Reference<'a>> {
        if let Some(value) = self.variables.given(name) {
            return Some(Reference::Ready(value.clone()));
        }
        Some(match self.variables.found(name)? {
            Found::Written(node) => Reference::Written(node, name.to_owned()),
            Found::Values(value) => Reference::Ready(value.clone()),
        })
    }

    /// The value of a variable by its name; `None` when there is none.
    pub(super) fn by_name(&mut self, name: &str) -> Result<Option<Value>, Fault> {
        match self.reference(name) {
            Some(reference) => self.referred(reference).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn referred(&mut self, reference: Reference<'a>) -> Answer {
        match reference {
            Reference::Ready(value) => Ok(value),
            Reference::Written(node, name) => self.written(node, name),
        }
    }

    fn written(&mut self, node: &'a Node, name: String) -> Answer {
        let key = address(node);
        if let Some(value) = self.done.get(&key) {
            return Ok(value.clone());
        }
        if let Some(start) = self
            .path
            .iter()
            .position(|(under_way, _)| *under_way == key)
        {
            let circle = self.path.get(start..).unwrap_or_default();
            let circle: Vec<&str> = circle.iter().map(|(_, name)| name.as_str()).collect();
            let diagnostic = cycle::told(&circle, |name| self.variables.node(name));
            return Err(Fault::told(diagnostic));
        }
        if self.path.len() >= CHAIN {
            let message = format!("more than {CHAIN} variables refer to each other");
            return Err(Fault::named("too-deep", message));
        }
        self.path.push((key, name));
        let value = self.value(node);
        self.path.pop();
        let value = match value {
            // A default may stand in for it.
            Err(Fault::Missing(missing)) => Value::Undefined(missing),
            Err(fault) => return Err(fault.at(|| Place::whole(&node.span))),
            Ok(value) => value,
        };
        self.done.insert(key, value.clone());
        Ok(value)
    }

    /// Something undefined, with a message of its own.
    pub(super) fn undefined(&self, reason: String) -> Value {
        match &self.place {
            Some(place) => Value::Undefined(Arc::new(Missing {
                what: "a value".to_owned(),
                within: None,
                word: String::new(),
                reason: Some(reason),
                place: place.clone(),
                variable: self.variable(),
            })),
            None => Value::Broken(Arc::new(Fault::failed(reason))),
        }
    }

    /// The variable under evaluation.
    pub(super) fn variable(&self) -> Option<String> {
        self.path.last().map(|(_, name)| name.clone())
    }

    /// The mistake to tell of a fault.
    pub(super) fn told(&self, fault: Fault, span: &Span) -> Diagnostic {
        match fault.at(|| Place::whole(span)) {
            Fault::Told(diagnostic) => *diagnostic,
            Fault::Missing(missing) => missing.told(self.variables.names()),
            Fault::Failed(failure) => Diagnostic::error(failure.id, failure.message).at(span),
        }
    }

    /// Pays for work; fails when too much was done.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Fault::too_long()),
        }
    }

    /// Pays for a text of so many bytes.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend(bytes / 16 + 1)
    }

    /// Goes a level deeper for as long as `inner` takes.
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        if self.depth >= DEPTH {
            return Err(Fault::too_deep());
        }
        self.depth += 1;
        self.spend(1)
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A pattern, compiled once for the engine.
    pub(super) fn pattern(&self, pattern: &str) -> Result<Arc<Regex>, regex::Error> {
        self.engine.pattern(pattern)
    }

    /// A variable of the environment.
    pub(super) fn environment(&self, name: &str) -> Option<String> {
        self.engine.environment.get(name).cloned()
    }

    /// When the run began; `None` when the engine was not told.
    pub(super) fn now(&self) -> Option<jiff::Zoned> {
        self.engine.now.clone()
    }

    /// Calls a filter by its name.
    pub(super) fn filter(&mut self, name: &str, input: Value, given: Given) -> Answer {
        let Some(filter) = filters::named(name) else {
            return Err(Fault::named(
                "template-name",
                format!("there is no filter `{name}`"),
            ));
        };
        self.call_filter(filter, input, given)
    }

    pub(super) fn call_filter(
        &mut self,
        filter: &'static filters::Filter,
        input: Value,
        given: Given,
    ) -> Answer {
        if filter.undefined == Undefined::Passes {
            if let Value::Undefined(_) | Value::Broken(_) = input {
                return Ok(input);
            }
            if let Some(undefined) = given.undefined() {
                return Ok(undefined.clone());
            }
        }
        self.spend(1)?;
        (filter.run)(&mut Call::new(filter.name(), input, given, self))
    }

    /// Calls a test by its name.
    pub(super) fn test(&mut self, name: &str, input: Value, given: Given) -> Answer {
        let Some(test) = predicates::named(name) else {
            return Err(Fault::named(
                "template-name",
                format!("there is no test `{name}`"),
            ));
        };
        self.call_test(test, input, given)
    }

    pub(super) fn call_test(
        &mut self,
        test: &'static predicates::Predicate,
        input: Value,
        given: Given,
    ) -> Answer {
        if test.undefined == Undefined::Passes {
            if let Value::Undefined(_) | Value::Broken(_) = input {
                return Ok(input);
            }
            if let Some(undefined) = given.undefined() {
                return Ok(undefined.clone());
            }
        }
        self.spend(1)?;
        (test.run)(&mut Call::new(test.name(), input, given, self)).map(Value::Bool)
    }
}

/// Jinja drops the last line break of a template; Ansible puts as many back as a text lacks.
fn with_line_ends(value: Value, template: &str) -> Value {
    let ends = |text: &str| text.len() - text.trim_end_matches('\n').len();
    match &value {
        Value::Text(text) if ends(template) > ends(text) => {
            let lacking = ends(template) - ends(text);
            Value::from(format!("{text}{}", "\n".repeat(lacking)))
        }
        _ => value,
    }
}
