//! What the environment says: colours and defaults. The only place that reads variables or asks for terminals.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where the environment is read"
)]

use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use crate::cli::vault::keys::Configured;
use crate::secret::Secret;
use crate::vault::Matching;

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
    /// Where the user keeps what programs remember: `XDG_STATE_HOME`, else `~/.local/state`; `LOCALAPPDATA` on Windows.
    pub state_folder: Option<PathBuf>,
    /// `JOB_COMPLETION_INDEX`: which pod of an indexed Kubernetes job this is, from 0.
    pub job_completion_index: Option<String>,
    /// `RDPFIX_LOGIN_PASSWORD`: the password for `probe --login`.
    pub login_password: Option<Secret>,
    /// What Ansible's variables say of vault passwords.
    pub vault: Configured,
    /// `ANSIBLE_EDITOR`, else `EDITOR`, else `VISUAL`.
    pub editor: Option<String>,
    /// `PATH`: where programs are.
    pub program_folders: Vec<PathBuf>,
    /// `XDG_RUNTIME_DIR`: a folder of this user alone, in memory on most systems.
    pub runtime_folder: Option<PathBuf>,
    /// Where files go that are needed for a moment.
    pub temporary_folder: PathBuf,
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
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            state_folder: state_folder(),
            job_completion_index: text("JOB_COMPLETION_INDEX"),
            login_password: text("RDPFIX_LOGIN_PASSWORD").map(Secret::new),
            vault: vault(),
            editor: text("ANSIBLE_EDITOR")
                .or_else(|| text("EDITOR"))
                .or_else(|| text("VISUAL")),
            program_folders: env::split_paths(&text("PATH").unwrap_or_default()).collect(),
            runtime_folder: text("XDG_RUNTIME_DIR").map(PathBuf::from),
            temporary_folder: env::temp_dir(),
        }
    }
}

/// The password in a variable that an inventory names; `None` when it is not set or empty.
pub fn secret(name: &str) -> Option<Secret> {
    text(name).map(Secret::new)
}

fn vault() -> Configured {
    let identities = text("ANSIBLE_VAULT_IDENTITY_LIST").unwrap_or_default();
    Configured {
        identities: identities
            .split(',')
            .map(|identity| identity.trim().to_owned())
            .filter(|identity| !identity.is_empty())
            .collect(),
        password_file: text("ANSIBLE_VAULT_PASSWORD_FILE"),
        encrypt_identity: text("ANSIBLE_VAULT_ENCRYPT_IDENTITY"),
        matching: match text("ANSIBLE_VAULT_ID_MATCH").map(|word| word.to_lowercase()) {
            Some(word) if ["yes", "on", "1", "true", "t", "y"].contains(&word.as_str()) => {
                Matching::Required
            }
            Some(_) | None => Matching::Preferred,
        },
    }
}

/// A path as a person writes it where no shell expands it: `~` at the beginning, `$NAME` and `${NAME}` anywhere. What
/// is not set stays as written.
pub fn expand(path: &str) -> PathBuf {
    let with_home = match (path.strip_prefix('~'), text("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => home + rest,
        (Some(_) | None, Some(_) | None) => path.to_owned(),
    };
    let mut pieces = with_home.split('$');
    let mut expanded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if let Some((value, rest)) = variable(piece) {
            expanded.push_str(&value);
            expanded.push_str(rest);
        } else {
            expanded.push('$');
            expanded.push_str(piece);
        }
    }
    PathBuf::from(expanded)
}

/// The value of the variable at the beginning of a text that stood behind a `$`, and what follows it.
fn variable(piece: &str) -> Option<(String, &str)> {
    let (name, rest) = if let Some(inner) = piece.strip_prefix('{') {
        inner.split_once('}')?
    } else {
        let end = piece.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
        piece.split_at_checked(end.unwrap_or(piece.len()))?
    };
    Some((text(name)?, rest))
}

fn text(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    env::var(name).ok().filter(|value| !value.is_empty())
}
