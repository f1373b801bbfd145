//! Facts about what a history costs; `cargo bench --bench history` measures a whole year.

use std::time::Duration;

use super::run::Store;

#[path = "../../../benches/history/year.rs"]
mod year;

/// A few days of a small fleet are enough to see whether equal results cost anything.
#[test]
fn what_does_not_change_takes_no_room() {
    let measure = |days| {
        let store = Store::new();
        let (hosts, controls) = (100, 20);
        let scale = year::Scale {
            days,
            hosts,
            controls,
        };
        year::measure(scale, store.folder()).unwrap()
    };
    let (one, many) = (measure(1), measure(30));
    assert_eq!(many.results, 30 * one.results);
    assert_eq!(many.runs.len(), 30);
    // Tens of milliseconds are the rule; what walks through the whole file for each row takes minutes.
    let slow = Duration::from_secs(20);
    assert!(many.open < slow, "{:?}", many.open);
    assert!(many.reads.values().all(|taken| *taken < slow), "{many:?}");
    // About one in a hundred turns each day, not one in one.
    assert!(
        many.bytes < 2 * one.bytes,
        "{} after {}",
        many.bytes,
        one.bytes
    );
}
