//! What goes wrong while a template is evaluated, and the mistake that is told of it.
//!
//! Knows places in templates and how to find them in files; knows nothing of evaluation.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::template::value::Value;

/// Why there is no value.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Something that does not exist was used.
    Missing(Arc<Missing>),
    /// Whoever evaluates the piece says where.
    Failed(Box<Failure>),
    /// The variable of this number has to be computed before.
    Wanted(usize),
    /// Nothing is left to say.
    Told(Box<Diagnostic>),
}

/// Why something failed, without its place.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) id: &'static str,
    pub(super) message: String,
    pub(super) help: Vec<String>,
}

/// Something that does not exist: harmless until it is used.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    /// What was looked for: `result.stderr`.
    pub(super) what: String,
    /// What it was looked for in; `None` for a variable.
    pub(super) within: Option<Value>,
    /// The last part of the name, for suggestions.
    pub(super) word: String,
    /// What to say instead of that it is undefined.
    pub(super) reason: Option<String>,
    /// Where it was looked for; `None` while only the template knows.
    pub(super) place: Option<Place>,
    /// The variable whose value needed it.
    pub(super) variable: Option<String>,
}

/// A piece of a template that stands in a file.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The scalar that the template is.
    pub(super) span: Span,
    /// The template, as YAML gives it.
    pub(super) text: Arc<str>,
    /// The piece, in bytes of `text`.
    pub(super) piece: Range<usize>,
}

impl Fault {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::named("template-failed", message)
    }

    pub(super) fn named(id: &'static str, message: impl Into<String>) -> Self {
        Self::Failed(Box::new(Failure {
            id,
            message: message.into(),
            help: Vec::new(),
        }))
    }

    pub(super) fn told(diagnostic: Diagnostic) -> Self {
        Self::Told(Box::new(diagnostic))
    }

    pub(super) fn too_deep() -> Self {
        Self::named("template-limit", "the template goes too deep")
    }

    pub(super) fn too_long() -> Self {
        Self::named("template-limit", "the template takes too many steps")
            .help("it makes a very long text or list; only so much is computed for one value")
    }

    /// Adds a remedy.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        match self {
            Self::Failed(mut failure) => {
                failure.help.push(help.into());
                Self::Failed(failure)
            }
            other => other,
        }
    }

    /// A name that nothing has: `what` says of which sort.
    #[expect(
        single_use_lifetimes,
        reason = "anonymous lifetimes are not stable in argument position"
    )]
    pub(super) fn unknown<'n>(
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Self {
        let fault = Self::named("template-name", format!("there is no {what} `{name}`"));
        match crate::diag::nearest(name, known) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!(
                "the reference of templates lists every {what} that there is"
            )),
        }
    }

    /// Says where, unless that is known.
    pub(super) fn at(self, place: impl FnOnce() -> Place) -> Self {
        match self {
            Self::Failed(failure) => Self::told(failure.told(&place())),
            other => other,
        }
    }
}

impl Failure {
    fn told(self, place: &Place) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.id, self.message).at(&place.located());
        self.help.into_iter().fold(diagnostic, Diagnostic::help)
    }
}

/// Why a text is no template.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) failure: Failure,
    /// The piece of the text, in bytes.
    pub(super) piece: Range<usize>,
}

impl Unreadable {
    /// The mistake of a text that is no template.
    pub(super) fn told(self, text: &str, span: &Span) -> Diagnostic {
        self.failure
            .told(&Place::of(span, &Arc::from(text)).piece(self.piece))
    }
}

impl Missing {
    /// Something that only its template can name.
    pub(super) fn unnamed() -> Self {
        Self {
            what: String::new(),
            within: None,
            word: String::new(),
            reason: None,
            place: None,
            variable: None,
        }
    }

    /// Something that does not exist for a reason of its own.
    pub(super) fn because(reason: String) -> Self {
        Self {
            what: "a value".to_owned(),
            reason: Some(reason),
            ..Self::unnamed()
        }
    }

    /// The mistake of using it.
    #[expect(
        single_use_lifetimes,
        reason = "anonymous lifetimes are not stable in argument position"
    )]
    pub(super) fn told<'n>(
        &self,
        span: &Span,
        variables: impl Iterator<Item = &'n str>,
    ) -> Diagnostic {
        let message = match &self.reason {
            Some(reason) => reason.clone(),
            None if self.within.is_none() => format!("undefined variable `{}`", self.what),
            None => format!("`{}` is undefined", self.what),
        };
        let diagnostic = Diagnostic::error("undefined-variable", message)
            .at(&self
                .place
                .as_ref()
                .map_or_else(|| span.clone(), Place::located))
            .label(format!("needs `{}`", self.what));
        let diagnostic = match &self.within {
            None if self.what == "facts" => {
                diagnostic.help("facts are gathered only when the play itself names `facts`")
            }
            None => diagnostic.suggest(&self.word, variables),
            Some(container) => self.suggest_key(container, diagnostic),
        };
        match &self.variable {
            Some(variable) => {
                diagnostic.help(format!("it is needed for the variable `{variable}`"))
            }
            None if self.within.is_none() && self.reason.is_none() => diagnostic.help(
                "define it in the inventory, under `vars`, or by `-e`; or use `| default(...)`",
            ),
            None => diagnostic,
        }
    }

    fn suggest_key(&self, container: &Value, diagnostic: Diagnostic) -> Diagnostic {
        let keys: Vec<String> = match container {
            Value::Map(map) => map
                .keys()
                .filter_map(|key| key.value().as_text().map(str::to_owned))
                .collect(),
            Value::Lazy(lazy) => lazy.keys(),
            other => {
                return diagnostic.help(format!("what stands before it is {}", other.describe()));
            }
        };
        diagnostic.suggest(&self.word, keys.iter().map(String::as_str))
    }
}

impl Place {
    /// A whole template.
    pub(super) fn of(span: &Span, text: &Arc<str>) -> Self {
        Self {
            span: span.clone(),
            text: Arc::clone(text),
            piece: 0..text.len(),
        }
    }

    /// A scalar as a whole.
    pub(super) fn whole(span: &Span) -> Self {
        Self {
            span: span.clone(),
            text: "".into(),
            piece: 0..0,
        }
    }

    /// A piece of the same template.
    pub(super) fn piece(&self, piece: Range<usize>) -> Self {
        Self {
            piece,
            ..self.clone()
        }
    }

    /// The piece in the file; the whole scalar when escapes or folding hide it.
    pub(super) fn located(&self) -> Span {
        let found = self.find().unwrap_or_else(|| self.span.clone());
        // An empty piece has no place for a caret.
        if found.start < found.end {
            found
        } else {
            self.span.clone()
        }
    }

    fn find(&self) -> Option<Span> {
        let wanted = self
            .text
            .get(self.piece.clone())?
            .lines()
            .next()?
            .trim_end();
        if wanted.is_empty() {
            return None;
        }
        let before = self.text.get(..self.piece.start)?;
        let earlier = count(before, wanted);
        let (offset, _) = self.span.text().match_indices(wanted).nth(earlier)?;
        let start = self.span.start + offset;
        Some(Span {
            source: Arc::clone(&self.span.source),
            start,
            end: start + wanted.len(),
        })
    }
}

fn count(text: &str, wanted: &str) -> usize {
    text.matches(wanted).count()
}
