//! What the environment says: colours and defaults. The only place that reads variables or asks for terminals.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where the environment is read"
)]

use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use crate::secret::Secret;

/// The parts of the environment that matter, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// What is wished for colours.
    pub colours: Colours,
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Standard input is a terminal, so that somebody can be asked.
    pub stdin_is_terminal: bool,
    /// `RDPFIX_INVENTORY`, else `ANSIBLE_INVENTORY`.
    pub inventory: Option<String>,
    /// `RDPFIX_FORKS`, else `ANSIBLE_FORKS`.
    pub forks: Option<String>,
    /// Where the user keeps what programs remember: `XDG_STATE_HOME`, else `~/.local/state`; `LOCALAPPDATA` on Windows.
    pub state_folder: Option<PathBuf>,
    /// `JOB_COMPLETION_INDEX`: which pod of an indexed Kubernetes job this is, from 0.
    pub job_completion_index: Option<String>,
    /// `RDPFIX_LOGIN_PASSWORD`: the password for `probe --login`.
    pub login_password: Option<Secret>,
}

/// What the environment wishes for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colours {
    /// `NO_COLOR` or `ANSIBLE_NOCOLOR` is set and not empty.
    Never,
    /// `CLICOLOR_FORCE` is set and not `0`.
    Always,
    /// Neither: colours on terminals.
    #[default]
    OnTerminals,
}

fn colours() -> Colours {
    if text("NO_COLOR")
        .or_else(|| text("ANSIBLE_NOCOLOR"))
        .is_some()
    {
        Colours::Never
    } else if text("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        Colours::Always
    } else {
        Colours::OnTerminals
    }
}

/// A path that does not begin at the root is ignored, as the XDG base directory specification wants it.
fn state_folder() -> Option<PathBuf> {
    let folder = |name| {
        text(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let local = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        folder("HOME").map(|home| home.join(".local/state"))
    };
    folder("XDG_STATE_HOME").or(local)
}

impl Environment {
    /// Reads it.
    pub fn read() -> Self {
        Self {
            colours: colours(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            inventory: text("RDPFIX_INVENTORY").or_else(|| text("ANSIBLE_INVENTORY")),
            forks: text("RDPFIX_FORKS").or_else(|| text("ANSIBLE_FORKS")),
            state_folder: state_folder(),
            job_completion_index: text("JOB_COMPLETION_INDEX"),
            login_password: text("RDPFIX_LOGIN_PASSWORD").map(Secret::new),
        }
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
