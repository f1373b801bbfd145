//! What holds for every schedule at every time.

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::prop_oneof;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use proptest::sample::select;
use rdpfix::event::RunMode;
use rdpfix::job::Access;

use crate::job::job;

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Pacific/Apia",
];

fn schedule() -> impl Strategy<Value = String> {
    let cron = prop_oneof![
        (0..60_u8, 0..24_u8).prop_map(|(minute, hour)| format!("{minute} {hour} * * *")),
        (1..30_u8, 0..5_u8).prop_map(|(step, hour)| format!("*/{step} {hour} * * *")),
        (1..59_u8).prop_map(|step| format!("*/{step} * * * *")),
        (0..24_u8, 1..29_u8, 0..7_u8)
            .prop_map(|(hour, day, week)| format!("0 {hour} {day} * {week}")),
        (0..24_u8).prop_map(|hour| format!("15 {hour} L * *")),
    ];
    prop_oneof![
        cron.prop_map(|cron| format!("cron: '{cron}'")),
        (1..5000_u32).prop_map(|minutes| format!("every: {minutes}m")),
    ]
}

fn window() -> impl Strategy<Value = String> {
    let time = || {
        (0..24_u8, select(vec![0_u8, 15, 30]))
            .prop_map(|(hour, minute)| format!("'{hour:02}:{minute:02}'"))
    };
    let days = select(vec![
        "",
        "days: [sat, sun], ",
        "dates: 2026-03-29, ",
        "days: [wed], dates: 2026-10-20..2026-10-28, ",
    ]);
    (days, time(), time())
        .prop_filter("a window has a length", |(_, from, to)| from != to)
        .prop_map(|(days, from, to)| format!("{{{days}from: {from}, to: {to}}}"))
}

/// Around the changes of 2026, to the second.
fn moment() -> impl Strategy<Value = Timestamp> {
    let year = 1_767_225_600..1_798_761_600_i64;
    let spring = 1_774_700_000..1_774_800_000_i64;
    let autumn = 1_792_850_000..1_792_950_000_i64;
    prop_oneof![year, spring, autumn].prop_map(|second| Timestamp::from_second(second).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_next_time_is_later_and_nothing_lies_between(
        schedule in schedule(),
        zone in select(&ZONES[..]),
        splay in select(vec!["", "splay: 10m, ", "splay: 7h, "]),
        after in moment(),
        between in 0..100_000_i64,
    ) {
        let job = job(&format!("{schedule}, {splay}time_zone: {zone}"));
        let next = job.next(after).unwrap();
        prop_assert!(next > after);
        // Whoever asks a little later gets the same or a later one, and never one that was passed over.
        let later = after + SignedDuration::from_secs(between);
        let found = job.next(later).unwrap();
        prop_assert!(found >= next);
        prop_assert_eq!(found == next, later < next);
        let runs: Vec<Timestamp> = job.runs(after).take(5).collect();
        prop_assert!(runs.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn a_job_that_applies_runs_within_its_windows_only(
        schedule in schedule(),
        zone in select(&ZONES[..]),
        windows in (window(), window()),
        after in moment(),
    ) {
        let (window, blackout) = windows;
        let job = job(&format!(
            "{schedule}, mode: apply, time_zone: {zone}, windows: [{window}], blackouts: [{blackout}]"
        ));
        for run in job.runs(after).take(3) {
            prop_assert_eq!(job.mode_at(run).run, Some(RunMode::Apply));
            let is_open = matches!(job.window(run), Access::Open { .. });
            prop_assert!(is_open);
            let civil = job.zone.rules.to_datetime(run);
            prop_assert!(job.windows[0].covers(civil) && !job.blackouts[0].covers(civil));
        }
    }

    #[test]
    fn a_window_stays_as_it_is_until_the_moment_that_it_names(
        zone in select(&ZONES[..]),
        windows in (window(), window()),
        now in moment(),
        part in 0.0..1.0_f64,
    ) {
        let (window, blackout) = windows;
        let job = job(&format!(
            "every: 1h, mode: apply, time_zone: {zone}, windows: [{window}], blackouts: [{blackout}]"
        ));
        let is_open = |at: Timestamp| {
            let civil = job.zone.rules.to_datetime(at);
            job.windows[0].covers(civil) && !job.blackouts[0].covers(civil)
        };
        let (open, until) = match job.window(now) {
            Access::Open { until } => (true, until),
            Access::Closed { until, .. } => (false, until),
        };
        prop_assert_eq!(open, is_open(now));
        let Some(until) = until else { return Ok(()); };
        prop_assert!(until > now);
        prop_assert_eq!(is_open(until), !open);
        let before = until - SignedDuration::from_nanos(1);
        prop_assert_eq!(is_open(before), open);
        let within = now + until.duration_since(now).mul_f64(part);
        prop_assert_eq!(is_open(within.min(before)), open);
    }

    #[test]
    fn as_much_is_missed_as_would_have_been_run(
        schedule in schedule(),
        zone in select(&ZONES[..]),
        last in moment(),
        hours in 0..200_i64,
    ) {
        let job = job(&format!("{schedule}, time_zone: {zone}"));
        let now = last + SignedDuration::from_hours(hours);
        let passed = job.runs(last).take_while(|at| *at <= now).take(1000).count();
        let missed = job.missed(Some(last), now);
        prop_assert_eq!(missed.map_or(0, |missed| missed.count), passed);
    }
}
