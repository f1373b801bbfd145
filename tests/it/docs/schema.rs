//! Facts about the schemas: a validator that is not ours finds right what parses, and finds fault with what a schema can see.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::inventory;
use rdpfix::inventory::Defaults;
use rdpfix::job;
use rdpfix::playbook;
use rdpfix::schema;
use rdpfix::syntax;
use rdpfix::waiver;
use serde_json::Value;

use super::files;
use crate::support;

/// PyYAML would fill the memory with it.
const BOMB: &str = "alias-bomb.yml";

/// The complaint about each file; `None` where there is no validator.
fn complaints(schema: &Value, files: &[PathBuf]) -> Option<Vec<(PathBuf, Option<String>)>> {
    let python = support::peer_python()?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.json");
    support::write(&path, schema.to_string().as_bytes());
    let output = Command::new(python)
        .arg(support::root().join("tests/peers/validate_files.py"))
        .arg(&path)
        .args(files)
        .current_dir(support::root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let path = PathBuf::from(record["path"].as_str().unwrap());
        (path, record["complaint"].as_str().map(str::to_owned))
    };
    Some(lines.lines().map(read).collect())
}

/// Valid files have no complaint, and at least so many of the broken ones have one. The mistakes of the others depend on
/// several places at once, on other files, on templates or on letters, which a schema does not see.
#[track_caller]
fn compare(schema: &Value, valid: &[PathBuf], (broken, least): (&[PathBuf], usize)) {
    let Some(found) = complaints(schema, valid) else {
        return;
    };
    assert!(!valid.is_empty(), "there is nothing to judge");
    assert_eq!(found.len(), valid.len(), "every file is judged");
    for (path, complaint) in found {
        assert_eq!(complaint, None, "{} is valid", path.display());
    }
    let broken: Vec<PathBuf> = broken
        .iter()
        .filter(|path| !path.ends_with(BOMB))
        .cloned()
        .collect();
    let found = complaints(schema, &broken).unwrap_or_default();
    assert_eq!(found.len(), broken.len(), "every file is judged");
    let seen = found.iter().filter(|(_, complaint)| complaint.is_some());
    let seen = seen.count();
    assert!(seen >= least, "it sees {seen} of {}", broken.len());
}

fn source(path: &PathBuf) -> Option<Arc<Source>> {
    let text = String::from_utf8(support::bytes(&support::root().join(path))).ok()?;
    Some(Arc::new(Source {
        name: path.display().to_string(),
        text,
        secret: false,
    }))
}

/// Files of a folder with this ending.
fn yaml(folder: &str) -> Vec<PathBuf> {
    files(folder, "yml")
}

#[test]
fn playbooks_are_valid_exactly_when_the_schema_can_say_so() {
    let valid = [
        yaml("playbooks"),
        yaml("tests/cases/playbook/valid"),
        yaml("tests/cases/lists"),
    ];
    let valid: Vec<PathBuf> = valid
        .concat()
        .into_iter()
        .chain(["examples/from-ansible/rdp.yml".into()])
        .filter(|path| source(path).is_some_and(|source| playbook::parse(&source).0.is_some()))
        .collect();
    assert!(valid.len() > 10, "{valid:?}");
    compare(
        &schema::playbook(),
        &valid,
        (&yaml("tests/cases/playbook/broken"), 30),
    );
}

#[test]
fn inventories_are_valid_exactly_when_the_schema_can_say_so() {
    let is_sound = |path: &PathBuf| {
        source(path)
            .is_some_and(|source| inventory::parse(&source, &Defaults::default()).0.is_some())
    };
    let valid = [yaml("inventory"), yaml("tests/cases/inventory/valid")].concat();
    let looks_yaml =
        |path: &PathBuf| source(path).is_some_and(|source| syntax::parse(&source).is_ok());
    let valid: Vec<PathBuf> = valid
        .into_iter()
        .filter(is_sound)
        .filter(looks_yaml)
        .collect();
    assert!(valid.len() >= 3, "{valid:?}");
    compare(
        &schema::inventory(),
        &valid,
        (&yaml("tests/cases/inventory/broken"), 8),
    );
}

