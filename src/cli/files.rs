//! Reading and writing files: errors name the path, and a file is written whole or not at all.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context;

mod alone;
mod draft;
pub mod memory;
mod replace;

pub use crate::cli::files::alone::Stamp;
pub use crate::cli::files::alone::change_alone;
pub use crate::cli::files::alone::stamp;
pub use crate::cli::files::draft::Draft;
pub use crate::cli::files::draft::Readers;
pub use crate::cli::files::draft::scratch;
pub use crate::cli::files::draft::write_whole;
pub use crate::cli::files::replace::Standing;
pub use crate::cli::files::replace::real_program;
pub use crate::cli::files::replace::standing;
use crate::files::Files;
use crate::files::Kind;
use crate::files::Printed;

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn kind(&self, path: &Path) -> Kind {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => Kind::Folder,
            Ok(about) if !about.is_file() => Kind::Absent,
            Ok(about) if may_run(&about) => Kind::Executable,
            Ok(_) => Kind::File,
            Err(_) => Kind::Absent,
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort_unstable_by(|one, other| one.file_name().cmp(&other.file_name()));
        Ok(paths)
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> io::Result<Printed> {
        // Whole, so that a name without a folder is not looked for in the search path.
        let output = Command::new(std::path::absolute(program)?)
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        Ok(Printed {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        })
    }
}

#[cfg(unix)]
fn may_run(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn may_run(_about: &fs::Metadata) -> bool {
    false
}

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

/// The path from the root, links followed; of what is not there yet, those of its folder. The path itself when there is no
/// such folder.
pub fn absolute(path: &Path) -> PathBuf {
    let beside = || {
        let folder = path.parent()?;
        let is_here = folder.as_os_str().is_empty();
        let folder = if is_here { Path::new(".") } else { folder };
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize()
        .ok()
        .or_else(beside)
        .unwrap_or_else(|| path.to_owned())
}

/// Takes a file away; it is no mistake when there is none.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
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

/// Makes the folder that a file is to be in.
pub fn make_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))
}

/// A file to which lines are added as they come.
pub fn create(path: &Path) -> anyhow::Result<fs::File> {
    fs::File::create(path).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Whether a file could be written here as reporters write theirs: tried, and undone. What stands there stays as it is.
pub fn try_to_write(path: &Path) -> anyhow::Result<()> {
    if is_file(path) {
        let mut options = fs::OpenOptions::new();
        let opened = options.append(true).open(path);
        opened.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Draft::begin(path, Readers::Default).map(drop)
}
