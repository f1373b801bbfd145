//! `rdpfix lint`: checks playbooks without connecting anywhere.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::cli::access::Access;
use crate::cli::args::LintArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Disk;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::run;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::diag::source_from_bytes;
use crate::playbook;
use crate::playbook::Playbook;
use crate::playbook::Reading;
use crate::syntax::Node;

/// What encrypted files and values are told by that no password opens.
const CLOSED: &str = "vault-closed";

/// Shows every mistake of every file.
pub fn lint(
    arguments: &LintArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let access = Access::of(&arguments.keys, environment, talk)?;
    let has_passwords = access.keyring.ids().next().is_some();
    let Some(extra) = run::extra_variables(&arguments.extra_vars, &access.keyring, talk)? else {
        return Ok(ExitStatus::Usage);
    };
    let mut status = ExitStatus::Success;
    for path in &arguments.playbooks {
        let (playbook, mut diagnostics) = match read_playbook(path, &extra, &access) {
            Ok(read) => read,
            Err(error) => {
                status = talk.error(&error);
                continue;
            }
        };
        if !has_passwords {
            excuse(&mut diagnostics);
        }
        if talk.diagnostics(&diagnostics) == Found::Errors {
            status = ExitStatus::Invalid;
        }
        let _written = writeln!(
            std::io::stdout(),
            "{}",
            verdict(path, playbook.as_ref(), &diagnostics)
        );
    }
    Ok(status)
}

/// Makes warnings of what is wrong only because nobody gave a password: a closed vault, and variables that it may hold.
pub fn excuse(diagnostics: &mut [Diagnostic]) {
    if diagnostics.iter().all(|one| one.id != CLOSED) {
        return;
    }
    for one in diagnostics {
        if [CLOSED, "undefined-variable"].contains(&one.id) {
            one.severity = Severity::Warning;
        }
    }
}

fn verdict(path: &Path, playbook: Option<&Playbook>, diagnostics: &[Diagnostic]) -> String {
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match playbook {
        Some(playbook) if errors == 0 => {
            let plays = playbook.plays.iter();
            let tasks: usize = plays
                .map(|play| play.all_tasks().len() - play.handlers.len())
                .sum();
            format!(
                "{}: ok, {} plays, {tasks} tasks, {warnings} warnings",
                path.display(),
                playbook.plays.len()
            )
        }
        None if errors == 0 => format!(
            "{}: ok as far as it can be read without vault passwords, {warnings} warnings",
            path.display()
        ),
        Some(_) | None => format!("{}: {errors} errors, {warnings} warnings", path.display()),
    }
}

/// Reads a playbook from a file, with everything that it imports.
pub fn read_playbook(
    path: &Path,
    extra: &BTreeMap<String, Node>,
    access: &Access<'_>,
) -> anyhow::Result<(Option<Playbook>, Vec<Diagnostic>)> {
    let reading = Reading {
        files: Arc::new(Disk),
        keyring: Arc::clone(&access.keyring),
        extra: extra.clone(),
        engine: Some(Arc::clone(&access.engine)),
    };
    match read_source(path)? {
        Ok(source) => Ok(playbook::read(&source, &reading)),
        Err(diagnostic) => Ok((None, vec![diagnostic])),
    }
}

/// Reads a text; the inner error is told like a mistake in the file (it is not UTF-8).
pub fn read_source(path: &Path) -> anyhow::Result<Result<Arc<Source>, Diagnostic>> {
    let bytes = files::read(path)
        .map_err(|error| Refusal::new(ExitStatus::Invalid, format!("{error:#}")))?;
    Ok(source_from_bytes(&path.display().to_string(), bytes))
}
