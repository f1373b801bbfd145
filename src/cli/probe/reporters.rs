//! Starts the reporters that `--reporter` names and feeds them with visits.

use std::io;
use std::io::Write;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::diag::render::Colour;
use crate::finding::Finding;
use crate::report::human;
use crate::report::probe::Nagios;
use crate::report::probe::OpenMetrics;
use crate::report::probe::ProbeHuman;
use crate::report::probe::ProbeJsonLines;
use crate::report::probe::ProbeReporter;
use crate::report::probe::Standing;
use crate::report::probe::human::ProbeOptions;
use crate::report::probe::nagios::Outcome;
use crate::report::probe::nagios::State;
use crate::survey::Survey;

/// Visits that may wait for a slow reader before hosts do.
const VISITS_IN_FLIGHT: usize = 64;

/// A visit with what it amounts to.
pub(super) struct Visit {
    pub(super) survey: Survey,
    pub(super) findings: Vec<Finding>,
}

impl Visit {
    pub(super) fn standing(&self) -> Standing {
        Standing::of(&self.survey, &self.findings)
    }
}

/// How results are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) talk: &'a Talk,
    pub(super) verbosity: u8,
    pub(super) hosts: usize,
}

/// Reporters at work.
pub(super) struct Reporting {
    visits: mpsc::Sender<Visit>,
    worker: JoinHandle<io::Result<()>>,
    plugin: Option<Outcome>,
}

impl Reporting {
    /// Gives them a visit; when they ended by themselves, [`Reporting::finished`] says why.
    pub(super) async fn tell(&self, visit: Visit) {
        let _ended = self.visits.send(visit).await;
    }

    /// Waits until everything is written; tells the state for a monitoring system when one is told.
    /// Whoever stopped reading standard output has seen enough: no mistake.
    pub(super) async fn finished(self) -> anyhow::Result<Option<State>> {
        drop(self.visits);
        match self.worker.await? {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written?,
        }
        Ok(self.plugin.map(|outcome| outcome.state()))
    }
}

/// `NAME` or `NAME:PATH`.
fn parts(name: &str) -> (&str, Option<&Path>) {
    match name.split_once(':') {
        Some((kind, path)) => (kind, Some(Path::new(path))),
        None => (name, None),
    }
}

/// Whether a monitoring system reads the exit code.
pub(super) fn is_plugin(names: &[String]) -> bool {
    names.iter().any(|name| parts(name).0 == "nagios")
}

/// Tells a monitoring system that nothing was looked at, and why.
pub(super) fn tell_unknown(error: &anyhow::Error) -> io::Result<()> {
    let why: String = format!("{error:#}")
        .chars()
        .map(|c| if c.is_control() || c == '|' { ' ' } else { c })
        .collect();
    writeln!(io::stdout(), "RDP UNKNOWN - {why}")
}

/// Starts them.
pub(super) fn start(names: &[String], shown: Shown<'_>) -> anyhow::Result<Reporting> {
    let plugin = is_plugin(names).then(Outcome::default);
    let outcome = plugin.clone().unwrap_or_default();
    let mut reporters: Vec<Box<dyn ProbeReporter>> = Vec::new();
    let mut stdout_is_free = true;
    for name in names {
        let (kind, path) = parts(name);
        let out: Box<dyn Write + Send> = match path {
            Some(path) if kind == "openmetrics" => {
                Box::new(files::Draft::begin(path, files::Readers::Default)?)
            }
            Some(path) => Box::new(files::create(path)?),
            None if stdout_is_free => {
                stdout_is_free = false;
                Box::new(io::stdout())
            }
            None => return Err(shared(kind).into()),
        };
        reporters.push(reporter(kind, out, shown, &outcome)?);
    }
    if stdout_is_free {
        reporters.push(Box::new(for_people(Box::new(io::stdout()), shown)));
    }
    let (visits, received) = mpsc::channel(VISITS_IN_FLIGHT);
    Ok(Reporting {
        visits,
        worker: tokio::task::spawn_blocking(move || feed(&mut reporters, received)),
        plugin,
    })
}

fn shared(kind: &str) -> Refusal {
    Refusal::new(
        ExitStatus::Usage,
        "two reporters cannot share standard output",
    )
    .hint(format!("give one a file: `--reporter {kind}:PATH`"))
}

fn for_people(out: Box<dyn Write + Send>, shown: Shown<'_>) -> ProbeHuman {
    let colour = match shown.talk.stdout {
        Colour::Always => human::Colour::Always,
        Colour::Never => human::Colour::Never,
    };
    let options = ProbeOptions {
        colour,
        verbosity: shown.verbosity,
        hosts: shown.hosts,
    };
    ProbeHuman::new(out, options)
}

fn reporter(
    kind: &str,
    out: Box<dyn Write + Send>,
    shown: Shown<'_>,
    outcome: &Outcome,
) -> Result<Box<dyn ProbeReporter>, Refusal> {
    Ok(match kind {
        "human" => Box::new(for_people(out, shown)),
        "jsonl" => Box::new(ProbeJsonLines::new(out)),
        "openmetrics" => Box::new(OpenMetrics::new(out)),
        "nagios" => Box::new(Nagios::new(out, outcome.clone())),
        unknown => {
            return Err(Refusal::new(
                ExitStatus::Usage,
                format!("there is no reporter `{unknown}`"),
            )
            .hint(
                "the reporters are `human`, `jsonl`, `openmetrics` and `nagios`, each with `:PATH` for a file",
            ));
        }
    })
}

fn feed(
    reporters: &mut [Box<dyn ProbeReporter>],
    mut visits: mpsc::Receiver<Visit>,
) -> io::Result<()> {
    while let Some(visit) = visits.blocking_recv() {
        for reporter in reporters.iter_mut() {
            reporter.visit(&visit.survey, &visit.findings)?;
        }
    }
    for reporter in reporters.iter_mut() {
        reporter.end()?;
    }
    Ok(())
}
