//! What stands at a path, and what a file that takes its place is to be like.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::files::Readers;
use crate::cli::files::may_run;

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
        Ok(metadata) if metadata.is_file() && may_run(&metadata) => Standing::Executable,
        Ok(_) => Standing::Plain,
    }
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

/// A name beside a file that nobody else takes.
pub(super) fn part(place: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.part", rand::random::<u64>()));
    place.with_file_name(name)
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
    use std::path::Path;

    use super::Standing;
    use super::standing;

    #[test]
    fn what_stands_at_a_path_is_told_by_what_it_is() {
        assert_eq!(standing(Path::new("/dev/null")), Standing::Plain);
        assert_eq!(standing(Path::new("/dev")), Standing::Folder);
        assert_eq!(standing(Path::new("/bin/sh")), Standing::Executable);
        assert_eq!(standing(Path::new("/nowhere")), Standing::Absent);
    }
}
