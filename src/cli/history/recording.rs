//! The stage between runner and reporters that records a run: nothing is told of a host's end before it is kept.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::event::Event;
use crate::history::History;
use crate::history::Recorder;
use crate::secret::Hidden;

/// A run's way into the history. When that fails the run goes on, because its hosts matter more, and its exit status says
/// that something is missing.
pub struct Recording {
    recorder: Option<Recorder>,
    has_failed: bool,
    talk: Talk,
}

impl Recording {
    /// Opens a history to record a run; a damaged one that was set aside is told of.
    pub fn open(path: &Path, hidden: &Arc<Hidden>, talk: &Talk) -> Result<Self, Refusal> {
        let recorder = Recorder::new(open_told(path, talk)?)
            .with_exit_code(|recap| ExitStatus::of(recap).code())
            .with_hidden(Arc::clone(hidden));
        Ok(Self {
            recorder: Some(recorder),
            has_failed: false,
            talk: talk.clone(),
        })
    }

    /// Keeps events, and puts those among them that the history adds.
    pub fn pass(&mut self, events: &mut Vec<Event>) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        if let Err(error) = recorder.pass(events) {
            self.recorder = None;
            self.has_failed = true;
            let help = error.help().map(|help| format!("\nhint: {help}"));
            self.talk.note(&format!(
                "error: {error}; the run goes on, but nothing more of it is recorded{}",
                help.unwrap_or_default()
            ));
        }
    }

    /// Whether everything was kept.
    pub fn is_whole(&self) -> bool {
        !self.has_failed
    }
}

/// Opens a history for recording; a damaged one that was set aside is told of. Whoever opens the same one again after this
/// does so by [`History::open_existing`], so that nothing is set aside in silence.
pub fn open_told(path: &Path, talk: &Talk) -> Result<History, Refusal> {
    let opened = History::open(path, SystemClock.now()).map_err(|error| refusal(&error))?;
    if let Some(aside) = opened.set_aside {
        talk.note(&format!(
            "warning: the history `{}` was damaged: it is kept as `{}`, and a new one begins now",
            path.display(),
            aside.display()
        ));
    }
    Ok(opened.history)
}

/// The history that `--history` or the environment names; `None` when neither does.
pub fn wished_store(
    arguments: &RunArguments,
    environment: &Environment,
) -> Result<Option<PathBuf>, Refusal> {
    match &arguments.history {
        Some(Some(path)) => Ok(Some(path.clone())),
        Some(None) => default_store(environment).map(Some),
        None => Ok(environment.history.clone()),
    }
}

/// Where the history is when nobody says so: `RDPFIX_HISTORY`, else `rdpfix/history.db` in the user's folder for states.
pub fn default_store(environment: &Environment) -> Result<PathBuf, Refusal> {
    let in_folder = || {
        let folder = environment.state_folder.as_ref()?;
        Some(folder.join("rdpfix").join("history.db"))
    };
    environment.history.clone().or_else(in_folder).ok_or_else(|| {
        Refusal::new(
            ExitStatus::Usage,
            "there is no folder for the history: neither RDPFIX_HISTORY, XDG_STATE_HOME nor HOME is set",
        )
        .hint("name the file: `--history=FILE`, or `--store FILE` to look at one")
    })
}
