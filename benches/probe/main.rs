//! What a probe of many hosts costs beside nmap's scripts and sslyze: `cargo bench --bench probe`.
//!
//! The lab runs in a second process and shares the machine's cores with whoever asks it. All clients ask the same
//! listeners in the same run; what is reported are ratios. nmap is asked for protocols, NTLM challenge and certificate,
//! less than what `rdpfix probe` asks. The aim is checked: a breach fails the benchmark.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and reads the process table"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../shared/lab.rs"]
mod lab;
#[path = "../shared/process.rs"]
mod process;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use anyhow::ensure;

use crate::lab::Lab;
use crate::process::Measured;
use crate::process::measure;
use crate::process::root;
use crate::process::text_of;

/// How many listeners there are.
const HOSTS: usize = 500;
/// sslyze takes seconds for a few; it is asked for so many.
const SSLYZE_HOSTS: usize = 20;
/// How many times nmap's throughput it shall be.
const AIM: f64 = 20.0;
/// Megabytes that 500 hosts may take.
const MOST_PEAK_MB: f64 = 150.0;

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let lab = Lab::start(folder.path(), HOSTS)?;
    let ports = ports(&lab.inventory)?;
    ensure!(ports.len() == HOSTS, "{} ports", ports.len());
    let ours = ours(&lab.inventory, folder.path())?;
    println!("{HOSTS} listeners of a lab in a second process, all on this machine's cores");
    println!(
        "{:>8} {:>6} {:>9} {:>13} {:>9}",
        "client", "hosts", "hosts/s", "CPU ms/host", "peak MB"
    );
    row("rdpfix", HOSTS, &ours);
    let mut breaches = Vec::new();
    if ours.peak_mb > MOST_PEAK_MB {
        breaches.push(format!("  {:.1} MB, at most {MOST_PEAK_MB}", ours.peak_mb));
    }
    if let Some(theirs) = nmap(&ports)? {
        row("nmap", HOSTS, &theirs);
        let times = rate(HOSTS, &ours) / rate(HOSTS, &theirs);
        println!("{times:.1} times nmap's throughput, aim {AIM}");
        if times < AIM {
            breaches.push(format!(
                "  {times:.1} times nmap's throughput, at least {AIM}"
            ));
        }
    }
    if let Some(theirs) = sslyze(&ports)? {
        row("sslyze", SSLYZE_HOSTS, &theirs);
        let times = rate(HOSTS, &ours) / rate(SSLYZE_HOSTS, &theirs);
        println!("{times:.1} times sslyze's throughput");
    }
    ensure!(breaches.is_empty(), "missed:\n{}", breaches.join("\n"));
    println!("all aims reached");
    Ok(())
}

fn rate(hosts: usize, run: &Measured) -> f64 {
    f64::from(u32::try_from(hosts).unwrap_or(u32::MAX)) / run.wall.as_secs_f64()
}

fn row(client: &str, hosts: usize, run: &Measured) {
    let each = f64::from(u32::try_from(hosts).unwrap_or(u32::MAX));
    println!(
        "{client:>8} {hosts:>6} {:>9.1} {:>13.2} {:>9.1}",
        rate(hosts, run),
        run.cpu.as_secs_f64() * 1000.0 / each,
        run.peak_mb
    );
}

/// The Remote Desktop ports of an inventory that a lab wrote.
fn ports(inventory: &Path) -> anyhow::Result<Vec<u16>> {
    let text = text_of(inventory)?;
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("rdp_port: "))
        .map(|port| port.parse().context("a port"))
        .collect()
}

/// Probes all hosts, and makes sure that they were seen.
fn ours(inventory: &Path, folder: &Path) -> anyhow::Result<Measured> {
    let results = folder.join("probe.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
    // The listeners take most of the cores: a deadline for one host must not measure that.
    command
        .arg("probe")
        .arg("-T")
        .arg("30")
        .arg("-i")
        .arg(inventory);
    command
        .arg("--reporter")
        .arg(format!("jsonl:{}", results.display()));
    let run = measure(&mut command)?;
    let seen = text_of(&results)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|record| {
            record.pointer("/type") == Some(&"probe_end".into())
                && record.pointer("/protocols/nla/enforced") == Some(&true.into())
                && record.pointer("/ntlm/computer").is_some()
                && record.pointer("/certificate/sha256").is_some()
        })
        .count();
    ensure!(seen == HOSTS, "{seen} of {HOSTS} hosts were seen whole");
    Ok(run)
}

fn list(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    ports.join(",")
}

/// The plus signs make the scripts run on other ports than 3389.
fn nmap(ports: &[u16]) -> anyhow::Result<Option<Measured>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(nmap) = std::env::split_paths(&path)
        .map(|folder| folder.join("nmap"))
        .find(|program| program.is_file())
    else {
        println!("skipped: there is no nmap to compare with");
        return Ok(None);
    };
    let mut command = Command::new(nmap);
    command.args(["-n", "-Pn", "-sT", "--script"]);
    command.arg("+rdp-enum-encryption,+rdp-ntlm-info,+ssl-cert");
    command.args(["-p", &list(ports), "127.0.0.1"]);
    let run = measure(&mut command)?;
    ensure!(run.code == Some(0), "nmap exited with {:?}", run.code);
    Ok(Some(run))
}

fn sslyze(ports: &[u16]) -> anyhow::Result<Option<Measured>> {
    let sslyze: PathBuf = root().join("target/peers/bin/sslyze");
    if !sslyze.exists() {
        println!("skipped: no sslyze, `tests/run` makes {}", sslyze.display());
        return Ok(None);
    }
    let mut command = Command::new(sslyze);
    command.args([
        "--starttls",
        "rdp",
        "--certinfo",
        "--tlsv1_2",
        "--tlsv1_3",
        "--json_out=-",
    ]);
    command.args(
        ports
            .iter()
            .take(SSLYZE_HOSTS)
            .map(|port| format!("127.0.0.1:{port}")),
    );
    let run = measure(&mut command)?;
    ensure!(run.code == Some(0), "sslyze exited with {:?}", run.code);
    Ok(Some(run))
}
