//! What ansible-core makes of the playbooks of the corpus: the same plays, tasks and handlers, with the same keywords
//! pushed down to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Colour;
use rdpfix::diag::render;
use rdpfix::playbook::Batch;
use rdpfix::playbook::Condition;
use rdpfix::playbook::Play;
use rdpfix::playbook::Playbook;
use rdpfix::playbook::Reading;
use rdpfix::playbook::Statement;
use rdpfix::playbook::Task;
use rdpfix::playbook::extra_vars;
use rdpfix::playbook::read;
use rdpfix::resource::CATALOGUE;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use serde_json::Value;
use serde_json::json;

use crate::peers;
use crate::playbook::corpus;
use crate::playbook::corpus::Folder;
use crate::support;

/// Variables that `-e` sets.
const EXTRA: [&str; 3] = ["target", "folder", "wave"];

/// Variables that a loop in one of the older spellings is turned into.
const OURS: [&str; 2] = ["with_items", "with_dict"];

#[tokio::test]
async fn ansible_finds_the_same_tasks_with_the_same_keywords() {
    let Some(python) = support::peer_python() else {
        return;
    };
    let script = support::root().join("tests/peers/playbooks.py");
    let playbooks = playbooks();
    let words: Vec<&str> = CATALOGUE.iter().map(|kind| kind.name).collect();
    let order = json!({
        "extra": {"target": "there", "folder": "there", "wave": 2},
        "words": words,
        "playbooks": playbooks,
    });
    let arguments = [script.to_str().unwrap()];
    let theirs = peers::json(&python, &arguments, &order.to_string()).await;
    let mut differing = Vec::new();
    for path in &playbooks {
        let theirs = &theirs[path.to_str().unwrap()];
        assert_eq!(theirs["error"], Value::Null, "{}", path.display());
        let ours = ours(path);
        let plays = theirs["plays"].as_array().unwrap();
        assert_eq!(plays.len(), ours.plays.len(), "{}", path.display());
        for (ours, theirs) in ours.plays.iter().zip(plays) {
            compare_play(ours, theirs, &mut differing);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Every sound playbook of the corpus that says nothing which Ansible does not know.
fn playbooks() -> Vec<PathBuf> {
    let mut found = corpus::inputs("playbook/valid");
    for project in ["imports", "extra"] {
        found.push(corpus::root(&format!(
            "playbook/projects/{project}/site.yml"
        )));
    }
    found.retain(|path| {
        let bytes = support::bytes(path);
        let text = String::from_utf8_lossy(&bytes);
        !text.contains("prove:") && !text.contains(" control:")
    });
    found
}

fn ours(path: &Path) -> Playbook {
    let typed = "target=there folder=there wave=2".to_owned();
    let (extra, _) = extra_vars(&[("<command line>".to_owned(), typed)]);
    let reading = Reading {
        files: Arc::new(Folder(path.parent().unwrap().to_owned())),
        keyring: Arc::default(),
        extra,
        engine: None,
    };
    let (playbook, mistakes) = read(&corpus::source(&path.to_owned()).unwrap(), &reading);
    playbook.unwrap_or_else(|| panic!("{}", render(&mistakes, Colour::Never)))
}

fn compare_play(ours: &Play, theirs: &Value, differing: &mut Vec<String>) {
    let hosts: Vec<&str> = ours.hosts.split(',').collect();
    let serial: Vec<Value> = ours.rollout.serial.iter().map(batch).collect();
    // All at once.
    let their_serial = items(&theirs["serial"])
        .iter()
        .filter(|size| **size != json!(0));
    let their_serial: Vec<Value> = their_serial.map(their_batch).collect();
    let mut say = |what: &str, ours: Value, theirs: &Value| {
        if ours != *theirs {
            differing.push(format!("{what}: we say {ours}, Ansible says {theirs}"));
        }
    };
    // A play without a name is called like its hosts; Ansible has not evaluated these yet.
    if theirs["name"]
        .as_str()
        .is_some_and(|name| !name.contains("{{"))
    {
        say("name", json!(&*ours.name), &theirs["name"]);
    }
    say("hosts", json!(hosts), &theirs["hosts"]);
    say("serial", json!(serial), &json!(their_serial));
    let forced = theirs["force_handlers"] == json!(true);
    say("force_handlers", json!(ours.force_handlers), &json!(forced));
    for (name, value) in &ours.vars {
        // What Ansible tells is the winner.
        if EXTRA.contains(&name.as_str()) {
            continue;
        }
        say(
            &format!("variable {name}"),
            data(value),
            &theirs["vars"][name],
        );
    }
    for (list, word) in [
        (&ours.pre_tasks, "pre_tasks"),
        (&ours.tasks, "tasks"),
        (&ours.post_tasks, "post_tasks"),
    ] {
        let mut found = Vec::new();
        flatten(list, "", &mut found);
        compare_tasks(&found, &theirs[word], differing);
    }
    let handlers: Vec<(String, &Task)> = ours
        .handlers
        .iter()
        .map(|handler| (String::new(), handler))
        .collect();
    compare_tasks(&handlers, &theirs["handlers"], differing);
}

fn flatten<'a>(list: &'a [Statement], section: &str, found: &mut Vec<(String, &'a Task)>) {
    for statement in list {
        match statement {
            Statement::Task(task) => found.push((section.to_owned(), task)),
            Statement::Block(block) => {
                flatten(&block.body, section, found);
                flatten(&block.rescue, &format!("{section}/rescue"), found);
                flatten(&block.always, &format!("{section}/always"), found);
            }
        }
    }
}

fn compare_tasks(ours: &[(String, &Task)], theirs: &Value, differing: &mut Vec<String>) {
    let theirs = items(theirs);
    assert_eq!(ours.len(), theirs.len(), "{ours:?}");
    for ((section, task), theirs) in ours.iter().zip(theirs) {
        let file = &task.span.source.name;
        let (line, _) = task.span.line_and_column();
        for (key, value) in told(section, task) {
            let their_value = normal(key, &theirs[key], theirs);
            // Ansible evaluates tags on the way.
            let is_later = key == "tags" && theirs[key].to_string().contains("{{");
            if value != their_value && !is_later {
                differing.push(format!(
                    "{file}:{line} {key}: we say {value}, Ansible says {their_value}"
                ));
            }
        }
    }
}

/// What we say of a task, in the words of the script.
fn told(section: &str, task: &Task) -> BTreeMap<&'static str, Value> {
    let manner = &task.manner;
    let mut tags = task.tags.clone();
    tags.sort();
    let vars: BTreeMap<&str, Value> = task
        .vars
        .iter()
        .filter(|(name, _)| !OURS.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), data(value)))
        .collect();
    let repeat = task.repeat.as_ref();
    BTreeMap::from([
        ("section", json!(section)),
        ("name", json!(&*task.name)),
        ("when", conditions(&task.when)),
        ("tags", json!(tags)),
        ("vars", json!(vars)),
        ("notify", json!(task.notify)),
        ("listen", json!(task.listen)),
        ("register", json!(task.register.as_deref())),
        ("changed_when", conditions(&task.changed_when)),
        ("failed_when", conditions(&task.failed_when)),
        (
            "until",
            conditions(task.until.as_ref().map_or(&[], |until| &until.conditions)),
        ),
        ("loops", json!(repeat.is_some())),
        (
            "loop_var",
            json!(repeat.map_or("item", |repeat| &repeat.var)),
        ),
        (
            "index_var",
            json!(repeat.and_then(|repeat| repeat.index_var.as_deref())),
        ),
        ("ignore_errors", optional(manner.ignore_errors.as_ref())),
        (
            "ignore_unreachable",
            optional(manner.ignore_unreachable.as_ref()),
        ),
        ("no_log", manner.no_log.as_ref().map_or(json!(false), data)),
        ("run_once", json!(manner.run_once)),
        ("throttle", json!(manner.throttle.unwrap_or_default())),
        ("timeout", json!(manner.timeout.unwrap_or_default())),
    ])
}

