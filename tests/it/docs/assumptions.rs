//! Facts about the list of assumptions: it has a row for each one that the code marks, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::page;
use super::read;
use crate::support;

/// The mark in doc comments; split so that a search for it does not end here.
const MARK: &str = concat!("Assump", "tion:");

/// How many marks each file below a folder has, by its path from the root; files without are left out.
fn marked(folder: &Path, found: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            marked(&path, found);
        } else {
            let count = read(&path).matches(MARK).count();
            let name = path.strip_prefix(support::root()).unwrap();
            if count > 0 {
                found.insert(name.to_str().unwrap().replace('\\', "/"), count);
            }
        }
    }
}

/// How many rows of the tables on a page name each source.
fn listed(page: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with('|')) {
        let sources = row.split('`').filter(|word| word.starts_with("src/"));
        for source in sources {
            *found.entry(source.to_owned()).or_default() += 1;
        }
    }
    found
}

/// What is wrong between both.
fn differences(marked: &BTreeMap<String, usize>, listed: &BTreeMap<String, usize>) -> Vec<String> {
    let mut files: Vec<&String> = marked.keys().chain(listed.keys()).collect();
    files.sort();
    files.dedup();
    let count = |of: &BTreeMap<String, usize>, file| of.get(file).copied().unwrap_or(0);
    files
        .into_iter()
        .map(|file| (file, count(marked, file), count(listed, file)))
        .filter(|(_, marks, rows)| marks != rows)
        .map(|(file, marks, rows)| format!("{file}: {marks} in the code, {rows} on the page"))
        .collect()
}

#[test]
fn every_assumption_is_listed_and_every_row_has_one() {
    let mut found = BTreeMap::new();
    marked(&support::root().join("src"), &mut found);
    assert!(found.len() > 10, "only {found:?}");
    let wrong = differences(&found, &listed(&page("docs/assumptions.md")));
    assert!(
        wrong.is_empty(),
        "docs/assumptions.md has one row for each:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn an_unlisted_assumption_and_an_empty_row_would_be_found() {
    let counts = |pairs: &[(&str, usize)]| {
        pairs
            .iter()
            .map(|(file, count)| ((*file).to_owned(), *count))
            .collect::<BTreeMap<_, _>>()
    };
    let rows = listed("| a | `src/a.rs` | look |\n| b | `src/b.rs` | look |\nsee `src/c.rs`\n");
    assert_eq!(rows, counts(&[("src/a.rs", 1), ("src/b.rs", 1)]));
    assert_eq!(
        differences(&counts(&[("src/a.rs", 2), ("src/d.rs", 1)]), &rows),
        [
            "src/a.rs: 2 in the code, 1 on the page",
            "src/b.rs: 0 in the code, 1 on the page",
            "src/d.rs: 1 in the code, 0 on the page",
        ]
    );
}
