//! How the endpoints of the API are answered: the history's views as JSON.

use serde::Serialize;

use crate::dashboard::ask::Ask;
use crate::dashboard::jobs::Job;
use crate::dashboard::look::Look;
use crate::dashboard::problem::Problem;
use crate::history::HostState;
use crate::history::State;
use crate::history::view::ControlRow;
use crate::history::view::Day;
use crate::history::view::DiffEntry;
use crate::history::view::DiffPlace;
use crate::history::view::HostFilter;
use crate::history::view::RecapRow;
use crate::history::view::RunRow;
use crate::history::view::WaiverRow;

pub(super) mod shapes;

type Answer = Result<Vec<u8>, Problem>;

/// Waivers that are told at most; a fleet has dozens.
pub(super) const MOST_WAIVERS: usize = 1000;

fn json(answer: &impl Serialize) -> Answer {
    serde_json::to_vec(answer).map_err(|_unlikely| Problem::unreadable())
}

pub(super) fn fleet(look: &Look<'_>) -> Answer {
    json(&look.history()?.fleet(look.now)?)
}

/// Which hosts are asked for.
pub(super) fn filter(ask: &Ask) -> HostFilter {
    HostFilter {
        state: HostState::from_word(ask.word("state")),
        text: Some(ask.text("q").to_owned()).filter(|text| !text.is_empty()),
        after: ask.cursor().map(str::to_owned),
        limit: ask.count("limit"),
    }
}

pub(super) fn hosts(look: &Look<'_>) -> Answer {
    json(&look.history()?.hosts(&filter(look.ask))?)
}

pub(super) fn host(look: &Look<'_>) -> Answer {
    let (name, limit) = (look.ask.text("host"), look.ask.count("limit"));
    let view = look.history()?.host(name, limit)?;
    json(&view.ok_or_else(|| Problem::missing("host"))?)
}

pub(super) fn matrix(look: &Look<'_>) -> Answer {
    let (after, limit) = (look.ask.cursor(), look.ask.count("limit"));
    json(&look.history()?.matrix(after, limit)?)
}

#[derive(Serialize)]
struct Controls {
    controls: Vec<ControlRow>,
}

pub(super) fn controls(look: &Look<'_>) -> Answer {
    let controls = look.history()?.fleet(look.now)?.controls;
    json(&Controls { controls })
}

/// From which one on, and how many: a page by its number.
pub(super) fn numbered_page(ask: &Ask) -> (usize, usize) {
    let limit = ask.count("limit");
    let from = ask.count("page").saturating_sub(1).saturating_mul(limit);
    (from, limit)
}

pub(super) fn control(look: &Look<'_>) -> Answer {
    let state = State::from_word(look.ask.word("state"));
    let page = numbered_page(look.ask);
    let view = look
        .history()?
        .control(look.ask.text("control"), state, page)?;
    json(&view.ok_or_else(|| Problem::missing("control"))?)
}

pub(super) fn certificates(look: &Look<'_>) -> Answer {
    let page = numbered_page(look.ask);
    json(&look.history()?.certificates(jiff::Timestamp::MAX, page)?)
}

#[derive(Serialize)]
struct Days {
    days: Vec<Day>,
}

pub(super) fn days(look: &Look<'_>) -> Answer {
    let days = look
        .history()?
        .days(look.now, look.ask.count("days"), None)?;
    json(&Days { days })
}

#[derive(Serialize)]
struct Waivers {
    waivers: Vec<WaiverRow>,
}

pub(super) fn waivers(look: &Look<'_>) -> Answer {
    let waivers = look.history()?.waivers(MOST_WAIVERS)?;
    json(&Waivers { waivers })
}

/// Some runs.
#[derive(Serialize)]
pub(super) struct Runs {
    /// Latest first.
    pub(super) runs: Vec<RunRow>,
    /// What the next page is after.
    pub(super) next: Option<String>,
}

/// The runs that are asked for.
pub(super) fn some_runs(look: &Look<'_>) -> Result<Runs, Problem> {
    let job = Some(look.ask.text("job")).filter(|job| !job.is_empty());
    let limit = look.ask.count("limit");
    // One more tells whether there is another page.
    let mut runs = look.history()?.runs(job, look.ask.cursor(), limit + 1)?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().filter(|_| more).map(|run| run.run.clone());
    Ok(Runs { runs, next })
}

