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
use crate::cli::reporters::named;
use crate::cli::reporters::named::Named;
use crate::cli::reporters::named::Wanted;
use crate::cli::reporters::named::each;
use crate::finding::Finding;
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

/// Names of all reporters of visits, each with what it is for.
const REPORTERS: [(&str, &str); 4] = [
    ("human", "for people: what a visit found"),
    ("jsonl", "one JSON record a line: findings and visits"),
    (
        "openmetrics",
        "metrics for node_exporter's textfile collector",
    ),
    ("nagios", "one line and a state for a monitoring system"),
];

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
    worker: JoinHandle<Vec<String>>,
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
        let errors = self.worker.await?;
        if !errors.is_empty() {
            return Err(Refusal::new(ExitStatus::Internal, errors.join("; ")).into());
        }
        Ok(self.plugin.map(|outcome| outcome.state()))
    }
}

/// Whether a monitoring system reads the exit code.
pub(super) fn is_plugin(names: &[String]) -> bool {
    names
        .iter()
        .any(|name| Wanted::typed(name).kind == "nagios")
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
    let mut reporters: Vec<Named<Box<dyn ProbeReporter>>> = Vec::new();
    let wanted = named::read(names, &REPORTERS)?;
    let people = Wanted::typed("human");
    let is_taken = wanted.iter().any(|wanted| wanted.path.is_none());
    for wanted in wanted.into_iter().chain((!is_taken).then_some(people)) {
        let out: Box<dyn Write + Send> = match wanted.path {
            Some(path) if wanted.kind == "openmetrics" => {
                Box::new(files::Draft::begin(path, files::Readers::Default)?)
            }
            Some(path) => Box::new(files::create(path)?),
            None => Box::new(io::stdout()),
        };
        reporters.push(Named {
            name: wanted.name.to_owned(),
            is_stdout: wanted.path.is_none(),
            reporter: reporter(wanted, out, shown, &outcome)?,
        });
    }
    let (visits, received) = mpsc::channel(VISITS_IN_FLIGHT);
    Ok(Reporting {
        visits,
        worker: tokio::task::spawn_blocking(move || feed(reporters, received)),
        plugin,
    })
}

fn for_people(path: Option<&Path>, out: Box<dyn Write + Send>, shown: Shown<'_>) -> ProbeHuman {
    let options = ProbeOptions {
        colour: named::colour(shown.talk.stdout, path),
        verbosity: shown.verbosity,
        hosts: shown.hosts,
    };
    ProbeHuman::new(out, options)
}

fn reporter(
    wanted: Wanted<'_>,
    out: Box<dyn Write + Send>,
    shown: Shown<'_>,
    outcome: &Outcome,
) -> Result<Box<dyn ProbeReporter>, Refusal> {
    Ok(match wanted.kind {
        "human" => Box::new(for_people(wanted.path, out, shown)),
        "jsonl" => Box::new(ProbeJsonLines::new(out)),
        "openmetrics" => Box::new(OpenMetrics::new(out)),
        "nagios" => Box::new(Nagios::new(out, outcome.clone())),
        unknown => return Err(named::unknown(unknown, &REPORTERS)),
    })
}

/// Tells all of them of every visit; gives what went wrong with those that could not write theirs.
fn feed(
    mut reporters: Vec<Named<Box<dyn ProbeReporter>>>,
    mut visits: mpsc::Receiver<Visit>,
) -> Vec<String> {
    let mut errors = Vec::new();
    // With nobody left to tell, no more hosts need to be visited.
    while !reporters.is_empty()
        && let Some(visit) = visits.blocking_recv()
    {
        each(&mut reporters, &mut errors, |reporter| {
            reporter.visit(&visit.survey, &visit.findings)
        });
    }
    each(&mut reporters, &mut errors, |reporter| reporter.end());
    errors
}
