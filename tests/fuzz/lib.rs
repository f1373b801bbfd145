//! What the fuzz targets share: each is one entry of `entries.rs`.
//!
//! Built for fuzzing (`--cfg fuzzing`, as `cargo fuzz` does) a target is a program of libFuzzer; built in any other way it
//! runs its entry once over each file that it is given, else over the seeds, so that a finding can be looked at without a
//! fuzzer.

#![expect(
    clippy::disallowed_methods,
    reason = "what is replayed is read from the disk"
)]

use std::path::Path;
use std::path::PathBuf;

mod entries;

#[cfg(fuzzing)]
pub use libfuzzer_sys;

fn named(name: &str) -> entries::Entry {
    let mut entries = entries::ENTRIES.into_iter();
    let found = entries.find(|entry| entry.name == name);
    found.expect("an entry with the name of the target")
}

/// The entry with this name.
pub fn entry(name: &str) -> fn(&[u8]) {
    named(name).run
}

/// Runs an entry over files and everything in folders; over its seeds when none are given.
pub fn replay(name: &str, paths: impl Iterator<Item = String>) {
    let entry = named(name);
    let mut paths: Vec<PathBuf> = paths.map(PathBuf::from).collect();
    if paths.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        paths.extend(entry.seeds.iter().map(|seed| root.join(seed)));
    }
    for path in paths {
        each(&path, entry.run);
    }
}

fn each(path: &Path, run: fn(&[u8])) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a folder");
        for entry in entries {
            each(&entry.expect("an entry").path(), run);
        }
        return;
    }
    eprintln!("{}", path.display());
    run(&std::fs::read(path).expect("a file"));
}

/// The program around an entry.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        #[cfg(fuzzing)]
        static ENTRY: std::sync::LazyLock<fn(&[u8])> =
            std::sync::LazyLock::new(|| $crate::entry($name));

        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ENTRY(bytes));

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay($name, std::env::args().skip(1));
        }
    };
}