pub(super) fn runs(look: &Look<'_>) -> Answer {
    json(&some_runs(look)?)
}

/// The run that is asked for.
pub(super) fn one_run(look: &Look<'_>) -> Result<RunRow, Problem> {
    let run = look.history()?.run(look.ask.text("run"))?;
    run.ok_or_else(|| Problem::missing("run"))
}

pub(super) fn run(look: &Look<'_>) -> Answer {
    json(&one_run(look)?)
}

/// What is otherwise after one run than after another.
#[derive(Serialize)]
pub(super) struct Diff {
    from: RunRow,
    to: RunRow,
    /// By the moment at which each was first seen otherwise.
    pub(super) entries: Vec<DiffEntry>,
    /// What the next page is after.
    pub(super) next: Option<String>,
}

/// The page that is asked for of what is otherwise between two runs.
pub(super) fn between(look: &Look<'_>, earlier: &str, later: &str) -> Result<Diff, Problem> {
    let mut numbers = look.ask.text("after").split('.').map(str::parse);
    let place = match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(since)), Some(Ok(host)), Some(Ok(control))) => Some(DiffPlace {
            since,
            host,
            control,
        }),
        _ => None,
    };
    let limit = look.ask.count("limit");
    let diff = look.history()?.diff(earlier, later, place, limit)?;
    let diff = diff.ok_or_else(|| Problem::missing("run"))?;
    let written = |at: DiffPlace| format!("{}.{}.{}", at.since, at.host, at.control);
    Ok(Diff {
        from: diff.from,
        to: diff.to,
        entries: diff.entries,
        next: diff.next.map(written),
    })
}

pub(super) fn diff(look: &Look<'_>) -> Answer {
    let (earlier, later) = (look.ask.text("earlier"), look.ask.text("run"));
    json(&between(look, earlier, later)?)
}

/// A job as JSON and as pages have it.
#[derive(Debug, Serialize)]
pub(super) struct JobRow<'j> {
    name: &'j str,
    cadence: &'j str,
    mode: &'static str,
    next: Option<jiff::Timestamp>,
    last: Option<LastRun>,
    running_since: Option<jiff::Timestamp>,
    trouble: Option<&'j str>,
}

#[derive(Debug, Serialize)]
struct LastRun {
    run: String,
    at: jiff::Timestamp,
    result: &'static str,
}

/// Runs of a job that are looked through for one that has ended.
const LOOKED_THROUGH: usize = 8;

/// The last run of a job that ended, as the history has it.
fn remembered(look: &Look<'_>, job: &str) -> Option<LastRun> {
    let runs = look.history().ok()?;
    let runs = runs.runs(Some(job), None, LOOKED_THROUGH).ok()?;
    runs.into_iter().find_map(|run| {
        Some(LastRun {
            at: run.ended?,
            result: word(run.recap.as_ref()?),
            run: run.run,
        })
    })
}

/// How a run went, in one word: the worst of it.
fn word(recap: &RecapRow) -> &'static str {
    match recap {
        RecapRow {
            stopped: Some(_), ..
        } => "stopped",
        RecapRow { failed: 1.., .. } => "failed",
        RecapRow {
            unreachable: 1.., ..
        } => "unreachable",
        RecapRow { drifted: 1.., .. } => "drifted",
        _ => "ok",
    }
}

fn job_row<'j>(look: &Look<'_>, job: &'j Job) -> JobRow<'j> {
    JobRow {
        name: &job.name,
        cadence: &job.cadence,
        mode: job.mode.key(),
        next: job.next,
        last: remembered(look, &job.name),
        running_since: job.running_since,
        trouble: job.trouble.as_deref(),
    }
}

/// All jobs in that form.
pub(super) fn job_rows<'l>(look: &Look<'l>) -> Vec<JobRow<'l>> {
    look.jobs.iter().map(|job| job_row(look, job)).collect()
}

#[derive(Serialize)]
struct Jobs<'j> {
    jobs: Vec<JobRow<'j>>,
}

pub(super) fn jobs(look: &Look<'_>) -> Answer {
    let jobs = job_rows(look);
    json(&Jobs { jobs })
}
