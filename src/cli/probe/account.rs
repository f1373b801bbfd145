//! `--login`: where its password comes from, and that a wrong one is not tried on every host.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::cli::args::ProbeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::clock::Clock;
use crate::probe::surveyor::Credentials;
use crate::probe::surveyor::SurveyOptions;
use crate::probe::surveyor::Surveyor;
use crate::probe::surveyor::Target;
use crate::secret::Secret;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::Survey;

/// Refusals after which an account is left alone: locks begin at three or more wrong passwords.
const ENOUGH: usize = 2;

/// The account to sign in with, when one was named: file, then environment, then a question on the terminal.
pub(super) fn credentials(
    arguments: &ProbeArguments,
    environment: &Environment,
) -> anyhow::Result<Option<Credentials>> {
    let Some(user) = &arguments.login else {
        return Ok(None);
    };
    let password = match (&arguments.password_file, &environment.login_password) {
        (Some(path), _) => from_file(path)?,
        (None, Some(password)) => password.clone(),
        (None, None) => asked(user, environment)?,
    };
    Ok(Some(Credentials {
        user: user.clone(),
        password,
    }))
}

fn from_file(path: &Path) -> anyhow::Result<Secret> {
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        let message = format!("`{}` is empty", path.display());
        return Err(Refusal::new(ExitStatus::Usage, message)
            .hint("write the password into its first line")
            .into());
    }
    Ok(Secret::new(password))
}

fn asked(user: &str, environment: &Environment) -> anyhow::Result<Secret> {
    let nobody = |why: &str| {
        Refusal::new(
            ExitStatus::Usage,
            format!("there is no password for `{user}`: {why}"),
        )
        .hint("give it by `--password-file FILE`, or in the variable RDPFIX_LOGIN_PASSWORD")
    };
    if !environment.stdin_is_terminal {
        return Err(nobody("there is no terminal to ask on").into());
    }
    let typed = rpassword::prompt_password(format!("Password of {user}: "))
        .map_err(|error| nobody(&error.to_string()))?;
    if typed.is_empty() {
        return Err(nobody("nothing was typed").into());
    }
    Ok(Secret::new(typed))
}

/// Visits hosts, with an account while it may be tried.
pub(super) struct Account {
    with_login: Option<(String, Surveyor)>,
    without: Surveyor,
    refusals: AtomicUsize,
    accepted: AtomicBool,
}

impl Account {
    /// For visits like this.
    pub(super) fn new(clock: Arc<dyn Clock>, options: SurveyOptions) -> Self {
        let without = SurveyOptions {
            login: None,
            ..options.clone()
        };
        let user = options
            .login
            .as_ref()
            .map(|credentials| credentials.user.clone());
        Self {
            with_login: user.map(|user| (user, Surveyor::new(Arc::clone(&clock), options))),
            without: Surveyor::new(clock, without),
            refusals: AtomicUsize::new(0),
            accepted: AtomicBool::new(false),
        }
    }

    /// Whether the account is still to be tried on one host at a time: nobody accepted it, and it was not given up.
    pub(super) fn is_on_trial(&self) -> bool {
        self.with_login.is_some() && !self.accepted.load(Ordering::SeqCst) && !self.is_given_up()
    }

    fn is_given_up(&self) -> bool {
        self.refusals.load(Ordering::SeqCst) >= ENOUGH
    }

    /// Visits a host; once the account is given up, without it.
    pub(super) async fn survey(&self, target: &Target) -> Survey {
        let Some((user, surveyor)) = &self.with_login else {
            return self.without.survey(target).await;
        };
        if self.is_given_up() {
            let mut survey = self.without.survey(target).await;
            survey.login = Some(Login {
                user: user.clone(),
                outcome: LoginOutcome::Failed(format!(
                    "not tried: {ENOUGH} hosts refused the account, and more tries could lock it out"
                )),
            });
            return survey;
        }
        let survey = surveyor.survey(target).await;
        self.learn(survey.login.as_ref().map(|login| &login.outcome));
        survey
    }

    /// A host that knows the account and does not let it in has seen the right password.
    fn learn(&self, outcome: Option<&LoginOutcome>) {
        match outcome {
            Some(LoginOutcome::Accepted | LoginOutcome::NotAuthorized) => {
                self.accepted.store(true, Ordering::SeqCst);
            }
            Some(LoginOutcome::Refused(_) | LoginOutcome::Closed) => {
                self.refusals.fetch_add(1, Ordering::SeqCst);
            }
            Some(LoginOutcome::NotOffered | LoginOutcome::Failed(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Account;
    use crate::clock::SystemClock;
    use crate::probe::surveyor::Credentials;
    use crate::probe::surveyor::SurveyOptions;
    use crate::probe::surveyor::Target;
    use crate::secret::Secret;
    use crate::survey::LoginOutcome;

    fn account() -> Account {
        let options = SurveyOptions {
            deadline: Duration::from_secs(5),
            repeat: 1,
            login: Some(Credentials {
                user: "ann".to_owned(),
                password: Secret::new("wrong"),
            }),
            gateway: None,
            roots: Vec::new(),
        };
        Account::new(Arc::new(SystemClock), options)
    }

    const REFUSED: LoginOutcome = LoginOutcome::Refused(0xC000_006D);

    #[tokio::test]
    async fn after_two_refusals_no_host_gets_the_account() {
        let account = account();
        account.learn(Some(&REFUSED));
        assert!(account.is_on_trial(), "one may be the host's own fault");
        account.learn(Some(&REFUSED));
        assert!(!account.is_on_trial());
        let nobody = Target {
            host: "nobody".to_owned(),
            address: "127.0.0.1".to_owned(),
            port: 1,
            gateway: None,
        };
        let login = account.survey(&nobody).await.login.unwrap();
        let LoginOutcome::Failed(why) = &login.outcome else {
            panic!("{login:?}");
        };
        assert!(why.starts_with("not tried: 2 hosts refused"), "{why}");
    }

    #[test]
    fn an_accepted_account_is_tried_on_many_hosts_at_once() {
        let account = account();
        account.learn(Some(&LoginOutcome::NotOffered));
        account.learn(None);
        assert!(account.is_on_trial());
        account.learn(Some(&LoginOutcome::Accepted));
        assert!(!account.is_on_trial());
        account.learn(Some(&REFUSED));
        account.learn(Some(&REFUSED));
        assert!(account.is_given_up(), "even then two refusals are enough");
    }
}
