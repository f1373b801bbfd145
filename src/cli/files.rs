//! Reading and writing files: errors name the path, and a file is written whole or not at all.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

/// The bytes of a file.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Whether there is a file of this name.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether there is a folder of this name.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether anything has this name: a file, a folder, a link that leads nowhere.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether everybody may write into a folder; never known to be so on Windows.
pub fn others_may_write(folder: &Path) -> bool {
    #[cfg(unix)]
    let answer = fs::metadata(folder).is_ok_and(|about| {
        std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o002 != 0
    });
    #[cfg(not(unix))]
    let answer = {
        let _ = folder;
        false
    };
    answer
}

/// A file to which lines are added as they come.
pub fn create(path: &Path) -> anyhow::Result<fs::File> {
    fs::File::create(path).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// As the system's default says.
    Default,
    /// The owner only: it holds a secret.
    Owner,
}

/// Writes a file by renaming a finished one into place.
pub fn write_whole(path: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<()> {
    place(path, bytes, readers).with_context(|| format!("cannot write `{}`", path.display()))
}

/// A file that comes to be, whole, when it is flushed, with everything that was written to it until then.
#[derive(Debug)]
pub struct Whole {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Whole {
    /// Nothing happens to the file before it is flushed.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            bytes: Vec::new(),
        }
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        place(&self.path, &self.bytes, Readers::Default).map_err(|error| {
            let message = format!("cannot write `{}`: {error}", self.path.display());
            io::Error::new(error.kind(), message)
        })
    }
}

fn place(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fill(&part, bytes, readers).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What matters is the first error; the part may never have come to be.
        let _removed = fs::remove_file(&part);
    }
    written
}

fn fill(part: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}
