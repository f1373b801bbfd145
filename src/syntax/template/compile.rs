//! Reads templates: makes of each text what minijinja evaluates, once, and says what is wrong with it.
//!
//! Knows how Ansible's templates differ in letters: backslashes between braces are letters, and a text that is one
//! expression is that expression. Knows nothing of values.

use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;

use crate::syntax::template::bridge;
use crate::syntax::template::fault::Failure;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Unreadable;
use crate::syntax::template::filters;
use crate::syntax::template::form::whole_expression;
use crate::syntax::template::functions;
use crate::syntax::template::predicates;

/// The variable that has the value of an expression.
pub(super) const RESULT: &str = "it__";
const BEFORE: &str = "{% set it__ = (";
const BEHIND: &str = "\n) %}";

/// A template or an expression, read.
#[derive(Debug)]
pub(super) struct Form {
    /// The name under which minijinja has it, which is also what it reads.
    pub(super) source: String,
    /// Whether the value is that of [`RESULT`] and not a text.
    pub(super) is_expression: bool,
    /// The variables with the constant attributes behind them: `users`, `result.rc`.
    pub(super) names: Vec<Vec<String>>,
}

impl Form {
    /// Whether what one round of a loop makes may be in what the next one makes, so that lists nest as deep as there
    /// are rounds: only attributes of namespaces outlive a round.
    pub(super) fn may_nest(&self) -> bool {
        self.source.contains("namespace")
    }

    /// What was written, apart from doubled backslashes.
    pub(super) fn written(&self) -> &str {
        if self.is_expression {
            let inner = self.source.strip_prefix(BEFORE).unwrap_or(&self.source);
            inner.strip_suffix(BEHIND).unwrap_or(inner)
        } else {
            &self.source
        }
    }

    /// Where what was written begins in what minijinja reads.
    pub(super) fn offset(&self) -> usize {
        if self.is_expression { BEFORE.len() } else { 0 }
    }
}

/// How many operators, dots, bars and brackets the templates of one text may have. minijinja reads and evaluates them in
/// each other, so that very many would exhaust the stack.
const LINKS: usize = 1_000;
/// Words that count like operators.
const LINKING: [&str; 8] = ["not", "if", "else", "and", "or", "in", "is", "for"];

/// Refuses what nests or chains more than anybody writes.
fn bounded(links: usize) -> Result<(), Unreadable> {
    if links <= LINKS {
        return Ok(());
    }
    Err(refusal(&format!(
        "more than {LINKS} operators and brackets in one template"
    )))
}

fn links(piece: &str) -> usize {
    let signs = piece.matches(|letter| ".|[({+-*/%~<>=!".contains(letter));
    let words = piece.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    signs.count() + words.filter(|word| LINKING.contains(word)).count()
}

