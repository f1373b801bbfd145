//! Groups as a tree, with values as Python writes them.

use std::collections::BTreeMap;

use crate::cli::inventory::show::json::float;
use crate::cli::inventory::show::json::is_internal;
use crate::inventory::GROUP_PRIORITY;
use crate::inventory::Group;
use crate::inventory::Inherited;
use crate::inventory::Playbook;
use crate::syntax::Content;
use crate::syntax::Node;

/// A group with everything below it, and with variables if they are asked for.
pub(super) fn graph(group: Group<'_>, vars: Option<Playbook>) -> String {
    let mut writer = Writer {
        text: String::new(),
        vars,
        inherited: Inherited::default(),
    };
    writer.group(group, 0);
    writer.text
}

struct Writer<'t> {
    text: String,
    vars: Option<Playbook>,
    inherited: Inherited<'t>,
}

impl<'t> Writer<'t> {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("  |");
        }
        if depth > 0 {
            self.text.push_str("--");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn group(&mut self, group: Group<'t>, depth: usize) {
        self.line(depth, &format!("@{}:", group.name()));
        for child in group.children() {
            self.group(child, depth + 1);
        }
        if group.name() != "all" {
            for host in group.hosts() {
                self.line(depth + 1, host.name());
                if self.vars.is_some() {
                    let vars = host.vars(&mut self.inherited);
                    self.variables(&shown(&vars), depth + 2);
                }
            }
        }
        if let Some(playbook) = self.vars {
            let vars = group.vars(playbook);
            let mut vars = shown(&vars);
            if let Some(priority) = group.priority() {
                vars.insert(GROUP_PRIORITY, priority.to_string());
            }
            self.variables(&vars, depth + 1);
        }
    }

    fn variables(&mut self, vars: &BTreeMap<&str, String>, depth: usize) {
        for (name, value) in vars {
            self.line(depth, &format!("{{{name} = {value}}}"));
        }
    }
}

fn shown<'v>(vars: &BTreeMap<&'v str, &Node>) -> BTreeMap<&'v str, String> {
    vars.iter()
        .filter(|(name, _)| !is_internal(name))
        .map(|(name, value)| (*name, plain(value)))
        .collect()
}

/// A value as Python's `str` gives it.
fn plain(node: &Node) -> String {
    match &node.content {
        Content::Text(text) | Content::Unsafe(text) => text.clone(),
        _ => written(node),
    }
}

/// A value as Python's `repr` gives it.
fn written(node: &Node) -> String {
    match &node.content {
        Content::Null => "None".to_owned(),
        Content::Bool(true) => "True".to_owned(),
        Content::Bool(false) => "False".to_owned(),
        Content::Int(number) => number.to_string(),
        Content::Float(number) => float(*number, &["nan", "inf"]),
        Content::Text(text) | Content::Unsafe(text) => quoted(text),
        // Stays closed: a graph is looked at by many.
        Content::Sealed(_) => "<encrypted>".to_owned(),
        Content::Sequence(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", written(key), written(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut written = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            letter if letter == quote => {
                written.push('\\');
                written.push(letter);
            }
            letter if is_printable(letter) => written.push(letter),
            letter => written.push_str(&escaped(u32::from(letter))),
        }
    }
    written.push(quote);
    written
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xFF => format!("\\x{code:02x}"),
        0x100..=0xFFFF => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Whether a letter can be seen, or is the blank. Rust and Python ask the same tables; behind a letter, marks count as seen.
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_control();
    }
    !format!("{:?}", format!("x{letter}")).contains("\\u{")
}
