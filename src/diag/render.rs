//! Shows mistakes to people: the line of the file, a caret, and how to mend it.

use annotate_snippets::AnnotationKind;
use annotate_snippets::Group;
use annotate_snippets::Level;
use annotate_snippets::Renderer;
use annotate_snippets::Snippet;
use annotate_snippets::normalize_untrusted_str;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Span;

/// How many mistakes are shown at once, errors before warnings; nobody reads further.
const LIMIT: usize = 200;

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With escape codes for terminals.
    Always,
    /// Plain text.
    Never,
}

/// Mistakes as a text that ends with a line break, one paragraph each; empty when there are none.
pub fn render(diagnostics: &[Diagnostic], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Always => Renderer::styled(),
        Colour::Never => Renderer::plain(),
    };
    let shown: Vec<&Diagnostic> = if diagnostics.len() > LIMIT {
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics
            .iter()
            .partition(|diagnostic| diagnostic.severity == Severity::Error);
        errors.into_iter().chain(warnings).take(LIMIT).collect()
    } else {
        diagnostics.iter().collect()
    };
    let mut paragraphs: Vec<String> = shown
        .iter()
        .map(|diagnostic| paragraph(&renderer, diagnostic) + "\n")
        .collect();
    if diagnostics.len() > LIMIT {
        paragraphs.push(format!("and {} more\n", diagnostics.len() - LIMIT));
    }
    paragraphs.join("\n")
}

fn paragraph(renderer: &Renderer, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(normalize_untrusted_str(&diagnostic.message))
        .id(diagnostic.id);
    let mut group = Group::with_title(title);
    let line = diagnostic.span.as_ref().map(Line::of);
    if let Some(line) = &line {
        let label = diagnostic.label.as_deref().map(normalize_untrusted_str);
        group = group.element(
            Snippet::source(line.text.as_str())
                .line_start(line.number)
                .path(line.path)
                .annotation(
                    AnnotationKind::Primary
                        .span(line.start..line.end)
                        .label(label),
                ),
        );
    }
    let help = diagnostic
        .help
        .iter()
        .map(|help| Level::HELP.message(normalize_untrusted_str(help)));
    renderer.render(&[group.elements(help)])
}

/// The line where a span begins; the rest of a longer span would only fill the screen.
struct Line<'a> {
    path: &'a str,
    number: usize,
    /// With secrets masked.
    text: String,
    start: usize,
    end: usize,
}

