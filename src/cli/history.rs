//! `rdpfix history`: what runs have found.

use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;

use jiff::SignedDuration;
use jiff::Timestamp;

pub mod choice;
pub mod recording;

use crate::cli::args::HistoryArguments;
use crate::cli::args::HistoryFormat;
use crate::cli::args::HistoryVerb;
use crate::cli::args::history::HistoryControlArguments;
use crate::cli::args::history::HistoryDiffArguments;
use crate::cli::args::history::HistoryPruneArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::Pruning;
use crate::history::State;
use crate::history::view::DiffEntry;
use crate::report::history as report;
use crate::runner::rollout::time_span;

/// Beginnings of intervals that are looked at in one go.
const PAGE: usize = 1_000;

/// Shows, prunes or exports.
pub fn history(
    arguments: &HistoryArguments,
    environment: &Environment,
) -> anyhow::Result<ExitStatus> {
    let path = match &arguments.store {
        Some(path) => path.clone(),
        None => recording::default_store(environment)?,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match &arguments.verb {
        Some(HistoryVerb::Prune(prune)) => pruned(&mut out, prune, arguments, &path)?,
        verb => {
            let history = History::read(&path).map_err(|error| refusal(&error))?;
            show(&mut out, verb.as_ref(), arguments, &history)?;
        }
    }
    out.flush()?;
    Ok(ExitStatus::Success)
}

/// What is said about an error of a history.
pub fn refusal(error: &HistoryError) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Invalid, error.to_string());
    match error.help() {
        Some(help) => refusal.hint(help),
        None => refusal,
    }
}

fn show(
    out: &mut dyn Write,
    verb: Option<&HistoryVerb>,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let told = |error: HistoryError| refusal(&error);
    match verb {
        None | Some(HistoryVerb::Prune(_)) => {
            let job = arguments.job.as_deref();
            let runs = history.runs(job, None, arguments.limit).map_err(told)?;
            if arguments.json {
                report::json(out, &runs)?;
            } else {
                report::runs(out, &runs)?;
            }
        }
        Some(HistoryVerb::Host(host)) => {
            let found = history.host(&host.host, arguments.limit).map_err(told)?;
            let Some(view) = found else {
                return Err(choice::no_host(history, &host.host)?.into());
            };
            if arguments.json {
                report::json(out, &view)?;
            } else {
                report::host(out, &view)?;
            }
        }
        Some(HistoryVerb::Control(control)) => show_control(out, control, arguments, history)?,
        Some(HistoryVerb::Diff(diff)) => show_diff(out, diff, arguments, history)?,
        Some(HistoryVerb::Export(export)) => exported(out, export.format, history)?,
    }
    Ok(())
}

fn show_control(
    out: &mut dyn Write,
    typed: &HistoryControlArguments,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let state = typed.state.as_deref().and_then(State::from_word);
    let found = history.control(&typed.control, state, (0, arguments.limit));
    let Some(view) = found.map_err(|error| refusal(&error))? else {
        return Err(choice::no_control(history, &typed.control)?.into());
    };
    if arguments.json {
        report::json(out, &view)?;
    } else {
        report::control(out, &view)?;
    }
    Ok(())
}

/// Pages are put together until there are as many entries as are wanted.
fn show_diff(
    out: &mut dyn Write,
    typed: &HistoryDiffArguments,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let from = choice::run(history, &typed.from)?;
    let to = choice::run(history, &typed.to)?;
    let mut entries: Vec<DiffEntry> = Vec::new();
    let mut after = None;
    let diff = loop {
        let found = history.diff(&from.run, &to.run, after, PAGE);
        let Some(mut page) = found.map_err(|error| refusal(&error))? else {
            return Err(choice::no_run(history, &typed.from)?.into());
        };
        entries.append(&mut page.entries);
        after = page.next;
        if after.is_none() || entries.len() >= arguments.limit {
            break page;
        }
    };
    let more = entries.len().saturating_sub(arguments.limit);
    entries.truncate(arguments.limit);
    let mut diff = diff;
    if arguments.json {
        diff.entries = entries;
        report::json(out, &diff)?;
    } else {
        report::diff(out, &diff, &entries)?;
        if more > 0 && diff.next.is_none() {
            writeln!(out, "and {more} more: `--limit N` shows more")?;
        }
    }
    Ok(())
}

fn pruned(
    out: &mut dyn Write,
    typed: &HistoryPruneArguments,
    arguments: &HistoryArguments,
    path: &Path,
) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let age = time_span(&typed.older_than).map_err(|error| {
        Refusal::new(ExitStatus::Usage, format!("`--older-than`: {error}"))
            .hint("a number with its unit: `90d`, `12h`")
    })?;
    // A history that is not there is not made only to be pruned.
    drop(History::read(path).map_err(|error| refusal(&error))?);
    let opened = History::open(path, now).map_err(|error| refusal(&error))?;
    let mut history = opened.history;
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    let before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let pruning = if typed.dry_run {
        Pruning::DryRun
    } else {
        Pruning::Real
    };
    let gone = history.prune(before, pruning);
    let gone = gone.map_err(|error| refusal(&error))?;
    if arguments.json {
        report::json(out, &gone)?;
    } else {
        report::pruned(out, &gone, pruning)?;
    }
    Ok(())
}

/// What ends an export before its time.
#[derive(Debug, thiserror::Error)]
enum Halt {
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl Halt {
    fn told(self) -> anyhow::Error {
        match self {
            Self::History(error) => refusal(&error).into(),
            Self::Write(error) => error.into(),
        }
    }
}

fn exported(out: &mut dyn Write, format: HistoryFormat, history: &History) -> anyhow::Result<()> {
    match format {
        HistoryFormat::Jsonl => {
            let mut put = |record| Ok(report::json(out, &record)?);
            history.export::<Halt>(&mut put).map_err(Halt::told)?;
        }
        HistoryFormat::Csv => {
            let mut rows = report::CsvExport::new(out)?;
            let mut put = |record| Ok(rows.row(&record)?);
            history.export::<Halt>(&mut put).map_err(Halt::told)?;
            rows.finish()?;
        }
    }
    Ok(())
}
