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
    /// The folder of the user, which `~` stands for.
    pub home: Option<PathBuf>,
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
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            login_password: text("RDPFIX_LOGIN_PASSWORD").map(Secret::new),
        }
    }
}

/// The password in a variable that an inventory names; `None` when it is not set or empty.
pub fn secret(name: &str) -> Option<Secret> {
    text(name).map(Secret::new)
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
