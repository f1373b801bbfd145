//! Files that grow while a run goes on and take their place only when they are complete.
#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "tests look at their own files")
)]

use std::fs;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

use crate::cli::files::replace::belong;
use crate::cli::files::replace::part;
use crate::cli::files::replace::settle;

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Those of the file that stood there; of a new one whoever the system's default says.
    Default,
    /// Those of the file that stood there; of a new one its owner only.
    Same,
    /// The owner of the file that stood there only: it holds a secret that is the owner's.
    Owner,
    /// Whoever writes it only, also where a file of somebody else stood: it holds a secret of ours.
    Writer,
}

/// Writes a file whole; links are followed, and what is no file, such as a pipe, is written to.
pub fn write_whole(path: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<()> {
    let mut draft = Draft::holding(path, bytes, readers)?;
    Ok(draft.flush()?)
}

/// A file that comes to be, whole, when it is flushed, with everything that was written to it until then. When it is
/// dropped before, nothing has happened to what stood there. Hard links and extended attributes stay behind with the old
/// file; what is no file, such as a pipe, is written to as it goes.
#[derive(Debug)]
pub struct Draft {
    named: PathBuf,
    file: BufWriter<File>,
    /// The unfinished file, and the place that it is to take.
    move_to: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    /// Makes the unfinished file beside, so that a place that cannot be written to is known now.
    pub fn begin(path: &Path, readers: Readers) -> anyhow::Result<Self> {
        Self::open(path, readers).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// The same with all that it is to hold, of which no copy is kept. What is no file has it when this returns.
    pub fn holding(path: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<Self> {
        let mut draft = Self::begin(path, readers)?;
        let written = draft.file.get_mut().write_all(bytes);
        written.map_err(|error| draft.named(&error))?;
        Ok(draft)
    }

    fn open(path: &Path, readers: Readers) -> io::Result<Self> {
        let before = match fs::metadata(path) {
            Ok(about) if about.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(about) if !about.is_file() => {
                return Ok(Self {
                    named: path.to_owned(),
                    file: BufWriter::new(fs::OpenOptions::new().write(true).open(path)?),
                    move_to: None,
                });
            }
            Ok(about) => Some(about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let place = if before.is_some() {
            fs::canonicalize(path)?
        } else {
            path.to_owned()
        };
        let part = part(&place);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if before.is_some() || readers != Readers::Default {
            // It may get the readers of the other; until then nobody.
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let draft = Self {
            named: path.to_owned(),
            file: BufWriter::new(options.open(&part)?),
            move_to: Some((part, place)),
        };
        if let Some(before) = before.filter(|_| readers != Readers::Writer) {
            belong(draft.file.get_ref(), &before, readers)?;
        }
        Ok(draft)
    }

    fn complete(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some((part, place)) = &self.move_to else {
            return Ok(());
        };
        self.file.get_ref().sync_all()?;
        fs::rename(part, place)?;
        settle(place);
        self.move_to = None;
        Ok(())
    }

    fn named(&self, error: &io::Error) -> io::Error {
        let message = format!("cannot write `{}`: {error}", self.named.display());
        io::Error::new(error.kind(), message)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        written.map_err(|error| self.named(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let completed = self.complete();
        completed.map_err(|error| self.named(&error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.move_to {
            // Nobody waits for it any more; one that stays is only in the way.
            let _removed = fs::remove_file(part);
        }
    }
}

/// A file for oneself, in the folder of a path. It has no name any more when this returns, where the system allows that,
/// and is gone when it is closed.
pub fn scratch(beside: &Path) -> anyhow::Result<File> {
    let part = part(beside);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    {
        // FILE_FLAG_DELETE_ON_CLOSE.
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000);
    }
    let file = options
        .open(&part)
        .with_context(|| format!("cannot write `{}`", part.display()))?;
    #[cfg(unix)]
    fs::remove_file(&part).with_context(|| format!("cannot remove `{}`", part.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::io::Seek;
    use std::io::Write;
    use std::path::Path;

    use super::Draft;
    use super::Readers;
    use super::scratch;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn what_stood_there_stays_until_the_new_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        fs::write(&path, "old").unwrap();
        let mut draft = Draft::begin(&path, Readers::Default).unwrap();
        draft.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        draft.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        drop(draft);
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn what_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let mut draft = Draft::begin(&path, Readers::Default).unwrap();
        draft.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(draft);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("nowhere/file"), folder.path().to_owned()] {
            let error = format!("{:#}", Draft::begin(&path, Readers::Default).unwrap_err());
            assert!(error.contains(&*path.to_string_lossy()), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_readers_are_kept_and_devices_written_to() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let mut draft = Draft::begin(&link, Readers::Default).unwrap();
        draft.write_all(b"new").unwrap();
        draft.flush().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let mut null = Draft::begin(Path::new("/dev/null"), Readers::Default).unwrap();
        null.write_all(b"new").unwrap();
        null.flush().unwrap();
        assert!(!Path::new("/dev/null").is_file());
        let mut full = Draft::begin(Path::new("/dev/full"), Readers::Default).unwrap();
        full.write_all(b"new").unwrap();
        let error = full.flush().unwrap_err().to_string();
        assert!(error.contains("/dev/full"), "{error}");
    }

    #[test]
    fn scratch_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = scratch(&folder.path().join("report")).unwrap();
        file.write_all(b"abc").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        #[cfg(unix)]
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    mod unix {
        use std::fs;
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::fs::PermissionsExt;
        use std::path::Path;

        use crate::cli::files::Readers;
        use crate::cli::files::write_whole;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        fn lay(path: &Path, mode: u32) {
            fs::write(path, "old").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }

        #[test]
        fn a_link_stays_a_link_and_a_file_keeps_its_readers() {
            let folder = tempfile::tempdir().unwrap();
            let (file, link) = (folder.path().join("file"), folder.path().join("link"));
            lay(&file, 0o640);
            std::os::unix::fs::symlink("file", &link).unwrap();
            for (readers, expected) in [
                (Readers::Default, 0o640),
                (Readers::Same, 0o640),
                (Readers::Owner, 0o600),
            ] {
                write_whole(&link, b"new", readers).unwrap();
                assert!(link.symlink_metadata().unwrap().is_symlink());
                assert_eq!(fs::read(&file).unwrap(), b"new");
                assert_eq!(mode(&file), expected, "{readers:?}");
            }
            lay(&file, 0o644);
            write_whole(&link, b"new", Readers::Writer).unwrap();
            assert_eq!(mode(&file), 0o600);
            assert_eq!(super::names(folder.path()).len(), 2);
        }

        #[test]
        fn a_new_file_is_its_owners_unless_everybody_may_read_it() {
            let folder = tempfile::tempdir().unwrap();
            for readers in [Readers::Same, Readers::Owner, Readers::Writer] {
                let file = folder.path().join(format!("{readers:?}"));
                write_whole(&file, b"new", readers).unwrap();
                assert_eq!(mode(&file), 0o600);
            }
            let (file, other) = (folder.path().join("file"), folder.path().join("other"));
            write_whole(&file, b"new", Readers::Default).unwrap();
            fs::write(&other, "new").unwrap();
            assert_eq!(mode(&file), mode(&other));
        }

        #[test]
        fn a_secret_goes_through_no_file_that_somebody_laid_there() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("lab.yml");
            let guessed = format!("lab.yml.{}.part", std::process::id());
            let laid = folder.path().join(guessed);
            lay(&laid, 0o666);
            write_whole(&file, b"secret", Readers::Writer).unwrap();
            assert_eq!(mode(&file), 0o600);
            assert_eq!(fs::read(&laid).unwrap(), b"old");
            let inode = |path: &Path| fs::metadata(path).unwrap().ino();
            assert_ne!(inode(&file), inode(&laid));
        }

        #[test]
        fn what_cannot_be_written_stays_as_it_was_and_is_named() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("nowhere/file");
            let error = write_whole(&file, b"new", Readers::Default).unwrap_err();
            assert!(format!("{error:#}").contains("nowhere/file"), "{error:#}");
            assert!(write_whole(folder.path(), b"new", Readers::Default).is_err());
            write_whole(Path::new("/dev/null"), b"new", Readers::Same).unwrap();
        }
    }
}
