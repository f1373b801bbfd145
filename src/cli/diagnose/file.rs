//! The file of `--write-playbook`: written whole or not at all, and never over something else.

use std::path::Path;

use super::usage;
use crate::cli::files;
use crate::cli::files::Readers;
use crate::report::diagnosis::Playbook;

/// What became of the file.
pub(super) enum Written {
    /// Nobody asked for one.
    Unwanted,
    /// It was written.
    New(String),
    /// It held the same already.
    Same(String),
    /// There was nothing to write.
    Needless(String),
}

impl Written {
    /// As it is told.
    pub(super) fn told(&self) -> Playbook<'_> {
        match self {
            Self::Unwanted => Playbook::Shown,
            Self::New(path) => Playbook::Written(path),
            Self::Same(path) => Playbook::Same(path),
            Self::Needless(path) => Playbook::Needless(path),
        }
    }
}

/// Writes the playbook where it was asked for.
pub(super) fn write(wanted: Option<&Path>, playbook: Option<&str>) -> anyhow::Result<Written> {
    let Some(path) = wanted else {
        return Ok(Written::Unwanted);
    };
    let shown = path.display().to_string();
    let Some(text) = playbook else {
        return Ok(Written::Needless(shown));
    };
    if !files::is_file(path) {
        files::write_whole(path, text.as_bytes(), Readers::Default)?;
        return Ok(Written::New(shown));
    }
    if files::read(path)? == text.as_bytes() {
        return Ok(Written::Same(shown));
    }
    Err(usage(format!(
        "`{shown}` is there already and holds something else"
    ))
    .hint("name another file, or move that one away; it was left as it is")
    .into())
}
