//! The word of a task with its arguments, however they are written: as a mapping, as `key=value` text, under `args` or
//! by `action`.

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::keywords;
use crate::playbook::reader::Reader;
use crate::playbook::shape::wrong;
use crate::playbook::words;
use crate::syntax::Content;
use crate::syntax::Node;

/// Collections whose modules are known by their short names.
pub(super) const COLLECTIONS: [&str; 4] = [
    "ansible.builtin.",
    "ansible.legacy.",
    "ansible.windows.",
    "community.windows.",
];

/// The word of a task with its arguments.
#[derive(Debug)]
pub(super) struct Module {
    /// The word, as written.
    pub(super) word: String,
    /// Where the word stands.
    pub(super) key: Span,
    /// The arguments: a mapping.
    pub(super) args: Node,
    /// What stands in the text besides `key=value`.
    pub(super) raw: Option<Node>,
    /// Whether the arguments came as a text: then all of them are texts.
    pub(super) from_text: bool,
    /// Where the arguments stand.
    pub(super) span: Span,
}

impl Module {
    /// The word without its collection.
    pub(super) fn short(&self) -> &str {
        short(&self.word)
    }
}

/// A module's name without its collection.
pub(super) fn short(word: &str) -> &str {
    COLLECTIONS
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .unwrap_or(word)
}

impl Reader {
    /// The one module of a task; `None` after a mistake was added.
    pub(super) fn module(&mut self, node: &Node) -> Option<Module> {
        let mut found: Option<Module> = None;
        let mut strange = Vec::new();
        for (key, value) in node.entries() {
            let word = key.spelled().unwrap_or_default();
            if word.starts_with("with_") {
                continue;
            }
            if matches!(word, "action" | "local_action") {
                let module = self.action_of(key, value, node);
                self.one_module(&mut found, module, key);
            } else if keywords::tell(keywords::TASK, key, value, &mut self.mistakes) {
            } else if words::is_known(word) {
                let module = self.module_of(key, value, node);
                self.one_module(&mut found, Some(module), key);
            } else {
                strange.push(key);
            }
        }
        for key in &strange {
            // In a task without a module an unknown key may be meant to be one.
            self.push(match &found {
                Some(_) => words::unknown_key(key),
                None => words::unknown(key, key.spelled().unwrap_or_default()),
            });
        }
        if found.is_none() && strange.is_empty() && !has_action(node) {
            self.push(
                Diagnostic::error("no-resource", "the task names no resource")
                    .at(&node.span)
                    .label("needs a resource")
                    .help(format!("resources: {}", words::kinds())),
            );
        }
        found.filter(|_| strange.is_empty())
    }

    fn one_module(&mut self, found: &mut Option<Module>, next: Option<Module>, key: &Node) {
        match (found.as_ref(), next) {
            (None, next) => *found = next,
            (Some(first), Some(next)) => {
                let mistake = Diagnostic::error(
                    "two-resources",
                    format!(
                        "a task states one resource, but here are `{}` and `{}`",
                        first.word, next.word
                    ),
                )
                .at(&key.span)
                .help("make two tasks of it");
                self.push(mistake);
            }
            (Some(_), None) => {}
        }
    }

    /// The module of `action` and `local_action`.
    fn action_of(&mut self, key: &Node, value: &Node, task: &Node) -> Option<Module> {
        let (word, at, args) = match &value.content {
            Content::Text(whole) => {
                let text = whole.trim_start();
                let word = text.split_whitespace().next().unwrap_or_default();
                let start = whole.len() - text.len();
                let end = start + word.len();
                (word.to_owned(), place(value, start, end), piece(value, end))
            }
            Content::Mapping(entries) => {
                let word = value.get("module").and_then(Node::as_text);
                let rest = entries
                    .iter()
                    .filter(|(key, _)| key.as_text() != Some("module"))
                    .cloned()
                    .collect();
                let args = Node {
                    span: value.span.clone(),
                    content: Content::Mapping(rest),
                };
                let word = word.unwrap_or_default().to_owned();
                (word, value.span.clone(), args)
            }
            _ => (String::new(), value.span.clone(), value.clone()),
        };
        if word.is_empty() {
            let key = key.spelled().unwrap_or_default();
            self.push(wrong(key, "a module with its arguments", value));
            return None;
        }
        let key = Node {
            span: at,
            content: Content::Text(word.clone()),
        };
        if !words::is_known(&word) {
            self.push(words::unknown(&key, &word));
            return None;
        }
        Some(self.module_of(&key, &args, task))
    }

