//! Runs a folder of inputs against what they are expected to give, one `.txt` beside each input.
//! `UPDATE_CASES=1` writes what they give now; read the difference before keeping it.
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::diag::source_from_bytes;
use rdpfix::files::Files;
use rdpfix::files::Kind;
use rdpfix::files::Printed;

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

/// The `site.yml` of every folder in a folder below `tests/cases`, sorted by name.
pub(crate) fn projects(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("site.yml"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} has projects");
    found
}

/// A path below `tests/cases`.
pub(crate) fn root(path: &str) -> PathBuf {
    support::root().join("tests/cases").join(path)
}

/// A text that stands in no file.
pub(crate) fn text(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
        secret: false,
    })
}

/// The files of a folder, named as seen from it.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn kind(&self, path: &Path) -> Kind {
        match fs::metadata(self.0.join(path)) {
            Ok(about) if about.is_file() => Kind::File,
            Ok(about) if about.is_dir() => Kind::Folder,
            Ok(_) | Err(_) => Kind::Absent,
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(path))
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn run(&self, _program: &Path, _arguments: &[&str]) -> io::Result<Printed> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Compares what every input of a folder gives with the text beside it.
pub(crate) fn check(folder: &str, gives: impl Fn(&PathBuf) -> String) {
    check_all(&inputs(folder), gives);
}

/// Compares what every input gives with the text beside it.
pub(crate) fn check_all(inputs: &[PathBuf], gives: impl Fn(&PathBuf) -> String) {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut differing = Vec::new();
    for path in inputs {
        let expected = path.with_extension("txt");
        let actual = gives(path);
        if update {
            fs::write(&expected, &actual).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            differing.push(format!("{}\n{actual}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
