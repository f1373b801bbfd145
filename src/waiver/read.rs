//! A waiver file to entries, with every mistake that is in it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::control::Waiver;
use crate::control::flaw_of_id;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::syntax;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;
use crate::waiver::Entry;

/// Waivers for longer than so many years are told of: nobody looks at them again.
const MOST_YEARS: i32 = 2;

/// InSpec's words, each with the key that is meant.
pub const ALIASES: [(&str, &str); 3] = [
    ("control_id", "control"),
    ("expiration_date", "expires"),
    ("justification", "reason"),
];

/// The keys of a waiver.
pub const KEYS: &[Property] = &[
    Property {
        name: "hosts",
        shape: Shape::Texts,
        required: true,
        about: "a host pattern, or a list of such",
    },
    Property {
        name: "control",
        shape: Shape::Text,
        required: true,
        about: "the identifier of the control (InSpec: `control_id`)",
    },
    Property {
        name: "owner",
        shape: Shape::Text,
        required: true,
        about: "who answers for it",
    },
    Property {
        name: "reason",
        shape: Shape::Text,
        required: true,
        about: "why (InSpec: `justification`)",
    },
    Property {
        name: "expires",
        shape: Shape::Text,
        required: true,
        about: "the last day on which it holds, in UTC, such as `2026-12-31` (InSpec: `expiration_date`)",
    },
    Property {
        name: "run",
        shape: Shape::Any,
        required: false,
        about: "InSpec's; without effect, because controls are looked at in any case",
    },
];

/// Reads waiver files; `None` when there is an error. A file is a list, a mapping with `waivers`, or as InSpec has it a
/// mapping from controls.
pub fn read(sources: &[Arc<Source>], today: Date) -> (Option<Vec<Entry>>, Vec<Diagnostic>) {
    let mut mistakes = Vec::new();
    let mut entries = Vec::new();
    for source in sources {
        let mut found = Vec::new();
        match tree(source) {
            Ok(root) => {
                for node in waivers(&root, &mut found) {
                    entries.extend(entry(&node, today, &mut found));
                }
            }
            Err(unreadable) => found = unreadable,
        }
        // In the order of the lines, whatever was looked at first.
        found.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
        mistakes.append(&mut found);
    }
    mistakes.extend(doubles(&entries));
    let is_sound = mistakes
        .iter()
        .all(|mistake| mistake.severity == Severity::Warning);
    (is_sound.then_some(entries), mistakes)
}

fn tree(source: &Arc<Source>) -> Result<Node, Vec<Diagnostic>> {
    match syntax::parse_json(source) {
        Some(root) => Ok(root),
        None => syntax::parse(source),
    }
}

/// The waivers of a file, each a mapping with our words.
fn waivers(root: &Node, mistakes: &mut Vec<Diagnostic>) -> Vec<Node> {
    let list = root.get("waivers").unwrap_or(root);
    match &list.content {
        Content::Null => Vec::new(),
        Content::Sequence(items) => {
            check_neighbours(root, mistakes);
            items.iter().map(|item| in_our_words(item, None)).collect()
        }
        Content::Mapping(entries) if std::ptr::eq(list, root) => entries
            .iter()
            .map(|(control, value)| in_our_words(value, Some(control)))
            .collect(),
        _ => {
            mistakes.push(
                Diagnostic::error("wrong-type", "waivers must be a list")
                    .at(&list.span)
                    .label(format!("this is {}", list.describe()))
                    .help("begin each with `- hosts: ...`"),
            );
            Vec::new()
        }
    }
}

/// Keys beside `waivers`.
fn check_neighbours(root: &Node, mistakes: &mut Vec<Diagnostic>) {
    for (key, _) in root.entries() {
        let word = key.spelled().unwrap_or_default();
        if word != "waivers" {
            mistakes.push(
                Diagnostic::error(
                    "unknown-key",
                    format!("unknown key `{word}` in a waiver file"),
                )
                .at(&key.span)
                .label("no such key")
                .help("waivers stand in a list, under `waivers` or alone"),
            );
        }
    }
}

/// The same with InSpec's words replaced, and with the control that stands before it.
fn in_our_words(node: &Node, control: Option<&Node>) -> Node {
    let renamed = |key: &Node| {
        let ours = ALIASES
            .iter()
            .find(|(theirs, _)| key.spelled() == Some(theirs));
        Node {
            span: key.span.clone(),
            content: ours.map_or_else(
                || key.content.clone(),
                |(_, ours)| Content::Text((*ours).to_owned()),
            ),
        }
    };
    let content = match (&node.content, control) {
        (Content::Mapping(_) | Content::Null, _) => {
            let own = node.entries().iter();
            let own = own.map(|(key, value)| (renamed(key), value.clone()));
            let before = control.map(|control| {
                let word = Content::Text("control".to_owned());
                let key = Node {
                    span: control.span.clone(),
                    content: word,
                };
                (key, control.clone())
            });
            Content::Mapping(before.into_iter().chain(own).collect())
        }
        (other, _) => other.clone(),
    };
    // An empty value has no place of its own worth showing.
    let is_empty = node.content == Content::Null;
    let span = control
        .filter(|_| is_empty)
        .map_or(&node.span, |key| &key.span);
    Node {
        span: span.clone(),
        content,
    }
}

