//! Ansible's INI inventories: sections of hosts, of children and of variables.
//!
//! Follows Ansible's reader word for word where files depend on it; what that reader loses without a word is told.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::diag::alternatives;
use crate::inventory::draft::UNGROUPED;
use crate::inventory::draft::Vars;
use crate::inventory::intake::Intake;
use crate::inventory::intake::Named;

mod line;
mod literal;
mod words;

use crate::inventory::ini::line::Line;
use crate::inventory::ini::words::Unfinished;
use crate::inventory::ini::words::Word;

/// The kinds of sections that have a name, behind the colon.
const KINDS: [&str; 3] = ["hosts", "children", "vars"];

/// What the lines of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// A group that was used before it was declared.
struct Pending {
    name: String,
    span: Span,
    kind: Kind,
    /// The groups that are to have it as a child.
    parents: Vec<usize>,
}

/// Reads one file.
pub(super) fn read(source: &Arc<Source>, intake: &mut Intake) {
    let mut reader = Reader {
        source,
        intake,
        section: (UNGROUPED, Kind::Hosts),
        pending: Vec::new(),
        awaited: HashMap::new(),
        names: Vec::new(),
    };
    for line in line::lines(&source.text) {
        reader.line(&line);
    }
    reader.end();
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    intake: &'a mut Intake,
    section: (usize, Kind),
    pending: Vec<Option<Pending>>,
    /// The position in `pending` by name.
    awaited: HashMap<String, usize>,
    /// The names of the variables of the line before: most lines have the same.
    names: Vec<Arc<str>>,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            source: Arc::clone(self.source),
            start,
            end,
        }
    }

    fn whole(&self, line: &Line<'_>) -> Span {
        self.span(line.start, line.start + line.text.len())
    }

    /// Ansible reads no further; neither do we, but for more mistakes.
    fn broken(&mut self, mistake: Diagnostic) {
        self.intake.tell(mistake);
        self.intake.give_up();
    }

    fn line(&mut self, line: &Line<'_>) {
        if let Some(section) = line::section(line.text) {
            return self.section(line, section);
        }
        if line.text.starts_with('[') && self.strange_section(line) {
            return;
        }
        match self.section.1 {
            Kind::Hosts => self.host(line),
            Kind::Children => self.child(line),
            Kind::Vars => self.variable(line),
        }
    }

    fn section(&mut self, line: &Line<'_>, (name, kind): (&str, Option<&str>)) {
        let at = line.start + 1;
        let span = self.span(at, at + name.len());
        let kind = match kind {
            None | Some("hosts") => Kind::Hosts,
            Some("children") => Kind::Children,
            Some("vars") => Kind::Vars,
            Some(other) => {
                let at = span.end + 1;
                let mistake = Diagnostic::error(
                    "unknown-section",
                    format!("unknown kind of section: `[{name}:{other}]`"),
                )
                .at(&self.span(at, at + other.len()))
                .label(format!("expected {}, or nothing", alternatives(KINDS)))
                .suggest(other, KINDS);
                return self.broken(mistake);
            }
        };
        let is_new = self.intake.draft.known_group(name).is_none();
        if is_new && kind == Kind::Vars && !self.awaited.contains_key(name) {
            self.wait(name, &span, kind);
        }
        let group = self.intake.draft.group(name, Some(&span));
        if kind != Kind::Vars
            && let Some(pending) = self.awaited.remove(name)
            && let Some(pending) = self.pending.get_mut(pending).and_then(Option::take)
        {
            for parent in pending.parents {
                self.intake.link(parent, group, &pending.span);
            }
        }
        self.section = (group, kind);
    }

    /// A line that looks like the head of a section and is none. Says whether that was told.
    fn strange_section(&mut self, line: &Line<'_>) -> bool {
        let span = self.whole(line);
        let behind = line.text.rsplit_once(']').map(|(_, behind)| behind.trim());
        let mistake = Diagnostic::error("bad-section", format!("`{}` heads no section", line.text));
        let mistake = match behind {
            Some("") => mistake
                .at(&span)
                .label("a name has no spaces and no colon but that of `:children` or `:vars`")
                .help("write `[web]`, `[web:children]` or `[web:vars]`"),
            Some(rest) if rest.starts_with(';') => mistake
                .at(&span)
                .label("only a comment with `#` may follow on the line")
                .help("write `#` instead of `;`, or move the comment to a line of its own"),
            Some(_) | None => return false,
        };
        self.broken(mistake);
        true
    }

    fn host(&mut self, line: &Line<'_>) {
        let words = match words::split(line.text) {
            Ok(words) => words,
            Err(unfinished) => return self.unfinished(line, unfinished),
        };
        let Some((first, rest)) = words.words.split_first() else {
            return;
        };
        let span = self.span(line.start + first.start, line.start + first.end);
        let Some(hosts) = self.pattern(&first.text, &span) else {
            return;
        };
        let mut vars = Vars::with_capacity(rest.len());
        for (at, word) in rest.iter().enumerate() {
            let Some((name, text)) = word.text.split_once('=') else {
                return self.no_assignment(line, word);
            };
            let raw = line.text.get(word.start..word.end).unwrap_or_default();
            let offset = raw.find('=').map_or(0, |at| at + 1);
            let start = line.start + word.start + offset;
            let value = literal::value(text, self.span(start, line.start + word.end));
            vars.push((self.name(at, name), value.node));
            self.lost_backslash(line, word);
        }
        if let Some(at) = words.glued {
            self.lost_tail(line, at);
        }
        self.intake
            .hosts(self.section.0, &hosts, &Arc::new(vars), &span);
    }

    /// The name of a variable that stands at this place of the line, shared.
    fn name(&mut self, at: usize, name: &str) -> Arc<str> {
        if let Some(before) = self.names.get(at).filter(|before| ***before == *name) {
            return Arc::clone(before);
        }
        let name = self.intake.draft.name(name);
        self.names.truncate(at);
        self.names.push(Arc::clone(&name));
        name
    }

    /// The hosts of a name.
    fn pattern(&mut self, written: &str, span: &Span) -> Option<Named> {
        let hosts = self.intake.named(written, span)?;
        let mistake = if written.trim_end().ends_with(':') && hosts.port.is_none() {
            Diagnostic::error(
                "bad-host",
                format!("`{written}` ends where a port should stand"),
            )
            .at(span)
            .help("remove the colon; if this is a YAML inventory, mend what is wrong with its YAML")
        } else if hosts.names.iter().any(|name| name.trim() == "---") {
            Diagnostic::error("bad-host", "`---` begins a YAML document and names no host")
                .at(span)
                .help("this is an INI inventory, or a YAML one with a mistake in its YAML")
        } else {
            return Some(hosts);
        };
        self.broken(mistake);
        None
    }

    fn no_assignment(&mut self, line: &Line<'_>, word: &Word<'_>) {
        let span = self.span(line.start + word.start, line.start + word.end);
        let mistake =
            Diagnostic::error("bad-variable", "behind the name of a host stand variables")
                .at(&span)
                .label("expected `name=value`");
        self.broken(
            mistake.help(
                "quote values with spaces: `name=\"two words\"`; write one host on each line",
            ),
        );
    }

    fn unfinished(&mut self, line: &Line<'_>, unfinished: Unfinished) {
        let (at, says, help) = match unfinished {
            Unfinished::Quote(at) => (
                at,
                "this quote is never closed",
                "close it, or put a quote that is meant as a letter into the other sort of quotes",
            ),
            Unfinished::Backslash(at) => (
                at,
                "nothing follows the backslash",
                "put the value into single quotes",
            ),
        };
        let span = self.span(line.start + at, line.start + at + 1);
        let mistake = Diagnostic::error("bad-quoting", says).at(&span).help(help);
        self.broken(mistake);
    }

    fn lost_backslash(&mut self, line: &Line<'_>, word: &Word<'_>) {
        if let Some(at) = word.backslash {
            let span = self.span(line.start + at, line.start + at + 1);
            let mistake = Diagnostic::warning("lost-backslash", "the backslash is lost")
                .at(&span)
                .label("as in a shell, it only quotes the letter behind it")
                .help("put the value into single quotes: `'CORP\\name'`");
            self.intake.tell(mistake);
        }
    }

    fn lost_tail(&mut self, line: &Line<'_>, at: usize) {
        let span = self.span(line.start + at, line.start + line.text.len());
        let mistake = Diagnostic::warning("lost-tail", "everything from `#` on is a comment")
            .at(&span)
            .label("not part of the value")
            .help("put a value with `#` into quotes; put a blank before a comment");
        self.intake.tell(mistake);
    }

    fn child(&mut self, line: &Line<'_>) {
        let (parent, _) = self.section;
        let Some(name) = line::group_name(line.text) else {
            let mistake = Diagnostic::error("bad-group", "expected the name of a group")
                .at(&self.whole(line))
                .label("has a colon, a bracket or a space")
                .help("each line below `:children` is the name of one group");
            return self.broken(mistake);
        };
        let span = self.span(line.start, line.start + name.len());
        if let Some(child) = self.intake.draft.known_group(name) {
            return self.intake.link(parent, child, &span);
        }
        let pending = match self.awaited.get(name) {
            Some(pending) => *pending,
            None => self.wait(name, &span, Kind::Children),
        };
        if let Some(Some(pending)) = self.pending.get_mut(pending) {
            pending.parents.push(parent);
        }
    }

    fn wait(&mut self, name: &str, span: &Span, kind: Kind) -> usize {
        let position = self.pending.len();
        self.awaited.insert(name.to_owned(), position);
        self.pending.push(Some(Pending {
            name: name.to_owned(),
            span: span.clone(),
            kind,
            parents: Vec::new(),
        }));
        position
    }

    fn variable(&mut self, line: &Line<'_>) {
        let Some((name, text)) = line.text.split_once('=') else {
            let mistake = Diagnostic::error("bad-variable", "this section holds variables")
                .at(&self.whole(line))
                .label("expected `name=value`");
            return self.broken(mistake);
        };
        let text = text.trim();
        let start = line.start + (line.text.len() - text.len());
        let span = self.span(start, line.start + line.text.len());
        let value = literal::value(text, span);
        if value.is_unescaped && !text.contains(char::is_whitespace) {
            let mistake = Diagnostic::warning(
                "unescaped",
                "the backslash and the letter behind it become another letter",
            )
            .at(&value.node.span)
            .label("as in Python, `\\n` in quotes is a line break")
            .help("write the value without quotes, or double the backslash");
            self.intake.tell(mistake);
        }
        let name = self.intake.draft.name(name.trim_end());
        self.intake.set(self.section.0, name, value.node);
    }

    /// Groups that were used and never declared.
    fn end(&mut self) {
        let pending: Vec<Pending> = self.pending.drain(..).flatten().collect();
        for pending in pending {
            let Pending {
                name, span, kind, ..
            } = pending;
            let mistake = match kind {
                Kind::Vars => Diagnostic::error(
                    "undefined-group",
                    format!("`[{name}:vars]` belongs to no group of this file"),
                ),
                Kind::Children | Kind::Hosts => {
                    Diagnostic::error("undefined-group", format!("the child `{name}` is no group"))
                }
            };
            let known = self.intake.draft.groups.iter().map(|group| &*group.name);
            let mistake = mistake
                .at(&span)
                .label("declared nowhere")
                .suggest(&name, known.filter(|known| *known != name))
                .help(format!("add a section `[{name}]`, which may be empty"));
            self.intake.tell(mistake);
            self.intake.fail();
        }
    }
}

/// The first line that is neither empty nor a comment.
pub(super) fn first_line(text: &str) -> Option<&str> {
    line::lines(text).next().map(|line| line.text)
}

/// Whether a line is the head of a section.
pub(super) fn is_section(line: &str) -> bool {
    line::section(line).is_some()
}
