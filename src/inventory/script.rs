//! Programs that print an inventory: `--list`, and `--host NAME` for each host when the list has no `_meta`.

use std::path::Path;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::inventory::draft::Vars;
use crate::inventory::intake::Intake;
use crate::inventory::source::Reading;
use crate::inventory::variables::word;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;

/// The keys that make an object a group.
const KEYS: [&str; 3] = ["hosts", "vars", "children"];

/// Runs a program and takes in what it prints.
pub(super) fn read(path: &Path, reading: &Reading, intake: &mut Intake) {
    let mut reader = Reader {
        path,
        reading,
        intake,
        hosts: Vec::new(),
    };
    if let Err(mistake) = reader.list() {
        reader.intake.tell(*mistake);
        reader.intake.give_up();
    }
}

type Checked<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    path: &'a Path,
    reading: &'a Reading,
    intake: &'a mut Intake,
    /// The hosts of the program, with the place where each is named.
    hosts: Vec<(usize, Span)>,
}

impl Reader<'_> {
    fn list(&mut self) -> Checked<()> {
        let node = self
            .run(&["--list"])?
            .ok_or_else(|| self.refusal("printed nothing"))?;
        let Content::Mapping(entries) = &node.content else {
            return Err(Box::new(wrong(
                "what the program prints",
                "an object of groups",
                &node,
            )));
        };
        let hostvars = meta(&node)?;
        for (key, value) in entries {
            match key.as_text() {
                Some("_meta") => {}
                Some("") | None => {
                    return Err(Box::new(wrong("the name of a group", "a text", key)));
                }
                Some(name) => self.group(name, key, value)?,
            }
        }
        self.give(hostvars)
    }

    fn refusal(&self, says: &str) -> Diagnostic {
        let says = format!("`{}` {says}", self.path.display());
        Diagnostic::error("inventory-script", says)
    }

    /// What the program prints; `None` when that is nothing.
    fn run(&self, arguments: &[&str]) -> Checked<Option<Node>> {
        let printed = self
            .reading
            .files
            .run(self.path, arguments)
            .map_err(|error| {
                self.refusal(&format!("cannot be run: {error}"))
                    .help("remove the right to run the file if it is no program; a script needs a first line such as `#!/usr/bin/env python3`")
            })?;
        if printed.code != Some(0) {
            let ending = match printed.code {
                Some(code) => format!("ended with exit code {code}"),
                None => "was ended by a signal".to_owned(),
            };
            let mistake = self.refusal(&format!(
                "{ending} when it was run with `{}`",
                arguments.join(" ")
            ));
            return Err(Box::new(with_last_line(mistake, &printed.stderr)));
        }
        let text = String::from_utf8(printed.stdout)
            .map_err(|error| self.refusal(&format!("printed what is no text: {error}")))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let source = Arc::new(Source {
            name: format!("{} {}", self.path.display(), arguments.join(" ")),
            text,
            secret: false,
        });
        match syntax::parse_json(&source) {
            Some(node) => Ok(Some(node)),
            None => Err(Box::new(with_last_line(
                self.refusal("printed what is not JSON"),
                &printed.stderr,
            ))),
        }
    }

    fn group(&mut self, name: &str, key: &Node, value: &Node) -> Checked<()> {
        let group = self.intake.draft.group(name, Some(&key.span));
        let Content::Mapping(entries) = &value.content else {
            return self.hosts(group, name, value);
        };
        if !KEYS.iter().any(|key| value.get(key).is_some()) {
            // Variables without more: of a host with the name of the group.
            self.host(group, name, &key.span);
            let vars: Vec<_> = entries
                .iter()
                .map(|(key, value)| (word(key), untrusted(value)))
                .collect();
            for (name, value) in vars {
                let name = self.intake.draft.name(&name);
                self.intake.set(group, name, value);
            }
            return Ok(());
        }
        if let Some(hosts) = value.get("hosts") {
            self.hosts(group, name, hosts)?;
        }
        if let Some(vars) = value.get("vars") {
            if !matches!(vars.content, Content::Mapping(_)) {
                return Err(Box::new(wrong(
                    &format!("`vars` of group `{name}`"),
                    "an object",
                    vars,
                )));
            }
            for (key, value) in vars.entries() {
                let name = self.intake.draft.name(&word(key));
                self.intake.set(group, name, value.clone());
            }
        }
        self.children(group, name, value.get("children"))
    }

    fn hosts(&mut self, group: usize, name: &str, node: &Node) -> Checked<()> {
        let Content::Sequence(items) = &node.content else {
            return Err(Box::new(wrong(
                &format!("`hosts` of group `{name}`"),
                "a list",
                node,
            )));
        };
        for item in items {
            match item.as_text() {
                Some(host) if !host.is_empty() => {
                    self.host(group, host, &item.span);
                }
                _ => return Err(Box::new(wrong("the name of a host", "a text", item))),
            }
        }
        Ok(())
    }

    fn host(&mut self, group: usize, name: &str, span: &Span) {
        let host = self.intake.draft.host(name, None);
        self.intake.draft.join(group, host);
        self.hosts.push((host, span.clone()));
    }

    fn children(&mut self, group: usize, name: &str, node: Option<&Node>) -> Checked<()> {
        let Some(node) = node else { return Ok(()) };
        if !matches!(node.content, Content::Sequence(_)) {
            return Err(Box::new(wrong(
                &format!("`children` of group `{name}`"),
                "a list",
                node,
            )));
        }
        for item in node.items() {
            let child = item
                .as_text()
                .filter(|child| !child.is_empty())
                .ok_or_else(|| wrong("the name of a child", "a text", item))?;
            let child = self.intake.draft.group(child, Some(&item.span));
            self.intake.link(group, child, &item.span);
        }
        Ok(())
    }

    /// Gives the hosts their variables.
    fn give(&mut self, hostvars: Option<&Node>) -> Checked<()> {
        let mut hosts = std::mem::take(&mut self.hosts);
        hosts.sort_by_key(|(host, _)| *host);
        hosts.dedup_by_key(|(host, _)| *host);
        let by_host: std::collections::HashMap<&str, &Node> = hostvars
            .map(Node::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|(key, value)| Some((key.as_text()?, value)))
            .collect();
        for (host, span) in hosts {
            let name = self
                .intake
                .draft
                .hosts
                .get(host)
                .map(|host| Arc::clone(&host.name));
            let name = name.unwrap_or_default();
            let asked;
            let vars = if hostvars.is_some() {
                by_host.get(&*name).copied()
            } else {
                asked = self.run(&["--host", &name])?;
                asked.as_ref()
            };
            let Some(vars) = vars else { continue };
            if !matches!(vars.content, Content::Mapping(_)) {
                return Err(Box::new(wrong(
                    &format!("host `{name}`"),
                    "an object of variables",
                    vars,
                )));
            }
            let vars: Vars = vars
                .entries()
                .iter()
                .map(|(key, value)| (self.intake.draft.name(&word(key)), value.clone()))
                .collect();
            self.intake.give(host, &Arc::new(vars), &span);
        }
        Ok(())
    }
}

