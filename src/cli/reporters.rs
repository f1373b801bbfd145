//! Opens the reporters that `--reporter` names and feeds them with the events of a run.

use std::io;
use std::io::Cursor;
use std::io::Write;
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
use crate::cli::reporters::named::Named;
use crate::cli::reporters::named::Taken;
use crate::cli::reporters::named::Wanted;
use crate::cli::reporters::named::each;
use crate::event::Event;
use crate::report::Format;
use crate::report::Page;
use crate::report::REPORTERS;
use crate::report::Reporter;
use crate::report::Scratch;
use crate::report::human;
use crate::report::human::Human;
use crate::report::jsonl::JsonLines;
use crate::report::progress::Progress;
use crate::secret::Hidden;

pub mod named;

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
        let colour = named::colour(talk.stdout, None);
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

/// What `--reporter` names instead of a reporter to see all of them.
const LIST: &str = "list";

/// Whether the reporters were asked for, and have been told.
pub fn listed(names: &[String]) -> io::Result<bool> {
    let is_asked = names.iter().any(|name| name == LIST);
    if is_asked {
        io::stdout().write_all(list().as_bytes())?;
    }
    Ok(is_asked)
}

/// All reporters, one a line.
fn list() -> String {
    let width = REPORTERS
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let lines = REPORTERS
        .iter()
        .map(|(name, about)| format!("{name:width$}  {about}\n"));
    lines.collect()
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

/// A reporter that is fed with the events of a run.
pub struct Reporting<R> {
    worker: JoinHandle<(R, Kept)>,
}

impl<R> Reporting<R> {
    /// Waits until everything is told; gives the reporter back, and what became of the history.
    pub async fn finished(self) -> anyhow::Result<(R, Kept)> {
        Ok(self.worker.await?)
    }
}

/// When a reporter tells what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// At once; whoever watches sees it.
    AsItHappens,
    /// As a whole, when the run is over.
    AtTheEnd,
}

impl Telling {
    fn of(kind: &str) -> Self {
        match Format::named(kind) {
            Some(_) => Self::AtTheEnd,
            None => Self::AsItHappens,
        }
    }
}

/// What all reporters have around them.
struct Around<'a> {
    shown: Shown,
    hidden: &'a Arc<Hidden>,
}

/// Reporters that were opened, each with its place. One that fails hears no more; the others go on.
pub struct Panel {
    reporters: Vec<Named<Box<dyn Reporter>>>,
    errors: Vec<String>,
}

impl Panel {
    /// Opens them. A place that cannot be written to is told before anything is done.
    pub fn open(names: &[String], shown: Shown, hidden: &Arc<Hidden>) -> anyhow::Result<Self> {
        let progress = shown.has_bar.then(Progress::terminal);
        let mut stdout = shown.has_stdout.then(|| beside(progress.as_ref()));
        let around = Around { shown, hidden };
        let mut reporters = Vec::new();
        for wanted in named::read(names, &REPORTERS)? {
            let reporter = if let Some(path) = wanted.path {
                around.in_file(wanted.kind, path)?
            } else {
                let out = stdout.take().ok_or_else(|| homeless(wanted.kind))?;
                around.reporter(wanted.kind, out, Box::new(Cursor::new(Vec::new())))?
            };
            reporters.push(Named {
                name: wanted.name.to_owned(),
                reporter,
                is_stdout: wanted.path.is_none(),
            });
        }
        if let Some(stdout) = stdout {
            let scratch = Box::new(Cursor::new(Vec::new()));
            reporters.push(Named {
                name: "human".to_owned(),
                reporter: around.reporter("human", stdout, scratch)?,
                is_stdout: true,
            });
        }
        if let Some(progress) = progress {
            reporters.push(Named {
                name: "progress".to_owned(),
                reporter: Box::new(progress),
                is_stdout: true,
            });
        }
        Ok(Self {
            reporters,
            errors: Vec::new(),
        })
    }

    /// One more, who hears of everything before the others do.
    #[must_use]
    pub fn after(mut self, listener: Box<dyn Reporter>) -> Self {
        let first = Named {
            name: "listener".to_owned(),
            reporter: listener,
            is_stdout: false,
        };
        self.reporters.insert(0, first);
        self
    }

    /// Those that tell as it happens, and those whose report is whole at the end.
    pub fn split(self) -> (Self, Self) {
        let is_live = |named: &Named<_>| {
            let kind = Wanted::typed(&named.name).kind;
            Telling::of(kind) == Telling::AsItHappens
        };
        let (live, whole) = self.reporters.into_iter().partition(is_live);
        let live = Self {
            reporters: live,
            errors: self.errors,
        };
        let whole = Self {
            reporters: whole,
            errors: Vec::new(),
        };
        (live, whole)
    }

    /// Lets go of what they write to; gives the errors of those that could not write theirs.
    pub fn close(self) -> Vec<String> {
        self.errors
    }
}

/// Tells all of them; nobody hears of their mistakes before [`Panel::close`]. Whoever stopped reading standard output has
/// seen enough: no mistake.
impl Reporter for Panel {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        each(&mut self.reporters, &mut self.errors, |reporter| {
            reporter.event(event)
        });
        Ok(())
    }
}

