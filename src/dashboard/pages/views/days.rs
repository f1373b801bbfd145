//! Drift day by day, as two charts and a table.

use minijinja::Value;

use super::Filled;
use crate::dashboard::drawing;
use crate::dashboard::drawing::Bar;
use crate::dashboard::drawing::Column;
use crate::dashboard::drawing::Plot;
use crate::dashboard::drawing::Tick;
use crate::dashboard::look::Look;
use crate::history::view::Day;

/// Days that are named below a chart, at most.
const NAMED: usize = 6;
/// Of more days than this, the months are named.
const LONG: usize = 180;

/// The page.
pub(in crate::dashboard) fn drift(look: &Look<'_>) -> Filled {
    let shown = look.ask.count("days");
    let mut days = look.history()?.days(look.now, shown, None)?;
    let chart = chart(&days);
    days.reverse();
    Ok(filled! { shown => shown, chart => chart, days => days })
}

fn chart(days: &[Day]) -> Value {
    let dates: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    let values = |of: fn(&Day) -> u64| days.iter().map(of).collect::<Vec<u64>>();
    let plot = |y, height| Plot { y, height };
    let drifting = values(|day| day.drifting);
    let began = values(|day| day.began);
    let ended = values(|day| day.ended);
    let most = began.iter().chain(&ended).copied().max().unwrap_or(0);
    let first = drawing::columns(&drifting, plot(20.0, 170.0), 0);
    let up = drawing::columns(&began, plot(20.0, 90.0), most);
    let down = drawing::hanging(&ended, plot(110.0, 90.0), most);
    let named = if days.len() > LONG { "%b %Y" } else { "%b %-d" };
    let step = days.len().div_ceil(NAMED).max(1);
    let ticks: Vec<Tick> = first
        .columns
        .iter()
        .zip(days)
        .step_by(step)
        .map(|(column, day)| Tick::below(column, day.date.strftime(named).to_string()))
        .collect();
    filled! {
        top => first.top,
        moved_top => up.top,
        ticks => ticks,
        drifting => bars(first.columns, &drifting, &dates),
        began => bars(up.columns, &began, &dates),
        ended => bars(down, &ended, &dates),
    }
}

fn bars(columns: Vec<Column>, counts: &[u64], dates: &[String]) -> Vec<Bar> {
    let with = columns.into_iter().zip(counts).zip(dates);
    with.map(|((column, count), label)| Bar {
        column,
        count: *count,
        label: label.clone(),
        word: "",
    })
    .collect()
}
