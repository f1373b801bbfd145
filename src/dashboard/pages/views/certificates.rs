//! When certificates end: how many are how close, and week by week.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::Value;
use serde::Serialize;

use super::DAY;
use super::Filled;
use super::pager;
use crate::dashboard::api;
use crate::dashboard::drawing;
use crate::dashboard::drawing::Bar;
use crate::dashboard::drawing::Plot;
use crate::dashboard::drawing::Tick;
use crate::dashboard::look::Look;
use crate::history::view::CertificateRow;

/// Weeks of the chart: the coming year, after one column for those that have ended.
const WEEKS: usize = 52;
/// Certificates that the chart counts at most.
const COUNTED: usize = 200_000;

/// Those that end within so many days, in words and in one word.
const BUCKETS: [(&str, &str, i64); 4] = [
    ("ended", "ended", 0),
    ("end within a week", "week", 7),
    ("end within 30 days", "month", 30),
    ("end within 90 days", "quarter", 90),
];

#[derive(Serialize)]
struct Bucket {
    name: &'static str,
    word: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Row {
    row: CertificateRow,
    word: &'static str,
}

/// How close a moment is, in one word.
fn closeness(left: SignedDuration) -> &'static str {
    BUCKETS
        .iter()
        .find(|(_, _, days)| left < day(*days))
        .map_or("compliant", |(_, word, _)| word)
}

fn day(number: i64) -> SignedDuration {
    SignedDuration::from_hours(number.saturating_mul(24))
}

/// The page.
pub(in crate::dashboard) fn certificates(look: &Look<'_>) -> Filled {
    let history = look.history()?;
    let page = history.certificates(Timestamp::MAX, api::numbered_page(look.ask))?;
    let year = look.now.saturating_add(day(366)).unwrap_or(Timestamp::MAX);
    let soon = history.certificates(year, (0, COUNTED))?;
    let left: Vec<SignedDuration> = soon
        .certificates
        .iter()
        .map(|row| row.not_after.duration_since(look.now))
        .collect();
    let rows: Vec<Row> = page
        .certificates
        .into_iter()
        .map(|row| Row {
            word: closeness(row.not_after.duration_since(look.now)),
            row,
        })
        .collect();
    Ok(filled! {
        rows => rows,
        buckets => buckets(&left),
        chart => chart(&left, look.now),
        pager => pager(look, page.total),
    })
}

fn buckets(left: &[SignedDuration]) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut from = None;
    for (name, word, days) in BUCKETS {
        let until = day(days);
        let within =
            |left: &&SignedDuration| **left < until && from.is_none_or(|from| **left >= from);
        buckets.push(Bucket {
            name,
            word,
            count: left.iter().filter(within).count(),
        });
        from = Some(until);
    }
    buckets
}

/// A column for those that have ended, then one for each week.
fn chart(left: &[SignedDuration], now: Timestamp) -> Value {
    let mut weeks = vec![0_u64; WEEKS + 1];
    for left in left {
        let week = left.as_secs().div_euclid(DAY.as_secs() * 7);
        let column = usize::try_from(week + 1).unwrap_or(0);
        if let Some(count) = weeks.get_mut(column) {
            *count += 1;
        }
    }
    let plot = Plot {
        y: 20.0,
        height: 170.0,
    };
    let columns = drawing::columns(&weeks, plot, 0);
    let mut bars = Vec::new();
    let mut ticks = Vec::new();
    for ((column, count), number) in columns.columns.into_iter().zip(weeks).zip(0_i64..) {
        let begin = day((number - 1) * 7);
        let date = now
            .saturating_add(begin)
            .unwrap_or(now)
            .to_zoned(TimeZone::UTC)
            .date();
        let label = match number {
            0 => "ended".to_owned(),
            _ => format!("week from {date}"),
        };
        match number {
            0 => ticks.push(Tick::below(&column, label.clone())),
            _ if number % 13 == 1 && number > 1 => {
                ticks.push(Tick::below(&column, date.strftime("%b %Y").to_string()));
            }
            _ => {}
        }
        bars.push(Bar {
            column,
            count,
            label,
            word: closeness(begin),
        });
    }
    filled! { top => columns.top, bars => bars, ticks => ticks }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::buckets;
    use super::closeness;
    use super::day;

    #[test]
    fn each_certificate_is_in_the_closest_bucket_only() {
        let left = [day(-1), day(1), day(6), day(29), day(89), day(200)];
        let counts: Vec<usize> = buckets(&left).iter().map(|bucket| bucket.count).collect();
        assert_eq!(counts, [1, 2, 1, 1]);
    }

    #[test]
    fn a_moment_is_in_the_closest_bucket() {
        assert_eq!(closeness(SignedDuration::from_secs(-1)), "ended");
        assert_eq!(closeness(day(3)), "week");
        assert_eq!(closeness(day(400)), "compliant");
    }
}
