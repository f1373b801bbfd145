//! Days on which clocks are changed. In Berlin, 29 March 2026 has no time from 02:00 to 03:00, and 25 October has it twice.

use jiff::Timestamp;
use rdpfix::job::Access;

use crate::job::job;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next moments of a schedule, in UTC, as days and times.
fn next(keys: &str, after: &str, count: usize) -> Vec<String> {
    let job = job(keys);
    let runs = job.runs(at(after)).take(count);
    runs.map(|run| run.strftime("%m-%d %H:%M").to_string())
        .collect()
}

const BERLIN: &str = "time_zone: Europe/Berlin";

#[test]
fn a_time_that_is_skipped_is_run_right_after_the_gap() {
    let keys = format!("cron: 30 2 * * *, {BERLIN}");
    assert_eq!(
        next(&keys, "2026-03-27T12:00:00Z", 4),
        ["03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30"]
    );
}

#[test]
fn several_times_that_are_skipped_are_run_once() {
    let keys = format!("cron: '*/20 2 * * *', {BERLIN}");
    assert_eq!(
        next(&keys, "2026-03-28T12:00:00Z", 3),
        ["03-29 01:00", "03-30 00:00", "03-30 00:20"]
    );
}

#[test]
fn a_time_that_comes_twice_is_run_the_first_time() {
    let keys = format!("cron: 30 2 * * *, {BERLIN}");
    assert_eq!(
        next(&keys, "2026-10-24T12:00:00Z", 2),
        ["10-25 00:30", "10-26 01:30"]
    );
    // Also for whoever asks between the two, or within the second hour.
    for after in [
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:29:00Z",
    ] {
        assert_eq!(next(&keys, after, 1), ["10-26 01:30"], "{after}");
    }
}

#[test]
fn what_is_due_every_hour_goes_on_through_both() {
    let keys = format!("cron: '*/30 * * * *', {BERLIN}");
    let expected = ["00:30", "01:00", "01:30", "02:00", "02:30"];
    for day in ["03-29", "10-25"] {
        let after = format!("2026-{day}T00:00:00Z");
        let found = next(&keys, &after, expected.len());
        let expected = expected.map(|time| format!("{day} {time}"));
        assert_eq!(found, expected);
    }
}

#[test]
fn some_hours_of_the_day_are_never_run_twice() {
    let keys = format!("cron: 0 */2 * * *, {BERLIN}");
    assert_eq!(
        next(&keys, "2026-10-24T21:00:00Z", 4),
        ["10-24 22:00", "10-25 00:00", "10-25 03:00", "10-25 05:00"]
    );
    assert_eq!(
        next(&keys, "2026-03-28T22:00:00Z", 4),
        ["03-28 23:00", "03-29 01:00", "03-29 02:00", "03-29 04:00"]
    );
}

#[test]
fn time_that_passes_knows_no_clock_changes() {
    let keys = format!("every: 6h, {BERLIN}");
    for day in ["2026-03-29", "2026-10-25"] {
        let found = next(&keys, &format!("{day}T00:00:00Z"), 3);
        let times: Vec<&str> = found
            .iter()
            .map(|run| run.split_once(' ').unwrap().1)
            .collect();
        assert_eq!(times, ["06:00", "12:00", "18:00"]);
    }
}

#[test]
fn a_day_that_a_country_left_out_is_made_up_for_at_the_beginning_of_the_next() {
    // Samoa had no 30 December 2011.
    assert_eq!(
        next(
            "cron: 0 12 30 12 *, time_zone: Pacific/Apia",
            "2011-12-01T00:00:00Z",
            1
        ),
        ["12-30 10:00"]
    );
}

#[test]
fn half_an_hour_is_a_change_too() {
    // Lord Howe goes from 02:00 to 02:30 on 4 October 2026, and back on 5 April.
    let keys = "cron: 15 2 * * *, time_zone: Australia/Lord_Howe";
    assert_eq!(next(keys, "2026-10-03T12:00:00Z", 1), ["10-03 15:30"]);
    let keys = "cron: 45 1 * * *, time_zone: Australia/Lord_Howe";
    assert_eq!(
        next(keys, "2026-04-04T12:00:00Z", 2),
        ["04-04 14:45", "04-05 15:15"]
    );
}

/// When changes may be made, as pairs of beginning and end in UTC.
fn openings(keys: &str, from: &str, count: usize) -> Vec<(String, String)> {
    let job = job(&format!("every: 1h, mode: apply, {keys}"));
    let mut now = at(from);
    let mut found = Vec::new();
    while found.len() < count {
        match job.window(now) {
            Access::Open { until } => {
                let shown = |at: Timestamp| at.strftime("%m-%d %H:%M").to_string();
                let until = until.unwrap();
                found.push((shown(now), shown(until)));
                now = until;
            }
            Access::Closed { until, .. } => now = until.unwrap(),
        }
    }
    found
}

fn pair(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn windows_go_by_the_wall() {
    let night = format!("windows: [{{from: '01:30', to: '02:30'}}], {BERLIN}");
    assert_eq!(
        openings(&night, "2026-03-28T12:00:00Z", 2),
        // At the end of the first the wall goes from 02:00 to 03:00.
        [
            pair("03-29 00:30", "03-29 01:00"),
            pair("03-29 23:30", "03-30 00:30")
        ]
    );
    assert_eq!(
        openings(&night, "2026-10-24T12:00:00Z", 3),
        [
            pair("10-24 23:30", "10-25 00:30"),
            // It is 02:00 again.
            pair("10-25 01:00", "10-25 01:30"),
            pair("10-26 00:30", "10-26 01:30"),
        ]
    );
}

#[test]
fn a_window_within_the_gap_does_not_open() {
    let keys = format!("windows: [{{from: '02:00', to: '03:00'}}], {BERLIN}");
    assert_eq!(
        openings(&keys, "2026-03-28T12:00:00Z", 1),
        [pair("03-30 00:00", "03-30 01:00")]
    );
}

#[test]
fn a_night_over_the_change_is_an_hour_shorter_or_longer() {
    let keys = format!("windows: [{{from: '22:00', to: '05:00'}}], {BERLIN}");
    assert_eq!(
        openings(&keys, "2026-03-28T12:00:00Z", 1),
        [pair("03-28 21:00", "03-29 03:00")]
    );
    assert_eq!(
        openings(&keys, "2026-10-24T12:00:00Z", 1),
        [pair("10-24 20:00", "10-25 04:00")]
    );
}

#[test]
fn an_hour_that_comes_twice_around_midnight_opens_twice() {
    // Havana goes back from 01:00 to 00:00 on 1 November 2026; the Azores from 01:00 to 00:00 on 25 October.
    let keys = "windows: [{from: '00:15', to: '00:45'}], time_zone: America/Havana";
    assert_eq!(
        openings(keys, "2026-10-31T12:00:00Z", 2),
        [
            pair("11-01 04:15", "11-01 04:45"),
            pair("11-01 05:15", "11-01 05:45")
        ]
    );
}
