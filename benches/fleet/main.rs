//! What a baseline audit of compliant hosts costs: `cargo bench --bench fleet`.
//!
//! The lab runs in a second process, so that the client's CPU and memory are its own. Sequential round trips are counted
//! through a proxy with a delay. Beside it, in the same run, a pypsrp script reads the same classes with 50 threads.
//! The budgets of the table are checked: a breach fails the benchmark.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and reads the process table"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../shared/lab.rs"]
mod lab;
#[path = "../shared/process.rs"]
mod process;
mod proxy;

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use anyhow::ensure;

use crate::lab::Lab;
use crate::process::Measured;
use crate::process::measure;
use crate::process::root;
use crate::process::text_of;

/// Requests, connections, sequential round trips, CPU milliseconds, peak megabytes, start-up milliseconds.
const MOST_REQUESTS: f64 = 20.0;
const MOST_CONNECTIONS: f64 = 3.0;
const MOST_ROUND_TRIPS: f64 = 10.0;
const MOST_CPU_MS: f64 = 8.0;
const MOST_PEAK_MB: f64 = 150.0;
const MOST_START_MS: f64 = 20.0;

/// Round-trip time that the proxy adds; large against everything that is computed.
const ROUND_TRIP: Duration = Duration::from_millis(100);

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut breaches = Vec::new();
    table(folder.path(), &mut breaches)?;
    let trips = round_trips(folder.path())?;
    println!("sequential round trips of one host, proof included: {trips:.0}");
    check(
        &mut breaches,
        1,
        "sequential round trips",
        (trips, MOST_ROUND_TRIPS),
    );
    let start = start_up()?;
    println!("start-up of `rdpfix --version`: {start:.1} ms (best of 20)");
    check(&mut breaches, 0, "start-up ms", (start, MOST_START_MS));
    beside_pypsrp(folder.path())?;
    ensure!(breaches.is_empty(), "over budget:\n{}", breaches.join("\n"));
    println!("all budgets kept");
    Ok(())
}

fn table(folder: &Path, breaches: &mut Vec<String>) -> anyhow::Result<()> {
    println!("baseline audit of compliant hosts, lab in a second process");
    println!(
        "{:>6} {:>9} {:>12} {:>9} {:>9} {:>12} {:>10}",
        "hosts", "wall s", "CPU ms/host", "peak MB", "req/host", "conn/host", "bytes/host"
    );
    for hosts in [1, 10, 100, 1000] {
        let row = audit_row(folder, hosts)?;
        println!(
            "{hosts:>6} {:>9.2} {:>12.2} {:>9.1} {:>9.1} {:>12.1} {:>10.0}",
            row.run.wall.as_secs_f64(),
            row.cpu_per_host(),
            row.run.peak_mb,
            row.requests,
            row.connections,
            row.bytes,
        );
        check(
            breaches,
            hosts,
            "requests per host",
            (row.requests, MOST_REQUESTS),
        );
        check(
            breaches,
            hosts,
            "connections per host",
            (row.connections, MOST_CONNECTIONS),
        );
        // Below a hundred hosts the start of the process is most of it.
        if hosts >= 100 {
            check(
                breaches,
                hosts,
                "client CPU ms per host",
                (row.cpu_per_host(), MOST_CPU_MS),
            );
        }
        check(breaches, hosts, "peak MB", (row.run.peak_mb, MOST_PEAK_MB));
    }
    Ok(())
}

fn check(breaches: &mut Vec<String>, hosts: usize, what: &str, (value, most): (f64, f64)) {
    if value > most {
        breaches.push(format!(
            "  {what} with {hosts} hosts: {value:.1}, at most {most}"
        ));
    }
}

/// One row of the table.
struct Row {
    run: Measured,
    hosts: usize,
    requests: f64,
    connections: f64,
    bytes: f64,
}

