//! Files that several processes change, and that are looked at again and again.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where files are touched"
)]

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;

use crate::cli::files::Readers;
use crate::cli::files::make_folder_of;
use crate::cli::files::write_whole;

/// What tells a file from another one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

/// The stamp of a file; `None` when there is none. Links are followed.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let about = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let number = 0;
    Some(Stamp {
        modified: about.modified().ok(),
        length: about.len(),
        number,
    })
}

/// Changes the text of a file that only its owner may read, while no other process that does the same can; a file that is
/// not there is empty. A file `NAME.lock` beside it is the lock, and stays.
pub fn change_alone(path: &Path, change: &mut dyn FnMut(&str) -> String) -> anyhow::Result<()> {
    make_folder_of(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let lock = path.with_file_name(name);
    let held = hold(&lock).with_context(|| format!("cannot lock `{}`", lock.display()))?;
    let before = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    let before = String::from_utf8_lossy(&before);
    let after = change(&before);
    if after != before {
        write_whole(path, after.as_bytes(), Readers::Writer)?;
    }
    drop(held);
    Ok(())
}

fn hold(lock: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(lock)?;
    file.lock()?;
    Ok(file)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::change_alone;
    use super::stamp;

    #[test]
    fn changes_of_several_hands_are_all_kept_and_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/letters");
        let hands: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || {
                    for _ in 0..20 {
                        change_alone(&path, &mut |text| format!("{text}line\n")).unwrap();
                    }
                })
            })
            .collect();
        for hand in hands {
            hand.join().unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 160);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_replaced_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(stamp(&path), None);
        std::fs::write(&path, "a").unwrap();
        let first = stamp(&path);
        assert_eq!(stamp(&path), first);
        std::fs::write(&path, "ab").unwrap();
        assert_ne!(stamp(&path), first);
    }
}
