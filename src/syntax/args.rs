//! Reads a task's keys against a table of properties, and collects every mistake instead of stopping at the first.

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Span;
use crate::diag::alternatives;
use crate::syntax::Content;
use crate::syntax::Node;

/// One key that a mapping may have; the same table parses, documents and completes.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The key.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence for people.
    pub about: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text that is not empty; numbers are taken as their digits.
    Text,
    /// `true`, `false`, `yes`, `no`, `on`, `off`.
    Bool,
    /// A whole number within the bounds, both included.
    Integer {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or a list of them.
    Words(&'static [&'static str]),
    /// A text, or a list of texts.
    Texts,
    /// Anything; the resource looks at the node itself.
    Any,
}

/// The keys of one mapping.
#[derive(Debug)]
pub struct Args<'a> {
    mapping: &'a Node,
    values: Vec<(&'static str, &'a Node)>,
    clean: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Args<'a> {
    /// Checks the mapping against the table: unknown and missing keys, wrong shapes, unknown words, each with its place
    /// and a remedy. The getters below then answer `None` for what is absent or was wrong.
    pub fn new(
        what: &str,
        properties: &'static [Property],
        mapping: &'a Node,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let mut values = Vec::new();
        let mut mistakes = Vec::new();
        survey(
            what,
            properties,
            mapping,
            &mut mistakes,
            &mut |property, value, found| {
                let before = found.len();
                check_shape(property, value, found);
                if found.len() == before {
                    values.push((property.name, value));
                }
            },
        );
        let clean = mistakes.is_empty();
        diagnostics.append(&mut mistakes);
        Self {
            mapping,
            values,
            clean,
            diagnostics,
        }
    }

    /// Where the whole mapping stands.
    pub fn span(&self) -> &Span {
        &self.mapping.span
    }

    /// The value's node, whatever it is.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    /// A text (shape `Text` or `Word`).
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.node(name).and_then(Node::spelled)
    }

    /// A truth value.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.node(name)?.content {
            Content::Bool(truth) => Some(truth),
            Content::Null
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_)
            | Content::Mapping(_) => None,
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.node(name)?.content {
            Content::Int(number) => Some(number),
            Content::Null
            | Content::Bool(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_)
            | Content::Mapping(_) => None,
        }
    }

    /// A list of texts (shape `Texts` or `Words`; one bare text counts as a list of one).
    pub fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        let node = self.node(name)?;
        match &node.content {
            Content::Sequence(items) => items.iter().map(Node::spelled).collect(),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Mapping(_) => node.spelled().map(|text| vec![text]),
        }
    }

    /// Adds a mistake that the table cannot see.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.clean &= diagnostic.severity != Severity::Error;
        self.diagnostics.push(diagnostic);
    }

    /// Whether no mistake (of severity error) was found in this mapping, by the table or by [`Args::push`].
    pub fn is_clean(&self) -> bool {
        self.clean
    }
}

/// Checks a mapping like [`Args::new`] but leaves values alone whose shape is not known yet: those for which `later` says so.
pub fn check(
    what: &str,
    properties: &'static [Property],
    mapping: &Node,
    later: &dyn Fn(&Node) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    survey(
        what,
        properties,
        mapping,
        diagnostics,
        &mut |property, value, found| {
            if !later(value) {
                check_shape(property, value, found);
            }
        },
    );
}

/// What is done with the value of a known key.
type Visit<'a, 'v> = &'v mut dyn FnMut(&'static Property, &'a Node, &mut Vec<Diagnostic>);

/// Finds unknown and missing keys, and shows every known value to `visit`.
fn survey<'a>(
    what: &str,
    properties: &'static [Property],
    mapping: &'a Node,
    diagnostics: &mut Vec<Diagnostic>,
    visit: Visit<'a, '_>,
) {
    if !matches!(mapping.content, Content::Mapping(_) | Content::Null) {
        diagnostics.push(
            wrong_type(what, "keys with values", mapping)
                .help(format!("keys of `{what}`: {}", names(properties))),
        );
        return;
    }
    for (key, value) in mapping.entries() {
        let name = key.spelled().unwrap_or_default();
        match properties.iter().find(|property| property.name == name) {
            Some(property) => visit(property, value, diagnostics),
            None => diagnostics.push(unknown_key(what, properties, key)),
        }
    }
    for property in properties.iter().filter(|property| property.required) {
        if mapping.get(property.name).is_none() {
            diagnostics.push(
                Diagnostic::error("missing-key", format!("`{what}` lacks `{}`", property.name))
                    .at(&mapping.span)
                    .label(format!("needs `{}`", property.name))
                    .help(format!("`{}`: {}", property.name, property.about)),
            );
        }
    }
}

