//! What reports of many hosts cost in memory, time and bytes: `cargo bench --bench reports`.
//!
//! Each format is written by a process of its own, which is handed events as a run would send them, one host after the other,
//! so that nothing but the reporter holds anything. Budgets are checked: a breach fails the benchmark.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and reads the process table"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../shared/process.rs"]
mod process;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use anyhow::ensure;
use jiff::Timestamp;
use rdpfix::cim::Traffic;
use rdpfix::cli::files;
use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::event::Counts;
use rdpfix::event::Differences;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Verdict;
use rdpfix::report::Format;
use rdpfix::report::Page;

use crate::process::measure;
use crate::process::root;
use crate::process::text_of;

/// Fleets that are reported.
const FLEETS: [usize; 2] = [1_000, 10_000];
/// Controls of each host.
const CONTROLS: usize = 10;
/// One host of so many differs.
const ONE_DIFFERS_OF: usize = 8;
/// Megabytes that no report of 10,000 hosts may take more than; the most that was measured is 14.
const MOST_PEAK_MB: f64 = 24.0;
/// Says to the program that it is the process that writes.
const WRITES: &str = "--writes";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some([format, hosts, path]) = arguments
        .iter()
        .position(|argument| argument == WRITES)
        .and_then(|at| arguments.get(at + 1..at + 4))
    {
        return write(format, hosts.parse()?, Path::new(path));
    }
    // Cargo changes into the package's root; the folder must not be another file system than the reports of people.
    let folder = tempfile::tempdir_in(root().join("target"))?;
    println!("| format | hosts | peak MB | CPU of wall seconds | report MB |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for format in Format::ALL {
        for hosts in FLEETS {
            let path = folder.path().join(format!("{hosts}.{}", format.name()));
            let mut command = Command::new(std::env::current_exe()?);
            command.args([WRITES, format.name(), &hosts.to_string()]);
            let measured = measure(command.arg(&path))?;
            ensure!(measured.code == Some(0), "{} failed", format.name());
            let size = text_of(&path)?.len();
            println!(
                "| {} | {hosts} | {:.0} | {:.2} of {:.2} | {}.{} |",
                format.name(),
                measured.peak_mb,
                measured.cpu.as_secs_f64(),
                measured.wall.as_secs_f64(),
                size / 1_000_000,
                size / 100_000 % 10,
            );
            ensure!(
                measured.peak_mb <= MOST_PEAK_MB,
                "{} of {hosts} hosts takes {:.0} MB",
                format.name(),
                measured.peak_mb
            );
        }
    }
    Ok(())
}

/// Writes one report and ends.
fn write(format: &str, hosts: usize, path: &Path) -> anyhow::Result<()> {
    let format = Format::named(format).context("a format")?;
    let mut reporter = format.reporter(Page {
        out: Box::new(files::Draft::begin(path, files::Readers::Default)?),
        scratch: Box::new(files::scratch(path)?),
        hidden: Arc::default(),
    });
    let at = Timestamp::from_second(1_790_000_000)?;
    reporter.event(&Event::RunStart {
        run: "01K0RUN".to_owned(),
        at,
        mode: RunMode::Check,
        playbook: "playbooks/rdp-baseline.yml".to_owned(),
        hosts,
        job: None,
    })?;
    let mut recap = Recap::default();
    for number in 0..hosts {
        let name: Arc<str> = format!("ts{number:05}.corp.example").into();
        for which in 0..CONTROLS {
            reporter.event(&Event::Result(result(&name, at, (number, which))))?;
        }
        let summary = summary(&name, at, number);
        recap.add(&summary);
        reporter.event(&Event::HostEnd(summary))?;
    }
    Ok(reporter.event(&Event::RunEnd { at, recap })?)
}

fn differs(number: usize, which: usize) -> bool {
    number.is_multiple_of(ONE_DIFFERS_OF) && which < 2
}

fn result(host: &Arc<str>, at: Timestamp, (number, which): (usize, usize)) -> TaskResult {
    let outcome = if differs(number, which) {
        Outcome::Drifted(vec![Change {
            property: "nla",
            from: "not_required".into(),
            to: "required".into(),
            decided_by: Layer::Local,
            remedy: Remedy::Manual {
                advice: "require network level authentication".to_owned(),
            },
            disruption: Disruption::Harmless,
            restart: None,
        }])
    } else {
        Outcome::Compliant
    };
    TaskResult {
        host: Arc::clone(host),
        at,
        play: "Remote Desktop is reachable".into(),
        task: format!("control {which} is met").into(),
        resource: "rdp_listener",
        id: "RDP-Tcp".into(),
        handler: false,
        outcome,
        item: None,
        attempts: 1,
        tolerated: Tolerated::No,
        message: None,
        control: Some(Arc::new(Control {
            id: format!("RDP-{which:03}").into(),
            title: Some(format!("control {which} is met").into()),
            severity: Severity::High,
            references: vec![format!("CIS 18.10.57.3.{which}").into()],
        })),
        waiver: None,
        differences: Differences::AsAsked,
        duration: Duration::from_millis(31),
    }
}

fn summary(host: &Arc<str>, at: Timestamp, number: usize) -> HostSummary {
    let is_well = !differs(number, 0);
    HostSummary {
        host: Arc::clone(host),
        at,
        status: if is_well {
            HostStatus::Ok
        } else {
            HostStatus::Drifted
        },
        counts: Counts {
            ok: if is_well { CONTROLS } else { CONTROLS - 2 },
            would_change: if is_well { 0 } else { 2 },
            ..Counts::default()
        },
        proof: Some(Proof {
            verdict: Verdict::Proven,
            selected: Some("nla"),
            certificate: Some(ShownCertificate {
                subject: format!("CN={host}"),
                not_before: at,
                not_after: at,
                thumbprint: "AB12".to_owned(),
            }),
            stages: Vec::new(),
        }),
        traffic: Traffic::default(),
        duration: Duration::from_millis(1_234),
    }
}
