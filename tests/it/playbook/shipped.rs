//! The playbooks and the inventory that come with rdpfix are sound, and the two readers of YAML agree on every file.
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Colour;
use rdpfix::diag::Source;
use rdpfix::diag::render;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::playbook;
use rdpfix::syntax;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use serde_yaml::Value;

use crate::support;

fn read(path: &str) -> Arc<Source> {
    let text = fs::read_to_string(support::root().join(path)).unwrap();
    Arc::new(Source {
        name: path.to_owned(),
        text,
        secret: false,
    })
}

#[test]
fn shipped_playbooks_are_sound_and_do_no_harm() {
    for path in ["playbooks/rdp-baseline.yml", "playbooks/fix-0x904.yml"] {
        let source = read(path);
        let (playbook, mistakes) = playbook::parse(&source);
        assert!(mistakes.is_empty(), "{}", render(&mistakes, Colour::Never));
        for play in playbook.unwrap().plays {
            assert!(play.prove, "{path} proves what it did");
            assert!(
                play.all_tasks().iter().all(|task| !task.tags.is_empty()),
                "every task of {path} can be chosen by a tag"
            );
        }
        for weak in [
            ": vulnerable",
            ": not_required",
            "security_layer: rdp",
            ": denied",
        ] {
            let code = source
                .text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'));
            assert!(
                !code.into_iter().any(|line| line.contains(weak)),
                "{path} sets `{weak}`"
            );
        }
    }
}

#[test]
fn the_example_inventory_is_sound() {
    let (inventory, mistakes) =
        Inventory::parse(&read("inventory/example.yml"), &Defaults::default());
    assert!(mistakes.is_empty(), "{}", render(&mistakes, Colour::Never));
    let inventory = inventory.unwrap();
    assert_eq!(inventory.select("workstations").unwrap().len(), 3);
    assert_eq!(inventory.host("ts02.corp.example").unwrap().rdp_port, 3390);
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|ext| ext == "yml" || ext == "yaml")
        {
            found.push(path);
        }
    }
}

/// Files that one reader refuses by its own rule: what YAML allows and we do not, or the other way round.
const OWN_RULES: [&str; 7] = [
    "broken/wrong-shapes.yml",
    "broken/two-documents.yml",
    "broken/vault.yml",
    "broken/unknown-tag.yml",
    "broken/bad-merge.yml",
    "broken/alias-bomb.yml",
    "broken/deep.yml",
];

#[test]
fn both_readers_of_yaml_agree_on_every_file() {
    let mut files = Vec::new();
    for folder in [
        "playbooks",
        "inventory",
        "tests/cases",
        "examples",
        ".github",
    ] {
        yaml_files(&support::root().join(folder), &mut files);
    }
    assert!(files.len() > 70, "{} files", files.len());
    let mut compared = 0;
    for path in files {
        let shown = path.display().to_string();
        if OWN_RULES.iter().any(|own| shown.ends_with(own)) {
            continue;
        }
        // Those are compared with Ansible itself.
        if path.starts_with(support::root().join("tests/cases/ansible")) {
            continue;
        }
        // What `!vault` may hold is no matter of YAML.
        if path.starts_with(support::root().join("tests/cases/vault")) {
            continue;
        }
        // What is not UTF-8 reaches neither reader.
        let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) else {
            continue;
        };
        let source = Arc::new(Source {
            name: shown.clone(),
            text,
            secret: false,
        });
        let theirs = serde_yaml::from_str::<Value>(&source.text).and_then(|mut value| {
            value.apply_merge()?;
            Ok(value)
        });
        match (syntax::parse(&source), theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert!(agree(&ours, &theirs), "{shown}\n{ours:#?}\n{theirs:#?}");
                compared += 1;
            }
            (Err(_), Err(_)) => {}
            (Err(ours), Ok(_)) => {
                // A list or a mapping as a key is YAML, but nothing that a file here could mean.
                let refused = ours.iter().all(|mistake| mistake.id == "complex-key");
                assert!(
                    refused,
                    "{shown}: only ours refuses\n{}",
                    render(&ours, Colour::Never)
                );
            }
            (Ok(_), Err(theirs)) => panic!("{shown}: only theirs refuses: {theirs}"),
        }
    }
    assert!(compared > 60, "{compared} files compared");
}

/// Equal, but for the scalars that YAML 1.1 types and 1.2 leaves as texts (`yes`, `0777`, `1_000`, `22:30`).
fn agree(ours: &Node, theirs: &Value) -> bool {
    match (&ours.content, theirs) {
        (Content::Null, Value::Null) => true,
        (Content::Bool(one), Value::Bool(two)) => one == two,
        (Content::Int(one), Value::Number(two)) => {
            two.as_i64() == Some(*one) || is_old_spelling(ours)
        }
        (Content::Float(one), Value::Number(two)) => two
            .as_f64()
            .is_some_and(|two| two.to_bits() == one.to_bits()),
        (Content::Text(one), Value::String(two)) => one == two,
        (Content::Sequence(one), Value::Sequence(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| agree(one, two))
        }
        (Content::Mapping(one), Value::Mapping(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, value)| {
                    two.iter().any(|(their_key, their_value)| {
                        agree(key, their_key) && agree(value, their_value)
                    })
                })
        }
        (Content::Bool(_) | Content::Int(_) | Content::Float(_), Value::String(text)) => {
            is_old_spelling(ours) && ours.span.text() == text
        }
        _ => false,
    }
}

fn is_old_spelling(node: &Node) -> bool {
    let word = node.span.text().to_lowercase();
    let octal =
        word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit());
    matches!(word.as_str(), "yes" | "no" | "on" | "off") || octal || word.contains(['_', ':'])
}
