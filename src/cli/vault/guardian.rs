//! A small process that removes a folder when this one dies, however it dies.
//!
//! It waits at a pipe whose other end only this process holds; the kernel closes that end at any death, `kill -9` included.
//! It is in a process group of its own, so that a Ctrl-C or a closed terminal does not end it, too. What it cannot outlive
//! is to be killed itself at the same moment, as when a whole control group or the machine ends.

use std::io;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// Reads until the pipe is closed, with nothing but what is built into the shell; then removes, again and again while an
/// editor keeps writing.
const WATCH: &str = "trap '' HUP INT QUIT TERM
while read -r _; do :; done
tries=0
while [ -e \"$1\" ] && [ $tries -lt 60 ]; do
  rm -rf -- \"$1\" || sleep 1
  tries=$((tries + 1))
done";

/// The process; it ends when this is dropped, and the folder with it.
#[derive(Debug)]
pub(super) struct Guardian(Child);

impl Guardian {
    /// Sets it to watch over a folder, which must be an absolute path.
    pub(super) fn over(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WATCH, "rdpfix-vault-guardian"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(Self)
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Guardian;

    #[test]
    fn the_folder_goes_with_the_pipe() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("it's $HOME -rf");
        std::fs::create_dir_all(folder.join("more")).unwrap();
        let guardian = Guardian::over(&folder).unwrap();
        assert!(folder.exists());
        drop(guardian);
        assert!(!folder.exists());
        assert!(place.path().exists());
    }
}
