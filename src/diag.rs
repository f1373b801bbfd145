//! What is said about a mistake in a file: where it is, what it is and how to mend it.
//!
//! Knows texts and positions in them; must not know YAML, terminals or colours' codes beyond [`render`].

use std::fmt;
use std::sync::Arc;

pub mod render;

/// A text that was read, with the name to show for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or a name in angle brackets such as `<command line>`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A piece of a [`Source`], in bytes; `start <= end <= text.len()`, both on character boundaries.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The text that it is a piece of.
    pub source: Arc<Source>,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Line and column of the first character, both counted from 1; the column counts characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        (line, column)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}..{}", self.start, self.end)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is run.
    Error,
    /// Worth a look; the run goes on.
    Warning,
}

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable, kebab-case: `unknown-key`.
    pub id: &'static str,
    /// Whether it stops the run.
    pub severity: Severity,
    /// Lower case, no full stop, real names in backticks.
    pub message: String,
    /// Where; `None` when the file as a whole is meant (then the message names it).
    pub span: Option<Span>,
    /// What stands under the caret.
    pub label: Option<String>,
    /// Remedies, printed as `help:` lines.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error; add a place with [`Diagnostic::at`].
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self {
            id,
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: None,
            help: Vec::new(),
        }
    }

    /// A warning; add a place with [`Diagnostic::at`].
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(id, message)
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, span: &Span) -> Self {
        self.span = Some(span.clone());
        self
    }

    /// Says what to look at under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds "did you mean" when one of the candidates is near what was typed.
    #[must_use]
    #[expect(
        single_use_lifetimes,
        reason = "anonymous lifetimes are not stable in argument position"
    )]
    pub fn suggest<'a>(self, typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(typed, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// The candidate that differs least from what was typed, when it differs little enough to be meant.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_small_slip_is_recognised() {
        assert_eq!(
            nearest("automtic", ["automatic", "manual"]),
            Some("automatic")
        );
    }

    #[test]
    fn another_word_is_not_a_slip() {
        assert_eq!(nearest("purple", ["automatic", "manual"]), None);
    }
}
