//! Plays of wishes, written as YAML: the play language with `wish: {name, value}` as its only resource.

use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::diag::Source;
use rdpfix::playbook;
use rdpfix::playbook::Action;
use rdpfix::playbook::Batch;
use rdpfix::playbook::Block;
use rdpfix::playbook::Body;
use rdpfix::playbook::Condition;
use rdpfix::playbook::Library;
use rdpfix::playbook::Loop;
use rdpfix::playbook::Meta;
use rdpfix::playbook::Play;
use rdpfix::playbook::Rollout;
use rdpfix::playbook::Ruled;
use rdpfix::playbook::Statement;
use rdpfix::playbook::Task;
use rdpfix::playbook::Until;
use rdpfix::syntax;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::has_template;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::wish::Manner;
use super::wish::SERVICE;
use super::wish::WISH;
use super::wish::wish;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "play.yml".to_owned(),
        text: text.to_owned(),
        secret: false,
    })
}

/// The entries of a YAML mapping.
pub(crate) fn mapping(text: &str) -> BTreeMap<String, Node> {
    entries(&syntax::parse(&source(text)).unwrap())
}

fn entries(node: &Node) -> BTreeMap<String, Node> {
    node.entries()
        .iter()
        .map(|(key, value)| (key.spelled().unwrap().to_owned(), value.clone()))
        .collect()
}

/// A play: `vars`, `pre_tasks`, `tasks`, `post_tasks`, `handlers`, `force_handlers`, `any_errors_fatal`, `serial` (one size).
pub(crate) fn play(text: &str) -> Play {
    let node = syntax::parse(&source(text)).unwrap();
    let is_set = |key| {
        node.get(key)
            .is_some_and(|node| node.content == Content::Bool(true))
    };
    let list = |key| node.get(key).map(statements).unwrap_or_default();
    let handlers = node.get("handlers").map(Node::items).unwrap_or_default();
    Play {
        name: "the play".into(),
        hosts: "all".to_owned(),
        hosts_span: node.span.clone(),
        tags: Vec::new(),
        vars: node.get("vars").map(entries).unwrap_or_default(),
        prompts: Vec::new(),
        pre_tasks: list("pre_tasks"),
        tasks: list("tasks"),
        post_tasks: list("post_tasks"),
        handlers: handlers.iter().map(task).collect(),
        prove: true,
        needs_facts: is_set("gather_facts"),
        rollout: Rollout {
            any_errors_fatal: is_set("any_errors_fatal"),
            serial: node
                .get("serial")
                .map(|size| Batch::Hosts(number(size).try_into().unwrap()))
                .into_iter()
                .collect(),
            ..Rollout::default()
        },
        force_handlers: is_set("force_handlers"),
    }
}

/// The statements of a file.
pub(crate) fn file(text: &str) -> Vec<Statement> {
    statements(&syntax::parse(&source(text)).unwrap())
}

fn statements(node: &Node) -> Vec<Statement> {
    node.items().iter().map(statement).collect()
}

fn statement(node: &Node) -> Statement {
    let list = |key| node.get(key).map(statements).unwrap_or_default();
    if node.get("block").is_none() {
        return Statement::Task(Arc::new(task(node)));
    }
    Statement::Block(Arc::new(Block {
        name: None,
        body: list("block"),
        rescue: list("rescue"),
        always: list("always"),
        span: node.span.clone(),
    }))
}

fn text(node: &Node) -> String {
    node.spelled().unwrap().to_owned()
}

fn texts(node: Option<&Node>) -> Vec<String> {
    match node {
        None => Vec::new(),
        Some(node) if node.items().is_empty() => vec![text(node)],
        Some(node) => node.items().iter().map(text).collect(),
    }
}

fn number(node: &Node) -> u64 {
    node.spelled().unwrap().parse().unwrap()
}

fn task(node: &Node) -> Task {
    let action = action(node);
    let name = match (node.get("name"), &action) {
        (Some(name), _) => text(name),
        (
            None,
            Action::Resource {
                body: Body::Fixed(resource),
                ..
            },
        ) => resource.id(),
        (None, action) => action.word().to_owned(),
    };
    let mut task = Task {
        when: conditions(node.get("when")),
        notify: texts(node.get("notify")),
        listen: texts(node.get("listen")),
        vars: Arc::new(node.get("vars").map(entries).unwrap_or_default()),
        register: node.get("register").map(|name| text(name).into()),
        repeat: node.get("loop").map(|items| repeat(items, node)),
        until: node.get("until").map(|until| Until {
            conditions: conditions(Some(until)),
            retries: node.get("retries").cloned(),
            delay: node.get("delay").cloned(),
        }),
        changed_when: conditions(node.get("changed_when")),
        failed_when: conditions(node.get("failed_when")),
        control: node.get("control").map(|id| ruled(&text(id), node)),
        ..Task::plain(&name, action, node.span.clone())
    };
    let manner = &mut task.manner;
    manner.ignore_errors = node.get("ignore_errors").cloned();
    manner.ignore_unreachable = node.get("ignore_unreachable").cloned();
    manner.no_log = node.get("no_log").cloned();
    manner.check_mode = node.get("check_mode").cloned();
    manner.run_once = node.get("run_once").is_some();
    manner.throttle = node
        .get("throttle")
        .map(|node| number(node).try_into().unwrap());
    manner.timeout = node.get("timeout").map(number);
    task
}

