//! Facts about the pages and the files that are shipped: what they show is accepted, and what they point at is there.
#![cfg(test)]

mod assumptions;
mod codes;
mod commands;
mod examples;
mod findings;
mod jobs;
mod language;
mod lines;
mod peers;
mod reference;
mod reports;
mod schema;
mod settings;
mod templates;
mod waivers;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::job;
use rdpfix::playbook;

use crate::dashboard::PICTURE;
use crate::support;

/// All files of a folder with this extension, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(support::root().join(folder)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[expect(clippy::disallowed_methods, reason = "tests read the tree")]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages for people.
fn pages() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/dev", "docs/guide", "docs/reference"];
    folders.map(|folder| files(folder, "md")).concat()
}

/// A page or a source by its path from the root.
fn page(path: &str) -> String {
    read(&support::root().join(path))
}

#[test]
fn every_folder_of_pages_is_looked_at() {
    let mut below = vec![support::root().join("docs")];
    let mut count = 0;
    while let Some(folder) = below.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below.push(path);
            } else if path.extension().is_some_and(|found| found == "md") {
                assert!(pages().contains(&path), "{}", path.display());
                count += 1;
            } else {
                // What machines read has a test of its own, and is no page.
                let looked_at = [lines::SCHEMA, PICTURE].map(|known| support::root().join(known));
                assert!(
                    looked_at.contains(&path),
                    "who looks at {}?",
                    path.display()
                );
            }
        }
    }
    assert!(count >= 4, "only {count} pages");
}

/// The fenced blocks in this language, with the number of their first line.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut fence: Option<&'a str> = None;
    for (at, line) in page.lines().enumerate() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(opened)) => {
                fence = Some(opened);
                if opened == language {
                    blocks.push((at + 2, String::new()));
                }
            }
            (Some(_), Some("")) => fence = None,
            (Some(opened), _) if opened == language => {
                let (_, block) = blocks.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            _ => {}
        }
    }
    blocks
}

/// What is said about a text: by the playbook's reader when it is a list of plays, else by the inventory's.
fn mistakes(name: String, text: String) -> Vec<Diagnostic> {
    let is_playbook = text
        .lines()
        .any(|line| line.starts_with("- hosts:") || line.starts_with("- name:"));
    let source = Arc::new(Source {
        name,
        text,
        secret: false,
    });
    if source.text.lines().any(|line| line == "jobs:") {
        let (file, mistakes) = job::parse(&source);
        assert!(file.is_some() || !mistakes.is_empty());
        mistakes
    } else if is_playbook {
        let (playbook, mistakes) = playbook::parse(&source);
        assert!(playbook.is_some() || !mistakes.is_empty());
        mistakes
    } else {
        let (inventory, mistakes) = Inventory::parse(&source, &Defaults::default());
        assert!(inventory.is_some() || !mistakes.is_empty());
        mistakes
    }
}

#[test]
fn yaml_on_pages_is_accepted() {
    let mut count = 0;
    for page in pages() {
        for (line, block) in blocks(&read(&page), "yaml") {
            let name = format!("{}:{line}", page.display());
            assert_eq!(mistakes(name.clone(), block), [], "{name}");
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} blocks were found");
}

#[test]
fn shipped_playbooks_and_inventories_are_without_mistakes() {
    let folders = ["playbooks", "inventory", "examples/jobs"];
    let shipped = folders.map(|folder| files(folder, "yml")).concat();
    assert!(shipped.len() >= 3, "only {shipped:?}");
    for path in shipped {
        let name = path.display().to_string();
        assert_eq!(mistakes(name.clone(), read(&path)), [], "{name}");
    }
}

#[test]
fn a_mistake_on_a_page_would_be_found() {
    let page = "text\n```yaml\n- hosts: all\n  tasks:\n    - servise: {}\n```\n";
    let [(line, block)] = <[_; 1]>::try_from(blocks(page, "yaml")).unwrap();
    assert_eq!(line, 3);
    assert_ne!(mistakes("page".to_owned(), block), []);
}

/// The targets of links in a page, but for those that lead elsewhere.
fn links(page: &str) -> Vec<&str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap_or(target))
        .collect()
}

#[test]
fn links_lead_to_files() {
    assert_eq!(
        links("[a](b.md#c) [d](https://e.example) [f](#g)"),
        ["b.md"]
    );
    let mut missing = Vec::new();
    for page in pages() {
        for target in links(&read(&page)) {
            if !page.parent().unwrap().join(target).exists() {
                missing.push(format!("{}: `{target}`", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

#[test]
fn files_that_pages_name_are_there() {
    let mut missing = Vec::new();
    let named = ["playbooks/", "inventory/", "tests/", "src/", "docs/"];
    for page in pages() {
        let text = read(&page);
        let words = text
            .split(|c: char| c.is_whitespace() || "`(),;|#".contains(c))
            .filter(|word| named.iter().any(|folder| word.starts_with(folder)))
            .map(|word| word.trim_end_matches(['.', ':']));
        for word in words {
            if !support::root().join(word).exists() {
                missing.push(format!("{}: `{word}`", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}
