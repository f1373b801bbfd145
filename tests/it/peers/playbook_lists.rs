//! Facts told by ansible-playbook itself: what it lists of a playbook is what we list, and its batches are our waves.

use std::path::Path;

use rdpfix::runner::rollout::batch;
use rdpfix::runner::rollout::sizes;
use serde_json::Value;
use serde_json::json;

use crate::cli;
use crate::support;

const PLAYBOOKS: [&str; 1] = ["tests/cases/lists/plain.yml"];

const INVENTORY: &str = "all:
  children:
    web: {hosts: {web1: , web2: }}
    db: {hosts: {db1: }}
";

const OPTIONS: [&[&str]; 9] = [
    &["--list-hosts"],
    &["--list-tasks"],
    &["--list-tags"],
    &["--list-hosts", "--list-tasks", "--list-tags"],
    &["--list-tasks", "-t", "special"],
    &["--list-tasks", "--skip-tags", "one,z"],
    &["--list-tags", "-t", "one"],
    &["--list-hosts", "-l", "db"],
    &["--syntax-check"],
];

/// The text with what Ansible leaves to chance in order: hosts, and the tags of a play.
fn in_order(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(sorted_tags).collect();
    let is_host = |line: &String| line.starts_with("      ") && !line.contains('[');
    for hosts in lines.chunk_by_mut(|a, b| is_host(a) && is_host(b)) {
        hosts.sort();
    }
    lines.join("\n")
}

fn sorted_tags(line: &str) -> String {
    let Some((before, tags)) = line.split_once("TAGS: [") else {
        return line.to_owned();
    };
    let mut tags: Vec<&str> = tags.trim_end_matches(']').split(',').collect();
    tags.sort_unstable();
    format!("{before}TAGS: [{}]", tags.join(","))
}

/// Python programs answer in one process, because they start slowly.
async fn ask(order: &Value) -> Option<Value> {
    let python = support::peer_python()?;
    let script = support::root().join("tests/peers/playbook_lists.py");
    let script = script.display().to_string();
    Some(super::json(&python, &[&script], &order.to_string()).await)
}

fn command(playbook: &str, inventory: &Path, options: &[&str]) -> Vec<String> {
    let playbook = support::root().join(playbook).display().to_string();
    let inventory = inventory.display().to_string();
    let words = [playbook, "-i".to_owned(), inventory].into_iter();
    words
        .chain(options.iter().map(|word| (*word).to_owned()))
        .collect()
}

#[tokio::test]
async fn lists_are_those_of_ansible_playbook() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("hosts.yml");
    support::write(&inventory, INVENTORY.as_bytes());
    let commands: Vec<Vec<String>> = PLAYBOOKS
        .iter()
        .flat_map(|playbook| OPTIONS.map(|options| command(playbook, &inventory, options)))
        .collect();
    let Some(told) = ask(&json!({"lists": commands, "batches": []})).await else {
        return;
    };
    for (command, expected) in commands.iter().zip(told["lists"].as_array().unwrap()) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let ours = cli::run(&[&["apply"], words.as_slice()].concat())
            .await
            .exits(0);
        let expected = in_order(expected.as_str().unwrap());
        assert!(expected.contains("playbook: "), "{expected}");
        assert_eq!(in_order(&ours.stdout), expected, "{command:?}");
    }
}

#[tokio::test]
async fn waves_are_the_batches_of_ansible_playbook() {
    let serials: [&[&str]; 9] = [
        &[],
        &["1"],
        &["7"],
        &["10%"],
        &["1", "5", "10"],
        &["1", "10%", "100%"],
        &["33%", "3"],
        &["29%"],
        &["57%", "58%"],
    ];
    let mut cases = Vec::new();
    for serial in serials {
        for hosts in [0, 1, 2, 5, 19, 99, 100, 101, 2_000] {
            cases.push((serial, hosts));
        }
    }
    // Behind `serial:` a number is a number.
    let written = |size: &&str| match size.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) => json!(size),
    };
    let batches: Vec<Value> = cases
        .iter()
        .map(|(serial, hosts)| json!([serial.iter().map(written).collect::<Vec<_>>(), hosts]))
        .collect();
    let Some(told) = ask(&json!({"lists": [], "batches": batches})).await else {
        return;
    };
    for ((serial, hosts), expected) in cases.iter().zip(told["batches"].as_array().unwrap()) {
        let serial: Vec<_> = serial.iter().map(|size| batch(size).unwrap()).collect();
        assert_eq!(
            json!(sizes(&serial, *hosts)),
            *expected,
            "{serial:?} {hosts}"
        );
    }
}