/// `control` as its identifier alone, with `note` beside it.
fn ruled(id: &str, node: &Node) -> Ruled {
    Ruled {
        control: Arc::new(Control {
            id: id.into(),
            title: None,
            severity: Severity::High,
            references: Vec::new(),
        }),
        note: node.get("note").map(|note| text(note).into()),
    }
}

fn repeat(items: &Node, node: &Node) -> Loop {
    let control = |key| {
        node.get("loop_control")
            .and_then(|control| control.get(key))
    };
    Loop {
        items: items.clone(),
        var: control("loop_var").map_or("item".into(), |name| text(name).into()),
        index_var: control("index_var").map(|name| text(name).into()),
        label: control("label").cloned(),
    }
}

/// Conditions as the parser of playbooks makes them.
fn conditions(node: Option<&Node>) -> Vec<Condition> {
    texts(node)
        .into_iter()
        .flat_map(|condition| {
            let quoted = serde_json::to_string(&condition).unwrap();
            let play = format!(
                "- hosts: all\n  tasks:\n    - service: {{name: x, state: running}}\n      when: {quoted}\n"
            );
            let (playbook, mistakes) = playbook::parse(&source(&play));
            assert!(mistakes.is_empty(), "{mistakes:?}");
            playbook.unwrap().plays[0].all_tasks()[0].when.clone()
        })
        .collect()
}

fn action(node: &Node) -> Action {
    let found = [
        "wish",
        "debug",
        "set_fact",
        "assert",
        "fail",
        "include_tasks",
        "include_vars",
        "meta",
        "ping",
        "reboot",
        "wait_for",
    ]
    .into_iter()
    .find_map(|word| Some((word, node.get(word)?)));
    let (word, body) = found.unwrap_or_else(|| panic!("{} does nothing", node.span.text()));
    let library = || Arc::new(Library::closed(&node.span));
    match word {
        "wish" => resource(body),
        "debug" => Action::Debug {
            msg: body.get("msg").unwrap_or(body).clone(),
            verbosity: body
                .get("verbosity")
                .map_or(0, |node| number(node).try_into().unwrap()),
        },
        "set_fact" => Action::SetFact(entries(body)),
        "assert" => Action::Assert {
            that: conditions(body.get("that")),
            fail_msg: body.get("fail_msg").cloned(),
            success_msg: body.get("success_msg").cloned(),
        },
        "fail" => Action::Fail {
            msg: body.get("msg").cloned(),
        },
        "include_tasks" => Action::Include {
            file: body.clone(),
            library: library(),
        },
        "include_vars" => Action::IncludeVars {
            file: body.get("file").unwrap_or(body).clone(),
            name: body.get("name").map(|name| text(name).into()),
            library: library(),
        },
        "meta" => Action::Meta(match text(body).as_str() {
            "flush_handlers" => Meta::FlushHandlers,
            "end_host" => Meta::EndHost,
            "end_play" => Meta::EndPlay,
            _ => Meta::Nothing,
        }),
        "reboot" => Action::Reboot(body.clone()),
        "wait_for" => Action::WaitFor(body.clone()),
        _ => Action::Nothing("ping"),
    }
}

fn resource(body: &Node) -> Action {
    if has_template(body) {
        let body = Body::Templated {
            node: body.clone(),
            engine: Arc::new(Engine::new()),
        };
        return Action::Resource { kind: &WISH, body };
    }
    let name = text(body.get("name").unwrap());
    let value = body.get("value").map_or(0, number);
    // Wishes have names that live as long as the test.
    let wanted = wish(name.leak(), value.try_into().unwrap());
    let manner = match body.get("manner").map(text).as_deref() {
        None => Manner::Set,
        Some("policy") => Manner::Policy,
        Some("manual") => Manner::Manual,
        Some("panic") => Manner::Panic,
        Some("restart") => Manner::Restart,
        Some(other) => panic!("no manner {other}"),
    };
    let mut wanted = wanted.manner(manner);
    wanted.restart = body.get("restart").map(|service| &*text(service).leak());
    let kind = match manner {
        Manner::Restart => &SERVICE,
        _ => &WISH,
    };
    Action::Resource {
        kind,
        body: Body::Fixed(Arc::new(wanted)),
    }
}
