//! Gets passwords from where inventories say that they are: a program's output, a variable of the environment, a file.
//! Nothing of what these give is ever shown, and each is asked once in a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::cim::CimError;
use crate::cli::environment;
use crate::cli::files;
use crate::connect::Passwords;
use crate::inventory::PasswordSource;
use crate::secret::Secret;

/// How long a program may take; some ask a person to touch a key.
const PATIENCE: Duration = Duration::from_mins(1);
/// Programs that run at once.
const AT_ONCE: usize = 16;

/// What became of asking.
type Asked = Arc<OnceCell<Result<Secret, CimError>>>;

/// The passwords of one run.
#[derive(Debug)]
pub struct Sources {
    patience: Duration,
    turns: Semaphore,
    asked: Mutex<BTreeMap<PasswordSource, Asked>>,
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}

impl Sources {
    /// Nothing is asked for before a host needs it.
    pub fn new() -> Self {
        Self {
            patience: PATIENCE,
            turns: Semaphore::new(AT_ONCE),
            asked: Mutex::new(BTreeMap::new()),
        }
    }

    async fn ask(&self, source: &PasswordSource) -> Result<Secret, CimError> {
        match source {
            PasswordSource::Stated => Ok(Secret::new("")),
            PasswordSource::Command(words) => self.printed(words).await,
            PasswordSource::Environment(name) => {
                environment::secret(name).ok_or_else(|| CimError::NoSignIn {
                    detail: format!("the variable `{name}` of the environment has no password"),
                    remedy: format!("set `{name}`, which `rdpfix_password_env` names"),
                })
            }
            PasswordSource::File(path) => read(&environment::expand(path)),
        }
    }

    async fn printed(&self, words: &[String]) -> Result<Secret, CimError> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(failed("nothing", "names no program"));
        };
        let _turn = self.turns.acquire().await;
        let mut command = Command::new(environment::expand(program));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let output = tokio::time::timeout(self.patience, command.output()).await;
        let output = output.map_err(|_elapsed| {
            let limit = self.patience.as_secs_f32();
            failed(program, &format!("gave no password within {limit} s"))
        })?;
        let output = output.map_err(|error| CimError::NoSignIn {
            detail: format!("the password program `{program}` cannot be run: {error}"),
            remedy: "in `rdpfix_password_command`, name a program in PATH or by its whole path; no shell reads the command"
                .to_owned(),
        })?;
        let stdout = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed(program, &format!("ended with {}", output.status)));
        }
        let text = std::str::from_utf8(&stdout)
            .map_err(|_error| failed(program, "printed something that is not UTF-8 text"))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(failed(program, "printed nothing"));
        }
        Ok(Secret::new(text))
    }
}

#[async_trait]
impl Passwords for Sources {
    async fn password(&self, source: &PasswordSource) -> Result<Secret, CimError> {
        let asked = {
            let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(source.clone()).or_default())
        };
        asked.get_or_init(|| self.ask(source)).await.clone()
    }
}

fn failed(program: &str, what: &str) -> CimError {
    CimError::NoSignIn {
        detail: format!("the password program `{program}` {what}"),
        remedy:
            "run the program of `rdpfix_password_command` by hand: what it says is not shown here"
                .to_owned(),
    }
}

fn read(path: &Path) -> Result<Secret, CimError> {
    let no_password = |detail| {
        CimError::NoSignIn {
        detail,
        remedy: "`rdpfix_password_file` names a file that holds the password and nothing else; a relative path begins in the current folder"
            .to_owned(),
    }
    };
    let bytes = files::read(path).map_err(|error| no_password(format!("{error:#}")))?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_error| no_password(format!("`{}` is not UTF-8 text", path.display())))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(no_password(format!("`{}` is empty", path.display()))),
        text => Ok(Secret::new(text)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::Sources;
    use crate::connect::Passwords;
    use crate::inventory::PasswordSource;

    fn command(words: &[&str]) -> PasswordSource {
        PasswordSource::Command(words.iter().map(|word| (*word).to_owned()).collect())
    }

    async fn ask(source: PasswordSource) -> Result<String, String> {
        let sources = Sources::new();
        let password = sources.password(&source).await;
        password
            .map(|secret| secret.reveal().to_owned())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_program_prints_the_password_and_one_newline_is_cut() {
        let printed = |text: &'static str| ask(command(&["printf", text]));
        assert_eq!(printed("hunter2\\n").await, Ok("hunter2".to_owned()));
        assert_eq!(printed("hunter2").await, Ok("hunter2".to_owned()));
        assert_eq!(printed("two\\r\\n").await, Ok("two".to_owned()));
        assert_eq!(printed(" a \\n\\n").await, Ok(" a \n".to_owned()));
    }

    #[tokio::test]
    async fn what_a_program_says_when_it_fails_is_not_shown() {
        let script = "echo hunter2; echo hunter2 >&2; exit 3";
        let error = ask(command(&["sh", "-c", script])).await.unwrap_err();
        assert!(
            error.starts_with("the password program `sh` ended with"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
        for (words, says) in [
            (&["true"][..], "printed nothing"),
            (&["printf", "\\377"], "not UTF-8"),
            (&["/nowhere/pw"], "cannot be run"),
        ] {
            let error = ask(command(words)).await.unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let sources = Sources {
            patience: Duration::from_millis(50),
            ..Sources::new()
        };
        let error = sources.password(&command(&["sleep", "600"])).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("within 0.05 s"), "{error}");
    }

    #[tokio::test]
    async fn a_variable_or_a_file_that_is_missing_says_which() {
        let name = "RDPFIX_NO_SUCH_VARIABLE";
        let error = ask(PasswordSource::Environment(name.to_owned())).await;
        assert!(error.unwrap_err().contains(name));
        let error = ask(PasswordSource::File("/nowhere/password".to_owned())).await;
        assert!(error.unwrap_err().contains("`/nowhere/password`"));
    }

    #[tokio::test]
    async fn hosts_with_the_same_source_ask_once() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let script = format!("echo x >> '{}'; echo pw", count.display());
        let sources = Sources::new();
        let source = command(&["sh", "-c", &script]);
        let asked: Vec<_> = (0..20).map(|_| sources.password(&source)).collect();
        for password in futures_util::future::join_all(asked).await {
            assert_eq!(password.unwrap().reveal(), "pw");
        }
        let counted = crate::cli::files::read(&count).unwrap();
        assert_eq!(counted, b"x\n");
    }
}