#[test]
fn scenarios_are_valid_exactly_when_the_schema_can_say_so() {
    let valid = ["examples/lab-scenario.yml", "examples/from-ansible/lab.yml"];
    let valid: Vec<PathBuf> = valid.iter().map(PathBuf::from).collect();
    compare(
        &schema::scenario(),
        &valid,
        (&["tests/cases/lab/mistakes.yml".into()], 1),
    );
}

#[test]
fn job_files_are_valid_exactly_when_the_schema_can_say_so() {
    let valid: Vec<PathBuf> = [yaml("examples/jobs"), yaml("tests/cases/job/valid")]
        .concat()
        .into_iter()
        .filter(|path| source(path).is_some_and(|source| job::parse(&source).0.is_some()))
        .collect();
    assert!(valid.len() >= 3, "{valid:?}");
    compare(
        &schema::jobs(),
        &valid,
        (&yaml("tests/cases/job/broken"), 24),
    );
}

/// Waiver files that a schema finds nothing wrong with: waivers that stand twice, what no host or control has, and days that
/// are over or far away.
const UNSEEN: [&str; 5] = [
    "duplicates.yml",
    "ends.yml",
    "far-away.yml",
    "unknown-control.yml",
    "unknown-hosts.yml",
];

#[test]
fn waiver_files_are_valid_exactly_when_the_schema_can_say_so() {
    let today = jiff::civil::date(2026, 3, 1);
    let valid: Vec<PathBuf> = yaml("tests/cases/waivers/valid")
        .into_iter()
        .filter(|path| source(path).is_some_and(|one| waiver::read(&[one], today).0.is_some()))
        .collect();
    assert!(valid.len() >= 4, "{valid:?}");
    let (unseen, seen): (Vec<PathBuf>, Vec<PathBuf>) = yaml("tests/cases/waivers/broken")
        .into_iter()
        .partition(|path| UNSEEN.iter().any(|name| path.ends_with(name)));
    assert_eq!(unseen.len(), UNSEEN.len());
    let schema = schema::waivers();
    compare(&schema, &[valid, unseen].concat(), (&seen, seen.len()));
}

#[test]
fn the_schema_of_waivers_knows_both_words_of_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let rest = "owner: ops, reason: old, expires: 2026-06-30";
    let cases = [
        (format!("- {{hosts: all, control_id: A-1, {rest}}}"), true),
        (format!("- {{hosts: 5, control: A-1, {rest}}}"), true),
        (format!("A-1: {{hosts: [a, b], {rest}, run: no}}"), true),
        (
            format!("A-1: {{hosts: [a, b], control: A-1, {rest}}}"),
            false,
        ),
        (format!("A 1: {{hosts: [a, b], {rest}}}"), false),
        (format!("- {{hosts: all, control: A 1, {rest}}}"), false),
        ("waivers:".to_owned(), true),
    ];
    let today = jiff::civil::date(2026, 3, 1);
    let (mut valid, mut broken) = (Vec::new(), Vec::new());
    for (position, (text, is_valid)) in cases.iter().enumerate() {
        let path = folder.path().join(format!("{position}.yml"));
        support::write(&path, text.as_bytes());
        let read = waiver::read(&[source(&path).unwrap()], today).0;
        assert_eq!(read.is_some(), *is_valid, "{text}");
        let list = if *is_valid { &mut valid } else { &mut broken };
        list.push(path);
    }
    compare(&schema::waivers(), &valid, (&broken, broken.len()));
}

#[test]
fn patterns_are_for_every_engine() {
    fn patterns(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| patterns(item, found)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        Value::String(pattern) if key == "pattern" => found.push(pattern.clone()),
                        _ => patterns(value, found),
                    }
                    if key == "patternProperties" {
                        found.extend(value.as_object().unwrap().keys().cloned());
                    }
                }
            }
            _ => {}
        }
    }
    let jsonl = serde_json::from_str(schema::JSONL).unwrap();
    for schema in [
        schema::playbook(),
        schema::inventory(),
        schema::jobs(),
        schema::scenario(),
        schema::waivers(),
        jsonl,
    ] {
        let mut found = Vec::new();
        patterns(&schema, &mut found);
        for pattern in found {
            // Groups with flags, and everything else that begins so, came late to ECMA-262.
            assert!(!pattern.contains("(?"), "{pattern}");
        }
    }
}
