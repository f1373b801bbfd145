//! What the benchmarks share: the lab in another process.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context;
use anyhow::bail;

/// A lab in its own process; ends when dropped, and by itself after a while.
pub(crate) struct Lab {
    child: Child,
    /// The inventory that it wrote.
    pub(crate) inventory: PathBuf,
}

impl Lab {
    /// Starts compliant hosts and waits until they listen.
    pub(crate) fn start(folder: &Path, hosts: usize) -> anyhow::Result<Self> {
        let inventory = folder.join(format!("lab-{hosts}.yml"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
            .args([
                "lab",
                "up",
                "--scenario",
                "healthy",
                "--time",
                "300",
                "--hosts",
                &hosts.to_string(),
            ])
            .arg("--write-inventory")
            .arg(&inventory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("the lab has an output")?;
        for line in BufReader::new(stdout).lines() {
            if line? == "ready" {
                return Ok(Self { child, inventory });
            }
        }
        bail!("the lab ended before it was ready")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}
