//! Which run, host or control is meant, and what is said when there is none.

use crate::cli::exit::ExitStatus;
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::diag::nearest;
use crate::history::History;
use crate::history::view::RunRow;

/// How many runs are looked at for the nearest one.
const NEAR: usize = 1_000;

/// The run that is meant by a ULID or its begin, `last`, or `last~N`.
pub fn run(history: &History, typed: &str) -> Result<RunRow, Refusal> {
    if let Some(back) = steps_back(typed) {
        let steps = back?;
        let at_most = steps.saturating_add(1);
        let mut runs = history
            .runs(None, None, at_most)
            .map_err(|error| refusal(&error))?;
        let there = runs.len();
        return runs.pop().filter(|_| there > steps).ok_or_else(|| {
            Refusal::new(
                ExitStatus::Usage,
                format!("there is no run `{typed}`: the history has {there}"),
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
