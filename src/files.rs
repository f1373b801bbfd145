//! What reading may ask of the machine that rdpfix runs on: files, folders and programs that print something.
//!
//! A seam: `cli` has the implementation that touches the disk, tests have one that does not.

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file that may be read.
    File,
    /// A file that may be run.
    Executable,
    /// A folder.
    Folder,
    /// Nothing, or something else (a pipe, a socket).
    Absent,
}

/// What a program that was run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// The files of the machine that rdpfix runs on.
pub trait Files: Send + Sync {
    /// What stands at a path; links are followed.
    fn kind(&self, path: &Path) -> Kind;
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The paths of everything in a folder, sorted by name.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
    /// Runs a program with these arguments, its standard input closed, and waits for it. Nothing of it is shown.
    fn run(&self, program: &Path, arguments: &[&str]) -> io::Result<Printed>;
}
