//! Facts about inventories told by Ansible itself: what `rdpfix inventory` shows is what `ansible-inventory` shows.

mod random;

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use clap::Parser;
use rdpfix::cli::args::Arguments;
use rdpfix::cli::args::Verb;
use rdpfix::cli::files::Disk;
use rdpfix::cli::inventory::show::shown;
use rdpfix::diag::Colour;
use rdpfix::diag::Source;
use rdpfix::diag::render;
use rdpfix::inventory::Origin;
use rdpfix::playbook;
use rdpfix::syntax;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use serde_json::Value;
use serde_json::json;

use crate::support;

/// An inventory, with the words that name it on the command line.
#[derive(Debug, Clone)]
struct Case {
    name: String,
    arguments: Vec<String>,
}

/// What Ansible makes of each case; `None` where Ansible is not at hand.
fn verdicts(cases: &[Case]) -> Option<Vec<Value>> {
    support::peer_script("ansible-inventory")?;
    let python = support::peer_python()?;
    let script = support::root().join("tests/peers/inventory_judge.py");
    let asked: Vec<Value> = cases
        .iter()
        .map(|case| json!({"arguments": case.arguments}))
        .collect();
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = serde_json::to_vec(&asked).unwrap();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut input, &text));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "the judge fails");
    let verdicts: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdicts.len(), cases.len());
    Some(verdicts)
}

/// What we show, or the mistakes that keep us from it.
fn ours(case: &Case, action: &[&str]) -> Result<String, String> {
    let words = ["rdpfix", "inventory"].into_iter().chain(action.to_vec());
    let words = words.chain(case.arguments.iter().map(String::as_str));
    let arguments = match Arguments::try_parse_from(words).unwrap().verb {
        Verb::Inventory(arguments) => arguments,
        other => panic!("{other:?}"),
    };
    let origins: Vec<Origin> = arguments
        .fleet
        .inventory
        .iter()
        .map(|word| Origin::of(word, &Disk))
        .collect();
    let extra: Vec<(String, String)> = arguments
        .extra_vars
        .iter()
        .map(|text| ("<command line>".to_owned(), text.clone()))
        .collect();
    let (extra, mistakes) = playbook::extra_vars(&extra);
    assert!(mistakes.is_empty());
    let (text, told) = shown(&arguments, &origins, &extra, &std::sync::Arc::default());
    text.map_err(|error| format!("{error}\n{}", render(&told, Colour::Never)))
}

/// What differs between what Ansible shows of a case and what we show.
fn differences(case: &Case, verdict: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, theirs: &Value, ours: Result<String, String>| {
        let is_same = match (theirs.as_str(), &ours) {
            (Some(theirs), Ok(ours)) if what == "--yaml" => same_yaml(theirs, ours),
            (Some(theirs), Ok(ours)) => theirs.trim_end() == ours.trim_end(),
            // Where Ansible ends with an error, so do we; but a graph we show with what is encrypted closed.
            (None, Err(_)) => true,
            (None, Ok(_)) => what == "--graph --vars",
            _ => false,
        };
        if !is_same {
            let ours = ours.unwrap_or_else(|error| error);
            let theirs = theirs
                .as_str()
                .map_or_else(|| theirs.to_string(), str::to_owned);
            let lines = |sign: &str, these: &str, those: &str| -> String {
                let those: Vec<&str> = those.lines().collect();
                let only = these.lines().filter(|line| !those.contains(line));
                let signed: Vec<String> = only.map(|line| format!("{sign} {line}")).collect();
                signed.join("\n") + "\n"
            };
            found.push(format!(
                "{} {what}\n{}{}",
                case.name,
                lines("-", &theirs, &ours),
                lines("+", &ours, &theirs),
            ));
        }
    };
    if verdict.get("exit").is_some() {
        compare("--list", &verdict["exit"], ours(case, &["--list"]));
        return found;
    }
    compare("--list", &verdict["list"], ours(case, &["--list"]));
    compare(
        "--yaml",
        &verdict["yaml"],
        ours(case, &["--list", "--yaml"]),
    );
    compare("--graph", &verdict["graph"], ours(case, &["--graph"]));
    let graph = ours(case, &["--graph", "--vars"]);
    compare("--graph --vars", &verdict["graph_vars"], graph);
    for (host, vars) in verdict["hosts"].as_object().unwrap() {
        let action = format!("--host={host}");
        compare(&action, vars, ours(case, &[&action]));
    }
    found
}

fn same_yaml(theirs: &str, ours: &str) -> bool {
    let read = |text: &str| {
        let source = Source {
            name: "list.yml".to_owned(),
            // What is encrypted is compared as it stands.
            text: text.replace("!vault |", "|"),
            secret: false,
        };
        let (node, mistakes) = syntax::parse_data(&source.into());
        node.unwrap_or_else(|| panic!("{text}\n{mistakes:?}"))
    };
    plain(&read(theirs)) == plain(&read(ours))
}

/// A tree without its places, mappings in the order of their keys.
fn plain(node: &Node) -> Value {
    match &node.content {
        Content::Sequence(items) => items.iter().map(plain).collect(),
        Content::Mapping(entries) => {
            let entries: BTreeMap<_, _> = entries
                .iter()
                .map(|(key, value)| (format!("{:?}", key.content), plain(value)))
                .collect();
            json!(entries)
        }
        other => Value::String(format!("{other:?}")),
    }
}

/// The folders of `tests/cases/ansible/inventory`: what `arguments` says, else the file whose name begins with `hosts`.
fn recorded() -> Vec<Case> {
    let root = support::root().join("tests/cases/ansible/inventory");
    let list = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let named = |folder: PathBuf| {
        let written = folder.join("arguments");
        let written = written.is_file().then(|| support::bytes(&written));
        let text = written.map(|bytes| String::from_utf8(bytes).unwrap());
        let text = text.unwrap_or_else(|| {
            let hosts = list(&folder).into_iter().find(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("hosts")
            });
            format!("-i {}", hosts.unwrap().display())
        });
        let text = text.replace("{}", folder.to_str().unwrap());
        Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            arguments: text.split_whitespace().map(str::to_owned).collect(),
        }
    };
    list(&root).into_iter().map(named).collect()
}

#[track_caller]
fn agree(cases: &[Case]) {
    let Some(verdicts) = verdicts(cases) else {
        return;
    };
    let found: Vec<String> = cases
        .iter()
        .zip(&verdicts)
        .flat_map(|(case, verdict)| differences(case, verdict))
        .collect();
    let shown: Vec<&str> = found.iter().take(20).map(String::as_str).collect();
    assert!(
        found.is_empty(),
        "{} differences (`-` is Ansible):\n{}",
        found.len(),
        shown.join("\n")
    );
}

#[test]
fn recorded_inventories_show_what_ansible_shows() {
    let cases = recorded();
    assert!(cases.len() >= 40, "{} inventories", cases.len());
    agree(&cases);
}

#[test]
fn random_inventories_show_what_ansible_shows() {
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = (0..300)
        .map(|seed| random::write(seed, &folder.path().join(seed.to_string())))
        .collect();
    agree(&cases);
}
