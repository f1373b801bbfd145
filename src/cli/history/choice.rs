//! Which run, host or control is meant, and what is said when there is none.

use std::collections::BTreeSet;

use crate::cli::exit::ExitStatus;
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::diag::nearest;
use crate::history::History;
use crate::history::view::RunRow;
use crate::inventory::Glob;

/// How many runs are looked at for the nearest one.
const NEAR: usize = 1_000;

/// The run that is meant by a ULID or its begin, `last`, or `last~N`; with a job, `last` is the last one of that job.
pub fn run(history: &History, job: Option<&str>, typed: &str) -> Result<RunRow, Refusal> {
    if let Some(back) = steps_back(typed) {
        let steps = back?;
        let at_most = steps.saturating_add(1);
        let mut runs = history
            .runs(job, None, at_most)
            .map_err(|error| refusal(&error))?;
        let there = runs.len();
        return runs.pop().filter(|_| there > steps).ok_or_else(|| {
            let of_job = job.map(|job| format!(" of job `{job}`"));
            Refusal::new(
                ExitStatus::Usage,
                format!(
                    "there is no run `{typed}`: the history has {there}{}",
                    of_job.unwrap_or_default()
                ),
            )
        });
    }
    let mut found = history.runs_named(typed).map_err(|error| refusal(&error))?;
    match (found.pop(), found.pop()) {
        (Some(run), None) => Ok(run),
        (Some(_), Some(_)) => Err(Refusal::new(
            ExitStatus::Usage,
            format!("several runs begin with `{typed}`"),
        )
        .hint("write more of it; `rdpfix history` lists them")),
        (None, _) => Err(no_run(history, typed)?),
    }
}

/// `last` is 0, `last~2` is 2; `None` when it is neither, an error when it only looks so.
fn steps_back(typed: &str) -> Option<Result<usize, Refusal>> {
    let rest = typed.strip_prefix("last")?;
    if rest.is_empty() {
        return Some(Ok(0));
    }
    let steps = rest.strip_prefix('~').and_then(|steps| steps.parse().ok());
    Some(steps.ok_or_else(|| {
        Refusal::new(ExitStatus::Usage, format!("`{typed}` is no run"))
            .hint("`last~1` is the one before the last")
    }))
}

/// The hosts that are meant by names and wildcards, by name.
pub fn hosts(history: &History, typed: &[String]) -> Result<Vec<String>, Refusal> {
    let names = history.host_names().map_err(|error| refusal(&error))?;
    let mut meant = BTreeSet::new();
    for one in typed {
        if names.contains(one) {
            meant.insert(one.clone());
            continue;
        }
        if !one.contains(['*', '?', '[']) {
            return Err(no_host(history, one)?);
        }
        let glob = Glob::new(one);
        let mut fitting = names.iter().filter(|name| glob.fits(name)).peekable();
        if fitting.peek().is_none() {
            let said = format!("the history has no host that fits `{one}`");
            return Err(Refusal::new(ExitStatus::Usage, said));
        }
        meant.extend(fitting.cloned());
    }
    Ok(meant.into_iter().collect())
}

/// What is said when there is no such run.
pub fn no_run(history: &History, typed: &str) -> Result<Refusal, Refusal> {
    let runs = history
        .runs(None, None, NEAR)
        .map_err(|error| refusal(&error))?;
    Ok(
        unknown("run", typed, runs.iter().map(|run| run.run.as_str()))
            .hint("`rdpfix history` lists the runs; `last` and `last~1` are names, too"),
    )
}

/// What is said when there is no such host.
pub fn no_host(history: &History, typed: &str) -> Result<Refusal, Refusal> {
    let names = history.host_names().map_err(|error| refusal(&error))?;
    Ok(unknown("host", typed, names.iter().map(String::as_str)))
}

/// What is said when there is no such control.
pub fn no_control(history: &History, typed: &str) -> Result<Refusal, Refusal> {
    let names = history.control_names().map_err(|error| refusal(&error))?;
    Ok(unknown("control", typed, names.iter().map(String::as_str)))
}

#[expect(
    single_use_lifetimes,
    reason = "anonymous lifetimes are not stable in argument position"
)]
fn unknown<'a>(what: &str, typed: &str, names: impl Iterator<Item = &'a str>) -> Refusal {
    let refusal = Refusal::new(
        ExitStatus::Usage,
        format!("the history has no {what} `{typed}`"),
    );
    match nearest(typed, names) {
        Some(near) => {
            // The name is a host's word.
            let near: String = near.chars().filter(|letter| !letter.is_control()).collect();
            refusal.hint(format!("did you mean `{near}`?"))
        }
        None => refusal,
    }
}
