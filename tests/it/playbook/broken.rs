//! What is broken is told with its place, a caret and a remedy: playbooks, inventories, files of variables, vaults.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Colour;
use rdpfix::diag::render;
use rdpfix::playbook::Reading;
use rdpfix::playbook::read;
use rdpfix::secret::Secret;
use rdpfix::vault::Keyring;

use crate::playbook::corpus;
use crate::playbook::corpus::Folder;
use crate::support;

const VARIABLES: &str = "variables/broken";
/// Files and values that are closed by this password, if they can be opened at all.
const VAULTS: &str = "vault/broken";
const PASSWORD: &str = "sesame";
/// In each of these vaults.
const SECRET: &str = "hunter2";

/// What is told of a playbook with this file of variables.
fn told(path: &Path) -> String {
    let file = path.file_name().unwrap().to_string_lossy();
    let playbook = corpus::text(
        "site.yml",
        &format!("- hosts: all\n  vars_files: [{file}]\n  tasks:\n    - ping:\n"),
    );
    let reading = Reading {
        files: Arc::new(Folder(path.parent().unwrap().to_owned())),
        keyring: Arc::new(Keyring::new(vec![(
            "default".to_owned(),
            Secret::new(PASSWORD),
        )])),
        extra: BTreeMap::new(),
        engine: None,
    };
    let (_, mistakes) = read(&playbook, &reading);
    render(&mistakes, Colour::Never)
}

#[test]
fn broken_files_of_variables_and_vaults_are_told_as_recorded() {
    for folder in [VARIABLES, VAULTS] {
        corpus::check(folder, |path| told(path));
    }
}

#[test]
fn nothing_of_a_broken_vault_is_shown() {
    for path in corpus::inputs(VAULTS) {
        let written = String::from_utf8_lossy(&support::bytes(&path)).into_owned();
        // What was never encrypted is no secret.
        if !written.contains(SECRET) {
            let told = told(&path);
            assert!(!told.contains(SECRET), "{told}");
        }
    }
}

/// The recorded mistakes of a folder, whether each has a place, a caret and a remedy.
fn recorded(folder: &str) -> (usize, Vec<PathBuf>) {
    let mut lacking = Vec::new();
    let inputs = corpus::inputs(folder);
    let count = inputs.len();
    for path in inputs {
        let text = support::bytes(&path.with_extension("txt"));
        let text = String::from_utf8(text).unwrap();
        let has_all = |mistake: &str| {
            let mut lines = mistake.lines();
            let has_caret = lines.any(|line| line.contains("| ") && line.contains('^'));
            mistake.contains("--> ") && has_caret && mistake.contains("= help: ")
        };
        if !text.split("\n\n").any(has_all) {
            lacking.push(path);
        }
    }
    (count, lacking)
}

#[test]
fn enough_is_broken_in_each_way_and_told_with_place_caret_and_remedy() {
    let mut all = 0;
    for (folder, least) in [
        ("playbook/broken", 20),
        ("inventory/broken", 20),
        (VARIABLES, 10),
        (VAULTS, 10),
    ] {
        let (count, lacking) = recorded(folder);
        let whole = count - lacking.len();
        assert!(
            whole >= least,
            "{folder}: {whole} of {count}, not {lacking:#?}"
        );
        all += whole;
    }
    assert!(all >= 60, "only {all}");
}
