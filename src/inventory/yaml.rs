//! Ansible's YAML inventories: groups at the top, each with `hosts`, `vars` and `children`.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::diag::nearest;
use crate::inventory::draft::Vars;
use crate::inventory::intake::Intake;
use crate::inventory::variables::word;
use crate::syntax::Content;
use crate::syntax::Node;

/// The keys of a group.
const KEYS: [&str; 3] = ["hosts", "vars", "children"];

/// Takes in a file's tree; values are moved, not copied, because there may be very many.
pub(super) fn read(node: Node, intake: &mut Intake) {
    let mut reader = Reader { intake };
    reader.top(node);
}

struct Reader<'a> {
    intake: &'a mut Intake,
}

impl Reader<'_> {
    fn top(&mut self, node: Node) {
        let Content::Mapping(entries) = node.content else {
            let mistake = Diagnostic::error(
                "not-an-inventory",
                "an inventory is a mapping from groups to hosts",
            )
            .at(&node.span)
            .label(format!("this is {}", node.describe()))
            .help("begin with `all:` and `hosts:` below it");
            return self.broken(mistake);
        };
        let plugin = entries
            .iter()
            .find(|(key, value)| key.as_text() == Some("plugin") && is_something(value));
        if let Some((key, value)) = plugin {
            return self.broken(configuration(key, value));
        }
        for (key, value) in entries {
            self.group(&key, value);
        }
    }

    /// Ansible reads no further.
    fn broken(&mut self, mistake: Diagnostic) {
        self.intake.tell(mistake);
        self.intake.give_up();
    }

    /// Takes in a group; gives its position when there is one afterwards.
    fn group(&mut self, key: &Node, node: Node) -> Option<usize> {
        let name = key.as_text().unwrap_or_default();
        if !matches!(node.content, Content::Mapping(_) | Content::Null) {
            // Passed over; as a child it has to be known from elsewhere.
            self.intake.tell(wrong_type(
                &format!("group `{name}`"),
                "a mapping of `hosts`, `vars` and `children`",
                &node,
            ));
            return self.intake.draft.known_group(name);
        }
        if name.is_empty() {
            self.no_name("group", key);
            return None;
        }
        let group = self.intake.draft.group(name, Some(&key.span));
        if !self.shapes(name, &node) {
            self.intake.give_up();
        }
        for (key, value) in into_entries(node) {
            match key.as_text() {
                Some("hosts") => self.hosts(group, value),
                Some("vars") => self.vars(group, value),
                Some("children") => self.children(group, value),
                _ => self.unknown_key(name, &key),
            }
        }
        Some(group)
    }

    /// Whether all parts of a group are what they must be.
    fn shapes(&mut self, name: &str, node: &Node) -> bool {
        let mut is_fine = true;
        for (key, value) in node.entries() {
            let is_shaped = matches!(
                value.content,
                Content::Mapping(_) | Content::Null | Content::Text(_) | Content::Unsafe(_)
            );
            let mistake = |says: &str| {
                Diagnostic::error("wrong-type", says)
                    .at(&value.span)
                    .label(format!("this is {}", value.describe()))
            };
            let mistake = match key.as_text() {
                _ if is_shaped => continue,
                Some("hosts") => mistake("`hosts` must be a mapping from names to variables")
                    .help("write each host as a key: `web01:` instead of `- web01`"),
                Some("children") => mistake("`children` must be a mapping from names to groups")
                    .help("write each group as a key: `web:` instead of `- web`"),
                Some("vars") => mistake(&format!("`vars` of group `{name}` must be a mapping")),
                _ => continue,
            };
            is_fine = false;
            self.intake.tell(mistake);
        }
        is_fine
    }

    fn unknown_key(&mut self, group: &str, key: &Node) {
        let typed = word(key);
        let mistake = Diagnostic::error(
            "unknown-key",
            format!("unknown key `{typed}` in group `{group}`"),
        )
        .at(&key.span)
        .label("no such key");
        self.intake.tell(match nearest(&typed, KEYS) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help("keys of a group: `hosts`, `vars`, `children`"),
        });
    }

    /// Takes each name of a mapping with what stands behind it, or a text as a name with nothing behind it.
    fn each(&mut self, node: Node, mut take: impl FnMut(&mut Self, &Node, Node)) {
        match node.content {
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    take(self, &key, value);
                }
            }
            Content::Text(_) | Content::Unsafe(_) => {
                let nothing = nothing(&node.span);
                take(self, &node, nothing);
            }
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Sequence(_) => {}
        }
    }

    fn hosts(&mut self, group: usize, node: Node) {
        self.each(node, |reader, key, value| reader.host(group, key, value));
    }

    fn host(&mut self, group: usize, key: &Node, value: Node) {
        let Some(written) = key.as_text() else {
            return self.no_name("host", key);
        };
        let Some(named) = self.intake.named(written, &key.span) else {
            return;
        };
        if is_something(&value) && !matches!(value.content, Content::Mapping(_)) {
            let what = format!("host `{written}`");
            return self.broken(wrong_type(&what, "a mapping of variables", &value));
        }
        let vars: Vars = into_entries(value)
            .into_iter()
            .map(|(key, value)| (self.intake.draft.name(&word(&key)), value))
            .collect();
        self.intake.hosts(group, &named, &Arc::new(vars), &key.span);
    }

    fn vars(&mut self, group: usize, node: Node) {
        self.each(node, |reader, key, value| {
            let name = reader.intake.draft.name(&word(key));
            reader.intake.set(group, name, value);
        });
    }

    fn children(&mut self, parent: usize, node: Node) {
        self.each(node, |reader, key, value| reader.child(parent, key, value));
    }

    fn child(&mut self, parent: usize, key: &Node, value: Node) {
        match self.group(key, value) {
            Some(child) => self.intake.link(parent, child, &key.span),
            None => self.intake.give_up(),
        }
    }

    fn no_name(&mut self, what: &str, key: &Node) {
        let mistake = wrong_type(&format!("the name of a {what}"), "a text", key);
        self.broken(match key.content {
            Content::Null => mistake,
            _ => mistake.help(format!("quote it: `\"{}\"`", key.span.text())),
        });
    }
}

fn wrong_type(what: &str, wanted: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("{what} must be {wanted}"))
        .at(&node.span)
        .label(format!("this is {}", node.describe()))
}

fn into_entries(node: Node) -> Vec<(Node, Node)> {
    match node.content {
        Content::Mapping(entries) => entries,
        _ => Vec::new(),
    }
}

fn nothing(span: &Span) -> Node {
    Node {
        span: span.clone(),
        content: Content::Null,
    }
}

/// Whether Python takes a value for true.
pub(super) fn is_something(node: &Node) -> bool {
    match &node.content {
        Content::Null => false,
        Content::Bool(truth) => *truth,
        Content::Int(number) => *number != 0,
        Content::Float(number) => *number != 0.0,
        Content::Text(text) | Content::Unsafe(text) => !text.is_empty(),
        Content::Sealed(_) => true,
        Content::Sequence(items) => !items.is_empty(),
        Content::Mapping(entries) => !entries.is_empty(),
    }
}

fn configuration(key: &Node, value: &Node) -> Diagnostic {
    Diagnostic::error(
        "inventory-plugin",
        "this file configures an inventory plugin of Ansible, it names no hosts",
    )
    .at(&key.span)
    .label(format!("plugin `{}`", word(value)))
    .help("let Ansible write the hosts down: `ansible-inventory --list --yaml --export`")
}