fn entry(node: &Node, today: Date, mistakes: &mut Vec<Diagnostic>) -> Option<Entry> {
    if let Some(twice) = said_twice(node) {
        mistakes.push(twice);
        return None;
    }
    let mut args = Args::new("waiver", KEYS, node, mistakes);
    let mut own = Vec::new();
    let hosts = hosts(&args, &mut own);
    let control = text(&args, "control", &mut own);
    if let Some((node, id)) = control
        && let Some(flaw) = flaw_of_id(id)
    {
        own.push(bad_id(id, flaw).at(&node.span));
    }
    let owner = text(&args, "owner", &mut own);
    let reason = text(&args, "reason", &mut own);
    let expires = text(&args, "expires", &mut own);
    let day = expires.and_then(|(node, text)| day(node, text, today, &mut own));
    for mistake in own {
        args.push(mistake);
    }
    let is_clean = args.is_clean();
    let ((hosts_node, hosts), (control_node, control)) = (hosts?, control?);
    let waiver = Waiver {
        hosts,
        control: control.into(),
        owner: owner?.1.into(),
        reason: reason?.1.into(),
        expires: day?,
    };
    is_clean.then(|| Entry {
        waiver: Arc::new(waiver),
        hosts_at: hosts_node.span.clone(),
        control_at: control_node.span.clone(),
        expires_at: expires.map_or(&node.span, |(node, _)| &node.span).clone(),
    })
}

/// The host pattern with its node.
fn hosts<'a>(args: &Args<'a>, mistakes: &mut Vec<Diagnostic>) -> Option<(&'a Node, Arc<str>)> {
    let (node, patterns) = args.node("hosts").zip(args.texts("hosts"))?;
    let patterns: Vec<&str> = patterns.into_iter().map(str::trim).collect();
    if patterns.iter().all(|pattern| pattern.is_empty()) {
        mistakes.push(empty("hosts", node));
        return None;
    }
    Some((node, patterns.join(",").into()))
}

/// A text that says something, with its node.
fn text<'a>(
    args: &Args<'a>,
    key: &str,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<(&'a Node, &'a str)> {
    let (node, text) = args.node(key).zip(args.text(key))?;
    if text.trim().is_empty() {
        mistakes.push(empty(key, node));
        return None;
    }
    Some((node, text.trim()))
}

fn bad_id(id: &str, flaw: String) -> Diagnostic {
    let message = format!("`{}` cannot identify a control", id.escape_debug());
    Diagnostic::error("bad-control-id", message).label(flaw)
}

/// A key and InSpec's word for it.
fn said_twice(node: &Node) -> Option<Diagnostic> {
    let keys = node.entries().iter().map(|(key, _)| key);
    let mut keys = keys.enumerate();
    let (_, second) = keys.find(|(at, key)| {
        let mut before = node.entries().iter().take(*at);
        before.any(|(other, _)| other.spelled() == key.spelled())
    })?;
    let word = second.spelled().unwrap_or_default();
    let message = format!("the waiver has `{word}` twice");
    Some(Diagnostic::error("duplicate-key", message).at(&second.span))
}

fn empty(key: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("empty-text", format!("`{key}` must not be empty"))
        .at(&node.span)
        .label("empty")
}

/// The day; `None` after a mistake was added.
fn day(node: &Node, text: &str, today: Date, mistakes: &mut Vec<Diagnostic>) -> Option<Date> {
    let looks_like_one = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let Some(day) = text.parse::<Date>().ok().filter(|_| looks_like_one) else {
        mistakes.push(
            Diagnostic::error("bad-date", format!("`{}` is no day", text.escape_debug()))
                .at(&node.span)
                .label("expected year, month and day")
                .help("such as `2026-12-31`: the last day on which the waiver holds, in UTC"),
        );
        return None;
    };
    let latest = today.saturating_add(MOST_YEARS.years());
    if day > latest {
        mistakes.push(
            Diagnostic::warning(
                "far-away",
                format!("the waiver holds for more than {MOST_YEARS} years"),
            )
            .at(&node.span)
            .label("nobody will look at it until then")
            .help("let it end sooner, and decide again"),
        );
    }
    Some(day)
}

/// Waivers for the same hosts and the same control as one before them.
fn doubles(entries: &[Entry]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut firsts: HashMap<(&str, &str), &Entry> = HashMap::new();
    for entry in entries {
        let first = *firsts
            .entry((&entry.waiver.hosts, &entry.waiver.control))
            .or_insert(entry);
        if std::ptr::eq(first, entry) {
            continue;
        }
        let (line, _) = first.control_at.line_and_column();
        found.push(
            Diagnostic::error(
                "duplicate-waiver",
                format!(
                    "there are two waivers for `{}` on `{}`",
                    entry.waiver.control, entry.waiver.hosts
                ),
            )
            .at(&entry.control_at)
            .label(format!(
                "see `{}`, line {line}",
                first.control_at.source.name
            ))
            .help("keep the one that counts"),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::time::Duration;

    use jiff::civil::date;

    use super::doubles;
    use crate::control::Waiver;
    use crate::diag::Source;
    use crate::diag::Span;
    use crate::waiver::Entry;

    /// Waivers for as many hosts.
    fn entries(count: usize) -> Vec<Entry> {
        let source = Arc::new(Source {
            name: "waivers.yml".to_owned(),
            text: String::new(),
            secret: false,
        });
        let at = Span {
            source,
            start: 0,
            end: 0,
        };
        let waiver = |host: usize| Waiver {
            hosts: format!("ts{host:06}").into(),
            control: "RDP-NLA".into(),
            owner: "ops".into(),
            reason: "old".into(),
            expires: date(2026, 6, 30),
        };
        let entry = |host| Entry {
            waiver: Arc::new(waiver(host)),
            hosts_at: at.clone(),
            control_at: at.clone(),
            expires_at: at.clone(),
        };
        (0..count).map(entry).collect()
    }

    #[test]
    fn a_file_of_many_waivers_is_looked_through_once() {
        let mut all = entries(80_000);
        all.push(all[0].clone());
        let (sender, told) = mpsc::channel();
        std::thread::spawn(move || sender.send(doubles(&all).len()));
        // Comparing each with all before it takes minutes.
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(1));
    }
}