fn names(properties: &'static [Property]) -> String {
    let names: Vec<String> = properties
        .iter()
        .map(|property| format!("`{}`", property.name))
        .collect();
    names.join(", ")
}

fn unknown_key(what: &str, properties: &'static [Property], key: &Node) -> Diagnostic {
    let name = key.spelled().unwrap_or_default();
    let diagnostic =
        Diagnostic::error("unknown-key", format!("unknown key `{name}` in `{what}`")).at(&key.span);
    let near = crate::diag::nearest(name, properties.iter().map(|property| property.name));
    match near {
        Some(near) => diagnostic
            .label("no such key")
            .help(format!("did you mean `{near}`?")),
        None => diagnostic
            .label("no such key")
            .help(format!("keys of `{what}`: {}", names(properties))),
    }
}

fn wrong_type(name: &str, wanted: &str, value: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("`{name}` must be {wanted}"))
        .at(&value.span)
        .label(format!("this is {}", value.describe()))
}

fn check_shape(property: &Property, value: &Node, found: &mut Vec<Diagnostic>) {
    let name = property.name;
    let mistake = match property.shape {
        Shape::Any => None,
        Shape::Text => check_text(name, value),
        Shape::Bool => check_bool(name, value),
        Shape::Integer { min, max } => check_integer(name, (min, max), value),
        Shape::Word(words) => check_word(name, words, value),
        Shape::Words(words) => {
            found.extend(each(value).filter_map(|item| check_word(name, words, item)));
            None
        }
        Shape::Texts => {
            found.extend(each(value).filter_map(|item| check_text(name, item)));
            None
        }
    };
    found.extend(mistake);
}

/// The items of a list, or the one value that stands for a list of one.
fn each(value: &Node) -> impl Iterator<Item = &Node> {
    let single = (!matches!(value.content, Content::Sequence(_))).then_some(value);
    value.items().iter().chain(single)
}

fn check_text(name: &str, value: &Node) -> Option<Diagnostic> {
    match &value.content {
        Content::Text(text) | Content::Unsafe(text) if text.is_empty() => Some(
            Diagnostic::error("empty-text", format!("`{name}` must not be empty"))
                .at(&value.span)
                .label("empty"),
        ),
        Content::Text(_) | Content::Unsafe(_) => None,
        Content::Int(_) | Content::Float(_) | Content::Sealed(_) if value.spelled().is_some() => {
            None
        }
        Content::Bool(_) => Some(wrong_type(name, "a text", value).help(format!(
            "YAML reads a bare `{0}` as true or false; quote it: `\"{0}\"`",
            value.span.text()
        ))),
        Content::Null
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => Some(wrong_type(name, "a text", value)),
    }
}

fn check_bool(name: &str, value: &Node) -> Option<Diagnostic> {
    if matches!(value.content, Content::Bool(_)) {
        return None;
    }
    let mistake = wrong_type(name, "`true` or `false`", value);
    let is_quoted = value
        .as_text()
        .is_some_and(|text| matches!(crate::syntax::resolve(text), Content::Bool(_)));
    Some(if is_quoted {
        mistake.help("remove the quotes")
    } else {
        mistake
    })
}

fn check_integer(name: &str, (min, max): (i64, i64), value: &Node) -> Option<Diagnostic> {
    let Content::Int(number) = value.content else {
        let mistake = wrong_type(name, "a whole number", value);
        let is_quoted = value
            .as_text()
            .is_some_and(|text| matches!(crate::syntax::resolve(text), Content::Int(_)));
        return Some(if is_quoted {
            mistake.help("remove the quotes")
        } else {
            mistake
        });
    };
    (!(min..=max).contains(&number)).then(|| {
        Diagnostic::error("out-of-range", format!("`{name}` cannot be {number}"))
            .at(&value.span)
            .label(format!("expected {min} to {max}"))
    })
}

