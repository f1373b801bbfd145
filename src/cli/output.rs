//! What the program itself says, on standard error: diagnostics of files, errors with remedies.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::cli::args::ColorChoice;
use crate::cli::environment::Colours;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::settings;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::render::Colour;
use crate::diag::render::render;

/// How to talk.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Colours of standard output.
    pub stdout: Colour,
    /// Colours of standard error.
    pub stderr: Colour,
    /// Where everything goes instead of standard error, for whoever tells it in their own way.
    pub kept: Option<Arc<Mutex<String>>>,
}

impl Talk {
    /// Decides on colours: what was typed, then `NO_COLOR`, then `CLICOLOR_FORCE`, then `ansible.cfg`, then whether it
    /// is a terminal.
    pub fn new(environment: &Environment, choice: ColorChoice) -> Self {
        let is_terminal = environment.stdout_is_terminal || environment.stderr_is_terminal;
        let is_open = choice == ColorChoice::Auto && environment.colours == Colours::OnTerminals;
        let is_plain = is_terminal && is_open && settings::is_plain(environment);
        let decide = |terminal: bool| {
            let wanted = match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => match environment.colours {
                    Colours::Never => false,
                    Colours::Always => true,
                    Colours::OnTerminals => terminal && !is_plain,
                },
            };
            if wanted {
                Colour::Always
            } else {
                Colour::Never
            }
        };
        Self {
            stdout: decide(environment.stdout_is_terminal),
            stderr: decide(environment.stderr_is_terminal),
            kept: None,
        }
    }

    /// Says nothing, and keeps what it was told to say.
    pub fn silent() -> Self {
        Self {
            stdout: Colour::Never,
            stderr: Colour::Never,
            kept: Some(Arc::default()),
        }
    }

    /// What a silent one was told to say, and forgets it.
    pub fn take(&self) -> String {
        let kept = self.kept.as_ref();
        kept.map(|kept| std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default()
    }

    fn say(&self, text: &str) {
        match &self.kept {
            Some(kept) => kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(text),
            None => {
                let _written = write!(std::io::stderr(), "{text}");
            }
        }
    }

    /// Shows diagnostics of files; says whether one of them is an error.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) -> Found {
        self.say(&render(diagnostics, self.stderr));
        if diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
        {
            Found::Errors
        } else {
            Found::NoErrors
        }
    }

    /// Says a line.
    pub fn note(&self, text: &str) {
        self.say(&format!("{text}\n"));
    }

    /// Shows an error and gives the status that it amounts to.
    pub fn error(&self, error: &anyhow::Error) -> ExitStatus {
        if is_closed_pipe(error) {
            // `rdpfix lab list | head -1` is no mistake.
            return ExitStatus::Success;
        }
        self.note(&format!("error: {error:#}"));
        match error.downcast_ref::<Refusal>() {
            Some(refusal) => {
                for hint in &refusal.hints {
                    self.note(&format!("hint: {hint}"));
                }
                refusal.status
            }
            None => ExitStatus::Usage,
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(is_pipe)
}

/// Whether diagnostics hold an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// At least one error: nothing is run.
    Errors,
    /// Warnings at most.
    NoErrors,
}

/// An error that knows its exit status and its remedies.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Lower case, no full stop.
    pub message: String,
    /// What to do.
    pub hints: Vec<String>,
    /// How the program ends.
    pub status: ExitStatus,
}

impl Refusal {
    /// A refusal without remedies yet.
    pub fn new(status: ExitStatus, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: Vec::new(),
            status,
        }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