/// What stands between braces.
fn inside(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{")
        .skip(1)
        .chain(text.split("{%").skip(1))
        .map(|piece| {
            let end = piece.find("}}").into_iter().chain(piece.find("%}")).min();
            piece.get(..end.unwrap_or(piece.len())).unwrap_or_default()
        })
}

fn refusal(message: &str) -> Unreadable {
    Unreadable {
        failure: Failure {
            id: "template-syntax",
            message: format!("not a valid template: {message}"),
            help: Vec::new(),
        },
        piece: 0..0,
    }
}

/// Refuses statements that would read other templates: there are none.
fn without_other_files(text: &str) -> Result<(), Unreadable> {
    for piece in text.split("{%").skip(1) {
        let word = piece.trim_start_matches(['-', '+']).trim_start();
        let word = word.split(|letter: char| !letter.is_alphabetic()).next();
        if let Some(word @ ("include" | "import" | "extends" | "from")) = word {
            return Err(refusal(&format!(
                "`{{% {word} %}}` would read another file, which templates cannot"
            )));
        }
    }
    Ok(())
}

/// Reads a text with templates in it.
pub(super) fn template(jinja: &Environment<'static>, text: &str) -> Result<Form, Unreadable> {
    bounded(inside(text).map(links).sum())?;
    without_other_files(text)?;
    // White space behind the braces makes a text of it, a line end does not.
    let line = text.trim_end_matches('\n');
    if let Some(inner) = whole_expression(text).filter(|_| line.ends_with("}}")) {
        let inner = keep_backslashes(inner, Place::Expression);
        if jinja.compile_expression(&inner).is_ok() {
            let form = read_expression(jinja, &inner)?;
            return known(form);
        }
    }
    let source = keep_backslashes(text, Place::Text);
    let read = jinja.get_template(&source);
    let names = read
        .map_err(|error| unreadable(&error, source.len()))?
        .undeclared_variables(true);
    known(Form {
        source,
        is_expression: false,
        names: split(names),
    })
}

/// Reads an expression.
pub(super) fn expression(jinja: &Environment<'static>, text: &str) -> Result<Form, Unreadable> {
    bounded(links(text))?;
    if let Err(error) = jinja.compile_expression(text) {
        return Err(unreadable(&error, text.len()));
    }
    known(read_expression(jinja, text)?)
}

fn read_expression(jinja: &Environment<'static>, text: &str) -> Result<Form, Unreadable> {
    let source = format!("{BEFORE}{text}{BEHIND}");
    let read = jinja.get_template(&source);
    let names = read
        .map_err(|error| unreadable(&error, 0))?
        .undeclared_variables(true);
    Ok(Form {
        source,
        is_expression: true,
        names: split(names),
    })
}

/// The paths of dotted names, in order.
fn split(names: impl IntoIterator<Item = String>) -> Vec<Vec<String>> {
    let path = |name: String| name.split('.').map(str::to_owned).collect();
    let mut paths: Vec<Vec<String>> = names.into_iter().map(path).collect();
    paths.sort();
    paths
}

fn unreadable(error: &Error, length: usize) -> Unreadable {
    let message = match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::InvalidDelimiter => bridge::told(error),
        _ => error.to_string(),
    };
    let piece = error.range().unwrap_or(0..0);
    Unreadable {
        failure: Failure {
            id: "template-syntax",
            help: Some(message.as_str())
                .filter(|_| length > 0)
                .and_then(remedy)
                .map(str::to_owned)
                .into_iter()
                .collect(),
            message: format!("not a valid template: {message}"),
        },
        piece: if piece.end <= length { piece } else { 0..0 },
    }
}

/// What helps against what minijinja says.
fn remedy(message: &str) -> Option<&'static str> {
    [
        (
            "unexpected end of variable block",
            "something is missing before `}}`",
        ),
        ("expected end of variable block", "close it by `}}`"),
        (
            "unexpected end of block",
            "something is missing before `%}`",
        ),
        ("expected end of block", "close it by `%}`"),
    ]
    .into_iter()
    .find_map(|(words, help)| message.contains(words).then_some(help))
}

/// The form, when all filters and tests in it exist.
fn known(mut form: Form) -> Result<Form, Unreadable> {
    let written = form.written().to_owned();
    let begins = if form.is_expression {
        Place::Expression
    } else {
        Place::Text
    };
    form.names.extend(sliced(&written, begins));
    form.names.sort();
    form.names.dedup();
    for (start, sort, name) in called(&written, begins) {
        let fault = match sort {
            Sort::Filter if filters::named(name).is_none() => {
                Fault::unknown("filter", name, filters::names())
            }
            Sort::Test if predicates::named(name).is_none() => {
                Fault::unknown("test", name, predicates::names())
            }
            Sort::Filter | Sort::Test => continue,
        };
        if let Fault::Failed(failure) = fault {
            return Err(Unreadable {
                failure: *failure,
                piece: start..start + name.len(),
            });
        }
    }
    Ok(form)
}

/// What a name is called as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Filter,
    Test,
}

