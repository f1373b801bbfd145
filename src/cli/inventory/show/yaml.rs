//! YAML that reads back as what `ansible-inventory --yaml` prints; texts are quoted when in doubt.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::cli::inventory::show::json::float;
use crate::cli::inventory::show::json::is_internal;
use crate::cli::inventory::show::json::quote;
use crate::inventory::Group;
use crate::inventory::Inherited;
use crate::inventory::Tree;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;

/// All groups and hosts; a group or host that comes again has nothing below it.
pub(super) fn list(tree: &Tree, shown: &BTreeSet<usize>) -> String {
    let mut lister = Lister {
        shown,
        groups: BTreeSet::new(),
        hosts: BTreeSet::new(),
        inherited: Inherited::default(),
    };
    let all = tree.group("all").and_then(|all| lister.group(all));
    let mut text = String::new();
    top(&Value::Map(all.into_iter().collect()), &mut text);
    text
}

/// The variables of one host.
pub(super) fn host(vars: &BTreeMap<&str, &Node>) -> String {
    let mut text = String::new();
    top(&variables(vars), &mut text);
    text
}

/// What is written.
enum Value<'t> {
    Map(BTreeMap<&'t str, Value<'t>>),
    Node(&'t Node),
}

struct Lister<'t, 's> {
    shown: &'s BTreeSet<usize>,
    groups: BTreeSet<&'t str>,
    hosts: BTreeSet<usize>,
    inherited: Inherited<'t>,
}

impl<'t> Lister<'t, '_> {
    /// A group with its name; `None` when there is nothing in it.
    fn group(&mut self, group: Group<'t>) -> Option<(&'t str, Value<'t>)> {
        let mut parts = BTreeMap::new();
        let mut children = BTreeMap::new();
        for child in group.children() {
            if self.groups.contains(child.name()) {
                children.insert(child.name(), Value::Map(BTreeMap::new()));
            } else {
                children.extend(self.group(child));
                self.groups.insert(child.name());
            }
        }
        if !children.is_empty() {
            parts.insert("children", Value::Map(children));
        }
        let mut hosts = BTreeMap::new();
        if group.name() != "all" {
            for host in group.hosts() {
                if !self.shown.contains(&host.position()) {
                    continue;
                }
                let vars = if self.hosts.insert(host.position()) {
                    variables(&host.vars(&mut self.inherited))
                } else {
                    Value::Map(BTreeMap::new())
                };
                hosts.insert(host.name(), vars);
            }
        }
        if !hosts.is_empty() {
            parts.insert("hosts", Value::Map(hosts));
        }
        (!parts.is_empty()).then(|| (group.name(), Value::Map(parts)))
    }
}

fn variables<'t>(vars: &BTreeMap<&'t str, &'t Node>) -> Value<'t> {
    let vars = vars.iter().filter(|(name, _)| !is_internal(name));
    Value::Map(
        vars.map(|(name, value)| (*name, Value::Node(value)))
            .collect(),
    )
}

fn top(value: &Value<'_>, text: &mut String) {
    match value {
        Value::Map(entries) if !entries.is_empty() => map(entries, 0, text),
        Value::Map(_) => text.push_str("{}\n"),
        Value::Node(_) => {}
    }
}

fn map(entries: &BTreeMap<&str, Value<'_>>, depth: usize, text: &mut String) {
    for (name, value) in entries {
        indent(depth, text);
        string(name, text);
        text.push(':');
        match value {
            Value::Map(inner) if inner.is_empty() => text.push_str(" {}\n"),
            Value::Map(inner) => {
                text.push('\n');
                map(inner, depth + 1, text);
            }
            Value::Node(value) => node(value, depth, text),
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

/// A value behind a `:` or a `-`, with the line break at its end.
fn node(node: &Node, depth: usize, text: &mut String) {
    match &node.content {
        Content::Sequence(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                indent(depth, text);
                text.push('-');
                self::node(item, depth + 1, text);
            }
        }
        Content::Mapping(entries) if !entries.is_empty() => {
            text.push('\n');
            for (key, value) in entries {
                indent(depth + 1, text);
                scalar(key, text);
                text.push(':');
                self::node(value, depth + 1, text);
            }
        }
        Content::Sealed(sealed) => {
            text.push_str(" !vault |\n");
            for line in sealed.text.lines() {
                indent(depth + 1, text);
                text.push_str(line);
                text.push('\n');
            }
        }
        _ => {
            text.push(' ');
            scalar(node, text);
            text.push('\n');
        }
    }
}

fn scalar(node: &Node, text: &mut String) {
    match &node.content {
        Content::Null => text.push_str("null"),
        Content::Bool(truth) => text.push_str(&truth.to_string()),
        Content::Int(number) => text.push_str(&number.to_string()),
        Content::Float(number) => {
            let written = float(*number, &[".nan", ".inf"]);
            // An exponent needs a point before it to be one.
            let needs_point = written.contains('e') && !written.contains('.');
            text.push_str(&if needs_point {
                written.replace('e', ".0e")
            } else {
                written
            });
        }
        Content::Text(word) | Content::Unsafe(word) => string(word, text),
        Content::Sequence(_) => text.push_str("[]"),
        Content::Mapping(_) => text.push_str("{}"),
        Content::Sealed(_) => string(node.span.text(), text),
    }
}

fn string(word: &str, text: &mut String) {
    if is_plain(word) {
        text.push_str(word);
    } else if word
        .chars()
        .any(|letter| letter.is_control() || !letter.is_ascii())
    {
        quote(word, text);
    } else {
        text.push('\'');
        text.push_str(&word.replace('\'', "''"));
        text.push('\'');
    }
}

/// Whether a text can stand without quotes and stay a text.
fn is_plain(word: &str) -> bool {
    let is_date = word.len() > 4 && word.as_bytes().get(4) == Some(&b'-');
    let begins =
        word.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "_/.".contains(letter));
    let is_simple = word
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_./@+-".contains(&byte));
    begins && is_simple && !is_date && matches!(syntax::resolve(word), Content::Text(_))
}
