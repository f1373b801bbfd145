//! `rdpfix schedule check`: whether the jobs can run, and when they do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::access::Access;
use crate::cli::args::KeyArguments;
use crate::cli::args::ScheduleCheckArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::lint::read_playbook;
use crate::cli::output::Found;
use crate::cli::output::Talk;
use crate::cli::schedule::chosen;
use crate::cli::schedule::read;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::diag::Diagnostic;
use crate::event::RunMode;
use crate::job::Job;
use crate::job::JobFile;
use crate::job::Schedule;
use crate::job::SplayBy;
use crate::job::TokenSource;
use crate::job::duration;
use crate::lab::scenario;

/// Shows every mistake of a job file and of what it names, then the next runs.
pub fn check(
    arguments: &ScheduleCheckArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let file = read(&arguments.file, talk)?;
    let jobs = chosen(&file, &arguments.job)?;
    let after = arguments.after.unwrap_or_else(|| SystemClock.now());
    let mut status = ExitStatus::Success;
    let mut told = neighbours(&file);
    for job in &jobs {
        told.extend(job.outlook(after));
        told.extend(files_of(job));
    }
    told.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
    if talk.diagnostics(&told) == Found::Errors {
        status = ExitStatus::Invalid;
    }
    let mut text = String::new();
    for job in jobs {
        let is_sound = playbook(job, environment, talk)?;
        if !is_sound {
            status = ExitStatus::Invalid;
        }
        text.push_str(&runs(job, after, arguments.runs));
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(status)
}

/// Whether a job's playbook can be used; its mistakes are shown.
fn playbook(job: &Job, environment: &Environment, talk: &Talk) -> anyhow::Result<bool> {
    if !files::is_file(&job.playbook) {
        // Told already, at its place in the job file.
        return Ok(true);
    }
    let keys = KeyArguments {
        vault_id: Vec::new(),
        vault_password_file: job.vault_password_file.iter().cloned().collect(),
        ask_vault_password: false,
    };
    let access = Access::of(&keys, environment, talk)?;
    let (playbook, mistakes) = read_playbook(&job.playbook, &BTreeMap::new(), &access)?;
    let found = talk.diagnostics(&mistakes);
    Ok(playbook.is_some() && found == Found::NoErrors)
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

/// What is wrong with the place of the history.
fn neighbours(file: &JobFile) -> Vec<Diagnostic> {
    let store = file.store.as_deref();
    let is_homeless = |path: &&Path| {
        path.parent()
            .is_some_and(|folder| folder != Path::new("") && !files::is_folder(folder))
    };
    let told = store.filter(is_homeless).map(|path| {
        Diagnostic::warning(
            "no-such-file",
            format!(
                "the folder of the history `{}` is not there",
                path.display()
            ),
        )
        .help("make it before the first run, writable for whoever runs the jobs")
    });
    told.into_iter().collect()
}

/// Files that a job names and that are not there.
fn files_of(job: &Job) -> Vec<Diagnostic> {
    let tokens = job
        .notify
        .iter()
        .filter_map(|webhook| match &webhook.token {
            Some(TokenSource::File(path)) => Some(("token", path.as_path())),
            Some(TokenSource::Environment(_)) | None => None,
        });
    let named = [
        ("playbook", Some(job.playbook.as_path())),
        ("waivers", job.waivers.as_deref()),
        ("vault password", job.vault_password_file.as_deref()),
        (
            "connection password",
            job.connection_password_file.as_deref(),
        ),
    ];
    let named = named
        .into_iter()
        .filter_map(|(what, path)| Some((what, path?)))
        .chain(tokens);
    let missing = named
        .filter(|(_, path)| !files::is_file(path))
        .map(|(what, path)| absent(job, what, &path.display().to_string()));
    let inventories = job.inventory.iter().filter_map(|name| inventory(job, name));
    missing.chain(inventories).collect()
}

/// What is wrong with an inventory, as far as its name tells.
fn inventory(job: &Job, name: &str) -> Option<Diagnostic> {
    if name == "lab" || name.contains(',') {
        return None;
    }
    if let Some(words) = name.strip_prefix("lab:") {
        let scenario = words.split(':').next().unwrap_or_default();
        let is_known =
            scenario::named(scenario, None).is_ok() || files::is_file(Path::new(scenario));
        return (!is_known).then(|| absent(job, "scenario", scenario));
    }
    let is_there = files::exists(Path::new(name));
    (!is_there).then(|| absent(job, "inventory", name))
}

fn absent(job: &Job, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error("no-such-file", format!("the {what} `{name}` is not there"))
        .at(&job.span)
        .label(format!("`{}` names it", job.name))
        .help("relative paths count from the folder of the job file")
}