impl Row {
    fn cpu_per_host(&self) -> f64 {
        self.run.cpu.as_secs_f64() * 1000.0 / count(self.hosts)
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn audit_row(folder: &Path, hosts: usize) -> anyhow::Result<Row> {
    let lab = Lab::start(folder, hosts)?;
    audit(&lab.inventory, folder, hosts)
}

/// Audits once and reads the costs from the JSON lines.
fn audit(inventory: &Path, folder: &Path, hosts: usize) -> anyhow::Result<Row> {
    let results = folder.join("audit.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
    command
        .arg("audit")
        .arg(root().join("playbooks/rdp-baseline.yml"))
        .arg("-i")
        .arg(inventory);
    command
        .arg("--reporter")
        .arg(format!("jsonl:{}", results.display()));
    let run = measure(&mut command)?;
    let ends = host_ends(&results)?;
    ensure!(ends.len() == hosts, "{} of {hosts} hosts ended", ends.len());
    ensure!(
        run.code == Some(0),
        "the audit of compliant hosts exited with {:?}",
        run.code
    );
    let mean = |name: &str| {
        let sum: f64 = ends
            .iter()
            .filter_map(|end| end.get(name).and_then(serde_json::Value::as_f64))
            .sum();
        sum / count(hosts)
    };
    let (requests, connections) = (mean("requests"), mean("connections"));
    // The proof is one more connection to the host.
    Ok(Row {
        hosts,
        requests,
        connections: connections + 1.0,
        bytes: mean("bytes_sent") + mean("bytes_received"),
        run,
    })
}

fn host_ends(results: &Path) -> anyhow::Result<Vec<serde_json::Value>> {
    let text = std::fs::read_to_string(results)?;
    let lines: Result<Vec<serde_json::Value>, _> = text.lines().map(serde_json::from_str).collect();
    Ok(lines?
        .into_iter()
        .filter(|line| line.get("type").is_some_and(|kind| kind == "host_end"))
        .collect())
}

/// Wall time through a proxy with a delay, less wall time through one without, in units of the delay.
fn round_trips(folder: &Path) -> anyhow::Result<f64> {
    let lab = Lab::start(folder, 1)?;
    let mut durations = Vec::new();
    for delay in [Duration::ZERO, ROUND_TRIP] {
        let proxied = proxy::inventory_behind(&lab.inventory, folder, delay)?;
        let run = audit(&proxied.inventory, folder, 1)?;
        durations.push(run.run.wall.as_secs_f64());
    }
    let [plain, delayed] = durations.as_slice() else {
        anyhow::bail!("two runs were made");
    };
    // Trips are whole; what is beyond is the time that computing takes more or less of.
    Ok(((delayed - plain) / ROUND_TRIP.as_secs_f64()).round())
}

fn start_up() -> anyhow::Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let begin = Instant::now();
        Command::new(env!("CARGO_BIN_EXE_rdpfix"))
            .arg("--version")
            .output()?;
        best = best.min(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(best)
}

/// A baseline audit by pypsrp with 50 threads (it leaves out the certificate itself and the port filter), and by rdpfix, on the same lab.
fn beside_pypsrp(folder: &Path) -> anyhow::Result<()> {
    let python = root().join("target/peers/bin/python");
    if !python.exists() {
        println!(
            "skipped: no pypsrp beside it, `tests/run` makes {}",
            python.display()
        );
        return Ok(());
    }
    let hosts = 100;
    let lab = Lab::start(folder, hosts)?;
    let ours = audit(&lab.inventory, folder, hosts)?;
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/peers/audit_pypsrp.py"))
        .arg(&lab.inventory)
        .arg("50");
    let theirs = measure(&mut command)?;
    ensure!(
        theirs.code == Some(0),
        "the pypsrp script exited with {:?}",
        theirs.code
    );
    let ratio = |ours: Duration, theirs: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "pypsrp, 50 threads, reading no more of {hosts} hosts: {:.1} times the wall time, {:.1} times the client CPU, {:.1} times the memory",
        ratio(ours.run.wall, theirs.wall),
        ratio(ours.run.cpu, theirs.cpu),
        theirs.peak_mb / ours.run.peak_mb,
    );
    Ok(())
}
