//! Templates as Ansible evaluates them: the cases of `tests/cases/ansible/templates`, through ansible-core and through
//! our engine. Each side may only differ where a case says so, with a reason.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::syntax;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Variables;
use serde_json::Value;

use super::json;
use crate::support;

/// The fewest cases that there must be.
const CASES: usize = 350;

fn files() -> Vec<PathBuf> {
    let folder = support::root().join("tests/cases/ansible/templates");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn tree(path: &std::path::Path) -> Node {
    let source = Arc::new(Source {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        text: String::from_utf8(support::bytes(path)).unwrap(),
        secret: false,
    });
    syntax::parse(&source).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn word(case: &Node, key: &str) -> Option<String> {
    Some(case.get(key)?.spelled().unwrap().to_owned())
}

/// What our engine makes of a case.
fn ours(case: &Node, variables: &Variables<'_>, engine: &Engine) -> Result<Value, Diagnostic> {
    if let Some(condition) = case.get("when") {
        let text = condition.spelled().unwrap().trim();
        let mut mistakes = Vec::new();
        engine.check_condition(text, &condition.span, &mut mistakes);
        mistakes.retain(|mistake| mistake.severity == rdpfix::diag::Severity::Error);
        return match mistakes.into_iter().next() {
            Some(mistake) => Err(mistake),
            None => engine
                .holds(text, &condition.span, variables)
                .map(Value::Bool),
        };
    }
    engine.json(case.get("is").unwrap_or(case), variables)
}

/// What is wrong with a case; `None` when nothing is.
fn wrong(case: &Node, ours: &Result<Value, Diagnostic>, theirs: &Value) -> Option<String> {
    let agree = match (ours, theirs.get("value")) {
        (Ok(ours), Some(theirs)) => ours == theirs,
        (Err(_), None) => true,
        _ => false,
    };
    let told = match ours {
        Ok(value) => value.to_string(),
        Err(mistake) => format!("mistake: {}", mistake.message),
    };
    let listed = word(case, "because").is_some();
    if !listed && !agree {
        return Some(format!("ours {told}, theirs {theirs}"));
    }
    if listed && agree {
        return Some(format!("both say {told}: the listed difference is gone"));
    }
    let expected = word(case, "fails").or_else(|| word(case, "ours_fails"));
    match (ours, &expected) {
        (Err(mistake), Some(expected)) => (!mistake.message.contains(expected.as_str()))
            .then(|| format!("{told}, not {expected}")),
        (Err(_), None) => Some(format!("{told}, which the case does not tell")),
        (Ok(_), Some(expected)) => Some(format!("{told} instead of {expected}")),
        (Ok(value), None) => {
            let listed = Engine::new().json(case.get("ours")?, &Variables::new(Vec::new()));
            (listed.as_ref() != Ok(value)).then(|| format!("{told}, not what the case lists"))
        }
    }
}

#[tokio::test]
async fn templates_mean_what_ansible_makes_of_them() {
    let Some(python) = support::peer_python() else {
        return;
    };
    let files = files();
    let script = support::root().join("tests/peers/template_judge.py");
    let arguments: Vec<&str> = std::iter::once(&script)
        .chain(&files)
        .map(|path| path.to_str().unwrap())
        .collect();
    let verdicts = json(&python, &arguments, "").await;
    let environment = BTreeMap::from([("RDPFIX_EMPTY".to_owned(), String::new())]);
    let engine = Engine::new()
        .with_now("2026-03-02T01:02:03[UTC]".parse().unwrap())
        .with_environment(environment);
    let mut differing = Vec::new();
    let mut count = 0;
    for (file, verdicts) in files.iter().zip(verdicts.as_array().unwrap()) {
        let tree = tree(file);
        let name = file.file_name().unwrap().to_string_lossy();
        let entries = tree.get("vars").map(Node::entries).unwrap_or_default();
        let vars: BTreeMap<String, Node> = entries
            .iter()
            .map(|(key, value)| (key.spelled().unwrap().to_owned(), value.clone()))
            .collect();
        let variables = Variables::new(vec![&vars]);
        let cases = tree.get("cases").unwrap().items();
        assert_eq!(cases.len(), verdicts.as_array().unwrap().len(), "{name}");
        for (case, theirs) in cases.iter().zip(verdicts.as_array().unwrap()) {
            count += 1;
            let ours = ours(case, &variables, &engine);
            let (line, _) = case.span.line_and_column();
            let text = case.span.text().lines().next().unwrap_or_default();
            differing.extend(
                wrong(case, &ours, theirs)
                    .map(|wrong| format!("{name}:{line}: {text}\n    {wrong}")),
            );
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(count >= CASES, "only {count} cases");
}
