//! Files that a job names: whether they are there and can be read.

use std::path::Path;

use crate::cli::files;
use crate::cli::files::Standing;
use crate::cli::files::standing;
use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::job::Job;
use crate::job::TokenSource;
use crate::lab::scenario;

/// What is wrong with the files of a job, inventories apart.
pub(super) fn flaws(job: &Job) -> Vec<Diagnostic> {
    let named = [
        ("playbook", "playbook", Some(job.playbook.as_path())),
        ("waivers", "waivers", job.waivers.as_deref()),
        (
            "vault password",
            "vault_password_file",
            job.vault_password_file.as_deref(),
        ),
        (
            "connection password",
            "connection_password_file",
            job.connection_password_file.as_deref(),
        ),
    ];
    let named = named
        .into_iter()
        .filter_map(|(what, key, path)| Some((what, job.place(key, 0), path?)));
    let tokens = job
        .notify
        .iter()
        .filter_map(|webhook| match &webhook.token {
            Some(TokenSource::File(path)) => Some(("token", &webhook.span, path.as_path())),
            Some(TokenSource::Environment(_)) | None => None,
        });
    named
        .chain(tokens)
        .filter_map(|(what, place, path)| told(job, (what, place), path))
        .collect()
}

fn told(job: &Job, (what, place): (&str, &Span), path: &Path) -> Option<Diagnostic> {
    let shown = path.display().to_string();
    match flaw(path)? {
        Flaw::Absent => Some(absent(job, place, what, &shown)),
        Flaw::Unusable(why) => Some(
            Diagnostic::error("unreadable", format!("the {what} `{shown}` {why}"))
                .at(place)
                .label(format!("`{}` needs it", job.name)),
        ),
    }
}

/// Whether a file is there and can be read; one that may be run is not looked at.
pub(super) fn is_usable(path: &Path) -> bool {
    flaw(path).is_none()
}

enum Flaw {
    Absent,
    Unusable(String),
}

fn flaw(path: &Path) -> Option<Flaw> {
    match standing(path) {
        Standing::Absent => Some(Flaw::Absent),
        Standing::Folder => Some(Flaw::Unusable("is a folder".to_owned())),
        Standing::Executable => None,
        // A pipe gives what it has once.
        Standing::Plain if !files::is_file(path) => None,
        Standing::Plain => match files::read(path) {
            Ok(_) => None,
            Err(error) => Some(Flaw::Unusable(format!(
                "cannot be read: {}",
                error.root_cause()
            ))),
        },
    }
}

/// What is wrong with an inventory, as far as its name tells.
pub(super) fn inventory(job: &Job, position: usize, name: &str) -> Option<Diagnostic> {
    let place = job.place("inventory", position);
    if name == "lab" || name.contains(',') {
        return None;
    }
    if let Some(words) = name.strip_prefix("lab:") {
        let scenario = words.split(':').next().unwrap_or_default();
        let is_known =
            scenario::named(scenario, None).is_ok() || files::is_file(Path::new(scenario));
        return (!is_known).then(|| absent(job, place, "scenario", scenario));
    }
    let is_there = files::exists(Path::new(name));
    (!is_there).then(|| absent(job, place, "inventory", name))
}

fn absent(job: &Job, place: &Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error("no-such-file", format!("the {what} `{name}` is not there"))
        .at(place)
        .label(format!("`{}` names it", job.name))
        .help("relative paths count from the folder of the job file")
}
