//! `rdpfix schedule check`: whether the jobs can run, and when they do.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::args::ScheduleCheckArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Found;
use crate::cli::output::Talk;
use crate::cli::schedule::check::needs::Desk;
use crate::cli::schedule::chosen;
use crate::cli::schedule::read;
use crate::cli::settings::Settings;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::diag::Diagnostic;
use crate::event::RunMode;
use crate::history::History;
use crate::history::HistoryError;
use crate::job::Job;
use crate::job::JobFile;
use crate::job::Schedule;
use crate::job::SplayBy;
use crate::job::duration;

mod hooks;
mod hosts;
mod needs;
mod paths;
mod still;

/// Shows every mistake of a job file and of what it names, then the next runs. Whatever would keep a job from being run is
/// looked for as whoever types this; hosts are not connected to, and inventory programs are not run.
pub fn check(
    arguments: &ScheduleCheckArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let file = read(&arguments.file, talk)?;
    let jobs = chosen(&file, &arguments.job)?;
    let after = arguments.after.unwrap_or_else(|| SystemClock.now());
    // No job runs when these are wrong.
    Settings::of(environment, talk)?;
    let mut desk = Desk::new(environment, talk);
    let mut told = neighbours(&file);
    let mut text = String::new();
    for job in jobs {
        told.extend(job.outlook(after));
        told.extend(desk.flaws(job));
        text.push_str(&runs(job, after, arguments.runs));
    }
    let found = talk.diagnostics(&arranged(told, &file.name));
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match found {
        Found::Errors => ExitStatus::Invalid,
        Found::NoErrors => ExitStatus::Success,
    })
}

/// Each once, those of the job file first and in the order of its lines.
fn arranged(mut told: Vec<Diagnostic>, job_file: &str) -> Vec<Diagnostic> {
    let line = |mistake: &Diagnostic| {
        let span = mistake.span.as_ref();
        let own = span.filter(|span| span.source.name == job_file);
        (own.is_none() && span.is_some(), own.map(|span| span.start))
    };
    told.sort_by_key(line);
    let mut seen = BTreeSet::new();
    told.retain(|mistake| {
        let span = mistake.span.as_ref();
        let place = span.map(|span| (span.source.name.clone(), span.start));
        seen.insert((place, mistake.message.clone()))
    });
    told
}

/// A job with the times at which it runs.
fn runs(job: &Job, after: Timestamp, count: usize) -> String {
    let mut text = format!("{}: {}, {}\n", job.name, job.mode.word(), when(job));
    for at in job.runs(after).take(count) {
        let order = job.mode_at(at);
        let word = order.run.map_or("not run", RunMode::word);
        let shown = at.to_zoned(job.zone.rules.clone());
        let _written = writeln!(
            text,
            "  {}  {word}: {}",
            shown.strftime("%a %Y-%m-%d %H:%M:%S %:z"),
            order.reason.words()
        );
    }
    text
}

/// Its schedule in words.
fn when(job: &Job) -> String {
    let mut words = match &job.schedule {
        Schedule::Cron(cron) => format!("at `{}` in {}", cron.text(), job.zone.name),
        Schedule::Every(every) => {
            format!(
                "every {}, shown in {}",
                duration::words(*every),
                job.zone.name
            )
        }
    };
    if let Some(splay) = job.splay {
        let up_to = duration::words(splay.up_to);
        let _written = match splay.by {
            SplayBy::Job => write!(
                words,
                ", moved by {} (splay {up_to})",
                duration::words(job.offset())
            ),
            SplayBy::Host => write!(words, ", hosts spread over {up_to}"),
        };
    }
    words
}

/// What is wrong with the history, or with its place.
fn neighbours(file: &JobFile) -> Vec<Diagnostic> {
    let Some(path) = file.store.as_deref() else {
        return Vec::new();
    };
    let is_homeless = |folder: &Path| folder != Path::new("") && !files::is_folder(folder);
    if path.parent().is_some_and(is_homeless) {
        let message = format!(
            "the folder of the history `{}` is not there",
            path.display()
        );
        return vec![
            Diagnostic::warning("no-such-file", message)
                .help("make it before the first run, writable for whoever runs the jobs"),
        ];
    }
    if !files::exists(path) {
        return Vec::new();
    }
    match History::read(path) {
        Ok(_) => Vec::new(),
        // An empty file becomes a history.
        Err(HistoryError::Absent { .. }) if files::is_file(path) => Vec::new(),
        Err(error) => vec![unusable(&error)],
    }
}

/// A damaged one is set aside by the run, and a new one begins.
fn unusable(error: &HistoryError) -> Diagnostic {
    let mut mistake = match error {
        HistoryError::Damaged { .. } => Diagnostic::warning("unusable-history", error.to_string()),
        _ => Diagnostic::error("unusable-history", error.to_string()),
    };
    mistake.help.extend(error.help());
    mistake
}
