//! The dashboard of the service: who may look, where it listens, and what of the service it shows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::args::ServeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::clock::SystemClock;
use crate::dashboard;
use crate::dashboard::Access;
use crate::dashboard::AccessError;
use crate::dashboard::App;
use crate::dashboard::Archive;
use crate::dashboard::Asked;
use crate::dashboard::Jobs;
use crate::dashboard::LastRun;
use crate::event::Recap;
use crate::event::RunMode;
use crate::job::Mode;
use crate::job::Schedule;
use crate::job::duration;
use crate::secret::Secret;
use crate::service;
use crate::service::Handle;
use crate::service::errand::Log;
use crate::service::said::Said;
use crate::service::said::What;
use crate::service::state::JobState;
use crate::service::state::Last;

/// A dashboard whose place is taken, and that nobody can look at yet.
pub struct Prepared {
    listener: TcpListener,
    access: Access,
    store: PathBuf,
    log: Arc<dyn Log>,
}

impl Prepared {
    /// Takes the place that `--listen` names; `None` without it.
    pub async fn new(
        arguments: &ServeArguments,
        environment: &Environment,
        (store, log): (&PathBuf, &Arc<dyn Log>),
    ) -> anyhow::Result<Option<Self>> {
        let Some(address) = arguments.listen else {
            return Ok(None);
        };
        let token = token(arguments, environment)?;
        let access = Access::new(address, &arguments.host_name, token.as_ref())
            .map_err(|error| refused(&error))?;
        let listener = dashboard::listen(address).await.map_err(|error| {
            let told = format!("the dashboard cannot listen on `{address}`: {error}");
            Refusal::new(ExitStatus::Usage, told).hint("`--listen` takes another port or address")
        })?;
        Ok(Some(Self {
            listener,
            access,
            store: store.clone(),
            log: Arc::clone(log),
        }))
    }

    /// Shows the service to whoever looks, until it stops.
    pub async fn show(self, service: Handle, mut stop: watch::Receiver<bool>) {
        let at = self.listener.local_addr().ok();
        let told = Arc::clone(&self.log);
        let say = move |what| {
            told.say(&Said {
                at: crate::clock::Clock::now(&SystemClock),
                job: None,
                what,
            });
        };
        if let Some(at) = at {
            say(What::Listening {
                url: format!("http://{at}/"),
            });
        }
        let telling = move |text: &str| {
            let text = format!("dashboard: {text}");
            say(What::Note { text });
        };
        let archive = Archive::new(self.store).telling(telling);
        let clock = Arc::new(SystemClock);
        let app = App::new(archive, Arc::new(Shown(service)), self.access, clock);
        let ending = async move {
            let _stopped = stop.wait_for(|stop| *stop).await;
        };
        dashboard::serve(self.listener, app, ending).await;
    }
}

/// The token of `--token-file`, else of the environment.
fn token(arguments: &ServeArguments, environment: &Environment) -> anyhow::Result<Option<Secret>> {
    let Some(path) = &arguments.token_file else {
        return Ok(environment.dashboard_token.clone());
    };
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

fn refused(error: &AccessError) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Usage, error.to_string());
    match error {
        AccessError::TokenNeeded(_) | AccessError::TokenTooShort | AccessError::TokenUnfit => refusal
            .hint("`openssl rand -hex 32 > FILE` makes a token; `--token-file FILE` or the variable `RDPFIX_DASHBOARD_TOKEN` names it"),
        AccessError::NoRandomness => refusal,
    }
}

/// The service's jobs as the dashboard wants them.
struct Shown(Handle);

impl Jobs for Shown {
    fn jobs(&self) -> Vec<dashboard::Job> {
        self.0.state().jobs.iter().map(shown).collect()
    }

    fn run_now(&self, name: &str) -> Asked {
        match self.0.run_now(name) {
            service::Asked::Accepted => Asked::Accepted,
            service::Asked::Running => Asked::Running,
            service::Asked::Unknown => Asked::Unknown,
            service::Asked::Refused => Asked::Refused,
        }
    }

    fn trouble(&self) -> Option<String> {
        self.0.state().problem
    }
}

fn shown(state: &JobState) -> dashboard::Job {
    let job = &state.job;
    let trouble = state
        .last
        .as_ref()
        .and_then(|last| last.result.as_ref().err())
        .map(|why| format!("cannot be run: {why}"));
    dashboard::Job {
        name: job.name.to_string(),
        cadence: match &job.schedule {
            Schedule::Cron(cron) => format!("{} ({})", cron.text(), job.zone.name),
            Schedule::Every(every) => format!("every {}", duration::words(*every)),
        },
        mode: match job.mode {
            Mode::Audit => RunMode::Check,
            Mode::Apply | Mode::ApplyInWindow => RunMode::Apply,
        },
        next: sooner(state.next, state.retry),
        last: state.last.as_ref().and_then(last),
        running_since: state.running.map(|running| running.since),
        trouble,
    }
}

/// The earlier of two moments that may not be.
fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

fn last(last: &Last) -> Option<LastRun> {
    let recap = last.result.as_ref().ok()?;
    Some(LastRun {
        run: last.run.clone()?,
        at: last.ended,
        result: word(recap).to_owned(),
    })
}

/// How a run went, in one word: the worst of it.
fn word(recap: &Recap) -> &'static str {
    match recap {
        Recap {
            stopped: Some(_), ..
        } => "stopped",
        Recap { failed: 1.., .. } => "failed",
        Recap {
            unreachable: 1.., ..
        } => "unreachable",
        Recap { drifted: 1.., .. } => "drifted",
        _ => "ok",
    }
}

/// Where a dashboard is to listen: `127.0.0.1:8080`, `[::1]:8080`, and `localhost:8080` for the first.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric
        .parse()
        .map_err(|_unparsed| "an address with a port is wanted: `127.0.0.1:8080`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::address;
    use super::word;
    use crate::event::Recap;

    #[test]
    fn places_to_listen_are_numbers_or_this_machine() {
        assert_eq!(address("localhost:80"), address("127.0.0.1:80"));
        assert!(address("[::1]:80").is_ok());
        for wrong in ["8080", "127.0.0.1", "ts01:80", "localhost", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_is_told_by_its_worst() {
        let mut recap = Recap::default();
        assert_eq!(word(&recap), "ok");
        recap.drifted = 2;
        assert_eq!(word(&recap), "drifted");
        recap.failed = 1;
        assert_eq!(word(&recap), "failed");
    }
}
