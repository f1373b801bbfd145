//! Any bytes in any entry: what the fuzz targets run, here over files, damaged files and chance.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;

use crate::support;

#[path = "../fuzz/entries.rs"]
mod entries;

use entries::ENTRIES;
use entries::Entry;

/// Longer inputs say nothing new and take long.
const LONG: usize = 8000;
/// How many damaged inputs each entry gets.
const CASES: u32 = 200;

fn collect(path: &Path, found: &mut Vec<Vec<u8>>) {
    if path.is_dir() {
        let mut inside: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        inside.sort();
        for path in inside {
            collect(&path, found);
        }
    } else if path.extension().is_none_or(|ending| ending != "txt") {
        found.push(support::bytes(path));
    }
}

/// The inputs of an entry: its seeds, and what once went wrong.
fn inputs(entry: &Entry) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for seed in entry.seeds {
        let path = support::root().join(seed);
        assert!(path.exists(), "{seed}");
        collect(&path, &mut found);
    }
    let wrong = format!("tests/cases/bytes/{}", entry.name);
    if !entry.seeds.contains(&wrong.as_str()) && support::root().join(&wrong).exists() {
        collect(&support::root().join(wrong), &mut found);
    }
    assert!(!found.is_empty(), "{} has inputs", entry.name);
    found
}

/// An input with some bytes changed, cut off, and perhaps the end of another behind.
fn damaged(inputs: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let short: Vec<Vec<u8>> = inputs
        .into_iter()
        .filter(|input| input.len() <= LONG)
        .collect();
    let one = prop::sample::select(short.clone());
    let other = prop::sample::select(short);
    let changes = vec((any::<Index>(), any::<u8>()), 0..4);
    let cuts = any::<(Index, Index, bool)>();
    (one, other, changes, cuts).prop_map(|(one, other, changes, (end, start, whole))| {
        let mut bytes = one;
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        if !whole {
            bytes.truncate(end.index(bytes.len() + 1));
            bytes.extend_from_slice(&other[start.index(other.len() + 1)..]);
        }
        bytes
    })
}

#[test]
fn every_input_is_read_or_refused() {
    for entry in &ENTRIES {
        for input in inputs(entry) {
            (entry.run)(&input);
        }
    }
}

#[test]
fn damaged_inputs_are_read_or_refused() {
    for entry in &ENTRIES {
        let bytes = prop_oneof![
            9 => damaged(inputs(entry)),
            1 => vec(any::<u8>(), 0..300),
        ];
        let mut runner = TestRunner::new(Config::with_cases(CASES));
        let outcome = runner.run(&bytes, |bytes| {
            (entry.run)(&bytes);
            Ok(())
        });
        assert!(outcome.is_ok(), "{}: {outcome:?}", entry.name);
    }
}

#[test]
fn every_entry_is_a_fuzz_target() {
    let folder = support::root().join("tests/fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut targets = BTreeSet::new();
    for entry in fs::read_dir(folder.join("fuzz_targets")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("target!(\"{name}\")")), "{name}");
        let program = format!("[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&program), "{name}");
        targets.insert(name);
    }
    let names: BTreeSet<String> = ENTRIES.iter().map(|entry| entry.name.to_owned()).collect();
    assert_eq!(targets, names);
}
