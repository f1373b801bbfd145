//! What runs do, and which were missed.

use jiff::Timestamp;
use rdpfix::event::RunMode;
use rdpfix::job::Access;
use rdpfix::job::Reason;

use crate::job::file;
use crate::job::job;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// In these windows changes may be made in the nights from Friday to Sunday, and at Christmas never.
const NIGHTS: &str = "time_zone: Europe/Berlin, windows: [{days: [fri, sat], from: '22:00', to: '05:00'}], blackouts: [{dates: 2026-12-20..2027-01-06}]";

#[test]
fn windows_and_blackouts_decide_what_a_run_does() {
    // 20 November 2026 is a Friday.
    for (time, shut) in [
        ("2026-11-20T20:59:59Z", Some(Reason::WindowClosed)),
        ("2026-11-20T21:00:00Z", None),
        ("2026-11-21T03:59:59Z", None),
        ("2026-11-21T04:00:00Z", Some(Reason::WindowClosed)),
        // The night that begins on Saturday ends on Sunday, and Sunday has none of its own.
        ("2026-11-22T03:00:00Z", None),
        ("2026-11-22T22:00:00Z", Some(Reason::WindowClosed)),
        ("2026-12-25T22:00:00Z", Some(Reason::Blackout)),
        ("2027-01-08T22:00:00Z", None),
        // The window began before the blackout, which goes from midnight to midnight.
        ("2026-12-19T22:59:59Z", None),
        ("2026-12-19T23:00:00Z", Some(Reason::Blackout)),
    ] {
        let expected = |open, closed| match shut {
            None => (Some(open), Reason::WindowOpen),
            Some(reason) => (closed, reason),
        };
        for (mode, expected) in [
            ("apply", expected(RunMode::Apply, None)),
            (
                "audit-then-apply-in-window",
                expected(RunMode::Apply, Some(RunMode::Check)),
            ),
            ("audit", (Some(RunMode::Check), Reason::AuditOnly)),
        ] {
            let job = job(&format!("every: 1h, mode: {mode}, {NIGHTS}"));
            let order = job.mode_at(at(time));
            assert_eq!((order.run, order.reason), expected, "{mode} at {time}");
        }
        let job = job(&format!("every: 1h, mode: apply, {NIGHTS}"));
        let is_open = matches!(job.window(at(time)), Access::Open { .. });
        assert_eq!(is_open, shut.is_none(), "{time}");
    }
}

#[test]
fn a_job_without_windows_corrects_at_any_time() {
    let job = job("every: 1h, mode: apply");
    let order = job.mode_at(Timestamp::UNIX_EPOCH);
    assert_eq!(
        (order.run, order.reason),
        (Some(RunMode::Apply), Reason::Unbounded)
    );
    assert_eq!(
        job.window(Timestamp::UNIX_EPOCH),
        Access::Open { until: None }
    );
}

#[test]
fn the_end_of_a_window_is_known_while_it_is_open_and_its_begin_while_it_is_not() {
    let job = job(&format!("every: 1h, mode: apply, {NIGHTS}"));
    assert_eq!(
        job.window(at("2026-11-20T22:00:00Z")),
        Access::Open {
            until: Some(at("2026-11-21T04:00:00Z"))
        }
    );
    assert_eq!(
        job.window(at("2026-11-22T12:00:00Z")),
        Access::Closed {
            until: Some(at("2026-11-27T21:00:00Z")),
            reason: Reason::WindowClosed
        }
    );
    assert_eq!(
        job.window(at("2026-12-24T12:00:00Z")),
        Access::Closed {
            until: Some(at("2027-01-08T21:00:00Z")),
            reason: Reason::Blackout
        }
    );
}

#[test]
fn a_job_that_applies_has_no_times_outside_its_windows() {
    let job = job(&format!("cron: 0 */6 * * *, mode: apply, {NIGHTS}"));
    let runs: Vec<String> = job
        .runs(at("2026-11-20T12:00:00Z"))
        .take(4)
        .map(|run| run.to_string())
        .collect();
    assert_eq!(
        runs,
        [
            "2026-11-20T23:00:00Z",
            "2026-11-21T23:00:00Z",
            "2026-11-27T23:00:00Z",
            "2026-11-28T23:00:00Z"
        ]
    );
}

