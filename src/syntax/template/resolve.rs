//! Resolves variables that are templates themselves, when they are needed, and keeps evaluation within its limits.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::Environment;
use minijinja::Value as Jinja;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::bridge::Emitted;
use crate::syntax::template::bridge::carried;
use crate::syntax::template::bridge::fault_in;
use crate::syntax::template::bridge::of_jinja;
use crate::syntax::template::bridge::to_jinja;
use crate::syntax::template::bridge::told;
use crate::syntax::template::call::Answer;
use crate::syntax::template::compile;
use crate::syntax::template::compile::Form;
use crate::syntax::template::compile::RESULT;
use crate::syntax::template::cycle;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::fault::Place;
use crate::syntax::template::form::has_template;
use crate::syntax::template::form::is_template;
use crate::syntax::template::limit;
use crate::syntax::template::method;
use crate::syntax::template::need::Parts;
use crate::syntax::template::need::Wanted;
use crate::syntax::template::need::by_first;
use crate::syntax::template::need::hole;
use crate::syntax::template::need::named;
use crate::syntax::template::need::wanted;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;
use crate::syntax::template::value::access::part;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::convert::of_node;
use crate::syntax::template::value::convert::to_node;
use crate::syntax::template::variables::Found;
use crate::syntax::template::variables::Variables;
use crate::vault::Sealed;

/// How many variables may refer to each other in a row.
pub(super) const CHAIN: usize = 64;
/// Evaluates with variables that may be templates themselves.
pub(super) struct Resolver<'a> {
    engine: &'a Engine,
    variables: &'a Variables<'a>,
    /// The nodes under evaluation with their names, outermost first.
    path: Vec<(usize, String)>,
    /// What nodes gave, by their address; the variables outlive the resolver, so none moves.
    done: HashMap<usize, Value>,
    /// Nodes that minijinja may ask for, with their names.
    waiting: HashMap<usize, (&'a Node, String)>,
}

/// A variable, or a part of one that was not evaluated yet.
pub(super) enum Reference<'a> {
    Written(&'a Node, String),
    Ready(Value),
}

