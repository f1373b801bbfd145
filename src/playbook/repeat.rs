//! `loop` and its older forms, `loop_control`, and `until` with `retries` and `delay`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::playbook::Loop;
use crate::playbook::Until;
use crate::playbook::entry::is_reserved;
use crate::playbook::entry::reserved;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::is_idle;
use crate::playbook::shape::is_name;
use crate::playbook::shape::wrong;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::has_template;

/// Older loops that need another spelling, with that spelling.
const OLDER: [(&str, &str); 14] = [
    (
        "with_cartesian",
        "use `loop: \"{{ a | product(b) | list }}\"`",
    ),
    ("with_fileglob", "name the files under `loop`"),
    (
        "with_first_found",
        "name the files under `vars_files` as a list within the list: the first that is there counts",
    ),
    ("with_flattened", "use `loop: \"{{ lists | flatten }}\"`"),
    (
        "with_indexed_items",
        "use `loop` with `loop_control: {index_var: index}`",
    ),
    (
        "with_inventory_hostnames",
        "use `loop: \"{{ groups['NAME'] }}\"`",
    ),
    (
        "with_lines",
        "nothing is run to make a list of its lines; name the items under `loop`",
    ),
    ("with_nested", "use `loop: \"{{ a | product(b) | list }}\"`"),
    (
        "with_random_choice",
        "use `vars` with one that stays the same for a host: \
         `\"{{ list[(inventory_hostname | hash('md5')) | int(base=16) % (list | length)] }}\"`",
    ),
    (
        "with_sequence",
        "use `loop: \"{{ range(1, 5 + 1) | list }}\"`",
    ),
    (
        "with_subelements",
        "use `loop: \"{{ list | subelements('KEY') }}\"`",
    ),
    ("with_together", "use `loop: \"{{ a | zip(b) | list }}\"`"),
    ("with_vars", "use `loop` over the names of the variables"),
    ("with_file", "name the items under `loop`"),
];

/// The forms that are read.
const LOOPS: [&str; 4] = ["loop", "with_items", "with_list", "with_dict"];

impl Reader {
    /// The loop of a task. Older forms become a `loop` over a variable of the task.
    pub(super) fn repeat(
        &mut self,
        node: &Node,
        vars: &mut BTreeMap<String, Node>,
    ) -> Option<Loop> {
        let mut found: Option<(&str, &Node)> = None;
        for (key, value) in node.entries() {
            let word = key.spelled().unwrap_or_default();
            if let Some(known) = LOOPS.iter().find(|known| **known == word) {
                if found.is_some() {
                    self.push(
                        Diagnostic::error("two-loops", "a task has one loop")
                            .at(&key.span)
                            .label("a second one"),
                    );
                }
                found = Some((known, value));
            } else if word.starts_with("with_") {
                self.push(older(word, key));
            }
        }
        let control = node.get("loop_control");
        let Some((word, value)) = found else {
            if let Some(control) = control.filter(|control| !is_idle(control)) {
                self.push(
                    Diagnostic::warning(
                        "without-effect",
                        "`loop_control` has no effect without a loop",
                    )
                    .at(&control.span),
                );
            }
            return None;
        };
        self.shelf.engine.check(value, &mut self.mistakes);
        let items = self.items_of(word, value, vars)?;
        Some(self.control(control, items))
    }

    fn items_of(
        &mut self,
        word: &str,
        value: &Node,
        vars: &mut BTreeMap<String, Node>,
    ) -> Option<Node> {
        let is_list = matches!(value.content, Content::Sequence(_));
        let mut by_variable = |template: &str| {
            vars.insert(word.to_owned(), value.clone());
            Node {
                span: value.span.clone(),
                content: Content::Text(template.to_owned()),
            }
        };
        match word {
            "with_items" if is_flat(value) => Some(value.clone()),
            "with_items" => Some(by_variable(
                "{{ (with_items if with_items is sequence and with_items is not string and with_items is not mapping \
                 else [with_items]) | flatten(levels=1, skip_nulls=false) }}",
            )),
            "with_dict" => match &value.content {
                Content::Mapping(entries) => Some(pairs(value, entries)),
                _ if has_template(value) => Some(by_variable("{{ with_dict | dict2items }}")),
                _ => {
                    self.push(wrong(
                        word,
                        "keys with values, or a template that gives them",
                        value,
                    ));
                    None
                }
            },
            _ if is_list || (has_template(value) && value.as_text().is_some()) => {
                Some(value.clone())
            }
            _ => {
                self.push(wrong(word, "a list, or a template that gives one", value));
                None
            }
        }
    }

    fn control(&mut self, control: Option<&Node>, items: Node) -> Loop {
        let mut found = Loop {
            items,
            var: "item".into(),
            index_var: None,
            label: None,
        };
        let Some(control) = control else {
            return found;
        };
        if !matches!(control.content, Content::Mapping(_) | Content::Null) {
            self.push(wrong("loop_control", "keys with values", control));
        }
        for (key, value) in control.entries() {
            match key.spelled().unwrap_or_default() {
                "loop_var" => found.var = self.variable(value).unwrap_or(found.var),
                "index_var" => found.index_var = self.variable(value),
                "label" => {
                    self.shelf.engine.check(value, &mut self.mistakes);
                    found.label = Some(value.clone());
                }
                "pause" if !is_idle(value) => self.push(
                    Diagnostic::warning("without-effect", "`pause` has no effect here")
                        .at(&key.span)
                        .help("items follow each other at once"),
                ),
                "extended" | "extended_allitems" | "break_when" if !is_idle(value) => {
                    self.push_unsupported(key);
                }
                "pause" | "extended" | "extended_allitems" | "break_when" => {}
                word => self.push(
                    Diagnostic::error(
                        "unknown-key",
                        format!("unknown key `{word}` in `loop_control`"),
                    )
                    .at(&key.span)
                    .label("no such key")
                    .suggest(word, ["loop_var", "index_var", "label"])
                    .help("keys of `loop_control`: `loop_var`, `index_var`, `label`"),
                ),
            }
        }
        found
    }