#[test]
fn seconds_do_not_pass_one_by_one_until_a_window_opens() {
    let job = job("every: 1s, mode: apply, windows: [{dates: 2030-01-01}]");
    assert_eq!(
        job.next(at("2026-01-01T00:00:00Z")),
        Some(at("2030-01-01T00:00:00Z"))
    );
}

#[test]
fn missed_times_are_counted_and_made_up_for_once() {
    let now = at("2026-11-20T12:30:00Z");
    let made_up = job("every: 1h")
        .missed(Some(at("2026-11-20T08:00:00Z")), now)
        .unwrap();
    assert_eq!(
        (made_up.first, made_up.count),
        (at("2026-11-20T09:00:00Z"), 4)
    );
    assert_eq!(made_up.makes_up, Some(RunMode::Check));

    let let_go = job("every: 1h, missed: skip");
    let let_go = let_go
        .missed(Some(at("2026-11-20T08:00:00Z")), now)
        .unwrap();
    assert_eq!((let_go.count, let_go.makes_up), (4, None));

    for (last, passed) in [
        (None, None),
        (Some("2026-11-20T12:00:00Z"), None),
        (Some("2026-11-20T11:00:00Z"), Some(1)),
        (Some("2016-11-20T11:00:00Z"), Some(1000)),
        // A clock that was put back.
        (Some("2036-11-20T11:00:00Z"), None),
    ] {
        let missed = job("every: 1h").missed(last.map(at), now);
        assert_eq!(missed.map(|missed| missed.count), passed, "{last:?}");
    }
}

#[test]
fn what_was_missed_is_not_made_up_for_while_the_window_is_closed() {
    let job = job("every: 1h, mode: apply, windows: [{from: '22:00', to: '05:00'}]");
    let last = Some(at("2026-11-20T00:00:00Z"));
    let by_day = job.missed(last, at("2026-11-20T12:00:00Z")).unwrap();
    assert_eq!((by_day.count, by_day.makes_up), (4, None));
    let by_night = job.missed(last, at("2026-11-20T22:30:00Z")).unwrap();
    assert_eq!(
        (by_night.count, by_night.makes_up),
        (5, Some(RunMode::Apply))
    );
}

#[test]
fn a_splay_moves_the_job_or_its_hosts_always_by_the_same() {
    let by_job = job("cron: '@daily', splay: 10m");
    let offset = by_job.offset();
    assert!(offset.as_secs() > 0 && offset.as_secs() < 600, "{offset:?}");
    let midnight = at("2026-11-21T00:00:00Z");
    let runs: Vec<Timestamp> = by_job.runs(at("2026-11-20T12:00:00Z")).take(2).collect();
    assert_eq!(runs[0], midnight + offset);
    assert_eq!(
        runs[1],
        midnight + offset + jiff::SignedDuration::from_hours(24)
    );
    assert_eq!(
        by_job.next(runs[0] - jiff::SignedDuration::from_nanos(1)),
        Some(runs[0])
    );
    assert_eq!(by_job.host_offset("web01").as_secs(), 0);

    let by_host = job("cron: '@daily', splay: {up_to: 10m, by: host}");
    assert_eq!(by_host.next(at("2026-11-20T12:00:00Z")), Some(midnight));
    let offsets = ["web01", "web02", "web01"].map(|host| by_host.host_offset(host));
    assert_ne!(offsets[0], offsets[1]);
    assert_eq!(offsets[0], offsets[2]);
}

#[test]
fn the_splay_counts_when_windows_are_looked_at() {
    let text = "jobs:\n- {name: j, playbook: p, inventory: h, cron: 55 4 * * *, splay: 10m, mode: apply, windows: [{from: '22:00', to: '05:00'}]}\n";
    let job = &file(text).jobs[0];
    // 04:55 and more than five minutes is after the end.
    assert!(job.offset().as_secs() > 300, "{:?}", job.offset());
    assert_eq!(job.next(at("2026-11-20T12:00:00Z")), None);
}
