//! The dashboard of the service: who may look, where it listens, and what of the service it shows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::cli::args::ServeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::dashboard;
use crate::dashboard::Access;
use crate::dashboard::AccessError;
use crate::dashboard::App;
use crate::dashboard::Archive;
use crate::dashboard::Asked;
use crate::dashboard::Jobs;
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

/// A dashboard whose place is taken, and that nobody can look at yet.
pub struct Prepared {
    listener: TcpListener,
    access: Access,
    store: PathBuf,
    log: Arc<dyn Log>,
    /// The name by which others reach it.
    name: Option<String>,
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
            name: arguments.host_name.first().cloned(),
        }))
    }

    /// Where messages say that it is.
    pub fn url(&self) -> Option<String> {
        let at = self.listener.local_addr().ok()?;
        url(at, self.name.as_deref())
    }

    /// Shows the service to whoever looks, until it stops.
    pub async fn show(self, service: Handle, mut stop: watch::Receiver<bool>) {
        let at = self.listener.local_addr().ok();
        let told = Arc::clone(&self.log);
        let say = move |what| {
            told.say(&Said {
                at: SystemClock.now(),
                job: None,
                what,
            });
        };
        if let Some(at) = at {
            say(What::Listening {
                url: format!("http://{}/", place(at)),
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
    let bytes = Zeroizing::new(files::read(path)?);
    // Nothing is copied, but of bytes that are no text, and thus no token.
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

fn refused(error: &AccessError) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Usage, error.to_string());
    match error {
        AccessError::TokenNeeded(_) | AccessError::TokenTooShort | AccessError::TokenUnfit => refusal
            .hint("`openssl rand -hex 32 > FILE` makes a token; `--token-file FILE` or the variable `RDPFIX_DASHBOARD_TOKEN` names it"),
        AccessError::NameUnfit(_) => refusal.hint("`--host-name` takes a name or an address as browsers show it, without port"),
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
        let state = self.0.state();
        let is_shut = |shown: &JobState| shown.job.mode_at(SystemClock.now()).run.is_none();
        if state.job(name).is_some_and(is_shut) {
            return Asked::Refused;
        }
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
        running_since: state.running.map(|running| running.since),
        trouble,
    }
}

/// The earlier of two moments that may not be.
fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Where others find a dashboard that listens there: by this name, else by its address. One that has a name and listens to
/// this machine alone is behind a proxy with TLS. `None` for all addresses of this machine, which are no place to go to.
fn url(at: SocketAddr, name: Option<&str>) -> Option<String> {
    match name {
        Some(name) if at.ip().is_loopback() => Some(format!("https://{name}")),
        Some(name) => Some(format!("http://{name}:{}", at.port())),
        None if at.ip().is_unspecified() => None,
        None => Some(format!("http://{at}")),
    }
}

/// Where browsers of this machine find a dashboard that listens there.
fn place(at: SocketAddr) -> String {
    if at.ip().is_unspecified() {
        format!("localhost:{}", at.port())
    } else {
        at.to_string()
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
    use super::place;
    use super::url;

    #[test]
    fn places_to_listen_are_numbers_or_this_machine() {
        assert_eq!(address("localhost:80"), address("127.0.0.1:80"));
        assert!(address("[::1]:80").is_ok());
        for wrong in ["8080", "127.0.0.1", "ts01:80", "localhost", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn messages_name_a_place_that_others_can_go_to() {
        let name = Some("hosts.example");
        for (listening, name, told) in [
            ("10.0.0.5:80", None, Some("http://10.0.0.5:80")),
            ("[::1]:80", None, Some("http://[::1]:80")),
            ("0.0.0.0:80", None, None),
            ("0.0.0.0:80", name, Some("http://hosts.example:80")),
            ("127.0.0.1:80", name, Some("https://hosts.example")),
        ] {
            let found = url(listening.parse().unwrap(), name);
            assert_eq!(found.as_deref(), told, "{listening}");
        }
    }

    #[test]
    fn a_place_that_is_told_is_one_that_answers() {
        for (listening, told) in [
            ("0.0.0.0:80", "localhost:80"),
            ("[::]:80", "localhost:80"),
            ("10.0.0.5:80", "10.0.0.5:80"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(place(listening.parse().unwrap()), told);
        }
    }
}