/// Ansible's value as ours would be: without defaults, with templates that we evaluate early evaluated.
fn normal(key: &str, value: &Value, task: &Value) -> Value {
    match key {
        "name" if value.as_str() == Some("") => {
            let action = task["action"].as_str().unwrap_or_default();
            json!(action.rsplit('.').next())
        }
        "when" | "changed_when" | "failed_when" | "until" => {
            let list = items(value).iter().filter(|one| !one.is_null());
            json!(list.map(condition).collect::<Vec<_>>())
        }
        "run_once" if value.is_null() => json!(false),
        // We take commas in a list apart too: a tag with a comma in it could never be asked for.
        "tags" => {
            let tags = items(value).iter().filter_map(Value::as_str);
            json!(tags.flat_map(|tag| tag.split(',')).collect::<Vec<_>>())
        }
        "timeout" if value == &json!("{{ 60 * 2 }}") => json!(120),
        _ => value.clone(),
    }
}

fn condition(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => json!(truth.to_string()),
        other => other.clone(),
    }
}

fn conditions(list: &[Condition]) -> Value {
    json!(list.iter().map(Condition::text).collect::<Vec<_>>())
}

fn optional(node: Option<&Node>) -> Value {
    node.map_or(Value::Null, data)
}

fn batch(batch: &Batch) -> Value {
    match batch {
        Batch::Hosts(hosts) => json!(hosts.to_string()),
        Batch::Percent(percent) => json!(format!("{percent}%")),
    }
}

fn their_batch(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn data(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(truth) => json!(truth),
        Content::Int(number) => json!(number),
        Content::Float(number) => json!(number),
        Content::Text(text) | Content::Unsafe(text) => json!(text),
        Content::Sealed(_) => json!("sealed"),
        Content::Sequence(items) => json!(items.iter().map(data).collect::<Vec<_>>()),
        Content::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.spelled().unwrap_or_default().to_owned(), data(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
