//! Private folders for texts that are in clear for a while: on a file system in memory where there is one.
//!
//! A folder carries a lock as long as its process lives. One without is left over from a process that was killed together
//! with its guardian, and is removed when the next one is made.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// What the names of such folders begin with.
const PREFIX: &str = "rdpfix-vault-";
/// Which file systems are mounted where; Linux only.
const MOUNTS: &str = "/proc/self/mountinfo";
/// The file systems that live in memory.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// Where a folder's files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// In memory, which may be swapped out.
    Memory,
    /// On a disk.
    Disk,
}

/// A folder that only its owner can enter. It is removed, with everything in it, when this is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    medium: Medium,
    /// Held open for its lock.
    _lock: File,
}

impl PrivateFolder {
    /// Makes one in the first of the places that is in memory, or else in the last place.
    pub fn make(places: &[PathBuf]) -> io::Result<Self> {
        let mounts = fs::read_to_string(MOUNTS).unwrap_or_default();
        for place in places {
            sweep(place);
        }
        for place in places {
            let in_memory = fs::canonicalize(place)
                .ok()
                .and_then(|real| file_system(&mounts, &real))
                .is_some_and(|name| IN_MEMORY.contains(&name.as_str()));
            if in_memory && let Ok(folder) = Self::inside(place, Medium::Memory) {
                return Ok(folder);
            }
        }
        let last = places.last().ok_or(io::ErrorKind::NotFound)?;
        Self::inside(last, Medium::Disk)
    }

    fn inside(place: &Path, medium: Medium) -> io::Result<Self> {
        let path = place.join(format!("{PREFIX}{:016x}", rand::random::<u64>()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        let lock = File::open(&path)?;
        lock.try_lock().map_err(io::Error::other)?;
        Ok(Self {
            path,
            medium,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is on.
    pub fn medium(&self) -> Medium {
        self.medium
    }

    /// Writes a new file in it, for its owner only.
    pub fn write(&self, name: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(&path)?, bytes)?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // An editor that is still there may write while its folder is emptied.
        for _ in 0..3 {
            if fs::remove_dir_all(&self.path).is_ok() {
                break;
            }
        }
    }
}

/// Removes folders that nobody holds any more.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_ours
            && let Ok(folder) = File::open(entry.path())
            && folder.try_lock().is_ok()
        {
            let _removed = fs::remove_dir_all(entry.path());
        }
    }
}

/// The name of the file system that a path is on: that of the longest mount point above it, the last one of several.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(before.split(' ').nth(4)?));
        let name = after.split(' ').next()?;
        path.starts_with(&point)
            .then(|| (point.components().count(), name.to_owned()))
    });
    mounted
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, name)| name)
}

/// A mount point as it is; the kernel writes blanks and backslashes in octal.
fn unescaped(point: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(point.to_owned(), |text, (written, meant)| {
        text.replace(written, meant)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Medium;
    use super::PrivateFolder;
    use super::file_system;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
26 22 0:24 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,mode=755
27 22 0:25 / /dev/shm rw - tmpfs tmpfs rw
28 26 0:26 / /run/user/1000 rw - tmpfs tmpfs rw
29 22 8:1 / /mnt/big\\040disk rw - xfs /dev/sdb rw
30 27 8:2 / /dev/shm rw - ext4 /dev/sdc rw
";

    #[test]
    fn a_path_is_on_the_file_system_mounted_nearest_above_it() {
        for (path, wanted) in [
            ("/run/user/1000/x", "tmpfs"),
            ("/runner", "ext4"),
            ("/mnt/big disk/x", "xfs"),
            ("/dev/shm", "ext4"),
        ] {
            let found = file_system(MOUNTS, Path::new(path));
            assert_eq!(found.as_deref(), Some(wanted), "{path}");
        }
        assert_eq!(file_system("", Path::new("/run")), None);
    }

    #[test]
    fn a_folder_goes_with_what_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let places = [place.path().to_owned()];
        let left = place.path().join("rdpfix-vault-left");
        fs::create_dir(&left).unwrap();
        let one = PrivateFolder::make(&places).unwrap();
        assert!(!left.exists(), "nobody holds it");
        let file = one.write(Path::new("a.yml"), b"clear").unwrap();
        fs::create_dir(one.path().join("more")).unwrap();
        let two = PrivateFolder::make(&places).unwrap();
        assert!(file.exists(), "somebody holds it");
        drop(one);
        assert!(!file.exists());
        drop(two);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_place_in_memory_it_is_the_last_place() {
        let nowhere = Path::new("/nowhere").to_owned();
        assert!(PrivateFolder::make(std::slice::from_ref(&nowhere)).is_err());
        assert!(PrivateFolder::make(&[]).is_err());
        let place = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::make(&[nowhere, place.path().to_owned()]).unwrap();
        if folder.medium() == Medium::Disk {
            assert!(folder.path().starts_with(place.path()));
        }
    }
}