    fn push_unsupported(&mut self, key: &Node) {
        let word = key.spelled().unwrap_or_default();
        self.push(
            Diagnostic::error("unsupported-keyword", format!("`{word}` is not supported"))
                .at(&key.span)
                .help("`index_var` gives the position, and a `when` leaves items out"),
        );
    }

    fn variable(&mut self, value: &Node) -> Option<Arc<str>> {
        let Some(name) = value.as_text() else {
            self.push(wrong("loop_control", "the name of a variable", value));
            return None;
        };
        if !is_name(name) {
            self.push(shape::bad_name(name, value));
        } else if is_reserved(name) {
            self.push(reserved(name, value));
        }
        Some(name.into())
    }

    /// `until`, or `retries` alone, which means: until it does not fail.
    pub(super) fn until(&mut self, node: &Node) -> Option<Until> {
        let conditions = self.conditions(node, "until");
        let retries = self.amount(node, "retries");
        let delay = self.amount(node, "delay");
        if conditions.is_empty() && retries.is_none() {
            if delay.is_some() && node.get("until").is_none() {
                let key = node
                    .entries()
                    .iter()
                    .find(|(key, _)| key.spelled() == Some("delay"));
                if let Some((key, _)) = key {
                    self.push(
                        Diagnostic::warning(
                            "without-effect",
                            "`delay` has no effect without `until` or `retries`",
                        )
                        .at(&key.span),
                    );
                }
            }
            return None;
        }
        Some(Until {
            conditions,
            retries,
            delay,
        })
    }

    /// A number, or a template that gives one.
    fn amount(&mut self, node: &Node, key: &str) -> Option<Node> {
        let value = node
            .get(key)
            .filter(|value| value.content != Content::Null)?;
        if has_template(value) {
            self.shelf.engine.check(value, &mut self.mistakes);
            return Some(value.clone());
        }
        if let (Content::Float(seconds), "delay") = (&value.content, key)
            && *seconds >= 0.0
        {
            return Some(value.clone());
        }
        let number = shape::number(key, value, &mut self.mistakes)?;
        Some(Node {
            span: value.span.clone(),
            content: Content::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        })
    }
}

fn older(word: &str, key: &Node) -> Diagnostic {
    let advice = OLDER
        .iter()
        .find(|(older, _)| *older == word)
        .map_or("use `loop` with a list", |(_, advice)| advice);
    Diagnostic::error("unsupported-keyword", format!("`{word}` is not supported"))
        .at(&key.span)
        .help(advice)
}

/// Whether the items of a list are what a loop goes over, whatever variables hold.
fn is_flat(value: &Node) -> bool {
    matches!(value.content, Content::Sequence(_))
        && value
            .items()
            .iter()
            .all(|item| !has_template(item) && !matches!(item.content, Content::Sequence(_)))
}

/// Keys with values as a list of `key` and `value`.
fn pairs(value: &Node, entries: &[(Node, Node)]) -> Node {
    let word = |text: &str, at: &Node| Node {
        span: at.span.clone(),
        content: Content::Text(text.to_owned()),
    };
    let items = entries.iter().map(|(key, value)| Node {
        span: key.span.clone(),
        content: Content::Mapping(vec![
            (word("key", key), key.clone()),
            (word("value", key), value.clone()),
        ]),
    });
    Node {
        span: value.span.clone(),
        content: Content::Sequence(items.collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::OLDER;
    use crate::diag::Source;
    use crate::diag::Span;
    use crate::syntax::Content;
    use crate::syntax::Node;
    use crate::syntax::template::Engine;
    use crate::syntax::template::reference;

    #[test]
    fn templates_of_remedies_can_be_read_and_use_nothing_that_is_refused() {
        let refused: Vec<&str> = reference::refused()
            .iter()
            .flat_map(|entry| entry.names.clone())
            .collect();
        let mut count = 0;
        for (word, advice) in OLDER {
            let pieces = advice.split("{{").skip(1);
            for inner in pieces.filter_map(|piece| piece.split("}}").next()) {
                count += 1;
                let text = format!("{{{{{inner}}}}}");
                let source = Source {
                    name: word.to_owned(),
                    text: text.clone(),
                    secret: false,
                };
                let node = Node {
                    span: Span {
                        start: 0,
                        end: text.len(),
                        source: Arc::new(source),
                    },
                    content: Content::Text(text),
                };
                let mut mistakes = Vec::new();
                Engine::new().check(&node, &mut mistakes);
                assert!(mistakes.is_empty(), "{word}: {mistakes:?}");
                let filters = inner.split('|').skip(1);
                for filter in filters.map(|filter| filter.trim().split(['(', ' ', ')']).next()) {
                    assert!(!refused.contains(&filter.unwrap()), "{word}: {inner}");
                }
            }
        }
        assert!(count > 5, "only {count} templates");
    }
}
