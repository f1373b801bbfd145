//! What each page shows, from the history's views.

use std::cmp::Reverse;

use jiff::SignedDuration;
use jiff::Timestamp;
use minijinja::Value;
use serde::Serialize;

use crate::dashboard::api;
use crate::dashboard::api::shapes::ANY_HOST_STATE;
use crate::dashboard::drawing;
use crate::dashboard::drawing::Plot;
use crate::dashboard::drawing::Segment;
use crate::dashboard::look::Look;
use crate::dashboard::problem::Problem;
use crate::history::HostState;
use crate::history::State;
use crate::history::view::ControlRow;
use crate::history::view::Tallies;

mod certificates;
mod days;
mod strips;

pub(in crate::dashboard) use self::certificates::certificates;
pub(in crate::dashboard) use self::days::drift;

type Filled = Result<Value, Problem>;

/// Controls that the overview names.
const WORST: usize = 8;
/// Days of drift on the overview.
const DAYS: usize = 30;
/// Certificates that the overview names.
const SOONEST: usize = 5;
/// Changes, certificates and ways of being reached that a host's page lists.
const OF_A_HOST: usize = 200;
/// States that its strips are drawn from: of all controls together, and of how it was reached.
const SPANS: usize = 20_000;

/// How many there are in a state.
#[derive(Serialize)]
struct Counted {
    word: &'static str,
    count: u64,
}

