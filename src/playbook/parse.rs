//! A text to plays, with every mistake that is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::diag::Span;
use crate::diag::nearest;
use crate::playbook::Play;
use crate::playbook::Playbook;
use crate::playbook::Rollout;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::playbook::foreign;
use crate::playbook::task::Context;
use crate::playbook::task::FACTS;
use crate::playbook::task::split_tags;
use crate::playbook::task::texts;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::is_template;

/// The keys of a play.
const KEYS: [&str; 8] = [
    "name",
    "hosts",
    "vars",
    "tasks",
    "handlers",
    "prove",
    "tags",
    "gather_facts",
];

/// Reads a playbook; `None` when there is an error.
pub(super) fn playbook(source: &Arc<Source>) -> (Option<Playbook>, Vec<Diagnostic>) {
    let root = match syntax::parse(source) {
        Ok(root) => root,
        Err(mistakes) => return (None, mistakes),
    };
    let mut mistakes = Vec::new();
    let engine = Arc::new(Engine::new());
    let plays = match &root.content {
        Content::Sequence(items) if !items.is_empty() => items
            .iter()
            .filter_map(|item| play(item, &engine, &mut mistakes))
            .map(Arc::new)
            .collect(),
        Content::Null | Content::Sequence(_) => {
            mistakes.push(no_plays(source, &root.span));
            Vec::new()
        }
        Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Mapping(_) => {
            mistakes.push(not_a_list(&root));
            Vec::new()
        }
    };
    // In the order of the lines, whatever was looked at first.
    mistakes.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
    let sound = mistakes
        .iter()
        .all(|mistake| mistake.severity == Severity::Warning);
    (
        sound.then(|| Playbook {
            name: source.name.clone(),
            plays,
        }),
        mistakes,
    )
}

fn no_plays(source: &Source, span: &Span) -> Diagnostic {
    Diagnostic::error("empty-playbook", format!("`{}` holds no play", source.name))
        .at(span)
        .help("a playbook is a list of plays, each with `hosts` and `tasks`")
}

fn not_a_list(root: &Node) -> Diagnostic {
    let looks_like_inventory = root.get("all").is_some()
        || root
            .entries()
            .iter()
            .any(|(_, value)| value.get("hosts").is_some());
    let advice = if looks_like_inventory {
        "this looks like an inventory: give it with `-i`"
    } else {
        "a playbook is a list of plays: begin each with `- hosts: ...`"
    };
    Diagnostic::error("wrong-type", "a playbook must be a list of plays")
        .at(&root.span)
        .label(format!("this is {}", root.describe()))
        .help(advice)
}

fn play(node: &Node, engine: &Arc<Engine>, mistakes: &mut Vec<Diagnostic>) -> Option<Play> {
    if !matches!(node.content, Content::Mapping(_)) {
        mistakes.push(
            Diagnostic::error("wrong-type", "a play must be keys with values")
                .at(&node.span)
                .label(format!("this is {}", node.describe())),
        );
        return None;
    }
    unknown_keys(node, mistakes);
    let hosts = hosts(node, mistakes);
    let vars = vars(node, engine, mistakes);
    let tags: Vec<String> = texts(node.get("tags"), "tags", mistakes)
        .into_iter()
        .flat_map(|(text, _)| split_tags(&text))
        .collect();
    let tasks = tasks(
        node,
        "tasks",
        &Context {
            engine,
            tags: &tags,
        },
        mistakes,
    );
    let handlers = handlers(node, &Context { engine, tags: &[] }, mistakes);
    check_notify(node, mistakes);
    let prove = flag(node, "prove", mistakes).unwrap_or(true);
    flag(node, "gather_facts", mistakes);
    check_empty(node, mistakes);
    let (hosts, hosts_span) = hosts?;
    let name = node
        .get("name")
        .and_then(Node::spelled)
        .unwrap_or(&hosts)
        .into();
    let in_vars = vars
        .values()
        .any(|value| engine.names(value).contains(FACTS));
    let needs_facts = in_vars || tasks.iter().chain(&handlers).any(Task::needs_facts);
    Some(Play {
        name,
        hosts,
        hosts_span,
        tags,
        vars,
        prompts: Vec::new(),
        pre_tasks: Vec::new(),
        tasks: tasks
            .into_iter()
            .map(|task| Statement::Task(Arc::new(task)))
            .collect(),
        post_tasks: Vec::new(),
        handlers,
        prove,
        needs_facts,
        rollout: Rollout::default(),
        force_handlers: false,
    })
}

fn check_empty(node: &Node, mistakes: &mut Vec<Diagnostic>) {
    let is_empty = |list: &Node| {
        matches!(&list.content, Content::Sequence(items) if items.is_empty())
            || list.content == Content::Null
    };
    if ["tasks", "handlers"]
        .into_iter()
        .all(|key| node.get(key).is_none_or(is_empty))
    {
        mistakes.push(
            Diagnostic::warning("empty-play", "the play has no tasks")
                .at(&node.span)
                .label("nothing to do here"),
        );
    }
}

fn unknown_keys(node: &Node, mistakes: &mut Vec<Diagnostic>) {
    for (key, _) in node.entries() {
        let word = key.spelled().unwrap_or_default();
        if KEYS.contains(&word) {
            continue;
        }
        mistakes.push(if foreign::is_keyword(word) {
            Diagnostic::error(
                "unsupported-keyword",
                format!("`{word}` is not supported yet"),
            )
            .at(&key.span)
            .help(format!("keys of a play: `{}`", KEYS.join("`, `")))
        } else {
            let diagnostic =
                Diagnostic::error("unknown-key", format!("a play has no key `{word}`"))
                    .at(&key.span)
                    .label("no such key");
            match nearest(word, KEYS) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("keys of a play: `{}`", KEYS.join("`, `"))),
            }
        });
    }
}

