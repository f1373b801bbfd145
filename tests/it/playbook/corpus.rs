//! Runs a folder of inputs against what they are expected to give, one `.txt` beside each input.
//! `UPDATE_CASES=1` writes what they give now; read the difference before keeping it.
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::diag::source_from_bytes;

use crate::support;

/// The inputs of a folder below `tests/cases`, sorted by name.
pub(crate) fn inputs(folder: &str) -> Vec<PathBuf> {
    let folder = support::root().join("tests/cases").join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "yml"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has inputs", folder.display());
    found
}

/// The text of a file, named by its file name alone.
pub(crate) fn source(path: &PathBuf) -> Result<Arc<Source>, rdpfix::diag::Diagnostic> {
    let name = path.file_name().unwrap().to_string_lossy();
    source_from_bytes(&name, fs::read(path).unwrap())
}

/// Compares what every input of a folder gives with the text beside it.
pub(crate) fn check(folder: &str, gives: impl Fn(&PathBuf) -> String) {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut differing = Vec::new();
    for path in inputs(folder) {
        let expected = path.with_extension("txt");
        let actual = gives(&path);
        if update {
            fs::write(&expected, &actual).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            differing.push(format!("{}\n{actual}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
