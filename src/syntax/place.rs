//! Positions: from the parser's characters to bytes, and to the exact piece that a scalar is.

use std::sync::Arc;

use saphyr_parser::ScalarStyle;
use saphyr_parser::ScanError;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;

/// Converts the parser's character positions to bytes: the one place where that is done.
pub(super) struct Places {
    source: Arc<Source>,
    /// The byte of every [`Places::STRIDE`]th character; empty when all characters are single bytes.
    strides: Vec<usize>,
}

impl Places {
    const STRIDE: usize = 64;

    pub(super) fn of(source: &Arc<Source>) -> Self {
        let strides = if source.text.is_ascii() {
            Vec::new()
        } else {
            source
                .text
                .char_indices()
                .step_by(Self::STRIDE)
                .map(|(byte, _)| byte)
                .collect()
        };
        Self {
            source: Arc::clone(source),
            strides,
        }
    }

    fn byte(&self, character: usize) -> usize {
        let length = self.source.text.len();
        if self.strides.is_empty() {
            return character.min(length);
        }
        let Some(base) = self.strides.get(character / Self::STRIDE) else {
            return length;
        };
        let rest = self.source.text.get(*base..).unwrap_or_default();
        rest.char_indices()
            .nth(character % Self::STRIDE)
            .map_or(length, |(byte, _)| base + byte)
    }

    pub(super) fn span(&self, span: &saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index()).max(start);
        // Block scalars and plain ones that a comment ends may run into the white space behind them.
        let text = self.source.text.get(start..end).unwrap_or_default();
        Span {
            source: Arc::clone(&self.source),
            start,
            end: start + text.trim_end().len(),
        }
    }

    pub(super) fn at_end(&self) -> Span {
        let end = self.source.text.len();
        Span {
            source: Arc::clone(&self.source),
            start: end,
            end,
        }
    }

    pub(super) fn unreadable(&self, error: &ScanError) -> Diagnostic {
        let at = self.byte(error.marker().index());
        let text = &self.source.text;
        let line_start = text
            .get(..at)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        let line = text
            .get(line_start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line
            .get(..indent)
            .and_then(|blank| blank.find('\t'))
            .map(|offset| line_start + offset);
        if let Some(tab) = tab {
            return Diagnostic::error("tab-indentation", "a tab cannot indent YAML")
                .at(&self.one(tab))
                .label("tab")
                .help("indent with spaces");
        }
        let diagnostic =
            Diagnostic::error("yaml-syntax", format!("not valid YAML: {}", error.info()))
                .at(&self.one(at));
        match advice(line).or_else(|| remedy(error.info())) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The character at a byte.
    fn one(&self, start: usize) -> Span {
        let width = self
            .source
            .text
            .get(start..)
            .and_then(|rest| rest.chars().next())
            .filter(|letter| *letter != '\n')
            .map_or(0, char::len_utf8);
        Span {
            source: Arc::clone(&self.source),
            start,
            end: start + width,
        }
    }
}

/// What is likely meant on a line that is not YAML.
fn advice(line: &str) -> Option<&'static str> {
    if line.contains(": {{") || line.contains("- {{") {
        Some("quote a value that begins with a template: `\"{{ name }}\"`")
    } else if line.contains('"') && line.contains('\\') {
        Some("in double quotes a backslash begins an escape; put Windows paths in single quotes")
    } else if line.matches(": ").count() > 1 && !line.contains(['{', '\'', '"']) {
        Some("quote a text that contains `: `")
    } else {
        None
    }
}

/// What helps against what the parser says, when the line itself gives no hint.
fn remedy(info: &str) -> Option<&'static str> {
    [
        (
            "unknown anchor",
            "a text that begins with `*` is quoted; an alias `*name` needs an anchor `&name` above it",
        ),
        ("quoted scalar", "close the quote that the text begins with"),
        (
            "did not find expected key",
            "line it up with the names above it, or indent it below the last of them",
        ),
        (
            "did not find expected '-' indicator",
            "line it up with the entries above it",
        ),
        ("did not find expected ',' or", "close the bracket or the brace"),
    ]
    .into_iter()
    .find_map(|(words, help)| info.contains(words).then_some(help))
}