/// The variables of all hosts, when the program prints them with the groups.
fn meta(node: &Node) -> Checked<Option<&Node>> {
    let Some(meta) = node.get("_meta") else {
        return Ok(None);
    };
    if !matches!(meta.content, Content::Mapping(_)) {
        return Err(Box::new(wrong("`_meta`", "an object", meta)));
    }
    if let Some(profile) = meta.get("profile")
        && profile.as_text() != Some("inventory_legacy")
    {
        return Err(Box::new(wrong(
            "`_meta.profile`",
            "`inventory_legacy`, or nothing",
            profile,
        )));
    }
    match meta.get("hostvars") {
        Some(hostvars) if matches!(hostvars.content, Content::Mapping(_)) => Ok(Some(hostvars)),
        Some(other) => Err(Box::new(wrong("`_meta.hostvars`", "an object", other))),
        None => Err(Box::new(wrong(
            "`_meta`",
            "an object with `hostvars`",
            meta,
        ))),
    }
}

/// The value with every text in it no template.
fn untrusted(node: &Node) -> Node {
    let content = match &node.content {
        Content::Text(text) => Content::Unsafe(text.clone()),
        Content::Sequence(items) => Content::Sequence(items.iter().map(untrusted).collect()),
        Content::Mapping(entries) => Content::Mapping(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), untrusted(value)))
                .collect(),
        ),
        other => other.clone(),
    };
    Node {
        span: node.span.clone(),
        content,
    }
}

fn wrong(what: &str, wanted: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("{what} must be {wanted}"))
        .at(&node.span)
        .label(format!("this is {}", node.describe()))
}

/// Adds the last line of what a program wrote; there stands why it ended.
fn with_last_line(mistake: Diagnostic, written: &[u8]) -> Diagnostic {
    let written = String::from_utf8_lossy(written);
    match written.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => mistake.help(format!("its last line: {}", line.trim())),
        None => mistake,
    }
}
