//! `rdpfix history prune` and `rdpfix history forget`: what is taken away, or would be.

use std::io::Write;
use std::path::Path;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cli::args::HistoryArguments;
use crate::cli::args::history::HistoryForgetArguments;
use crate::cli::args::history::HistoryPruneArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::history::choice;
use crate::cli::history::put;
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::history::History;
use crate::history::Pruning;
use crate::report::history as report;
use crate::runner::rollout::time_span;

/// Takes away what ended long ago.
pub(super) fn prune(
    out: &mut dyn Write,
    typed: &HistoryPruneArguments,
    arguments: &HistoryArguments,
    path: &Path,
) -> anyhow::Result<()> {
    let age = time_span(&typed.older_than).map_err(|error| {
        Refusal::new(ExitStatus::Usage, format!("`--older-than`: {error}"))
            .hint("a number with its unit: `90d`, `12h`")
    })?;
    let (mut history, pruning) = opened(path, typed.dry_run.then_some(Pruning::DryRun))?;
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    let before = SystemClock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let gone = history.prune(before, pruning);
    let gone = gone.map_err(|error| refusal(&error))?;
    put(out, arguments, &gone, |out, gone| {
        report::pruned(out, gone, pruning)
    })
}

/// Takes away hosts. All of them have to be there, before any of them is taken.
pub(super) fn forget(
    out: &mut dyn Write,
    typed: &HistoryForgetArguments,
    arguments: &HistoryArguments,
    path: &Path,
) -> anyhow::Result<()> {
    let (mut history, pruning) = opened(path, typed.dry_run.then_some(Pruning::DryRun))?;
    let hosts = choice::hosts(&history, &typed.hosts)?;
    let gone = history.forget(&hosts, SystemClock.now(), pruning);
    let gone = gone.map_err(|error| refusal(&error))?;
    put(out, arguments, &gone, |out, gone| {
        report::forgotten(out, gone, pruning, arguments.limit())
    })
}

/// Who only counts does not even write what opening may write.
fn opened(path: &Path, dry: Option<Pruning>) -> Result<(History, Pruning), Refusal> {
    let pruning = dry.unwrap_or(Pruning::Real);
    let history = match pruning {
        Pruning::DryRun => History::read(path),
        Pruning::Real => History::open_existing(path),
    };
    Ok((history.map_err(|error| refusal(&error))?, pruning))
}
