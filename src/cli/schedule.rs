//! `rdpfix schedule`: job files, and what other schedulers need to run their jobs.

use std::path::Path;
use std::sync::Arc;

use crate::cli::args::ScheduleVerb;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::lint::read_source;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::serve;
use crate::diag::nearest;
use crate::job;
use crate::job::Job;
use crate::job::JobFile;

pub mod check;
pub mod install;

/// Does what the verb says.
pub fn schedule(
    verb: &ScheduleVerb,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    match verb {
        ScheduleVerb::Check(check) => check::check(check, environment, talk),
        ScheduleVerb::Run(run) => serve::run_once(run, environment, talk),
        ScheduleVerb::Install(install) => install::install(install, talk),
    }
}

/// Reads a file of jobs; its mistakes have been shown when this fails.
pub fn read(path: &Path, talk: &Talk) -> anyhow::Result<JobFile> {
    let (file, diagnostics) = match read_source(path)? {
        Ok(source) => job::parse(&source),
        Err(diagnostic) => (None, vec![diagnostic]),
    };
    let found = talk.diagnostics(&diagnostics);
    match file {
        Some(file) if found == Found::NoErrors => Ok(file),
        Some(_) | None => Err(Refusal::new(
            ExitStatus::Invalid,
            format!("the job file `{}` cannot be used", path.display()),
        )
        .into()),
    }
}

/// The jobs of these names, in the order of the file; all of them when none is named.
pub fn chosen<'f>(file: &'f JobFile, names: &[String]) -> anyhow::Result<Vec<&'f Arc<Job>>> {
    for name in names {
        if file.job(name).is_some() {
            continue;
        }
        let known = || file.jobs.iter().map(|job| &*job.name);
        let refusal = Refusal::new(
            ExitStatus::Usage,
            format!("`{}` has no job `{name}`", file.name),
        );
        return Err(match nearest(name, known()) {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint(format!(
                "it has {}",
                known()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
        .into());
    }
    let is_chosen =
        |job: &&Arc<Job>| names.is_empty() || names.iter().any(|name| **name == *job.name);
    Ok(file.jobs.iter().filter(is_chosen).collect())
}
