//! What is said about a mistake in a file: where it is, what it is and how to mend it.
//!
//! Knows texts and positions in them; must not know YAML, terminals or colours' codes beyond [`mod@render`].

use std::fmt;
use std::sync::Arc;

pub mod render;

pub use crate::diag::render::Colour;
pub use crate::diag::render::render;

/// A text that was read, with the name to show for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or a name in angle brackets such as `<command line>`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Whether it was encrypted: then no line of it is ever shown.
    pub secret: bool,
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

/// Takes a file's bytes as a text. The mistake that is told when they are not UTF-8 names line and byte.
pub fn source_from_bytes(name: &str, bytes: Vec<u8>) -> Result<Arc<Source>, Diagnostic> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source {
            name: name.to_owned(),
            text,
            secret: false,
        })),
        Err(error) => Err(not_utf8(
            name,
            error.as_bytes(),
            error.utf8_error().valid_up_to(),
        )),
    }
}

fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    let before = bytes.get(..valid).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "not-utf8",
        format!("`{name}` is not UTF-8 text: line {line}, byte {valid} is 0x{byte:02X}"),
    );
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        diagnostic.help("the file is UTF-16, which Windows editors call Unicode: save it as UTF-8")
    } else {
        diagnostic.help("save the file as UTF-8")
    }
}

/// Words as a person would list them: `a`, `b` or `c`, each in backticks.
#[expect(
    single_use_lifetimes,
    reason = "anonymous lifetimes are not stable in argument position"
)]
pub fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let Some(last) = quoted.pop() else {
        return "nothing".to_owned();
    };
    if quoted.is_empty() {
        last
    } else {
        format!("{} or {last}", quoted.join(", "))
    }
}

impl Span {
    /// The piece itself.
    pub fn text(&self) -> &str {
        self.source
            .text
            .get(self.start..self.end)
            .unwrap_or_default()
    }

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
    use super::alternatives;
    use super::nearest;
    use super::source_from_bytes;

    #[test]
    fn bytes_that_are_not_utf8_are_named_by_line_and_byte() {
        let mistake =
            source_from_bytes("hosts.yml", b"all:\n  # M\xFCller\n".to_vec()).unwrap_err();
        assert_eq!(
            mistake.message,
            "`hosts.yml` is not UTF-8 text: line 2, byte 10 is 0xFC"
        );
    }

    #[test]
    fn utf16_is_recognised() {
        let mistake = source_from_bytes("hosts.yml", b"\xFF\xFEa\0".to_vec()).unwrap_err();
        assert!(mistake.help[0].contains("UTF-16"), "{mistake:?}");
    }

    #[test]
    fn words_are_listed_with_or_before_the_last() {
        assert_eq!(alternatives(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(alternatives(["a"]), "`a`");
    }

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
