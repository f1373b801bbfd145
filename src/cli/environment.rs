//! What the environment says: colours and defaults. The only place that reads variables or asks for terminals.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where the environment is read"
)]

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::path::is_separator;
use std::sync::OnceLock;

use crate::cli::settings::Settings;
use crate::cli::settings::TABLE;
use crate::cli::settings::is_yes;
use crate::cli::settings::table::NO_COLOUR;
use crate::notify::Proxies;
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
    /// The variables of [`TABLE`] that are set and not empty.
    pub variables: BTreeMap<&'static str, String>,
    /// Where the current folder's `ansible.cfg` is looked for; empty for the current folder itself.
    pub folder: PathBuf,
    /// The folder of the user, which `~` stands for.
    pub home: Option<PathBuf>,
    /// Where the user keeps what programs remember: `XDG_STATE_HOME`, else `~/.local/state`; `LOCALAPPDATA` on Windows.
    pub state_folder: Option<PathBuf>,
    /// `RDPFIX_HISTORY`: the file of the history; runs are recorded where it is set.
    pub history: Option<PathBuf>,
    /// `NOTIFY_SOCKET`: where the supervisor that started the program listens.
    pub supervisor: Option<PathBuf>,
    /// `https_proxy`, `all_proxy` and `no_proxy`, also in capitals, and `http_proxy`.
    pub proxies: Proxies,
    /// `JOB_COMPLETION_INDEX`: which pod of an indexed Kubernetes job this is, from 0.
    pub job_completion_index: Option<String>,
    /// What these and `ansible.cfg` say; there once a verb has asked for it.
    pub settings: OnceLock<Settings>,
    /// `RDPFIX_LOGIN_PASSWORD`: the password for `probe --login`.
    pub login_password: Option<Secret>,
    /// `RDPFIX_DASHBOARD_TOKEN`: what the dashboard asks for.
    pub dashboard_token: Option<Secret>,
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
    /// `NO_COLOR` is set and not empty, or `RDPFIX_NOCOLOR`, else `ANSIBLE_NOCOLOR`, says yes.
    Never,
    /// `CLICOLOR_FORCE` is set and not `0`.
    Always,
    /// Neither: colours on terminals.
    #[default]
    OnTerminals,
}

fn colours() -> Colours {
    let said = text(NO_COLOUR.own).or_else(|| text(NO_COLOUR.ansible));
    if text("NO_COLOR").is_some() || said.is_some_and(|word| is_yes(&word)) {
        Colours::Never
    } else if text("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        Colours::Always
    } else {
        Colours::OnTerminals
    }
}

/// As curl reads them. `HTTP_PROXY` is not obeyed, because in programs of web servers whoever asks can set it.
fn proxies() -> Proxies {
    let of = |names: &[&str]| names.iter().find_map(|name| text(name));
    let all = || of(&["all_proxy", "ALL_PROXY"]);
    Proxies {
        https: of(&["https_proxy", "HTTPS_PROXY"])
            .or_else(all)
            .map(Secret::new),
        http: of(&["http_proxy"]).or_else(all).map(Secret::new),
        straight: of(&["no_proxy", "NO_PROXY"]),
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
            state_folder: state_folder(),
            history: text("RDPFIX_HISTORY").map(PathBuf::from),
            supervisor: text("NOTIFY_SOCKET").map(PathBuf::from),
            proxies: proxies(),
            job_completion_index: text("JOB_COMPLETION_INDEX"),
            variables: TABLE
                .iter()
                .flat_map(|setting| [setting.own, setting.ansible])
                .filter_map(|name| Some((name, text(name)?)))
                .collect(),
            folder: PathBuf::new(),
            home: home(),
            settings: OnceLock::new(),
            login_password: text("RDPFIX_LOGIN_PASSWORD").map(Secret::new),
            dashboard_token: text("RDPFIX_DASHBOARD_TOKEN").map(Secret::new),
            editor: text("ANSIBLE_EDITOR")
                .or_else(|| text("EDITOR"))
                .or_else(|| text("VISUAL")),
            program_folders: env::split_paths(&text("PATH").unwrap_or_default()).collect(),
            runtime_folder: text("XDG_RUNTIME_DIR").map(PathBuf::from),
            temporary_folder: env::temp_dir(),
        }
    }

    /// A variable of [`TABLE`], when it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A path with a leading `~`, `$NAME` and `${NAME}` replaced; see [`expand`].
    pub fn expand(&self, path: &str) -> PathBuf {
        let value = |name: &str| {
            self.variable(name)
                .map(str::to_owned)
                .or_else(|| text(name))
        };
        expand_by(path, self.home.clone(), &value)
    }
}

/// A path with what stands for other things in it replaced: a leading `~` by the folder of the user, `$NAME` and
/// `${NAME}` by variables of the environment. What stands for nothing is kept.
pub fn expand(path: &str) -> PathBuf {
    expand_by(path, home(), &text)
}

fn home() -> Option<PathBuf> {
    env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

fn expand_by(path: &str, home: Option<PathBuf>, value: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let mut written = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('$') {
        written.push_str(before);
        let braced = behind
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
            behind.split_at(behind.find(is_end).unwrap_or(behind.len()))
        });
        if let Some(value) = value(name) {
            written.push_str(&value);
            rest = after;
        } else {
            written.push('$');
            rest = behind;
        }
    }
    written.push_str(rest);
    match (written.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home,
        (Some(inner), Some(home)) if inner.starts_with(is_separator) => {
            home.join(inner.trim_start_matches(is_separator))
        }
        _ => PathBuf::from(written),
    }
}

/// All variables, for templates that look one up (`lookup('env', …)`); what is no text cannot be looked up.
pub fn everything() -> BTreeMap<String, String> {
    let pair = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    env::vars_os().filter_map(pair).collect()
}

/// The password in a variable that an inventory names; `None` when it is not set or empty.
pub fn secret(name: &str) -> Option<Secret> {
    text(name).map(Secret::new)
}

fn text(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    env::var(name).ok().filter(|value| !value.is_empty())
}
