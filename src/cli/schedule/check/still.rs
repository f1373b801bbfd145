//! Files of which none is run: for looking at inventories without starting the programs among them.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::cli::files::Disk;
use crate::files::Files;
use crate::files::Kind;
use crate::files::Printed;

/// How programs begin: scripts, and binaries of Linux, Windows and macOS.
const BEGINNINGS: [&[u8]; 6] = [
    b"#!",
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xcf",
];

/// The disk, whose programs all seem to know no host.
#[derive(Debug, Default)]
pub(super) struct Still {
    programs: Mutex<BTreeSet<PathBuf>>,
}

impl Still {
    /// The programs that were not run.
    pub(super) fn programs(&self) -> Vec<PathBuf> {
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.iter().cloned().collect()
    }
}

impl Files for Still {
    fn kind(&self, path: &Path) -> Kind {
        Disk.kind(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Disk.list(folder)
    }

    /// A file that may be run and is no program fails, as it does when it is run.
    fn run(&self, program: &Path, _arguments: &[&str]) -> io::Result<Printed> {
        let text = Disk.read(program)?;
        if !BEGINNINGS.iter().any(|begins| text.starts_with(begins)) {
            return Err(io::Error::other("it is no program"));
        }
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.insert(program.to_owned());
        Ok(Printed {
            code: Some(0),
            stdout: b"{}".to_vec(),
            stderr: Vec::new(),
        })
    }
}
