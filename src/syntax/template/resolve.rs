//! Resolves variables that are templates themselves, and tells what is missing or circular.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use minijinja::ErrorKind;
use minijinja::Value;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::Form;
use crate::syntax::template::Variables;
use crate::syntax::template::is_template;
use crate::syntax::template::value::of_value;
use crate::syntax::template::variables::Found;
use crate::vault::Sealed;

/// How many variables may refer to each other in a row.
const CHAIN: usize = 64;

/// Evaluates with variables that may be templates themselves.
pub(super) struct Resolver<'a> {
    engine: &'a Engine,
    variables: &'a Variables<'a>,
    /// The variables under evaluation, outermost first.
    path: Vec<String>,
    done: BTreeMap<String, Value>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(engine: &'a Engine, variables: &'a Variables<'a>) -> Self {
        Self {
            engine,
            variables,
            path: Vec::new(),
            done: BTreeMap::new(),
        }
    }

    pub(super) fn node(&mut self, node: &Node) -> Result<Node, Diagnostic> {
        let content = match &node.content {
            Content::Text(text) if is_template(text) => {
                let value = self.template(text, &node.span)?;
                return Ok(of_value(&value, &node.span));
            }
            Content::Sealed(sealed) => Content::Unsafe(self.open(sealed, &node.span)?),
            Content::Sequence(items) => {
                let items = items
                    .iter()
                    .map(|item| self.node(item))
                    .collect::<Result<_, _>>();
                Content::Sequence(items?)
            }
            Content::Mapping(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.node(value)?)))
                    .collect::<Result<_, Diagnostic>>();
                Content::Mapping(entries?)
            }
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::Unsafe(_) => node.content.clone(),
        };
        Ok(Node {
            span: node.span.clone(),
            content,
        })
    }

    pub(super) fn value(&mut self, node: &Node) -> Result<Value, Diagnostic> {
        Ok(match &node.content {
            Content::Null => Value::from(()),
            Content::Bool(truth) => Value::from(*truth),
            Content::Int(number) => Value::from(*number),
            Content::Float(number) => Value::from(*number),
            Content::Text(text) if is_template(text) => return self.template(text, &node.span),
            Content::Text(text) | Content::Unsafe(text) => Value::from(text.as_str()),
            Content::Sealed(sealed) => Value::from(self.open(sealed, &node.span)?),
            Content::Sequence(items) => items
                .iter()
                .map(|item| self.value(item))
                .collect::<Result<Vec<Value>, _>>()?
                .into(),
            Content::Mapping(entries) => {
                let mut pairs = Vec::new();
                for (key, value) in entries {
                    pairs.push((self.value(key)?, self.value(value)?));
                }
                Value::from_pairs(pairs)
            }
        })
    }

    /// The mistake does not show the line: nothing of a secret is printed, not even encrypted.
    fn open(&self, sealed: &Sealed, span: &Span) -> Result<String, Diagnostic> {
        match self.engine.keyring.open(sealed) {
            Ok(clear) => Ok(clear.reveal().to_owned()),
            Err(error) => {
                let (line, column) = span.line_and_column();
                let path = &span.source.name;
                Err(Diagnostic::error(
                    "vault-value",
                    format!("the value at {path}:{line}:{column} stays closed: {error}"),
                )
                .help("give the password: `--vault-password-file FILE`, `--vault-id LABEL@FILE` or `-J`"))
            }
        }
    }

    fn template(&mut self, text: &str, span: &Span) -> Result<Value, Diagnostic> {
        match self.engine.form(text) {
            Ok(form) => self.evaluate(&form, span),
            Err(error) => Err(bad_template(&error, span)),
        }
    }

    pub(super) fn evaluate(&mut self, form: &Form<'_>, span: &Span) -> Result<Value, Diagnostic> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for name in form.names() {
            match self.variable(&name, span)? {
                Some(value) => found.push((name, value)),
                None => missing.push(name),
            }
        }
        let context = Value::from_pairs(found);
        let evaluated = match form {
            Form::Expression(expression) => expression.eval(context),
            Form::Text { source, .. } => self
                .engine
                .environment
                .render_str(source, context)
                .map(Value::from),
        };
        match evaluated {
            Ok(value) if value.is_undefined() => Err(self.undefined(None, &missing, span)),
            Ok(value) => Ok(value),
            Err(error) if lacks(&error, &missing) => {
                Err(self.undefined(Some(&error), &missing, span))
            }
            Err(error) => Err(bad_template(&error, span)),
        }
    }

    fn variable(&mut self, name: &str, used: &Span) -> Result<Option<Value>, Diagnostic> {
        if let Some(value) = self.variables.given(name).or_else(|| self.done.get(name)) {
            return Ok(Some(value.clone()));
        }
        let node = match self.variables.found(name) {
            Some(Found::Written(node)) => node,
            Some(Found::Values(value)) => return Ok(Some(value.clone())),
            None => return Ok(None),
        };
        if let Some(start) = self.path.iter().position(|under_way| under_way == name) {
            let circle = self.path.get(start..).unwrap_or_default();
            let circle: Vec<&str> = circle.iter().map(String::as_str).collect();
            return Err(cycle(&circle, |name| self.variables.node(name)));
        }
        if self.path.len() >= CHAIN {
            return Err(Diagnostic::error(
                "too-deep",
                format!("more than {CHAIN} variables refer to each other"),
            )
            .at(used)
            .label("the limit is passed here"));
        }
        self.path.push(name.to_owned());
        let value = self.value(node);
        self.path.pop();
        let value = value?;
        self.done.insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    fn undefined(
        &self,
        error: Option<&minijinja::Error>,
        missing: &[String],
        span: &Span,
    ) -> Diagnostic {
        let piece = error.and_then(failed_piece);
        let name = missing
            .iter()
            .find(|name| piece.is_some_and(|piece| mentions(piece, name)))
            .or_else(|| missing.first());
        let diagnostic = match (name, piece) {
            (Some(name), _) => {
                let diagnostic =
                    Diagnostic::error("undefined-variable", format!("undefined variable `{name}`"))
                        .label(format!("needs `{name}`"));
                if name == "facts" {
                    diagnostic.help("facts are gathered only when the play itself names `facts`")
                } else {
                    diagnostic.suggest(name, self.variables.names())
                }
            }
            (None, Some(piece)) => {
                Diagnostic::error("undefined-variable", format!("`{piece}` is undefined"))
            }
            (None, None) => Diagnostic::error("undefined-variable", "the template gives nothing"),
        };
        let diagnostic = diagnostic.at(span);
        match self.path.last() {
            Some(variable) => {
                diagnostic.help(format!("it is needed for the variable `{variable}`"))
            }
            None => diagnostic.help(
                "define it in the inventory, under `vars`, or by `-e`; or use `| default(...)`",
            ),
        }
    }
}

