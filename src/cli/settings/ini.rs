//! The grammar of `ansible.cfg`, as Python's `configparser` reads it with `;` for comments behind values.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;

/// The section whose keys count in every section that does not have them.
const EVERYWHERE: &str = "DEFAULT";

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// With a newline before each further line.
    pub(super) text: String,
    /// Its first line.
    pub(super) span: Span,
}

/// A file, read.
#[derive(Debug, Default)]
pub(super) struct Sections(BTreeMap<(String, String), Value>);

impl Sections {
    /// Reads a whole text; every mistake is told.
    pub(super) fn parse(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader {
            source,
            sections: Self::default(),
            section: None,
            seen: Vec::new(),
            key: None,
            indent: 0,
            mistakes: Vec::new(),
        };
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            reader.line(line, start);
            start += line.len();
        }
        if !reader.mistakes.is_empty() {
            return Err(reader.mistakes);
        }
        for value in reader.sections.0.values_mut() {
            value.text.truncate(value.text.trim_end().len());
        }
        Ok(reader.sections)
    }

    /// The value of a key, which is in lower case.
    pub(super) fn value(&self, section: &str, key: &str) -> Option<&Value> {
        let find = |section: &str| self.0.get(&(section.to_owned(), key.to_owned()));
        find(section).or_else(|| find(EVERYWHERE))
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    sections: Sections,
    section: Option<String>,
    seen: Vec<String>,
    /// The key whose value a deeper line goes on with.
    key: Option<String>,
    indent: usize,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, start: usize) {
        // An editor's mark at the beginning is no letter of the first line.
        let mark = if start == 0 && line.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let line = line.get(mark..).unwrap_or_default();
        let end = comment(line);
        let bare = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
        let text = bare.trim();
        let indent = bare.len() - bare.trim_start().len();
        let from = start + mark + indent;
        if text.is_empty() {
            if end.is_none() {
                self.go_on("");
            }
            return;
        }
        if indent > self.indent && self.go_on(text) {
            return;
        }
        self.indent = indent;
        let header = text.strip_prefix('[').and_then(|rest| {
            let (name, _) = rest.rsplit_once(']')?;
            (!name.is_empty()).then_some(name)
        });
        if let Some(name) = header {
            self.begin_section(name, from);
            return;
        }
        let Some(section) = self.section.clone() else {
            let is_first = self.mistakes.is_empty();
            if text.starts_with('[') {
                self.mistake("the section has no closing bracket", (from, text.len()))
                    .help("write `[defaults]`");
            } else if is_first {
                self.mistake("it stands before the first section", (from, text.len()))
                    .help("begin the file with `[defaults]`");
            }
            return;
        };
        self.entry(section, text, from);
    }

    /// Adds a line to the value before it; says whether there is one.
    fn go_on(&mut self, text: &str) -> bool {
        let (Some(section), Some(key)) = (&self.section, &self.key) else {
            return false;
        };
        let at = (section.clone(), key.clone());
        if let Some(value) = self.sections.0.get_mut(&at) {
            value.text.push('\n');
            value.text.push_str(text);
        }
        true
    }

    fn begin_section(&mut self, name: &str, from: usize) {
        if self.seen.iter().any(|seen| seen == name) {
            let says = format!("the section `[{name}]` stands twice");
            self.mistake(&says, (from, name.len() + 2))
                .help("put the keys of both together");
        }
        self.seen.push(name.to_owned());
        self.section = Some(name.to_owned());
        self.key = None;
    }

    fn entry(&mut self, section: String, text: &str, from: usize) {
        let parts = text.split_once(['=', ':']);
        let Some((key, value)) = parts.filter(|(key, _)| !key.trim().is_empty()) else {
            self.mistake(
                "it is neither a section nor a key with a value",
                (from, text.len()),
            )
            .help("write `key = value`; a comment begins with `#` or `;`");
            return;
        };
        let behind = value.len() - value.trim_start().len();
        let start = from + key.len() + 1 + behind;
        let key = key.trim().to_lowercase();
        let value = value.trim();
        let span = self.span((start, value.len()));
        self.key = Some(key.clone());
        let text = value.to_owned();
        let before = self
            .sections
            .0
            .insert((section, key.clone()), Value { text, span });
        if before.is_some() {
            let says = format!("the key `{key}` stands twice in its section");
            self.mistake(&says, (from, key.len()))
                .help("keep one of them");
        }
    }

    fn span(&self, (start, length): (usize, usize)) -> Span {
        Span {
            source: Arc::clone(self.source),
            start,
            end: start + length,
        }
    }

    fn mistake(&mut self, says: &str, place: (usize, usize)) -> Helped<'_> {
        let mistake = Diagnostic::error("config-syntax", says).at(&self.span(place));
        self.mistakes.push(mistake);
        Helped(&mut self.mistakes)
    }
}

