//! What a year of history costs: `cargo bench --bench history`, with `-- --quick` a small one.
//!
//! The aims are checked: a breach fails the benchmark.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time with the system's clock"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod year;

use std::time::Duration;

use anyhow::ensure;

use crate::year::Scale;
use crate::year::measure;

/// A year of daily runs.
const YEAR: Scale = Scale {
    days: 365,
    hosts: 10_000,
    controls: 50,
};
/// A month of a small fleet.
const QUICK: Scale = Scale {
    days: 30,
    hosts: 500,
    controls: 20,
};
/// Bytes of the file at most.
const SIZE: u64 = 1_000_000_000;
/// What recording one run may take.
const RECORDING: Duration = Duration::from_secs(5);
/// What one read may take.
const READING: Duration = Duration::from_millis(100);

fn main() -> anyhow::Result<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let scale = if is_quick { QUICK } else { YEAR };
    let folder = tempfile::tempdir()?;
    let figures = measure(scale, folder.path())?;
    println!(
        "{} runs of {} hosts with {} controls: {} results",
        scale.days, scale.hosts, scale.controls, figures.results
    );
    println!("{:>22} {:>9} MB", "file", figures.bytes / 1_000_000);
    let mut breaches = Vec::new();
    if figures.bytes > SIZE {
        breaches.push(format!("  the file has {} bytes", figures.bytes));
    }
    let slowest = figures.runs.iter().max();
    for (name, taken) in [
        ("first run", figures.runs.first()),
        ("last run", figures.runs.last()),
        ("slowest run", slowest),
    ] {
        let taken = taken.copied().unwrap_or_default();
        println!("{name:>22} {:>9} ms", taken.as_millis());
        if taken > RECORDING {
            breaches.push(format!("  {name}: {} ms", taken.as_millis()));
        }
    }
    println!(
        "{:>22} {:>9} ms",
        "open and check",
        figures.open.as_millis()
    );
    for (name, taken) in &figures.reads {
        println!("{name:>22} {:>9.1} ms", taken.as_secs_f64() * 1000.0);
        if *taken > READING {
            breaches.push(format!("  {name}: {} ms", taken.as_millis()));
        }
    }
    ensure!(breaches.is_empty(), "missed:\n{}", breaches.join("\n"));
    println!("all aims reached");
    Ok(())
}