/// The scalar itself, without the anchor and the tag before it and the comment behind its closing quote, all of which
/// the parser counts in.
pub(super) fn bare(span: Span, style: ScalarStyle) -> Span {
    let text = span.text();
    let mut rest = text;
    while rest.starts_with(['&', '!']) {
        let Some(gap) = rest.find(char::is_whitespace) else {
            return span;
        };
        rest = rest.get(gap..).unwrap_or_default().trim_start();
    }
    let start = span.start + (text.len() - rest.len());
    let length = match style {
        ScalarStyle::SingleQuoted => quoted(rest, '\'', '\''),
        ScalarStyle::DoubleQuoted => quoted(rest, '"', '\\'),
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => rest.len(),
    };
    Span {
        end: start + length,
        start,
        ..span
    }
}

/// The bytes of a quoted scalar at the beginning of a text, quotes included; `escape` protects the character behind it.
fn quoted(text: &str, quote: char, escape: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let protects = letter == escape
            && (escape != quote || letters.peek().is_some_and(|(_, next)| *next == quote));
        if protects {
            letters.next();
        } else if letter == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use crate::diag::Source;
    use crate::syntax::Node;
    use crate::syntax::parse;

    fn read(text: &str) -> Node {
        parse(&Arc::new(Source {
            name: "test.yml".into(),
            text: text.into(),
            secret: false,
        }))
        .unwrap()
    }

    /// Every scalar's span holds the scalar as written, every collection's the whole of it.
    fn spans(node: &Node, found: &mut Vec<String>) {
        found.push(node.span.text().to_owned());
        for item in node.items() {
            spans(item, found);
        }
        for (key, value) in node.entries() {
            spans(key, found);
            spans(value, found);
        }
    }

    #[test]
    fn spans_hold_what_is_written() {
        let mut found = Vec::new();
        let text = "\u{feff}größe: 'zwölf'  # Ärger\r\nliste:\r\n  - {a: 1, b: [2]}\r\n  - \"ß\"\r\n\r\nende: x\r\n";
        spans(&read(text), &mut found);
        assert_eq!(
            found,
            [
                "größe: 'zwölf'  # Ärger\r\nliste:\r\n  - {a: 1, b: [2]}\r\n  - \"ß\"\r\n\r\nende: x",
                "größe",
                "'zwölf'",
                "liste",
                "- {a: 1, b: [2]}\r\n  - \"ß\"",
                "{a: 1, b: [2]}",
                "a",
                "1",
                "b",
                "[2]",
                "2",
                "\"ß\"",
                "ende",
                "x",
            ]
        );
    }

    #[test]
    fn anchors_tags_and_comments_are_no_part_of_a_scalar() {
        let node = read("a: &x 'it''s' # one\nb: !!str \"a\\\"b\" # two\nc: &y 5 # three\nd: *y\n");
        let written: Vec<_> = node
            .entries()
            .iter()
            .map(|(_, value)| value.span.text())
            .collect();
        assert_eq!(written, ["'it''s'", "\"a\\\"b\"", "5", "5"]);
        assert_eq!(node.get("d").unwrap().spelled(), Some("5"));
    }

    #[test]
    fn spans_stay_right_far_into_a_text_of_wide_characters() {
        let mut text = String::new();
        for index in 0..500 {
            writeln!(text, "ключ{index}: 値{index}").unwrap();
        }
        let node = read(&text);
        for (index, (key, value)) in node.entries().iter().enumerate() {
            assert_eq!(key.span.text(), format!("ключ{index}"));
            assert_eq!(value.span.text(), format!("値{index}"));
        }
    }
}
