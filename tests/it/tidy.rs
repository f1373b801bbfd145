//! Facts about the tree itself: who names whom, how long files are, and what must not stand in them.
//!
//! The rules are functions over a path and a text, in `tidy/rules.rs`, so that planted breaches can be shown to them.
#![cfg(test)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::support;

mod layers;
mod planted;
mod rules;

/// What is not looked at: products of tools. Other names that begin with a dot are people's own.
const PRODUCTS: [&str; 4] = ["target", "Cargo.lock", "corpus", "artifacts"];

/// Every text file with its path from the root, in order.
fn tree() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for path in entries(support::root()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with('.') || name == ".ci" {
            collect(&path, &mut files);
        }
    }
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

fn collect(path: &Path, files: &mut Vec<(String, String)>) {
    if path
        .file_name()
        .is_some_and(|name| PRODUCTS.iter().any(|product| name == *product))
    {
        return;
    }
    if path.is_dir() {
        for entry in entries(path) {
            collect(&entry, files);
        }
        return;
    }
    // Python leaves its bytecode beside the peers' sources; what is not text has no words in it.
    let name = path.strip_prefix(support::root()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "tests read the tree")]
    if let Some(text) = fs::read(path)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
    {
        files.push((name.to_str().unwrap().to_owned(), text));
    }
}

#[test]
fn the_tree_keeps_every_rule() {
    let files = tree();
    assert!(files.len() > 50, "only {} files were found", files.len());
    let breaches: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| rules::breaches(path, text))
        .map(|breach| breach.to_string())
        .collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_its_row() {
    let modules: Vec<String> = tree()
        .into_iter()
        .filter_map(|(path, _)| layers::module_of(&path).map(str::to_owned))
        .collect();
    assert!(modules.iter().any(|module| module == "rdp"));
    for module in modules {
        assert!(
            layers::may_name(&module).is_some(),
            "`{module}` has no row in tests/it/tidy/layers.rs"
        );
    }
}

#[test]
fn the_architecture_page_shows_the_same_table() {
    let files = tree();
    let (_, page) = files
        .iter()
        .find(|(path, _)| path == "ARCHITECTURE.md")
        .unwrap();
    for (module, named) in layers::rows(page) {
        let allowed = layers::may_name(&module).unwrap_or_else(|| panic!("no `{module}`"));
        let mut allowed: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        allowed.sort();
        assert_eq!(named, allowed, "{module}");
    }
    // `cli` may name all, which is no row.
    assert_eq!(layers::rows(page).len(), layers::TABLE.len());
}
