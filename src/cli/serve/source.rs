//! The job file as the service reads it: again and again, without showing anything itself.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::cli::files;
use crate::cli::files::Stamp;
use crate::cli::output::Talk;
use crate::cli::schedule;
use crate::job::JobFile;
use crate::service::errand::JobSource;

/// A job file on this machine.
#[derive(Debug)]
pub struct OnDisk {
    path: PathBuf,
    /// What it was like when it was read last, whatever came of it.
    read: Mutex<Option<Stamp>>,
}

impl OnDisk {
    /// This file.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            read: Mutex::default(),
        }
    }
}

impl JobSource for OnDisk {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn has_changed(&self) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        *read != files::stamp(&self.path)
    }

    fn read(&self) -> Result<JobFile, String> {
        // Before it is read: what changes meanwhile is noticed later.
        let stamp = files::stamp(&self.path);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        let talk = Talk::silent();
        schedule::read(&self.path, &talk).map_err(|error| {
            talk.error(&error);
            talk.take()
        })
    }
}
