//! The playbooks of benchmarks say what the table of their rules says, no more and no less.
#![cfg(test)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rdpfix::playbook;
use rdpfix::playbook::Play;
use rdpfix::playbook::Task;
use rdpfix::syntax;
use rdpfix::syntax::Node;

use crate::playbook::corpus;
use crate::support;

const TABLE: &str = "tests/cases/baselines/rules.csv";
/// Columns before those of the playbooks.
const RULE: [&str; 8] = [
    "control", "title", "severity", "key", "name", "data", "level", "mode",
];

fn file(path: &str) -> String {
    String::from_utf8(support::bytes(&support::root().join(path))).unwrap()
}

/// The rows of the table by column.
fn rows() -> Vec<BTreeMap<String, String>> {
    let text = file(TABLE);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(&names[..RULE.len()], RULE);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), names.len(), "{line}");
            let pairs = names.iter().zip(cells);
            pairs
                .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

/// The playbooks that the table has a column for, by their names without `-rdp.yml`.
pub(crate) fn names() -> Vec<String> {
    let text = file(TABLE);
    let header = text.lines().next().unwrap();
    header
        .split(',')
        .skip(RULE.len())
        .map(str::to_owned)
        .collect()
}

/// The path of such a playbook.
pub(crate) fn path(name: &str) -> String {
    format!("playbooks/{name}-rdp.yml")
}

/// The controls of a playbook that are looked at and never applied.
pub(crate) fn looked_at(name: &str) -> BTreeSet<String> {
    let rows = rows().into_iter();
    rows.filter(|row| !row[name].is_empty() && row["mode"] == "look")
        .map(|row| row["control"].clone())
        .collect()
}

fn word<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::spelled).unwrap_or_default()
}

/// A task as a row of the table, with the references of this playbook.
fn row(task: &Task, node: &Node) -> (BTreeMap<String, String>, String) {
    let ruled = task.control.as_ref().unwrap();
    let control = &ruled.control;
    let (key, name, data) = if let Some(value) = node.get("registry_value") {
        let range = match (word(value, "at_least"), word(value, "at_most")) {
            ("", "") => String::new(),
            (least, most) => format!(" ({least} to {most})"),
        };
        assert_eq!(word(value, "type"), "dword");
        let is_policy = word(value, "key").starts_with(r"HKLM\SOFTWARE\Policies");
        assert_eq!(is_policy, word(value, "group_policy") == "respected");
        let data = format!("{}{range}", word(value, "data"));
        (word(value, "key"), word(value, "name"), data)
    } else {
        let service = node.get("service").unwrap();
        let mode = word(service, "start_mode").to_owned();
        ("service", word(service, "name"), mode)
    };
    let level = |tag: &&String| tag.strip_prefix("level").map(str::to_owned);
    let looks = task.manner.check_mode.is_some();
    assert_eq!(looks, ruled.note.is_some(), "{}", control.id);
    assert_eq!(looks, task.tags.iter().any(|tag| tag == "disables-rdp"));
    let cells = [
        control.id.to_string(),
        control.title.as_ref().unwrap().to_string(),
        control.severity.word().to_owned(),
        key.to_owned(),
        name.to_owned(),
        data,
        task.tags
            .iter()
            .find_map(|tag| level(&tag))
            .unwrap_or_default(),
        if looks { "look" } else { "apply" }.to_owned(),
    ];
    let row = RULE.map(str::to_owned).into_iter().zip(cells).collect();
    let references: Vec<&str> = control.references.iter().map(|text| &**text).collect();
    (row, references.join("; "))
}

fn plays(path: &str) -> (Play, Vec<Node>) {
    let source = corpus::text(path, &file(path));
    let (playbook, mistakes) = playbook::parse(&source);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let playbook = playbook.unwrap();
    let root = syntax::parse(&source).unwrap();
    let tasks = root.items()[0].get("tasks").unwrap().items().to_vec();
    (Play::clone(&playbook.plays[0]), tasks)
}

#[test]
fn every_playbook_says_what_the_table_says() {
    for name in names() {
        let (play, nodes) = plays(&path(&name));
        assert!(play.prove, "{name} proves what it did");
        let found: Vec<_> = play
            .all_tasks()
            .into_iter()
            .zip(&nodes)
            .map(|(task, node)| row(task, node))
            .collect();
        let wanted: Vec<_> = rows()
            .into_iter()
            .filter(|row| !row[&name].is_empty())
            .map(|mut row| {
                let references = row[&name].clone();
                row.retain(|column, _| RULE.contains(&column.as_str()));
                // Only the CIS benchmarks have levels.
                if !name.starts_with("cis-") {
                    row.insert("level".to_owned(), String::new());
                }
                (row, references)
            })
            .collect();
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn every_playbook_of_a_benchmark_has_a_column() {
    let folder = std::fs::read_dir(support::root().join("playbooks")).unwrap();
    let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = files
        .filter_map(|file| file.strip_suffix("-rdp.yml").map(str::to_owned))
        .collect();
    assert_eq!(found, names().into_iter().collect());
}

#[test]
fn a_reference_stands_for_one_rule() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for row in rows() {
        for name in names() {
            let references = row[&name].split("; ");
            for reference in
                references.filter(|one| one.starts_with("Wazuh") || one.starts_with("STIG"))
            {
                let before = known.insert(reference.to_owned(), row["control"].clone());
                assert_eq!(before, None, "{reference} stands twice");
            }
        }
    }
    assert!(known.len() > 150, "{} references", known.len());
}