    /// The module of a key, its arguments together with those under `args`.
    pub(super) fn module_of(&mut self, key: &Node, value: &Node, task: &Node) -> Module {
        let word = key.spelled().unwrap_or_default().to_owned();
        let mut entries = Vec::new();
        let mut raw = None;
        let from_text = matches!(value.content, Content::Text(_));
        match &value.content {
            Content::Text(text) if text.trim().is_empty() => {}
            Content::Text(_) => {
                let (pairs, rest) = pairs(value);
                entries.extend(pairs);
                raw = rest;
            }
            Content::Mapping(given) => entries.extend(given.iter().cloned()),
            Content::Null => {}
            _ => raw = Some(value.clone()),
        }
        self.add_args(task, &mut entries);
        Module {
            word,
            key: key.span.clone(),
            args: Node {
                span: value.span.clone(),
                content: Content::Mapping(entries),
            },
            raw,
            from_text,
            span: value.span.clone(),
        }
    }

    fn add_args(&mut self, task: &Node, entries: &mut Vec<(Node, Node)>) {
        let Some(args) = task.get("args") else {
            return;
        };
        if !matches!(args.content, Content::Mapping(_) | Content::Null) {
            self.push(wrong("args", "keys with values", args));
        }
        for (key, value) in args.entries() {
            // What stands at the module itself wins.
            if !entries
                .iter()
                .any(|(own, _)| own.spelled() == key.spelled())
            {
                entries.push((key.clone(), value.clone()));
            }
        }
    }
}

fn has_action(node: &Node) -> bool {
    ["action", "local_action"]
        .iter()
        .any(|key| node.get(key).is_some())
}

/// What follows in a text; its place when the text stands in the file as it is.
fn piece(node: &Node, start: usize) -> Node {
    let text = node.as_text().unwrap_or_default();
    let rest = text.get(start..).unwrap_or_default();
    Node {
        span: place(node, start, text.len()),
        content: Content::Text(rest.to_owned()),
    }
}

/// The place of a piece of a text. Escapes and folded lines make the text another than what stands in the file; then
/// the whole of it.
fn place(node: &Node, start: usize, end: usize) -> Span {
    if node.as_text() == Some(node.span.text()) {
        Span {
            source: node.span.source.clone(),
            start: node.span.start + start,
            end: node.span.start + end,
        }
    } else {
        node.span.clone()
    }
}

/// `key=value` pairs, and the rest of the text.
fn pairs(node: &Node) -> (Vec<(Node, Node)>, Option<Node>) {
    let text = node.as_text().unwrap_or_default();
    let mut found: Vec<(Node, Node)> = Vec::new();
    let mut rest: Option<(usize, usize)> = None;
    for (start, word) in words_of(text) {
        let end = start + word.len();
        match word.split_once('=') {
            Some((key, value)) if is_key(key) => {
                let at = start + key.len() + 1;
                let key = Node {
                    span: place(node, start, start + key.len()),
                    content: Content::Text(key.to_owned()),
                };
                let value = Node {
                    span: place(node, at, end),
                    content: Content::Text(unquoted(value).to_owned()),
                };
                found.push((key, value));
            }
            Some(_) | None => {
                rest = Some((rest.map_or(start, |(first, _)| first), end));
            }
        }
    }
    let rest = rest.map(|(start, end)| Node {
        span: place(node, start, end),
        content: Content::Text(unquoted(text.get(start..end).unwrap_or_default()).to_owned()),
    });
    (found, rest)
}

fn is_key(word: &str) -> bool {
    !word.is_empty()
        && word
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

/// Words between blanks with their places; blanks inside quotes and inside `{{ }}` belong to the word.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut quote = None;
    let mut depth = 0_usize;
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        match (before, letter) {
            ('{', '{' | '%' | '#') => depth += 1,
            ('}' | '%' | '#', '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && quote.is_none() && letter.is_whitespace() {
            if let Some(start) = start.take() {
                found.extend(text.get(start..place).map(|word| (start, word)));
            }
            before = letter;
            continue;
        }
        start = start.or(Some(place));
        if depth == 0 {
            match quote {
                Some(open) if open == letter => quote = None,
                None if matches!(letter, '"' | '\'') => quote = Some(letter),
                Some(_) | None => {}
            }
        }
        before = letter;
    }
    // An open quote runs to the end.
    found.extend(start.and_then(|start| Some((start, text.get(start..)?))));
    found
}

#[cfg(test)]
mod tests {
    use super::unquoted;
    use super::words_of;

    fn words(text: &str) -> Vec<&str> {
        words_of(text).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn blanks_in_quotes_and_templates_belong_to_the_word() {
        assert_eq!(
            words("name=a  path='b c' x={{ d | e('f g') }}h {% if i %}j{% endif %}"),
            [
                "name=a",
                "path='b c'",
                "x={{ d | e('f g') }}h",
                "{% if i %}j{% endif %}"
            ]
        );
        assert_eq!(words("a='open b"), ["a='open b"]);
        assert_eq!(words(" "), Vec::<&str>::new());
    }

    #[test]
    fn one_layer_of_quotes_is_taken_off() {
        assert_eq!(unquoted("'a'"), "a");
        assert_eq!(unquoted("\"'a'\""), "'a'");
        assert_eq!(unquoted("'a"), "'a");
    }
}
