//! Files of hosts that a run did not do well: for `--rerun` and `--limit @FILE`.
//!
//! Two stand in the user's folder for states, by playbook: `.retry` has the hosts that failed or could not be reached in
//! the last run, `.unfinished` those whose turn never came or was cut short.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use sha2::Digest;
use sha2::Sha256;

use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Readers;
use crate::cli::output::Refusal;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::Status;
use crate::event::TaskResult;
use crate::report::Reporter;

/// Which hosts of the last run take part again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// Those that failed or could not be reached.
    Failure,
    /// Those, and those whose turn never came or was cut short.
    Unfinished,
}

/// Where the files of a playbook are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Hosts that failed or could not be reached.
    pub retry: PathBuf,
    /// Hosts whose turn never came or was cut short.
    pub unfinished: PathBuf,
}

impl Places {
    /// Those of a playbook; `None` where the user has no folder for states.
    pub fn of(playbook: &Path, environment: &Environment) -> Option<Self> {
        let folder = environment.state_folder.as_ref()?.join("rdpfix/retry");
        let whole = files::absolute(playbook);
        let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        let first = digest.first_chunk().copied().map(u64::from_be_bytes);
        let hash = format!("{:016x}", first.unwrap_or_default());
        let name = playbook.file_stem().unwrap_or_default().to_string_lossy();
        Some(Self {
            retry: folder.join(format!("{hash}-{name}.retry")),
            unfinished: folder.join(format!("{hash}-{name}.unfinished")),
        })
    }

    /// The hosts of the last run that are to take part again; there is at least one.
    pub fn hosts(&self, rerun: Rerun) -> anyhow::Result<BTreeSet<String>> {
        let mut hosts = names(&self.retry)?;
        if rerun == Rerun::Unfinished {
            hosts.append(&mut names(&self.unfinished)?);
        }
        if !hosts.is_empty() {
            return Ok(hosts);
        }
        let text = match rerun {
            Rerun::Failure => "no host failed in the last run of this playbook",
            Rerun::Unfinished => "the last run of this playbook left nothing to do",
        };
        let looked = format!("that is kept in `{}`", self.retry.display());
        Err(Refusal::new(ExitStatus::NoHosts, text).hint(looked).into())
    }
}

/// The names in a file, one a line; none when there is no file.
fn names(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    if !files::is_file(path) {
        return Ok(BTreeSet::new());
    }
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// Keeps book of hosts while a run goes on.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Mutex<Book>>);

#[derive(Debug)]
struct Book {
    failed: BTreeSet<Arc<str>>,
    /// All at first; whoever ends well or badly is taken off.
    unfinished: BTreeSet<Arc<str>>,
    is_complete: bool,
    /// Waivers that were met, by hosts and control, and whether they were needed.
    waivers: BTreeMap<(Arc<str>, Arc<str>), Need>,
}

/// Whether something differed under a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// Everything was as it should be.
    None,
    /// Something differed, or nobody knows.
    Some,
}

impl Ledger {
    /// Of a run with these hosts.
    pub fn new(hosts: impl Iterator<Item = Arc<str>>) -> Self {
        Self(Arc::new(Mutex::new(Book {
            failed: BTreeSet::new(),
            unfinished: hosts.collect(),
            is_complete: false,
            waivers: BTreeMap::new(),
        })))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line about each waiver under which nothing differs any more.
    pub fn unneeded(&self) -> Vec<String> {
        let book = self.book();
        let unneeded = book.waivers.iter().filter(|(_, need)| **need == Need::None);
        unneeded
            .map(|((hosts, control), _)| {
                format!("waiver no longer needed: `{control}` on `{hosts}` is compliant")
            })
            .collect()
    }

    /// Writes the files, or takes them away when there is nothing to say. Gives the place of the file of failed hosts and
    /// how many there are. A run whose end nobody told leaves the files alone.
    pub fn close(
        &self,
        places: Option<&Places>,
        wished: Option<&Path>,
        rerun: Option<Rerun>,
    ) -> anyhow::Result<Option<(PathBuf, usize)>> {
        let book = self.book();
        if !book.is_complete {
            return Ok(None);
        }
        let failed: BTreeSet<&str> = book.failed.iter().map(|name| &**name).collect();
        if let Some(places) = places {
            // A run of those that failed says nothing about those that the run before it left.
            let kept = if rerun == Some(Rerun::Failure) {
                names(&places.unfinished)?
            } else {
                BTreeSet::new()
            };
            let kept = kept.iter().map(String::as_str);
            let unfinished = book.unfinished.iter().map(|name| &**name);
            keep(&places.unfinished, &kept.chain(unfinished).collect())?;
            keep(&places.retry, &failed)?;
        }
        if let Some(path) = wished {
            keep(path, &failed)?;
        }
        let place = wished.or(places.map(|places| places.retry.as_path()));
        Ok(place
            .filter(|_| !failed.is_empty())
            .map(|place| (place.to_owned(), failed.len())))
    }
}

/// Makes a file hold these names, or be gone.
fn keep(path: &Path, names: &BTreeSet<&str>) -> anyhow::Result<()> {
    if names.is_empty() {
        return files::remove(path);
    }
    let mut lines = String::new();
    for name in names {
        lines.push_str(name);
        lines.push('\n');
    }
    files::make_folder_of(path)?;
    files::write_whole(path, lines.as_bytes(), Readers::Default)
}

impl Book {
    /// Takes a result under a waiver into account.
    fn take(&mut self, result: &TaskResult) {
        let Some(waiver) = result.waiver.as_ref().filter(|_| result.is_waived()) else {
            return;
        };
        let need = match result.status() {
            Status::Skipped => return,
            Status::Ok => Need::None,
            _ => Need::Some,
        };
        let key = (Arc::clone(&waiver.hosts), Arc::clone(&waiver.control));
        let known = self.waivers.entry(key).or_insert(need);
        *known = (*known).max(need);
    }
}

impl Reporter for Ledger {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut book = self.book();
        match event {
            Event::HostEnd(summary) => match summary.status {
                HostStatus::Ok | HostStatus::Drifted => {
                    book.unfinished.remove(&summary.host);
                }
                HostStatus::Failed { .. } | HostStatus::Unreachable { .. } => {
                    book.unfinished.remove(&summary.host);
                    book.failed.insert(Arc::clone(&summary.host));
                }
                HostStatus::Interrupted => {}
            },
            Event::RunEnd { .. } => book.is_complete = true,
            Event::RunStart { .. }
            | Event::HostStart { .. }
            | Event::Wave(_)
            | Event::Shift(_)
            | Event::Drift(_) => {}
            Event::Result(result) => book.take(result),
        }
        Ok(())
    }
}
