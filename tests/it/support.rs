//! What tests share: where recordings and peers are, and how a missing one is told.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

pub(crate) mod freerdp;
pub(crate) mod hook;
pub(crate) mod screen;
pub(crate) mod xrdp;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a file that a test needs.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("a file");
}

/// The bytes of a file that a test looks at.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a file")
}

/// Recorded exchanges of real Windows hosts; `None` (told as a skipped peer) where they are not at hand.
pub(crate) fn recordings() -> Option<PathBuf> {
    let folder = root().join("../shared/fixtures/wsman");
    present(folder, "recordings of real Windows hosts")
}

/// The Python with the packages of `tests/peers/requirements.txt`; `tests/run` makes it.
pub(crate) fn peer_python() -> Option<PathBuf> {
    present(
        root().join("target/peers/bin/python"),
        "Python peers (pypsrp, pywinrm, pyspnego)",
    )
}

/// A program of the Python peers, such as `sslyze`.
pub(crate) fn peer_script(name: &str) -> Option<PathBuf> {
    present(root().join("target/peers/bin").join(name), name)
}

/// A file that came with a package, such as a schema, by its path among the peers.
pub(crate) fn peer_file(path: &str) -> Option<PathBuf> {
    present(root().join("target/peers").join(path), path)
}

/// A program of the system, such as `nmap`.
pub(crate) fn peer_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    present(
        found.unwrap_or_else(|| PathBuf::from(format!("/nowhere/{name}"))),
        name,
    )
}

/// The program of an example; cargo builds it with the tests unless it was told to build one test only.
pub(crate) fn example(name: &str) -> Option<PathBuf> {
    let tests = std::env::current_exe().unwrap_or_default();
    let folder = tests.ancestors().nth(2).unwrap_or(&tests);
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    present(folder.join("examples").join(file), "the example's program")
}

/// A port of loopback for a program that cannot choose one itself. None is given twice, so that programs that start side
/// by side do not get the same.
pub(crate) fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        if GIVEN.lock().expect("nobody panics").insert(address.port()) {
            return address;
        }
    }
}

/// The path when it exists. Elsewhere than in CI a missing peer is written down, and `tests/run` counts and prints it.
fn present(path: PathBuf, what: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let told = format!("skipped: {test} lacks {what} ({})", path.display());
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "{told}"
    );
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(root().join("target/skipped-peers.txt"));
    if let Ok(mut file) = file {
        let _written = writeln!(file, "{told}");
    }
    None
}