/// The piece of the template that failed.
fn failed_piece(error: &minijinja::Error) -> Option<&str> {
    error.template_source()?.get(error.range()?).map(str::trim)
}

/// Whether a template failed because of a variable that does not exist; arithmetic tells that as a wrong type.
fn lacks(error: &minijinja::Error, missing: &[String]) -> bool {
    match error.kind() {
        ErrorKind::UndefinedError => true,
        ErrorKind::InvalidOperation => failed_piece(error)
            .is_some_and(|piece| missing.iter().any(|name| mentions(piece, name))),
        _ => false,
    }
}

/// Whether an expression has this word in it.
fn mentions(piece: &str, name: &str) -> bool {
    piece
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|word| word == name)
}

/// A path through variables and what is known to end.
pub(super) struct Walk<'a, 'n> {
    pub(super) path: &'a mut Vec<&'n str>,
    pub(super) done: &'a mut BTreeSet<&'n str>,
}

pub(super) fn walk<'n>(
    name: &'n str,
    needs: &'n BTreeMap<&'n str, BTreeSet<String>>,
    walked: &mut Walk<'_, 'n>,
    found: &mut dyn FnMut(&[&'n str]),
) {
    if let Some(start) = walked.path.iter().position(|before| *before == name) {
        found(walked.path.get(start..).unwrap_or_default());
        return;
    }
    if walked.path.len() >= CHAIN || walked.done.contains(name) {
        return;
    }
    let Some(names) = needs.get(name) else { return };
    walked.path.push(name);
    for next in names {
        walk(next, needs, walked, found);
    }
    walked.path.pop();
    walked.done.insert(name);
}

/// The mistake of variables that need themselves; `node` finds where one is written.
pub(super) fn cycle<'n>(circle: &[&str], node: impl Fn(&str) -> Option<&'n Node>) -> Diagnostic {
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

pub(super) fn bad_template(error: &minijinja::Error, span: &Span) -> Diagnostic {
    let (id, what) = match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::InvalidDelimiter => {
            ("template-syntax", "not a valid template")
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            ("template-name", "the template uses what does not exist")
        }
        _ => ("template-failed", "the template failed"),
    };
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Diagnostic::error(id, format!("{what}: {detail}")).at(span)
}
