//! Drift day by day, as two charts and a table.

use minijinja::Value;
use serde::Serialize;

use super::Filled;
use crate::dashboard::drawing;
use crate::dashboard::drawing::Column;
use crate::dashboard::drawing::Plot;
use crate::dashboard::look::Look;
use crate::history::view::Day;

#[derive(Serialize)]
struct Bar<'d> {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    count: u64,
    label: &'d str,
}

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
    let plot = |y, height| Plot {
        left: 40.0,
        y,
        height,
    };
    let drifting = values(|day| day.drifting);
    let began = values(|day| day.began);
    let ended = values(|day| day.ended);
    let most = began.iter().chain(&ended).copied().max().unwrap_or(0);
    let first = drawing::columns(&drifting, plot(10.0, 180.0), 0);
    let up = drawing::columns(&began, plot(10.0, 90.0), most);
    let down = drawing::hanging(&ended, plot(100.0, 90.0), most);
    let step = (days.len() / 6).max(1);
    let ticks: Vec<Value> = first
        .columns
        .iter()
        .zip(&dates)
        .step_by(step)
        .map(|(column, label)| filled! { x => column.x, label => label })
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

fn bars<'d>(columns: Vec<Column>, counts: &[u64], dates: &'d [String]) -> Vec<Bar<'d>> {
    let with = columns.into_iter().zip(counts).zip(dates);
    with.map(|((column, count), label)| Bar {
        x: column.x,
        y: column.y,
        width: column.width,
        height: column.height,
        count: *count,
        label,
    })
    .collect()
}
