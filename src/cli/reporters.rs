//! Starts the reporters that `--reporter` names and feeds them with the events of a run.

use std::io;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::event::Event;
use crate::event::RunMode;
use crate::report::Reporter;
use crate::report::human::Human;
use crate::report::jsonl::JsonLines;
use crate::report::progress::Progress;

/// How results are shown.
#[derive(Debug, Clone)]
pub struct Shown {
    human: crate::report::human::Options,
    progress: bool,
}

impl Shown {
    /// From what was typed and where it is shown.
    pub fn new(arguments: &RunArguments, mode: RunMode, environment: &Environment, talk: &Talk) -> Self {
        let human = crate::report::human::Options {
            colour: talk.stdout,
            verbosity: arguments.verbose,
            diff: if arguments.diff { crate::report::human::Diff::Show } else { crate::report::human::Diff::Hide },
            mode,
        };
        Self { human, progress: environment.stderr_is_terminal }
    }
}

/// Reporters at work.
pub struct Reporting {
    worker: JoinHandle<io::Result<()>>,
}

impl Reporting {
    /// Waits until everything is written.
    pub async fn finished(self) -> anyhow::Result<()> {
        self.worker.await??;
        Ok(())
    }
}

/// Starts them; they end when nobody can send events any more.
pub fn start(names: &[String], shown: &Shown, events: mpsc::Receiver<Event>) -> anyhow::Result<Reporting> {
    let mut reporters: Vec<Box<dyn Reporter>> = Vec::new();
    let mut stdout_taken = false;
    for name in names {
        let (kind, path) = match name.split_once(':') {
            Some((kind, path)) => (kind, Some(path)),
            None => (name.as_str(), None),
        };
        let out: Box<dyn io::Write + Send> = match path {
            Some(path) => Box::new(files::create(Path::new(path))?),
            None if stdout_taken => {
                return Err(Refusal::new(ExitStatus::Usage, "two reporters cannot share standard output")
                    .hint(format!("give one a file: `--reporter {kind}:PATH`"))
                    .into());
            }
            None => {
                stdout_taken = true;
                Box::new(io::stdout())
            }
        };
        reporters.push(reporter(kind, out, shown)?);
    }
    if !stdout_taken {
        reporters.push(Box::new(Human::new(Box::new(io::stdout()), shown.human.clone())));
    }
    if shown.progress {
        reporters.push(Box::new(Progress::on_terminal()));
    }
    Ok(Reporting { worker: tokio::task::spawn_blocking(move || feed(&mut reporters, events)) })
}

fn reporter(kind: &str, out: Box<dyn io::Write + Send>, shown: &Shown) -> anyhow::Result<Box<dyn Reporter>> {
    match kind {
        "human" => Ok(Box::new(Human::new(out, shown.human.clone()))),
        "jsonl" => Ok(Box::new(JsonLines::new(out))),
        unknown => {
            let refusal = Refusal::new(ExitStatus::Usage, format!("there is no reporter `{unknown}`"));
            Err(refusal.hint("the reporters are `human` and `jsonl`, each with `:PATH` for a file").into())
        }
    }
}

fn feed(reporters: &mut [Box<dyn Reporter>], mut events: mpsc::Receiver<Event>) -> io::Result<()> {
    while let Some(event) = events.blocking_recv() {
        for reporter in reporters.iter_mut() {
            reporter.event(&event)?;
        }
    }
    Ok(())
}