/// What is wrong with the reporters of a job, which write files, each with its position. Whether they can be written is
/// tried, and undone.
pub fn flaws(names: &[String]) -> Vec<(usize, anyhow::Error)> {
    let mut taken = Taken::default();
    let found = names.iter().enumerate().filter_map(|(position, name)| {
        let wanted = Wanted::typed(name);
        let wrong = match wanted.path {
            None if REPORTERS.iter().any(|(name, _)| *name == wanted.kind) => {
                Some(homeless(wanted.kind))
            }
            _ => named::flaw(&wanted, &REPORTERS, &mut taken),
        };
        let wrong = wrong.map(anyhow::Error::from).or_else(|| {
            let path = wanted.path?;
            // A pipe waits for its reader.
            let is_tried = !is_special(path) || files::is_folder(path);
            is_tried.then(|| files::try_to_write(path).err()).flatten()
        });
        Some((position, wrong?))
    });
    found.collect()
}

fn homeless(kind: &str) -> Refusal {
    let text = "the reporters of a job write files";
    Refusal::new(ExitStatus::Usage, text).hint(format!("give it one: `{kind}:PATH`"))
}

/// Standard output, which the progress bar steps aside for.
fn beside(progress: Option<&Progress>) -> Box<dyn Write + Send> {
    let stdout = Box::new(io::stdout());
    match progress {
        Some(progress) => progress.beside(stdout),
        None => stdout,
    }
}

impl Around<'_> {
    /// What is told as it happens can be watched in the file; everything else comes to be when it is complete.
    fn in_file(&self, kind: &str, path: &Path) -> anyhow::Result<Box<dyn Reporter>> {
        let format = Format::named(kind);
        let out: Box<dyn Write + Send> = match format {
            Some(_) => Box::new(files::Draft::begin(path, files::Readers::Default)?),
            None => Box::new(files::create(path)?),
        };
        let scratch: Box<dyn Scratch> = match format {
            Some(format) if format.needs_scratch() && !is_special(path) => {
                Box::new(files::scratch(path)?)
            }
            _ => Box::new(Cursor::new(Vec::new())),
        };
        let plain = human::Options {
            colour: human::Colour::Never,
            ..self.shown.human
        };
        let shown = Shown {
            human: plain,
            ..self.shown
        };
        Around { shown, ..*self }.reporter(kind, out, scratch)
    }

    fn reporter(
        &self,
        kind: &str,
        out: Box<dyn Write + Send>,
        scratch: Box<dyn Scratch>,
    ) -> anyhow::Result<Box<dyn Reporter>> {
        let hidden = Arc::clone(self.hidden);
        match (kind, Format::named(kind)) {
            (_, Some(format)) => Ok(format.reporter(Page {
                out,
                scratch,
                hidden,
            })),
            ("human", None) => {
                let human = Human::new(out, self.shown.human);
                Ok(Box::new(human.with_hidden(hidden)))
            }
            ("jsonl", None) => {
                let lines = JsonLines::new(out).with_hidden(hidden);
                Ok(Box::new(
                    lines.with_exit_code(|recap| ExitStatus::of(recap).code()),
                ))
            }
            (unlisted, None) => Err(named::unknown(unlisted, &REPORTERS).into()),
        }
    }
}

/// Whether something stands there that is no file; nothing can be put beside it.
fn is_special(path: &Path) -> bool {
    files::exists(path) && !files::is_file(path)
}

/// Feeds a reporter on a thread of its own until nobody can send events any more. What is recorded is kept before
/// anybody is told.
pub fn feed<R: Reporter + 'static>(
    reporter: R,
    recording: Option<Recording>,
    events: mpsc::Receiver<Event>,
) -> Reporting<R> {
    Reporting {
        worker: tokio::task::spawn_blocking(move || fed(reporter, recording, events)),
    }
}

fn fed<R: Reporter>(
    mut reporter: R,
    mut recording: Option<Recording>,
    mut events: mpsc::Receiver<Event>,
) -> (R, Kept) {
    let mut batch = Vec::new();
    while events.blocking_recv_many(&mut batch, BATCH) > 0 {
        if let Some(recording) = &mut recording {
            recording.pass(&mut batch);
        }
        for event in batch.drain(..) {
            // Whoever has mistakes to tell keeps them.
            let _heard = reporter.event(&event);
        }
    }
    let is_whole = recording.is_none_or(|recording| recording.is_whole());
    (reporter, if is_whole { Kept::Whole } else { Kept::InPart })
}

#[cfg(test)]
mod tests {
    use super::list;
    use crate::report::REPORTERS;

    #[test]
    fn the_list_names_every_reporter_in_a_line() {
        let list = list();
        assert_eq!(list.lines().count(), REPORTERS.len());
        for (line, (name, about)) in list.lines().zip(REPORTERS) {
            assert!(line.starts_with(name) && line.ends_with(about), "{line}");
        }
    }
}