/// The filters and tests of a template that was read without a mistake, with where their names begin.
fn called(text: &str, begins: Place) -> Vec<(usize, Sort, &str)> {
    let mut found = Vec::new();
    for (start, piece) in code(text, begins) {
        let mut rest = piece;
        let mut before = "";
        while let Some(letter) = rest.chars().next() {
            let at = start + piece.len() - rest.len();
            let word_end = rest.find(|letter: char| !is_word(letter));
            let word = rest
                .get(..word_end.unwrap_or(rest.len()))
                .unwrap_or_default();
            if word.is_empty() {
                before = match letter {
                    '|' => "|",
                    letter if letter.is_whitespace() => before,
                    _ => "",
                };
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
                continue;
            }
            let dotted_end = rest.find(|letter: char| !is_word(letter) && letter != '.');
            let dotted = rest.get(..dotted_end.unwrap_or(rest.len())).unwrap_or(rest);
            match (before, word) {
                ("|", _) => found.push((at, Sort::Filter, dotted)),
                ("is", "not") => {
                    rest = rest.get(word.len()..).unwrap_or_default();
                    continue;
                }
                ("is", _) => found.push((at, Sort::Test, dotted)),
                _ => {}
            }
            let is_free = before != "|" && before != "is" && word.len() == dotted.len();
            before = if is_free && word == "is" { "is" } else { "" };
            rest = rest.get(dotted.len()..).unwrap_or_default();
        }
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The pieces of a template that are code and not within quotes.
fn code(text: &str, begins: Place) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut scan = Scan::new(begins);
    let mut start = None;
    for (at, letter) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        scan.step(letter, rest);
        let is_code = scan.place == Place::Expression && scan.quote.is_none();
        match (is_code, start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                pieces.extend(text.get(begun..at).map(|piece| (begun, piece)));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(begun) = start {
        pieces.extend(text.get(begun..).map(|piece| (begun, piece)));
    }
    pieces
}

/// Where a scan for string literals is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Comment,
    /// Between `{{` and `}}`, or an expression alone.
    Expression,
}

/// Tells code from texts, comments and string literals, letter by letter.
struct Scan {
    begins: Place,
    place: Place,
    quote: Option<char>,
    is_escaped: bool,
    /// Whether a statement is read, not an expression.
    in_statement: bool,
    is_raw: bool,
}

impl Scan {
    fn new(begins: Place) -> Self {
        Self {
            begins,
            place: begins,
            quote: None,
            is_escaped: false,
            in_statement: false,
            is_raw: false,
        }
    }

    fn step(&mut self, letter: char, rest: &str) {
        match (self.place, self.quote) {
            (Place::Text, _) => self.text(rest),
            (Place::Comment, _) => {
                if rest.starts_with("#}") {
                    self.place = Place::Text;
                }
            }
            (Place::Expression, Some(open)) => {
                if self.is_escaped {
                    self.is_escaped = false;
                } else if letter == '\\' {
                    self.is_escaped = true;
                } else if letter == open {
                    self.quote = None;
                }
            }
            (Place::Expression, None) => {
                let end = if self.in_statement { "%}" } else { "}}" };
                if letter == '\'' || letter == '"' {
                    self.quote = Some(letter);
                } else if self.begins == Place::Text && rest.starts_with(end) {
                    self.place = Place::Text;
                }
            }
        }
    }

    fn text(&mut self, rest: &str) {
        let Some(inner) = rest.strip_prefix('{') else {
            return;
        };
        if let Some(statement) = inner.strip_prefix('%') {
            let word = statement.trim_start_matches(['-', '+']).trim_start();
            if word.starts_with("endraw") {
                self.is_raw = false;
            } else if !self.is_raw {
                self.is_raw = word.starts_with("raw");
                self.place = Place::Expression;
                self.in_statement = true;
            }
        } else if !self.is_raw && inner.starts_with('{') {
            self.place = Place::Expression;
            self.in_statement = false;
        } else if !self.is_raw && inner.starts_with('#') {
            self.place = Place::Comment;
        }
    }
}

/// Doubles the backslashes of string literals inside `{{ }}`, where Ansible takes them as letters: `'C:\new'`.
fn keep_backslashes(text: &str, begins: Place) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len() + 8);
    let mut scan = Scan::new(begins);
    for (at, letter) in text.char_indices() {
        let (quote, was_escaped) = (scan.quote, scan.is_escaped);
        scan.step(letter, text.get(at..).unwrap_or_default());
        let is_literal = quote.is_some() && !scan.in_statement;
        // A backslash hides the quote behind it, and yet stays.
        if is_literal && (letter == '\\' || was_escaped && quote == Some(letter)) {
            kept.push('\\');
        }
        kept.push(letter);
    }
    kept
}