impl<'a> Line<'a> {
    fn of(span: &'a Span) -> Self {
        let text = &span.source.text;
        let begin = text
            .get(..span.start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        let line = text
            .get(begin..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let (number, _) = span.line_and_column();
        let start = (span.start - begin).min(line.len());
        let end = (span.end - begin).min(line.len()).max(start);
        let secrets = if span.source.secret {
            vec![(line.len() - line.trim_start().len(), line.len())]
        } else {
            secrets(line)
        };
        let masked = |until: usize| mask(line.get(..until).unwrap_or_default(), &secrets);
        Self {
            path: &span.source.name,
            number,
            text: masked(line.len()),
            start: masked(start).len(),
            end: masked(end).len(),
        }
    }
}

/// Parts of key names whose values are not shown.
const SECRET_WORDS: [&str; 5] = ["pass", "secret", "token", "pwd", "credential"];

/// Where the values of secret keys stand in a line, in bytes: `ansible_password: …`, `{password: …, …}`, `password=…`.
/// Likewise what stands behind `!vault` on its line: encrypted it never fits there.
fn secrets(line: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = vault_value(line).into_iter().collect();
    let mut from = 0;
    while let Some(at) = line
        .get(from..)
        .and_then(|rest| rest.find([':', '=']))
        .map(|at| from + at)
    {
        from = at + 1;
        let key = line
            .get(..at)
            .and_then(|before| {
                before
                    .trim_end_matches(['"', '\'', ' '])
                    .rsplit([' ', ',', '{', '"', '\'', '\t'])
                    .next()
            })
            .unwrap_or_default()
            .to_ascii_lowercase();
        if SECRET_WORDS.iter().any(|word| key.contains(word)) {
            let rest = line.get(from..).unwrap_or_default();
            let blank = rest.len() - rest.trim_start().len();
            let value = rest.trim_start();
            let length = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value
                    .get(1..)
                    .and_then(|inner| inner.find(quote))
                    .map_or(value.len(), |end| end + 2),
                Some('{' | '[') | None => value.len(),
                Some(_) => end_of_word(line, at, value),
            };
            found.push((from + blank, from + blank + length));
            from += blank + length;
        }
    }
    found
}

fn vault_value(line: &str) -> Option<(usize, usize)> {
    const TAG: &str = "!vault";
    let (before, after) = line.split_once(TAG)?;
    let gap = after.find(char::is_whitespace)?;
    let value = after.get(gap..)?.trim_start();
    let start = before.len() + TAG.len() + after.len() - value.len();
    (!value.starts_with(['|', '>'])).then_some((start, line.len()))
}

/// The length of a value without quotes behind the `:` or `=` at a place.
fn end_of_word(line: &str, at: usize, value: &str) -> usize {
    let before = line.get(..at).unwrap_or_default();
    let end = if line.get(at..).is_some_and(|rest| rest.starts_with('=')) {
        value.find(char::is_whitespace)
    } else if before.contains('{') {
        value.find([',', '}'])
    } else {
        None
    };
    end.unwrap_or(value.len())
}

/// The beginning of a line with every character of a secret replaced.
fn mask(line: &str, secrets: &[(usize, usize)]) -> String {
    line.char_indices()
        .map(|(at, letter)| {
            let is_secret = secrets
                .iter()
                .any(|(start, end)| (*start..*end).contains(&at));
            if is_secret { '*' } else { letter }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Colour;
    use super::render;
    use crate::diag::Diagnostic;
    use crate::diag::Source;
    use crate::diag::Span;

    fn span(text: &str, piece: &str) -> Span {
        let start = text.find(piece).unwrap();
        Span {
            source: Arc::new(Source {
                name: "playbooks/rdp.yml".into(),
                text: text.into(),
                secret: false,
            }),
            start,
            end: start + piece.len(),
        }
    }

    #[test]
    fn a_mistake_shows_line_caret_and_remedy() {
        let text = "- hosts: all\n  tasks:\n    - service:\n        start_mode: automtic\n        name: TermService\n";
        let mistake = Diagnostic::error("unknown-value", "unknown start mode `automtic`")
            .at(&span(text, "automtic"))
            .label("expected `automatic`, `manual` or `disabled`")
            .suggest("automtic", ["automatic"]);
        insta::assert_snapshot!(render(&[mistake], Colour::Never), @r#"
        error[unknown-value]: unknown start mode `automtic`
         --> playbooks/rdp.yml:4:21
          |
        4 |         start_mode: automtic
          |                     ^^^^^^^^ expected `automatic`, `manual` or `disabled`
          |
          = help: did you mean `automatic`?
        "#);
    }

    #[test]
    fn the_column_counts_characters() {
        let text = "größe: fälsch\n";
        let mistake = Diagnostic::warning("odd", "odd value").at(&span(text, "fälsch"));
        insta::assert_snapshot!(render(&[mistake], Colour::Never), @r#"
        warning[odd]: odd value
         --> playbooks/rdp.yml:1:8
          |
        1 | größe: fälsch
          |        ^^^^^^
        "#);
    }

    #[test]
    fn a_long_span_and_an_empty_one_show_one_line() {
        let text = "a:\n  b: 1\n  c: 2\n";
        let long = Diagnostic::error("long", "two lines").at(&span(text, "b: 1\n  c: 2"));
        let mut end = span(text, "a:");
        end.start = text.len();
        end.end = text.len();
        let empty = Diagnostic::error("empty", "the end").at(&end);
        insta::assert_snapshot!(render(&[long, empty], Colour::Never), @r#"
        error[long]: two lines
         --> playbooks/rdp.yml:2:3
          |
        2 |   b: 1
          |   ^^^^

        error[empty]: the end
         --> playbooks/rdp.yml:4:1
          |
        4 |
          | ^
        "#);
    }

    #[test]
    fn without_a_place_the_message_stands_alone() {
        let mistake =
            Diagnostic::error("not-utf8", "`x.yml` is not UTF-8 text").help("save it as UTF-8");
        insta::assert_snapshot!(render(&[mistake], Colour::Never), @r#"
        error[not-utf8]: `x.yml` is not UTF-8 text
         |
         = help: save it as UTF-8
        "#);
    }

    #[test]
    fn the_line_does_not_show_passwords() {
        for text in [
            "{ansible_password: häns, port: bad}",
            "{\"ansible_password\": \"häns\", port: bad}",
            "admin_pwd=häns, port=bad",
        ] {
            let shown = render(
                &[Diagnostic::error("odd", "odd port").at(&span(text, "bad"))],
                Colour::Never,
            );
            assert!(!shown.contains("häns"), "{shown}");
            let lines: Vec<&str> = shown.lines().collect();
            assert_eq!(lines[3].find("bad"), lines[4].find('^'), "{shown}");
        }
    }

    #[test]
    fn a_flood_of_mistakes_is_cut_with_errors_first() {
        let mut many = vec![Diagnostic::warning("odd", "odd"); 300];
        many.push(Diagnostic::error("worse", "worse"));
        let shown = render(&many, Colour::Never);
        assert!(shown.starts_with("error[worse]"));
        assert!(shown.ends_with("\nand 101 more\n"));
    }

    #[test]
    fn a_password_with_a_comma_is_hidden_whole() {
        let mistake =
            Diagnostic::error("odd", "odd").at(&span("  ansible_password: hun,ter\n", "ansible"));
        let shown = render(&[mistake], Colour::Never);
        assert!(shown.contains("ansible_password: *******\n"), "{shown}");
    }

    #[test]
    fn escape_codes_of_a_file_do_not_reach_the_terminal() {
        let text = "a: \u{1b}[31mred\n";
        let mistake =
            Diagnostic::error("odd", "odd \u{1b}[31mvalue").at(&span(text, "\u{1b}[31mred"));
        assert!(!render(&[mistake], Colour::Never).contains('\u{1b}'));
    }
}
