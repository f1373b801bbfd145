//! Files that are replaced whole: who may read them is kept, links are followed, and nothing is ever half written.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

use crate::cli::files::Readers;

/// What stands at a path; links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Something that can be read: a file, or the end of a pipe.
    Plain,
    /// A file that somebody may run.
    Executable,
    /// A folder.
    Folder,
    /// Nothing.
    Absent,
}

/// Looks at a path.
pub fn standing(path: &Path) -> Standing {
    match fs::metadata(path) {
        Err(_) => Standing::Absent,
        Ok(metadata) if metadata.is_dir() => Standing::Folder,
        Ok(metadata) if metadata.is_file() && is_executable(&metadata) => Standing::Executable,
        Ok(_) => Standing::Plain,
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// Where a program really is: looked up in `PATH`, links followed. What is not found stays as it is.
pub fn real_program(name: &str, folders: &[PathBuf]) -> PathBuf {
    let named = PathBuf::from(name);
    let found = if named.components().count() > 1 {
        Some(named.clone())
    } else {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| standing(path) == Standing::Executable)
    };
    found
        .and_then(|path| fs::canonicalize(path).ok())
        .unwrap_or(named)
}

/// Replaces what a file holds by renaming a finished one into its place. With [`Readers::Default`] those who could read it
/// still can; a new file is its owner's. What is no file, such as a pipe, is written to. Hard links and extended
/// attributes stay behind with the old file.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<()> {
    exchange(path, bytes, readers).with_context(|| format!("cannot write `{}`", path.display()))
}

fn exchange(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let mut stream = fs::OpenOptions::new().write(true).open(path)?;
            return stream.write_all(bytes);
        }
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let place = if before.is_some() {
        fs::canonicalize(path)?
    } else {
        path.to_owned()
    };
    let part = part(&place);
    let written =
        fill(&part, bytes, before.as_ref(), readers).and_then(|()| fs::rename(&part, &place));
    match written {
        Ok(()) => {
            settle(&place);
            Ok(())
        }
        Err(error) => {
            // What matters is the first error; the part may never have come to be.
            let _removed = fs::remove_file(&part);
            Err(error)
        }
    }
}

/// A name beside a file that nobody else takes.
pub(super) fn part(place: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.part", rand::random::<u64>()));
    place.with_file_name(name)
}

fn fill(part: &Path, bytes: &[u8], before: Option<&Metadata>, readers: Readers) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(part)?;
    file.write_all(bytes)?;
    if let Some(before) = before {
        belong(&file, before, readers)?;
    }
    file.sync_all()
}

/// In a shared folder the owner may change, as nobody can give files away; the group then still has its rights, and
/// where it cannot be kept either it loses them.
#[cfg(unix)]
pub(super) fn belong(file: &File, before: &Metadata, readers: Readers) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::fchown;
    let now = file.metadata()?;
    let (owner, group) = (before.uid(), before.gid());
    let kept = (now.uid(), now.gid()) == (owner, group)
        || fchown(file, Some(owner), Some(group)).is_ok()
        || now.gid() == group
        || fchown(file, None, Some(group)).is_ok();
    let mut mode = before.permissions().mode() & 0o777;
    if readers == Readers::Owner {
        mode &= 0o700;
    } else if !kept {
        mode &= 0o707;
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn belong(file: &File, before: &Metadata, _: Readers) -> io::Result<()> {
    file.set_permissions(before.permissions())
}

/// The new name outlives a loss of power. Some file systems cannot promise it, which is no failure.
pub(super) fn settle(place: &Path) {
    if let Some(folder) = place.parent()
        && let Ok(folder) = File::open(folder)
    {
        let _synced = folder.sync_all();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::Standing;
    use super::replace;
    use super::standing;
    use crate::cli::files::Readers;

    fn mode(path: &Path) -> Option<u32> {
        let metadata = fs::metadata(path).ok()?;
        Some(metadata.permissions().mode() & 0o777)
    }

    #[test]
    fn a_link_stays_a_link_and_a_file_keeps_its_readers() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace(&link, b"new", Readers::Default).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode(&file), Some(0o640));
        replace(&link, b"newer", Readers::Owner).unwrap();
        assert_eq!(mode(&file), Some(0o600));
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn a_new_file_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        replace(&file, b"new", Readers::Default).unwrap();
        assert_eq!(mode(&file), Some(0o600));
    }

    #[test]
    fn what_cannot_be_written_stays_as_it_was_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nowhere/file");
        let error = replace(&file, b"new", Readers::Default).unwrap_err();
        assert!(format!("{error:#}").contains("nowhere/file"), "{error:#}");
        assert!(replace(folder.path(), b"new", Readers::Default).is_err());
    }

    #[test]
    fn what_is_no_file_is_written_to() {
        replace(Path::new("/dev/null"), b"new", Readers::Default).unwrap();
        assert_eq!(standing(Path::new("/dev/null")), Standing::Plain);
        assert_eq!(standing(Path::new("/dev")), Standing::Folder);
        assert_eq!(standing(Path::new("/bin/sh")), Standing::Executable);
        assert_eq!(standing(Path::new("/nowhere")), Standing::Absent);
    }
}