/// The variables that are sliced, which minijinja leaves out of those that a template names: `hosts[1:]`.
fn sliced(text: &str, begins: Place) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (_, piece) in code(text, begins) {
        for (at, _) in piece.match_indices('[') {
            let before = piece.get(..at).unwrap_or_default();
            let inner = piece.get(at + 1..).unwrap_or_default();
            let inner = inner.split(']').next().unwrap_or_default();
            let chain = before
                .trim_end_matches(|letter| is_word(letter) || matches!(letter, '.' | '[' | ']'));
            let chain = before.get(chain.len()..).unwrap_or_default();
            let root = chain
                .split(|letter| !is_word(letter))
                .next()
                .unwrap_or_default();
            if inner.contains(':') && root.starts_with(|letter: char| !letter.is_ascii_digit()) {
                found.push(vec![root.to_owned()]);
            }
        }
    }
    found
}

/// Whether a name is that of something that the language itself has.
pub(super) fn is_own(name: &str) -> bool {
    matches!(name, "omit" | "vars") || functions::exists(name)
}

#[cfg(test)]
mod tests {
    use super::Place;
    use super::Sort;
    use super::called;
    use super::keep_backslashes;

    #[test]
    fn backslashes_are_letters_in_braces_only() {
        let kept = |text| keep_backslashes(text, Place::Text);
        assert_eq!(kept(r"\a {{ '\b' }} \c"), r"\a {{ '\\b' }} \c");
        assert_eq!(
            kept(r"{{ 'it\'s' }}{{ '\d' }}"),
            r"{{ 'it\\\'s' }}{{ '\\d' }}"
        );
        assert_eq!(
            kept(r"{% if x == '\n' %}\{% endif %}"),
            r"{% if x == '\n' %}\{% endif %}"
        );
    }

    #[test]
    fn filters_and_tests_are_found_outside_of_quotes() {
        let text = "a | b {{ x | upper | a.b('| c') is not defined }}{# | d #}{% if y is e %}";
        let found: Vec<(Sort, &str)> = called(text, Place::Text)
            .into_iter()
            .map(|(_, sort, name)| (sort, name))
            .collect();
        assert_eq!(
            found,
            [
                (Sort::Filter, "upper"),
                (Sort::Filter, "a.b"),
                (Sort::Test, "defined"),
                (Sort::Test, "e")
            ]
        );
    }
}

#[cfg(test)]
mod bounds {
    use super::expression;
    use super::template;
    use crate::syntax::template::Engine;

    /// Whether a text is refused, in either place, without harm.
    fn refused(piece: &str) -> bool {
        let engine = Engine::new();
        let long = piece.repeat(100_000);
        let as_text = format!("{{{{ {long}1 }}}}");
        template(&engine.jinja, &as_text).is_err() && expression(&engine.jinja, &long).is_err()
    }

    #[test]
    fn chains_that_nobody_writes_are_refused() {
        for piece in [
            "not ",
            "- ",
            "1 + ",
            "a.",
            "1 | abs | ",
            "1 if 1 else ",
            "[",
            "(",
            "1 < ",
        ] {
            assert!(refused(piece), "{piece}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let engine = Engine::new();
        for text in [
            "{% include 'x' %}",
            "{%- import 'x' as y %}",
            "{% extends 'x' %}",
        ] {
            assert!(template(&engine.jinja, text).is_err(), "{text}");
        }
    }
}