fn check_word(name: &str, words: &[&'static str], value: &Node) -> Option<Diagnostic> {
    // A bare `off` is a truth value to YAML and may still be one of the words.
    let Some(word) = value.spelled().filter(|_| value.content != Content::Null) else {
        return Some(
            wrong_type(name, "a word", value)
                .label(format!("expected {}", alternatives(words.iter().copied()))),
        );
    };
    if words.contains(&word) {
        return None;
    }
    Some(
        Diagnostic::error(
            "unknown-value",
            format!("unknown {} `{word}`", name.replace('_', " ")),
        )
        .at(&value.span)
        .label(format!("expected {}", alternatives(words.iter().copied())))
        .suggest(word, words.iter().copied()),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Args;
    use super::Property;
    use super::Shape;
    use super::check;
    use crate::diag::Diagnostic;
    use crate::diag::Source;
    use crate::syntax::Node;
    use crate::syntax::parse;

    const TABLE: &[Property] = &[
        Property {
            name: "name",
            shape: Shape::Text,
            required: true,
            about: "Which one",
        },
        Property {
            name: "start_mode",
            shape: Shape::Word(&["automatic", "manual", "off"]),
            required: false,
            about: "How it starts",
        },
        Property {
            name: "port",
            shape: Shape::Integer { min: 1, max: 65535 },
            required: false,
            about: "Which port",
        },
        Property {
            name: "enabled",
            shape: Shape::Bool,
            required: false,
            about: "Whether it is on",
        },
        Property {
            name: "profiles",
            shape: Shape::Words(&["domain", "private"]),
            required: false,
            about: "Where",
        },
    ];

    fn node(text: &str) -> Node {
        parse(&Arc::new(Source {
            name: "test.yml".into(),
            text: text.into(),
            secret: false,
        }))
        .unwrap()
    }

    fn mistakes(text: &str) -> Vec<(&'static str, String)> {
        let node = node(text);
        let mut found: Vec<Diagnostic> = Vec::new();
        let clean = Args::new("thing", TABLE, &node, &mut found).is_clean();
        assert_eq!(clean, found.is_empty());
        found
            .into_iter()
            .map(|mistake| {
                let place = mistake.span.as_ref().unwrap().text().to_owned();
                (mistake.id, place)
            })
            .collect()
    }

    #[test]
    fn values_come_out_typed() {
        let node =
            node("{name: 0777, start_mode: off, port: 3389, enabled: yes, profiles: domain}");
        let mut found = Vec::new();
        let args = Args::new("thing", TABLE, &node, &mut found);
        assert_eq!(args.text("name"), Some("0777"));
        assert_eq!(args.text("start_mode"), Some("off"));
        assert_eq!(args.integer("port"), Some(3389));
        assert_eq!(args.bool("enabled"), Some(true));
        assert_eq!(args.texts("profiles"), Some(vec!["domain"]));
        assert!(args.is_clean());
    }

    #[test]
    fn every_mistake_is_found_at_its_place() {
        let found = mistakes(
            "{nam: x, start_mode: automtic, port: 0, enabled: 'yes', profiles: [domain, publc]}",
        );
        assert_eq!(
            found,
            [
                ("unknown-key", "nam".to_owned()),
                ("unknown-value", "automtic".to_owned()),
                ("out-of-range", "0".to_owned()),
                ("wrong-type", "'yes'".to_owned()),
                ("unknown-value", "publc".to_owned()),
                (
                    "missing-key",
                    "{nam: x, start_mode: automtic, port: 0, enabled: 'yes', profiles: [domain, publc]}".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn nothing_lacks_the_required_key_and_a_text_is_no_mapping() {
        assert_eq!(mistakes("")[0].0, "missing-key");
        assert_eq!(mistakes("TermService")[0].0, "wrong-type");
    }

    #[test]
    fn a_value_that_is_known_later_is_left_alone() {
        let node = node("{name: x, port: '{{ port }}', enabled: 1}");
        let mut found = Vec::new();
        check(
            "thing",
            TABLE,
            &node,
            &|value| value.as_text().is_some_and(|text| text.contains("{{")),
            &mut found,
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "wrong-type");
    }
}
