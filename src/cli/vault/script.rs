//! Programs that print vault passwords.

use std::path::PathBuf;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;

use zeroize::Zeroizing;

use crate::cli::vault::keys::without_breaks;
use crate::vault::Password;
use crate::vault::PasswordSource;

/// The exit code of a client that knows no such label.
const UNKNOWN_LABEL: i32 = 2;
/// How much of what a client says is repeated.
const SAID: usize = 300;

/// A program that prints a password. One whose name ends in `-client`, extension aside, is told the label.
pub(super) struct Script {
    path: PathBuf,
    client: Option<Client>,
}

struct Client {
    label: Option<String>,
}

impl Script {
    pub(super) fn new(path: PathBuf, label: Option<&str>) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let client = stem.ends_with("-client").then(|| Client {
            label: label.map(str::to_owned),
        });
        Self { path, client }
    }

    /// It may ask a person: the terminal is its own. What clients say beside the password is kept for the case that they
    /// fail.
    fn run(&self) -> std::io::Result<std::process::Output> {
        let mut command = Command::new(&self.path);
        command.stdin(Stdio::inherit()).stdout(Stdio::piped());
        match &self.client {
            Some(client) => {
                if let Some(label) = &client.label {
                    command.args(["--vault-id", label]);
                }
                command.stderr(Stdio::piped());
            }
            None => {
                command.stderr(Stdio::inherit());
            }
        }
        command.spawn()?.wait_with_output()
    }

    fn refusal(&self, status: ExitStatus, said: &[u8]) -> String {
        let name = self.path.display();
        let label = self.client.as_ref().and_then(|one| one.label.as_deref());
        let what = match (status.code(), label) {
            (Some(UNKNOWN_LABEL), Some(label)) if self.client.is_some() => {
                format!("the vault password client `{name}` has no password for `{label}`")
            }
            (Some(code), _) => format!("the vault password program `{name}` ended with {code}"),
            (None, _) => format!("the vault password program `{name}` was killed"),
        };
        let said = String::from_utf8_lossy(said);
        match said.trim() {
            "" => what,
            said => format!("{what}: {}", said.chars().take(SAID).collect::<String>()),
        }
    }
}

impl PasswordSource for Script {
    fn fetch(&self) -> Result<Password, String> {
        let name = self.path.display();
        let output = self.run().map_err(|error| {
            format!(
                "the vault password program `{name}` does not run: {error}; a file that is no program must not be \
                 executable (`chmod -x`)"
            )
        })?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(self.refusal(output.status, &output.stderr));
        }
        match without_breaks(&printed) {
            [] => Err(format!(
                "the vault password program `{name}` printed nothing"
            )),
            password => Ok(Password::new(password)),
        }
    }
}
