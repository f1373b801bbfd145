//! Starts the reporters that `--reporter` names and feeds them with the events of a run.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::history::recording::Recording;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::diag::render::Colour;
use crate::event::Event;
use crate::report::Reporter;
use crate::report::human;
use crate::report::human::Human;
use crate::report::jsonl::JsonLines;
use crate::report::progress::Progress;
use crate::report::veil::Veil;
use crate::secret::Hidden;

/// Events that are kept in one go, when so many wait.
const BATCH: usize = 1024;

/// How results are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    human: human::Options,
    has_bar: bool,
    /// Whether somebody looks at standard output.
    has_stdout: bool,
}

impl Shown {
    /// From what was typed and where it is shown.
    pub fn new(arguments: &RunArguments, environment: &Environment, talk: &Talk) -> Self {
        let colour = match talk.stdout {
            Colour::Always => human::Colour::Always,
            Colour::Never => human::Colour::Never,
        };
        let diff = if arguments.diff {
            human::Diff::Show
        } else {
            human::Diff::Hide
        };
        Self {
            human: human::Options {
                colour,
                verbosity: arguments.verbose,
                diff,
            },
            // A bar would write over the questions.
            has_bar: environment.stderr_is_terminal && !arguments.rollout.step,
            has_stdout: true,
        }
    }

    /// In files alone.
    pub fn in_files() -> Self {
        Self {
            human: human::Options {
                colour: human::Colour::Never,
                verbosity: 0,
                diff: human::Diff::Show,
            },
            has_bar: false,
            has_stdout: false,
        }
    }
}

/// What became of the history that a run was to be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It has everything, or there is none.
    Whole,
    /// Something is missing in it, which was told.
    InPart,
}

impl Kept {
    /// The exit status of a run that would have ended with this one.
    pub fn weigh(self, status: ExitStatus) -> ExitStatus {
        match self {
            Self::Whole => status,
            Self::InPart => ExitStatus::Internal,
        }
    }
}

/// Reporters at work.
pub struct Reporting {
    worker: JoinHandle<(io::Result<()>, Kept)>,
}

impl Reporting {
    /// Waits until everything is written. Whoever stopped reading standard output has seen enough: no mistake.
    pub async fn finished(self) -> anyhow::Result<Kept> {
        match self.worker.await? {
            (Err(error), _) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            (_, kept) => Ok(kept),
        }
    }
}

/// Who hears of a run besides the reporters that are named.
pub type Listeners = (Box<dyn Reporter>, Option<Recording>);

/// Starts them; they end when nobody can send events any more. The first one hears of everything that others are told, and
/// before them; what is recorded is kept before anybody is told.
pub fn start(
    names: &[String],
    shown: Shown,
    hidden: &Arc<Hidden>,
    events: mpsc::Receiver<Event>,
    (first, recording): Listeners,
) -> anyhow::Result<Reporting> {
    let progress = shown.has_bar.then(Progress::terminal);
    let mut stdout = shown.has_stdout.then(|| beside(progress.as_ref()));
    let mut reporters: Vec<Box<dyn Reporter>> = vec![first];
    for name in names {
        let (kind, path) = match name.split_once(':') {
            Some((kind, path)) => (kind, Some(path)),
            None => (name.as_str(), None),
        };
        let out: Box<dyn io::Write + Send> = match path {
            Some(path) => Box::new(files::create(Path::new(path))?),
            None => stdout.take().ok_or_else(|| {
                Refusal::new(
                    ExitStatus::Usage,
                    "two reporters cannot share standard output",
                )
                .hint(format!("give one a file: `--reporter {kind}:PATH`"))
            })?,
        };
        let out = Box::new(Veil::new(out, Arc::clone(hidden)));
        reporters.push(reporter(kind, out, shown)?);
    }
    if let Some(stdout) = stdout {
        let stdout = Box::new(Veil::new(stdout, Arc::clone(hidden)));
        reporters.push(Box::new(Human::new(stdout, shown.human)));
    }
    if let Some(progress) = progress {
        reporters.push(Box::new(progress));
    }
    Ok(Reporting {
        worker: tokio::task::spawn_blocking(move || feed(&mut reporters, recording, events)),
    })
}

/// Standard output, which the progress bar steps aside for.
fn beside(progress: Option<&Progress>) -> Box<dyn io::Write + Send> {
    let stdout = Box::new(io::stdout());
    match progress {
        Some(progress) => progress.beside(stdout),
        None => stdout,
    }
}

fn reporter(
    kind: &str,
    out: Box<dyn io::Write + Send>,
    shown: Shown,
) -> anyhow::Result<Box<dyn Reporter>> {
    match kind {
        "human" => Ok(Box::new(Human::new(out, shown.human))),
        "jsonl" => {
            let lines = JsonLines::new(out);
            Ok(Box::new(
                lines.with_exit_code(|recap| ExitStatus::of(recap).code()),
            ))
        }
        unknown => {
            let refusal = Refusal::new(
                ExitStatus::Usage,
                format!("there is no reporter `{unknown}`"),
            );
            Err(refusal
                .hint("the reporters are `human` and `jsonl`, each with `:PATH` for a file")
                .into())
        }
    }
}

fn feed(
    reporters: &mut [Box<dyn Reporter>],
    mut recording: Option<Recording>,
    mut events: mpsc::Receiver<Event>,
) -> (io::Result<()>, Kept) {
    let mut told = Ok(());
    let mut batch = Vec::new();
    while events.blocking_recv_many(&mut batch, BATCH) > 0 {
        if let Some(recording) = &mut recording {
            recording.pass(&mut batch);
        }
        // Whoever stops reading does not stop the history.
        told = told.and_then(|()| tell(reporters, &batch));
        if told.is_err() && recording.is_none() {
            break;
        }
        batch.clear();
    }
    let is_whole = recording.is_none_or(|recording| recording.is_whole());
    let kept = if is_whole { Kept::Whole } else { Kept::InPart };
    (told, kept)
}

fn tell(reporters: &mut [Box<dyn Reporter>], events: &[Event]) -> io::Result<()> {
    for event in events {
        for reporter in reporters.iter_mut() {
            reporter.event(event)?;
        }
    }
    Ok(())
}
