//! Reads Ansible's YAML inventories: groups at the top, each with `hosts`, `vars` and `children`.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::inventory::draft::Draft;
use crate::inventory::range;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;

/// The keys of a group.
const KEYS: [&str; 3] = ["hosts", "vars", "children"];
/// How many hosts an inventory may have.
const HOSTS: usize = 1_000_000;

/// Reads all files into one draft.
pub(super) fn read(sources: &[Arc<Source>], diagnostics: &mut Vec<Diagnostic>) -> Draft {
    let mut reader = Reader {
        draft: Draft::new(),
        diagnostics,
    };
    for source in sources {
        reader.source(source);
    }
    reader.clashes();
    reader.draft.complete();
    reader.draft
}

struct Reader<'a> {
    draft: Draft,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn source(&mut self, source: &Arc<Source>) {
        match syntax::parse(source) {
            Ok(node) => self.top(&node),
            Err(mistakes) => {
                let is_ini = looks_like_ini(&source.text);
                self.diagnostics.extend(
                    mistakes.into_iter().map(
                        |mistake| {
                            if is_ini { mistake.help(INI) } else { mistake }
                        },
                    ),
                );
            }
        }
    }

    fn top(&mut self, node: &Node) {
        let entries = match &node.content {
            Content::Mapping(entries) => entries,
            Content::Null => return,
            Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_) => {
                let mistake = Diagnostic::error(
                    "not-an-inventory",
                    "an inventory is a mapping from groups to hosts",
                )
                .at(&node.span)
                .label(format!("this is {}", node.describe()));
                self.diagnostics
                    .push(if looks_like_ini(&node.span.source.text) {
                        mistake.help(INI)
                    } else {
                        mistake.help("begin with `all:` and `hosts:` below it")
                    });
                return;
            }
        };
        for (key, value) in entries {
            match key.spelled() {
                Some("plugin") if value.as_text().is_some() => {
                    self.diagnostics.push(plugin(key, value));
                    return;
                }
                Some(name) => {
                    let group = self.draft.group(name, Some(&key.span));
                    self.group(group, name, value);
                }
                None => {}
            }
        }
    }

    fn group(&mut self, group: usize, name: &str, node: &Node) {
        if !matches!(node.content, Content::Mapping(_) | Content::Null) {
            self.wrong_type(
                &format!("group `{name}`"),
                "a mapping of `hosts`, `vars` and `children`",
                node,
            );
            return;
        }
        for (key, value) in node.entries() {
            match key.spelled() {
                Some("hosts") => self.hosts(group, value),
                Some("vars") => self.group_vars(group, name, value),
                Some("children") => self.children(group, value),
                other => {
                    let typed = other.unwrap_or_default();
                    let mistake = Diagnostic::error(
                        "unknown-key",
                        format!("unknown key `{typed}` in group `{name}`"),
                    )
                    .at(&key.span)
                    .label("no such key");
                    self.diagnostics
                        .push(match crate::diag::nearest(typed, KEYS) {
                            Some(near) => mistake.help(format!("did you mean `{near}`?")),
                            None => mistake.help("keys of a group: `hosts`, `vars`, `children`"),
                        });
                }
            }
        }
    }

    fn hosts(&mut self, group: usize, node: &Node) {
        match &node.content {
            Content::Null => {}
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    self.host(group, key, value);
                }
            }
            Content::Text(_) | Content::Unsafe(_) => {
                let nothing = Node {
                    span: node.span.clone(),
                    content: Content::Null,
                };
                self.host(group, node, &nothing);
            }
            Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Sequence(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "wrong-type",
                        "`hosts` must be a mapping from names to variables",
                    )
                    .at(&node.span)
                    .label(format!("this is {}", node.describe()))
                    .help("write each host as a key: `web01:` instead of `- web01`"),
                );
            }
        }
    }

    fn host(&mut self, group: usize, key: &Node, value: &Node) {
        let Some(pattern) = key.spelled().map(str::trim).filter(|name| !name.is_empty()) else {
            return self.wrong_type("the name of a host", "a text", key);
        };
        if !matches!(value.content, Content::Mapping(_) | Content::Null) {
            return self.wrong_type(
                &format!("host `{pattern}`"),
                "a mapping of variables",
                value,
            );
        }
        let (pattern, port) = self.port(pattern, key);
        match range::expand(pattern) {
            Ok(names) if self.draft.hosts.len() + names.len() > HOSTS => self.diagnostics.push(
                Diagnostic::error(
                    "too-many-hosts",
                    format!("an inventory may have {HOSTS} hosts"),
                )
                .at(&key.span)
                .label("the limit is passed here"),
            ),
            Ok(names) => {
                for name in &names {
                    let host = self.draft.host(name);
                    self.draft.join(group, host);
                    let Some(host) = self.draft.hosts.get_mut(host) else {
                        continue;
                    };
                    if let Some(port) = &port {
                        host.vars.insert("ansible_port".to_owned(), port.clone());
                    }
                    host.vars.extend(variables(value));
                }
            }
            Err(error) => self.diagnostics.push(
                Diagnostic::error("bad-range", error.to_string())
                    .at(&key.span)
                    .label("in this name")
                    .help("ranges look like `web[01:20]` or `db[a:c]`"),
            ),
        }
    }

    /// Takes the port off `name:5986`; a name that is known with its colon stays whole.
    fn port<'n>(&self, name: &'n str, key: &Node) -> (&'n str, Option<Node>) {
        let whole = (name, None);
        if self.draft.has_host(name) {
            return whole;
        }
        let (host, digits) = match name.rsplit_once(':') {
            Some((host, digits)) if host.ends_with(']') || !host.contains(':') => (host, digits),
            _ => return whole,
        };
        // The colon of a range `web[1:3]` is none of a port.
        match digits.parse::<u16>() {
            Ok(port) if !digits.starts_with('+') => (
                host.strip_prefix('[')
                    .and_then(|bare| bare.strip_suffix(']'))
                    .filter(|bare| bare.contains("::") || bare.matches(':').count() > 2)
                    .unwrap_or(host),
                Some(Node {
                    span: key.span.clone(),
                    content: Content::Int(port.into()),
                }),
            ),
            _ => whole,
        }
    }

    fn group_vars(&mut self, position: usize, name: &str, node: &Node) {
        if !matches!(node.content, Content::Mapping(_) | Content::Null) {
            return self.wrong_type(&format!("`vars` of group `{name}`"), "a mapping", node);
        }
        for (name, value) in variables(node) {
            let Some(group) = self.draft.groups.get_mut(position) else {
                continue;
            };
            if name != "ansible_group_priority" {
                group.vars.insert(name, value);
                continue;
            }
            match value.content {
                Content::Int(priority) => group.priority = priority,
                _ => self.wrong_type("`ansible_group_priority`", "a whole number", &value),
            }
        }
    }

    fn children(&mut self, parent: usize, node: &Node) {
        match &node.content {
            Content::Null => {}
            Content::Text(name) | Content::Unsafe(name) => {
                let child = self.draft.group(name, Some(&node.span));
                self.draft.link(parent, child);
            }
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    let Some(name) = key.spelled() else { continue };
                    let child = self.draft.group(name, Some(&key.span));
                    self.draft.link(parent, child);
                    self.group(child, name, value);
                }
            }
            Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Sequence(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "wrong-type",
                        "`children` must be a mapping from names to groups",
                    )
                    .at(&node.span)
                    .label(format!("this is {}", node.describe()))
                    .help("write each group as a key: `web:` instead of `- web`"),
                );
            }
        }
    }

    /// A pattern cannot tell a host from a group of the same name.
    fn clashes(&mut self) {
        for group in &self.draft.groups {
            if let Some(span) = &group.span
                && self.draft.has_host(&group.name)
            {
                self.diagnostics.push(
                    Diagnostic::warning(
                        "name-clash",
                        format!("`{}` is a group and a host", group.name),
                    )
                    .at(span)
                    .label("patterns mean the group"),
                );
            }
        }
    }

    fn wrong_type(&mut self, what: &str, wanted: &str, node: &Node) {
        self.diagnostics.push(
            Diagnostic::error("wrong-type", format!("{what} must be {wanted}"))
                .at(&node.span)
                .label(format!("this is {}", node.describe())),
        );
    }
}

fn variables(node: &Node) -> impl Iterator<Item = (String, Node)> {
    node.entries()
        .iter()
        .filter_map(|(key, value)| Some((key.spelled()?.to_owned(), value.clone())))
}

const INI: &str = "this looks like an INI inventory; those are not supported yet, write it as YAML";

fn looks_like_ini(text: &str) -> bool {
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    first.is_some_and(|line| line.starts_with('[') && line.ends_with(']'))
}

fn plugin(key: &Node, value: &Node) -> Diagnostic {
    Diagnostic::error(
        "inventory-plugin",
        "this file configures an inventory plugin of Ansible, it names no hosts",
    )
    .at(&key.span)
    .label(format!("plugin `{}`", value.as_text().unwrap_or_default()))
    .help("let Ansible write the hosts down: `ansible-inventory --list --yaml`")
}