fn counted(counts: Vec<(&'static str, u64)>) -> Vec<Counted> {
    let item = |(word, count)| Counted { word, count };
    counts.into_iter().map(item).collect()
}

fn by_state(tallies: &Tallies) -> Vec<(&'static str, u64)> {
    State::ALL
        .into_iter()
        .map(|state| (state.word(), tallies.of(state)))
        .collect()
}

fn differing(hosts: &Tallies) -> u64 {
    hosts.drift + hosts.overridden + hosts.failed
}

/// The first page: the fleet at a glance.
pub(in crate::dashboard) fn overview(look: &Look<'_>) -> Filled {
    let history = look.history()?;
    let fleet = history.fleet(look.now)?;
    let states: Vec<(&'static str, u64)> = HostState::ALL
        .into_iter()
        .map(|state| (state.word(), fleet.by_state.get(&state).copied()))
        .map(|(word, count)| (word, count.unwrap_or_default()))
        .collect();
    let mut worst: Vec<&ControlRow> = fleet
        .controls
        .iter()
        .filter(|row| differing(&row.hosts) > 0)
        .collect();
    worst.sort_by_key(|row| Reverse(differing(&row.hosts)));
    worst.truncate(WORST);
    let soonest = history.certificates(Timestamp::MAX, (0, SOONEST))?;
    let days = history.days(look.now, DAYS, None)?;
    let drifting: Vec<u64> = days.iter().map(|day| day.drifting).collect();
    let plot = Plot {
        y: 4.0,
        height: 106.0,
    };
    Ok(filled! {
        spread => drawing::spread(&states),
        states => counted(states),
        worst => worst,
        soonest => soonest.certificates,
        drift => filled! {
            days => DAYS,
            now => drifting.last().copied().unwrap_or_default(),
            bars => drawing::columns(&drifting, plot, 0).columns,
        },
        fleet => fleet,
    })
}

/// Hosts and controls: the table that stands there without scripts.
pub(in crate::dashboard) fn hosts(look: &Look<'_>) -> Filled {
    let ask = look.ask;
    let page = look.history()?.hosts(&api::filter(ask))?;
    let next = page.next.as_deref();
    Ok(filled! {
        next => next.map(|next| ask.query_with(&[("after", next)])),
        first => ask.query_with(&[("after", "")]),
        asked => filled! {
            q => ask.text("q"),
            state => ask.word("state"),
            sort => ask.word("sort"),
            group => ask.word("group"),
            after => ask.text("after"),
        },
        states => ANY_HOST_STATE,
        page => page,
    })
}

/// One host with its history.
pub(in crate::dashboard) fn host(look: &Look<'_>) -> Filled {
    let history = look.history()?;
    let name = look.ask.text("host");
    let view = history
        .host(name, OF_A_HOST)?
        .ok_or_else(|| Problem::missing("host"))?;
    let from = strips::begin(&view, look.now);
    let spans = history.spans(name, from, SPANS)?;
    Ok(filled! {
        strips => strips::of(&view, &spans, (from, look.now)),
        is_whole => spans.is_whole,
        from => from,
        view => view,
    })
}

/// A control with its bar.
#[derive(Serialize)]
struct Spread<'r> {
    row: &'r ControlRow,
    spread: Vec<Segment>,
}

/// Every control.
pub(in crate::dashboard) fn controls(look: &Look<'_>) -> Filled {
    let history = look.history()?;
    let fleet = history.fleet(look.now)?;
    let rows: Vec<Spread<'_>> = fleet
        .controls
        .iter()
        .map(|row| Spread {
            row,
            spread: drawing::spread(&by_state(&row.hosts)),
        })
        .collect();
    Ok(filled! {
        rows => rows,
        waivers => history.waivers(api::MOST_WAIVERS)?,
    })
}

/// The links of a page with a number.
fn pager(look: &Look<'_>, total: u64) -> Value {
    let (from, limit) = api::numbered_page(look.ask);
    let number = |index: usize| u64::try_from(index).unwrap_or(u64::MAX);
    let page = look.ask.count("page");
    let to = |page: usize| look.ask.query_with(&[("page", &page.to_string())]);
    let end = number(from.saturating_add(limit));
    filled! {
        first => (number(from) + 1).min(total),
        last => end.min(total),
        total => total,
        previous => (page > 1).then(|| to(page - 1)),
        next => (end < total).then(|| to(page + 1)),
    }
}

/// One control over all hosts.
pub(in crate::dashboard) fn control(look: &Look<'_>) -> Filled {
    let word = look.ask.word("state");
    let page = api::numbered_page(look.ask);
    let view = look
        .history()?
        .control(look.ask.text("control"), State::from_word(word), page)?
        .ok_or_else(|| Problem::missing("control"))?;
    let states = by_state(&view.control.hosts);
    let there = states.iter().copied().filter(|(_, count)| *count > 0);
    Ok(filled! {
        spread => drawing::spread(&states),
        states => counted(there.collect()),
        all => view.control.hosts.total(),
        pager => pager(look, view.total),
        asked => filled! { state => word },
        view => view,
    })
}

/// Runs.
pub(in crate::dashboard) fn runs(look: &Look<'_>) -> Filled {
    let ask = look.ask;
    let some = api::some_runs(look)?;
    let next = some.next.as_deref();
    Ok(filled! {
        next => next.map(|next| ask.query_with(&[("after", next)])),
        first => ask.query_with(&[("after", "")]),
        asked => filled! { job => ask.text("job"), after => ask.text("after") },
        runs => some.runs,
    })
}

/// One run, and what is otherwise since the one before.
pub(in crate::dashboard) fn run(look: &Look<'_>) -> Filled {
    let run = api::one_run(look)?;
    let earlier = look.history()?.run_before(&run.run)?;
    let diff = match &earlier {
        Some(earlier) => Some(api::between(look, &earlier.run, &run.run)?),
        None => None,
    };
    let next = diff.as_ref().and_then(|diff| diff.next.as_deref());
    Ok(filled! {
        next => next.map(|next| look.ask.query_with(&[("after", next)])),
        entries => diff.as_ref().map(|diff| &diff.entries),
        earlier => earlier,
        run => run,
    })
}

/// The service's jobs.
#[expect(clippy::unnecessary_wraps, reason = "it is one of many pages")]
pub(in crate::dashboard) fn jobs(look: &Look<'_>) -> Filled {
    Ok(filled! { jobs => api::job_rows(look) })
}

/// How long a day is.
const DAY: SignedDuration = SignedDuration::from_hours(24);