fn hosts(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    let Some(value) = node.get("hosts") else {
        mistakes.push(
            Diagnostic::error("missing-key", "the play lacks `hosts`")
                .at(&node.span)
                .help("`hosts: all` takes every host of the inventory"),
        );
        return None;
    };
    let before = mistakes.len();
    let patterns: Vec<String> = texts(Some(value), "hosts", mistakes)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    if mistakes.len() > before {
        return None;
    }
    if patterns.iter().all(|pattern| pattern.trim().is_empty()) {
        mistakes.push(
            Diagnostic::error("missing-key", "`hosts` names no host")
                .at(&value.span)
                .help("`hosts: all` takes every host of the inventory"),
        );
        return None;
    }
    if patterns.iter().any(|pattern| is_template(pattern)) {
        mistakes.push(
            Diagnostic::error(
                "unsupported-template",
                "templates in `hosts` are not supported yet",
            )
            .at(&value.span)
            .help("narrow a play on the command line: `--limit PATTERN`"),
        );
        return None;
    }
    Some((patterns.join(","), value.span.clone()))
}

fn vars(node: &Node, engine: &Engine, mistakes: &mut Vec<Diagnostic>) -> BTreeMap<String, Node> {
    let Some(value) = node.get("vars") else {
        return BTreeMap::new();
    };
    engine.check(value, mistakes);
    match &value.content {
        Content::Mapping(entries) => {
            let named = entries
                .iter()
                .filter_map(|(key, value)| Some((key.spelled()?.to_owned(), value.clone())));
            let vars = named.collect();
            mistakes.extend(engine.cycles(&vars));
            vars
        }
        Content::Null => BTreeMap::new(),
        Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Sequence(_) => {
            mistakes.push(
                Diagnostic::error("wrong-type", "`vars` must be names with values")
                    .at(&value.span)
                    .label(format!("this is {}", value.describe())),
            );
            BTreeMap::new()
        }
    }
}

fn tasks(
    node: &Node,
    key: &str,
    context: &Context<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<Task> {
    let Some(value) = node.get(key) else {
        return Vec::new();
    };
    match &value.content {
        Content::Sequence(items) => items
            .iter()
            .filter_map(|item| Task::parse(item, context, mistakes))
            .collect(),
        Content::Null => Vec::new(),
        Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Mapping(_) => {
            mistakes.push(
                Diagnostic::error("wrong-type", format!("`{key}` must be a list of tasks"))
                    .at(&value.span)
                    .label(format!("this is {}", value.describe()))
                    .help("begin each task with `- name: ...`"),
            );
            Vec::new()
        }
    }
}

fn handlers(node: &Node, context: &Context<'_>, mistakes: &mut Vec<Diagnostic>) -> Vec<Task> {
    let handlers = tasks(node, "handlers", context, mistakes);
    for handler in node.get("handlers").map(Node::items).unwrap_or_default() {
        if handler.get("name").is_none() && matches!(handler.content, Content::Mapping(_)) {
            mistakes.push(
                Diagnostic::error("missing-key", "the handler lacks `name`")
                    .at(&handler.span)
                    .help("tasks notify a handler by its name"),
            );
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for (name, handler) in handler_names(node) {
        if seen.contains(&name) {
            mistakes.push(
                Diagnostic::error(
                    "duplicate-handler",
                    format!("there are two handlers `{name}`"),
                )
                .at(&handler.span)
                .help("rename one of them"),
            );
        }
        seen.push(name);
    }
    handlers
}

/// The handlers' names as written, also of handlers with mistakes, so that one mistake is not told twice.
fn handler_names(node: &Node) -> Vec<(&str, &Node)> {
    let items = node.get("handlers").map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|handler| Some((handler.get("name")?.spelled()?, handler.get("name")?)))
        .collect()
}

fn check_notify(node: &Node, mistakes: &mut Vec<Diagnostic>) {
    let known = handler_names(node);
    let mut notified = Vec::new();
    let lists = ["tasks", "handlers"]
        .into_iter()
        .filter_map(|key| node.get(key));
    for task in lists.flat_map(Node::items) {
        // Wrong types were told when the task was read.
        for (name, place) in texts(task.get("notify"), "notify", &mut Vec::new()) {
            if !known.iter().any(|(handler, _)| *handler == name) {
                mistakes.push(
                    Diagnostic::error(
                        "unknown-handler",
                        format!("there is no handler `{name}` in this play"),
                    )
                    .at(&place.span)
                    .label("no such handler")
                    .suggest(&name, known.iter().map(|(handler, _)| *handler)),
                );
            }
            notified.push(name);
        }
    }
    for (name, handler) in known {
        if !notified.iter().any(|one| one == name) {
            mistakes.push(
                Diagnostic::warning(
                    "unused-handler",
                    format!("no task notifies the handler `{name}`"),
                )
                .at(&handler.span)
                .help(format!(
                    "add `notify: {name}` to a task, or remove the handler"
                )),
            );
        }
    }
}

fn flag(node: &Node, key: &str, mistakes: &mut Vec<Diagnostic>) -> Option<bool> {
    let value = node.get(key)?;
    match value.content {
        Content::Bool(truth) => Some(truth),
        Content::Null
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => {
            mistakes.push(
                Diagnostic::error("wrong-type", format!("`{key}` must be true or false"))
                    .at(&value.span)
                    .label(format!("this is {}", value.describe())),
            );
            None
        }
    }
}