/// The mistake that was told last.
struct Helped<'m>(&'m mut Vec<Diagnostic>);

impl Helped<'_> {
    fn help(self, help: &str) {
        if let Some(mistake) = self.0.last_mut() {
            mistake.help.push(help.to_owned());
        }
    }
}

/// Where a comment begins: at the beginning of a line, or at a `;` behind a space.
fn comment(line: &str) -> Option<usize> {
    if line.trim_start().starts_with(['#', ';']) {
        return Some(0);
    }
    line.match_indices(';').map(|(at, _)| at).find(|at| {
        line.get(..*at)
            .is_some_and(|before| before.ends_with(char::is_whitespace))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Sections;
    use crate::diag::Source;

    fn parse(text: &str) -> Result<Sections, Vec<String>> {
        let source = Source {
            name: "ansible.cfg".into(),
            text: text.into(),
            secret: false,
        };
        Sections::parse(&Arc::new(source)).map_err(|mistakes| {
            let told = mistakes.into_iter().map(|mistake| {
                let (line, column) = mistake.span.unwrap().line_and_column();
                format!("{line}:{column} {}", mistake.message)
            });
            told.collect()
        })
    }

    #[track_caller]
    fn defaults(text: &str, key: &str) -> Option<String> {
        let sections = parse(text).unwrap();
        sections
            .value("defaults", key)
            .map(|value| value.text.clone())
    }

    #[test]
    fn values_are_read_as_configparser_reads_them() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("[defaults]\nforks = 5\n", some("5")),
            ("[defaults]\nforks:5", some("5")),
            ("[defaults]\r\nForks=5\r\n", some("5")),
            ("\u{feff}[defaults]\nforks=5", some("5")),
            ("[defaults] # main\nforks = 5 ; five\n", some("5")),
            ("[defaults]\nforks = 5 # five\n", some("5 # five")),
            ("[defaults]\nforks = a;b\n", some("a;b")),
            ("# c\n; c\n\n[defaults]\n  # c\nforks =\n", some("")),
            (
                "[defaults]\nforks = a,\n  b,\n\n  c\nx=1\n",
                some("a,\nb,\n\nc"),
            ),
            ("[defaults]\nforks = a\n  # no\n  b\n", some("a\nb")),
            ("[DEFAULT]\nforks = 1\n[defaults]\nx = 2\n", some("1")),
            ("[other]\nforks = 1\n", None),
            ("[defaults]\nx = 1\n", None),
            ("", None),
        ] {
            assert_eq!(defaults(text, "forks"), expected, "{text}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let mistakes = parse("forks = 1\n[defaults]\na = 1\nwhat\n= 2\nA = 3\n[defaults]\n");
        assert_eq!(
            mistakes.unwrap_err(),
            [
                "1:1 it stands before the first section",
                "4:1 it is neither a section nor a key with a value",
                "5:1 it is neither a section nor a key with a value",
                "6:1 the key `a` stands twice in its section",
                "7:1 the section `[defaults]` stands twice",
            ]
        );
    }
}
