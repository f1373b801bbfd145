//! Facts about what a history costs; `cargo bench --bench history` measures a whole year.

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
    assert!(many.open > std::time::Duration::ZERO);
    // About one in a hundred turns each day, not one in one.
    assert!(
        many.bytes < 2 * one.bytes,
        "{} after {}",
        many.bytes,
        one.bytes
    );
    let reads: Vec<&str> = many.reads.keys().copied().collect();
    assert_eq!(
        reads,
        [
            "certificates",
            "control",
            "days",
            "diff",
            "fleet",
            "host",
            "hosts",
            "intervals",
            "matrix",
            "run",
            "runs",
            "waivers"
        ]
    );
}
