//! `rdpfix history`: what runs have found.

use std::io;
use std::io::BufWriter;
use std::io::Write;

use serde::Serialize;

pub mod choice;
pub mod recording;
mod removal;

use crate::cli::args::HistoryArguments;
use crate::cli::args::HistoryFormat;
use crate::cli::args::HistoryVerb;
use crate::cli::args::history::HistoryControlArguments;
use crate::cli::args::history::HistoryDiffArguments;
use crate::cli::args::history::HistoryHostArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::State;
use crate::history::view::Comparison;
use crate::history::view::DiffEntry;
use crate::history::view::DiffKind;
use crate::history::view::HostView;
use crate::report::history as report;

/// Beginnings of intervals that are looked at in one go.
const PAGE: usize = 1_000;

/// Shows, exports or takes away.
pub fn history(
    arguments: &HistoryArguments,
    environment: &Environment,
) -> anyhow::Result<ExitStatus> {
    refuse_what_does_nothing(arguments)?;
    let path = match &arguments.store {
        Some(path) => path.clone(),
        None => recording::default_store(environment)?,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut status = ExitStatus::Success;
    let read = || History::read(&path).map_err(|error| refusal(&error));
    match &arguments.verb {
        None => show_runs(&mut out, arguments, &read()?)?,
        Some(HistoryVerb::Host(host)) => show_host(&mut out, host, arguments, &read()?)?,
        Some(HistoryVerb::Control(control)) => {
            show_control(&mut out, control, arguments, &read()?)?;
        }
        Some(HistoryVerb::Diff(diff)) => {
            status = show_diff(&mut out, diff, arguments, &read()?)?;
        }
        Some(HistoryVerb::Prune(prune)) => removal::prune(&mut out, prune, arguments, &path)?,
        Some(HistoryVerb::Forget(forget)) => removal::forget(&mut out, forget, arguments, &path)?,
        Some(HistoryVerb::Export(export)) => exported(&mut out, export.format, &read()?)?,
    }
    out.flush()?;
    Ok(status)
}

/// Options before a verb that has no use for them.
fn refuse_what_does_nothing(arguments: &HistoryArguments) -> Result<(), Refusal> {
    let (verb, has_runs, has_lists) = match &arguments.verb {
        None => return Ok(()),
        Some(HistoryVerb::Host(_)) => ("host", false, true),
        Some(HistoryVerb::Control(_)) => ("control", false, true),
        Some(HistoryVerb::Diff(_)) => ("diff", true, true),
        Some(HistoryVerb::Prune(_)) => ("prune", false, false),
        Some(HistoryVerb::Forget(_)) => ("forget", false, true),
        Some(HistoryVerb::Export(_)) => ("export", false, false),
    };
    let said = if arguments.job.is_some() && !has_runs {
        format!("`--job` chooses runs, and `history {verb}` shows none")
    } else if arguments.limit.is_some() && !has_lists {
        format!("`--limit` cuts lists, and `history {verb}` has none")
    } else {
        return Ok(());
    };
    Err(Refusal::new(ExitStatus::Usage, said))
}

/// What is said about an error of a history.
pub fn refusal(error: &HistoryError) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Invalid, error.to_string());
    match error.help() {
        Some(help) => refusal.hint(help),
        None => refusal,
    }
}

/// As JSON, or as people read it.
fn put<T: Serialize>(
    out: &mut dyn Write,
    arguments: &HistoryArguments,
    view: &T,
    told: impl FnOnce(&mut dyn Write, &T) -> io::Result<()>,
) -> anyhow::Result<()> {
    if arguments.json {
        report::json(out, view)?;
    } else {
        told(out, view)?;
    }
    Ok(())
}

fn show_runs(
    out: &mut dyn Write,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let limit = arguments.limit();
    let (job, at_most) = (arguments.job.as_deref(), limit.saturating_add(1));
    let mut runs = history
        .runs(job, None, at_most)
        .map_err(|error| refusal(&error))?;
    if arguments.json {
        runs.truncate(limit);
    }
    put(out, arguments, &runs, |out, runs| {
        report::runs(out, runs, limit)
    })
}

/// A host as JSON.
#[derive(Serialize)]
struct Cut {
    #[serde(flatten)]
    view: HostView,
    /// Whether one of its lists goes on.
    more: bool,
}

fn show_host(
    out: &mut dyn Write,
    typed: &HistoryHostArguments,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let limit = arguments.limit();
    let found = history.host(&typed.host, limit.saturating_add(1));
    let Some(mut view) = found.map_err(|error| refusal(&error))? else {
        return Err(choice::no_host(history, &typed.host)?.into());
    };
    let more = arguments.json && view.cut(limit);
    put(out, arguments, &Cut { view, more }, |out, cut| {
        report::host(out, &cut.view, limit)
    })
}

fn show_control(
    out: &mut dyn Write,
    typed: &HistoryControlArguments,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<()> {
    let state = typed.state.as_deref().and_then(State::from_word);
    let found = history.control(&typed.control, state, (0, arguments.limit()));
    let Some(view) = found.map_err(|error| refusal(&error))? else {
        return Err(choice::no_control(history, &typed.control)?.into());
    };
    put(out, arguments, &view, report::control)
}

/// Pages are put together until there are as many entries as are wanted and it is known how to exit: drift that began
/// counts wherever it stands.
fn show_diff(
    out: &mut dyn Write,
    typed: &HistoryDiffArguments,
    arguments: &HistoryArguments,
    history: &History,
) -> anyhow::Result<ExitStatus> {
    let job = arguments.job.as_deref();
    let from = choice::run(history, job, &typed.from)?;
    let to = choice::run(history, job, &typed.to)?;
    let mut status = ExitStatus::Success;
    let (mut entries, mut more): (Vec<DiffEntry>, bool) = (Vec::new(), false);
    let mut after = None;
    loop {
        let found = history.diff(&from.run, &to.run, after, PAGE);
        let Some(page) = found.map_err(|error| refusal(&error))? else {
            return Err(choice::no_run(history, &typed.from)?.into());
        };
        for entry in page.entries {
            if entry.kind == DiffKind::Began {
                status = ExitStatus::Drift;
            }
            if entries.len() < arguments.limit() {
                entries.push(entry);
            } else {
                more = true;
            }
        }
        after = page.next;
        if after.is_none() || more && status == ExitStatus::Drift {
            let view = Comparison {
                from: page.from,
                to: page.to,
                entries,
                more,
            };
            put(out, arguments, &view, report::diff)?;
            return Ok(status);
        }
    }
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