fn held(answer: Answer, span: &Span) -> Value {
    match answer {
        Ok(value) => value,
        Err(Fault::Missing(missing)) => Value::Undefined(missing),
        Err(fault) => Value::Broken(Arc::new(fault.at(|| Place::whole(span)))),
    }
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
            waiting: HashMap::new(),
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
                    // Keys are never templates.
                    map.insert(Key::of(of_node(key)?)?, self.kept(value));
                }
                Value::from(map)
            }
        })
    }

    fn kept(&mut self, node: &Node) -> Value {
        held(self.value(node), &node.span)
    }

    /// A variable; what is wrong with it stays in it until it is used.
    pub(super) fn kept_variable(&mut self, name: &str) -> Option<Value> {
        Some(match self.reference(name)? {
            Reference::Ready(value) => value,
            Reference::Written(node, name) => {
                let span = &node.span;
                held(self.written(node, name), span)
            }
        })
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
                        if error.is_locked() {
                            "vault-closed"
                        } else {
                            "vault-value"
                        },
                        format!("the value at {path}:{line}:{column} stays closed: {error}"),
                    )
                    .help("give the password: `--vault-password-file FILE`, `--vault-id LABEL@FILE` or `-J`"),
                ))
            }
        }
    }

    /// What a text with templates in it gives.
    pub(super) fn template(&mut self, text: &str, span: &Span) -> Answer {
        let form = self
            .engine
            .template(text)
            .map_err(|unreadable| Fault::told(unreadable.told(text, span)))?;
        Ok(with_line_ends(self.evaluate(&form, span)?, text))
    }

    /// What a template or an expression gives. A variable that is a template itself is computed when minijinja asks
    /// for it, after which evaluation begins anew: values are few, and most texts need none that are templates.
    pub(super) fn evaluate(&mut self, form: &Form, span: &Span) -> Answer {
        loop {
            let engine = self.engine;
            let tried = if form.may_nest() {
                limit::apart(|| self.attempt(&engine.nesting, form, span))
            } else {
                self.attempt(&engine.jinja, form, span)
            };
            let wanted = match tried {
                Ok(value) => {
                    let missing = || Arc::new(self.missing(form, None, span));
                    return Ok(named(value, &missing));
                }
                Err(Fault::Wanted(wanted)) => wanted,
                Err(fault) => return Err(fault),
            };
            let Some((node, name)) = self.waiting.remove(&wanted) else {
                return Err(Fault::failed("a variable went away"));
            };
            self.written(node, name)?;
        }
    }

    /// What it gives as far as it is known, or which variable is wanted before.
    fn attempt(&mut self, jinja: &Environment<'static>, form: &Form, span: &Span) -> Answer {
        let given = limit::counted(|| self.once(jinja, form));
        given.map_err(|error| match wanted(&error) {
            Some(wanted) => Fault::Wanted(wanted),
            None => self.fault(&error, form, span),
        })
    }

    fn once(
        &mut self,
        jinja: &Environment<'static>,
        form: &Form,
    ) -> Result<Value, minijinja::Error> {
        let template = jinja.get_template(&form.source)?;
        let context = self.context(form).map_err(carried)?;
        let captured = template.render_captured(Jinja::from_object(context))?;
        if form.is_expression {
            let value = captured.state().lookup(RESULT).unwrap_or_default();
            return of_jinja(&value).map_err(carried);
        }
        let output = captured.output();
        Ok(match captured.state().get_extension::<Emitted>() {
            None if output.is_empty() => Value::None,
            // One value alone keeps its kind.
            Some(Emitted {
                count: 1,
                last: Some((value, text)),
            }) if text == output => value.clone(),
            _ => Value::from(output),
        })
    }

    /// The variables that a template names, as far as they are known without evaluating others.
    fn context(&mut self, form: &Form) -> Result<Parts, Fault> {
        let mut parts = Parts::default();
        let mut rest = form.names.as_slice();
        while let Some((root, _)) = rest.first().and_then(|path| path.split_first()) {
            let same = rest.iter().take_while(|path| path.first() == Some(root));
            let (paths, others) = rest.split_at(same.count());
            rest = others;
            let paths: Vec<&[String]> = paths.iter().filter_map(|path| path.get(1..)).collect();
            let value = match self.reference(root) {
                Some(Reference::Ready(value)) => Some(Self::supplied(&value, &paths)?),
                Some(Reference::Written(node, name)) => Some(self.supply(node, name, &paths)?),
                None if root == "vars" => Some(to_jinja(&self.all())),
                None if matches!(root.as_str(), "lookup" | "query" | "q") => {
                    parts.0.insert("vars".to_owned(), to_jinja(&self.all()));
                    None
                }
                None if compile::is_own(root) => None,
                None => hole(&paths),
            };
            if let Some(value) = value {
                parts.0.insert(root.clone(), value);
            }
        }
        Ok(parts)
    }

    /// A written variable: its value, what computes it later, or its parts when only they are named.
    fn supply(
        &mut self,
        node: &'a Node,
        name: String,
        paths: &[&[String]],
    ) -> Result<Jinja, Fault> {
        if let Some(value) = self.done.get(&address(node)) {
            let value = value.clone();
            return Self::supplied(&value, paths);
        }
        if !has_template(node) {
            let value = self.written(node, name)?;
            return Self::supplied(&value, paths);
        }
        let is_part = |path: &&[String]| {
            let first = path.first();
            first.is_some_and(|first| part(node, first).is_some())
        };
        if paths.is_empty() || !paths.iter().all(is_part) {
            let key = address(node);
            self.waiting.insert(key, (node, name));
            return Ok(Jinja::from(
                minijinja::Error::from(minijinja::ErrorKind::InvalidOperation)
                    .with_source(Wanted(key)),
            ));
        }
        let mut parts = Parts::default();
        for (first, inner) in by_first(paths) {
            if let Some(node) = part(node, first) {
                let value = self.supply(node, format!("{name}.{first}"), &inner)?;
                parts.0.insert(first.to_owned(), value);
            }
        }
        Ok(Jinja::from_object(parts))
    }

    /// A value. Where attributes behind a missing one are named, a hole takes its place, for `a.b.c | default(…)`.
    fn supplied(value: &Value, paths: &[&[String]]) -> Result<Jinja, Fault> {
        let is_deep = |path: &&[String]| path.len() > 1;
        if !value.is_mapping()
            || !paths.iter().any(is_deep)
            || paths.iter().any(|path| path.is_empty())
        {
            return Ok(to_jinja(value));
        }
        let mut parts = Parts::default();
        for (first, inner) in by_first(paths) {
            match item(value, &Value::from(first))? {
                Some(found) => {
                    let found = Self::supplied(&found, &inner)?;
                    parts.0.insert(first.to_owned(), found);
                }
                None if method::exists(value, first) => return Ok(to_jinja(value)),
                None => {
                    if let Some(hole) = hole(&inner) {
                        parts.0.insert(first.to_owned(), hole);
                    }
                }
            }
        }
        Ok(Jinja::from_object(parts))
    }

    /// All variables by name, those that are templates computed on demand.
    fn all(&mut self) -> Value {
        let mut values = HashMap::new();
        let names: Vec<String> = self.variables.names().map(str::to_owned).collect();
        for name in &names {
            let known = match self.reference(name) {
                Some(Reference::Ready(value)) => value,
                Some(Reference::Written(node, _)) if !has_template(node) => self
                    .value(node)
                    .unwrap_or_else(|fault| Value::Broken(Arc::new(fault))),
                Some(Reference::Written(node, name)) => {
                    if let Some(value) = self.done.get(&address(node)) {
                        value.clone()
                    } else {
                        self.waiting.insert(address(node), (node, name));
                        Value::Broken(Arc::new(Fault::Wanted(address(node))))
                    }
                }
                None => continue,
            };
            values.insert(name.clone(), known);
        }
        let map: Map = names
            .into_iter()
            .filter_map(|name| Some((Key::text(&name), values.remove(&name)?)))
            .collect();
        Value::from(map)
    }

    /// What an error of minijinja says.
    fn fault(&self, error: &minijinja::Error, form: &Form, span: &Span) -> Fault {
        let piece = failed_piece(error, form);
        let place = || match &piece {
            Some(piece) => Place::of(span, &Arc::from(form.written())).piece(piece.clone()),
            None => Place::of(span, &Arc::from(form.written())),
        };
        let missing = || Fault::Missing(Arc::new(self.missing(form, piece.clone(), span)));
        match fault_in(error) {
            Some(Fault::Missing(inner)) if inner.what.is_empty() => return missing(),
            Some(fault) => return fault.at(place),
            None => {}
        }
        let fault = match error.kind() {
            minijinja::ErrorKind::UndefinedError => return missing(),
            minijinja::ErrorKind::OutOfFuel => Fault::too_long(),
            minijinja::ErrorKind::UnknownFunction
                if self.first_missing(form, piece.clone()).is_some() =>
            {
                return missing();
            }
            minijinja::ErrorKind::InvalidOperation if told(error).contains("undefined") => {
                return missing();
            }
            minijinja::ErrorKind::UnknownFilter
            | minijinja::ErrorKind::UnknownTest
            | minijinja::ErrorKind::UnknownFunction => Fault::named("template-name", told(error)),
            _ => Fault::failed(told(error)),
        };
        fault.at(place)
    }

    /// The first name of a piece that does not exist, with what it was looked for in.
    fn first_missing(
        &self,
        form: &Form,
        piece: Option<std::ops::Range<usize>>,
    ) -> Option<(String, Option<Value>, Option<Arc<Missing>>)> {
        let whole = form.written();
        let text = piece.and_then(|piece| whole.get(piece)).unwrap_or(whole);
        let named = form.names.iter().filter(|path| {
            path.first()
                .is_some_and(|root| !compile::is_own(root) && mentions(text, root))
        });
        named.rev().find_map(|path| self.lacking(path))
    }

    fn missing(&self, form: &Form, piece: Option<std::ops::Range<usize>>, span: &Span) -> Missing {
        let whole = Place::of(span, &Arc::from(form.written()));
        let place = piece
            .clone()
            .map_or(whole.clone(), |piece| whole.piece(piece));
        let text = form.written();
        let near = self.first_missing(form, piece.clone());
        let found = near.or_else(|| self.first_missing(form, None));
        let Some((what, within, inner)) = found else {
            let text = piece.and_then(|piece| text.get(piece)).unwrap_or(text);
            return Missing {
                reason: Some(format!("`{}` is undefined", text.trim())),
                place: Some(place),
                variable: self.variable(),
                ..Missing::because(String::new())
            };
        };
        if let Some(inner) = inner {
            return Missing::clone(&inner);
        }
        let from = place.piece.start;
        let found = text.get(from..).and_then(|text| text.find(&what));
        let place = match found {
            Some(at) => place.piece(from + at..from + at + what.len()),
            None => place,
        };
        let word = what.rsplit('.').next().unwrap_or_default().to_owned();
        Missing {
            what,
            within,
            word,
            reason: None,
            place: Some(place),
            variable: self.variable(),
        }
    }

    /// The first part of a path that does not exist.
    fn lacking(&self, path: &[String]) -> Option<(String, Option<Value>, Option<Arc<Missing>>)> {
        let (root, keys) = path.split_first()?;
        let mut what = root.clone();
        let value = match self.reference(root) {
            None => return Some((what, None, None)),
            Some(Reference::Ready(value)) => value,
            Some(Reference::Written(node, _)) => {
                let mut node = node;
                let mut keys = keys.iter();
                loop {
                    if let Some(value) = self.done.get(&address(node)) {
                        let rest: Vec<&String> = keys.collect();
                        return lacking_in(value.clone(), what, &rest);
                    }
                    let key = keys.next()?;
                    node = part(node, key)?;
                    what = format!("{what}.{key}");
                }
            }
        };
        lacking_in(value, what, &keys.iter().collect::<Vec<_>>())
    }

    /// A variable by its name; `None` when there is none.
    pub(super) fn reference(&self, name: &str) -> Option<Reference<'a>> {
        if let Some(value) = self.variables.given(name) {
            return Some(Reference::Ready(value.clone()));
        }
        // All variables, by whatever name.
        if name == "vars" {
            return None;
        }
        Some(match self.variables.found(name)? {
            Found::Written(node) => Reference::Written(node, name.to_owned()),
            Found::Values(value) => Reference::Ready(value.clone()),
        })
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

    /// The variable under evaluation.
    pub(super) fn variable(&self) -> Option<String> {
        self.path.last().map(|(_, name)| name.clone())
    }

    /// The mistake to tell of a fault.
    pub(super) fn told(&self, fault: Fault, span: &Span) -> Diagnostic {
        match fault.at(|| Place::whole(span)) {
            Fault::Told(diagnostic) => *diagnostic,
            Fault::Missing(missing) => missing.told(span, self.variables.names()),
            Fault::Wanted(_) => {
                Diagnostic::error("template-failed", "a variable was not computed").at(span)
            }
            Fault::Failed(failure) => Diagnostic::error(failure.id, failure.message).at(span),
        }
    }
}

fn lacking_in(
    mut value: Value,
    mut what: String,
    keys: &[&String],
) -> Option<(String, Option<Value>, Option<Arc<Missing>>)> {
    if let Value::Undefined(missing) = value {
        return Some((what, None, Some(missing)));
    }
    for key in keys {
        what = format!("{what}.{key}");
        match item(&value, &Value::from(key.as_str())) {
            Ok(Some(Value::Undefined(missing))) => return Some((what, None, Some(missing))),
            Ok(Some(inner)) => value = inner,
            Ok(None) if method::exists(&value, key) => return None,
            Ok(None) => return Some((what, Some(value), None)),
            Err(_) => return None,
        }
    }
    None
}

/// The piece of what was written that failed, in bytes.
fn failed_piece(error: &minijinja::Error, form: &Form) -> Option<std::ops::Range<usize>> {
    let range = error.range()?;
    let offset = form.offset();
    let piece = range.start.checked_sub(offset)?..range.end.checked_sub(offset)?;
    form.written().get(piece.clone()).map(|_| piece)
}

/// Whether an expression has this word in it.
fn mentions(piece: &str, name: &str) -> bool {
    piece
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|word| word == name)
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
