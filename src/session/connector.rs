//! Makes sessions, with what they share: TLS settings, the clock, and which passwords were refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::cim::Unreachable;
use crate::clock::Clock;
use crate::connect::Connector;
use crate::connect::Passwords;
use crate::inventory::Authentication;
use crate::inventory::Host;
use crate::inventory::PasswordSource;
use crate::inventory::Scheme;
use crate::inventory::TlsTrust;
use crate::secret::Secret;
use crate::session::failure::Failure;
use crate::session::line::Counters;
use crate::session::line::Destination;
use crate::session::link::Login;
use crate::session::pool::Pool;
use crate::session::tls::TlsSettings;
use crate::session::trial::Trials;
use crate::session::winrm::WinRmSession;

/// The least pause before a connection that was lost while signing in is tried once more.
const SECOND_TRY: Duration = Duration::from_millis(100);

/// How sessions behave.
#[derive(Debug, Clone)]
pub struct WinRmOptions {
    /// TCP connections per host, at least 1; more than one is used only when several requests wait at once.
    pub connections: usize,
    /// How long connecting may take, TLS included.
    pub connect_timeout: Duration,
    /// `w:OperationTimeout`, after which the host gives up; a host's own setting comes first. Windows cuts it to 60 s.
    pub operation_timeout: Duration,
    /// How much longer than that to wait for the answer.
    pub grace: Duration,
    /// The content of each PEM file that a host names in [`TlsTrust::File`], by that name.
    pub trust_files: BTreeMap<String, Vec<u8>>,
    /// Gets passwords that the inventory does not hold; without it such hosts cannot be signed in to.
    pub passwords: Option<Arc<dyn Passwords>>,
}

impl Default for WinRmOptions {
    fn default() -> Self {
        Self {
            connections: 2,
            connect_timeout: Duration::from_secs(10),
            operation_timeout: Duration::from_secs(20),
            grace: Duration::from_secs(10),
            trust_files: BTreeMap::new(),
            passwords: None,
        }
    }
}

/// Opens WinRM sessions.
pub struct WinRmConnector {
    options: WinRmOptions,
    clock: Arc<dyn Clock>,
    tls: TlsSettings,
    /// Address, user and password of sign-ins that were refused; trying one again would lock the account out.
    refused: Mutex<Vec<(String, String, Secret)>>,
    trials: Trials,
}

impl WinRmConnector {
    /// A connector for one run.
    pub fn new(mut options: WinRmOptions, clock: Arc<dyn Clock>) -> Self {
        let files = std::mem::take(&mut options.trust_files);
        Self {
            options,
            clock,
            tls: TlsSettings::new(files),
            refused: Mutex::new(Vec::new()),
            trials: Trials::default(),
        }
    }

    /// Connects and signs in, keeping the concrete type.
    pub async fn open(&self, host: &Host) -> Result<WinRmSession, CimError> {
        let counters = Arc::new(Counters::default());
        let operation_timeout = host
            .winrm
            .operation_timeout
            .map_or(self.options.operation_timeout, Duration::from_secs);
        if let Some(obstacle) = &host.winrm.obstacle {
            return Err(CimError::NoSignIn {
                detail: obstacle.message.clone(),
                remedy: obstacle.help.join("; "),
            });
        }
        let mut login = self.login(host, operation_timeout, Arc::clone(&counters))?;
        if let Some(password) = self.password(host).await? {
            login.trial = self.trials.of(&login.user, &password);
            login.password = password;
        }
        if self.was_refused(&login) {
            return Err(login.refused());
        }
        let attempt = (
            login.destination.address.clone(),
            login.user.clone(),
            login.password.clone(),
        );
        let pool = self.pool(login).await;
        if let Err(failure) = &pool
            && matches!(failure.error, CimError::SignInRefused { .. })
        {
            self.refused().push(attempt);
        }
        let pool = pool.map_err(|failure| failure.error)?;
        let clock = Arc::clone(&self.clock);
        Ok(WinRmSession::new(pool, clock, operation_timeout, counters))
    }

    /// Opens the first link. A connection that is lost on the way is tried once more: hosts that restart WinRM or have
    /// many clients do that, and nothing was asked of them yet.
    async fn pool(&self, login: Login) -> Result<Pool, Failure> {
        let again = login.clone();
        match Pool::open(login, self.options.connections).await {
            Err(failure) if is_lost(&failure.error) => {
                let jitter = SECOND_TRY.mul_f64(rand::random_range(0.0..1.0));
                self.clock.sleep(SECOND_TRY + jitter).await;
                Pool::open(again, self.options.connections).await
            }
            opened => opened,
        }
    }

    fn login(
        &self,
        host: &Host,
        operation_timeout: Duration,
        counters: Arc<Counters>,
    ) -> Result<Login, CimError> {
        let winrm = &host.winrm;
        if winrm.scheme == Scheme::Http && winrm.scheme_of_authentication == Authentication::Basic {
            return Err(CimError::Configuration {
                detail: "`basic` over plain HTTP would send the password readable by anyone"
                    .to_owned(),
                remedy: "set `ansible_winrm_scheme: https`, or `ansible_winrm_transport: ntlm`"
                    .to_owned(),
            });
        }
        // Over plain HTTP the library wants settings too, and never uses them.
        let trust = match winrm.scheme {
            Scheme::Http => &TlsTrust::Unchecked,
            Scheme::Https => &winrm.trust,
        };
        let destination = Destination {
            url: url(host)?,
            address: authority(host),
            tls: self.tls.get(trust)?,
            connect_timeout: self.options.connect_timeout,
            answer_timeout: operation_timeout + self.options.grace,
            counters,
        };
        Ok(Login {
            destination: Arc::new(destination),
            scheme: winrm.scheme,
            authentication: winrm.scheme_of_authentication,
            host: host.address.clone(),
            user: winrm.user.clone(),
            password: winrm.password.clone(),
            trial: self.trials.of(&winrm.user, &winrm.password),
        })
    }

    /// The password, when it is not among what the inventory says.
    async fn password(&self, host: &Host) -> Result<Option<Secret>, CimError> {
        match (&host.winrm.password_source, &self.options.passwords) {
            (PasswordSource::Stated, _) => Ok(None),
            (source, Some(passwords)) => passwords.password(source).await.map(Some),
            (_, None) => Err(CimError::NoSignIn {
                detail: "the password is to come from elsewhere, and nobody gets it".to_owned(),
                remedy: "set `ansible_password`".to_owned(),
            }),
        }
    }

    fn was_refused(&self, login: &Login) -> bool {
        self.refused().iter().any(|(address, user, password)| {
            *address == login.destination.address
                && *user == login.user
                && *password == login.password
        })
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, Vec<(String, String, Secret)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Connector for WinRmConnector {
    async fn connect(&self, host: &Host) -> Result<Arc<dyn CimSession>, CimError> {
        Ok(Arc::new(self.open(host).await?))
    }

    fn is_starting(&self, host: &Host) {
        let address = authority(host);
        self.refused().retain(|(refused, _, _)| *refused != address);
    }
}

fn is_lost(error: &CimError) -> bool {
    matches!(
        error,
        CimError::Unreachable {
            reason: Unreachable::ConnectionLost,
            ..
        }
    )
}

/// `host:port`; an IPv6 address needs brackets there.
fn authority(host: &Host) -> String {
    let port = host.winrm.port;
    if host.address.contains(':') && !host.address.starts_with('[') {
        format!("[{}]:{port}", host.address)
    } else {
        format!("{}:{port}", host.address)
    }
}

fn url(host: &Host) -> Result<Url, CimError> {
    let scheme = match host.winrm.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let path = host.winrm.path.trim_start_matches('/');
    let text = format!("{scheme}://{}/{path}", authority(host));
    Url::parse(&text).map_err(|error| CimError::Configuration {
        detail: format!("`{text}` is not a URL: {error}"),
        remedy: "check `ansible_host` and `ansible_winrm_path`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::authority;
    use super::url;
    use crate::inventory::Authentication;
    use crate::inventory::Host;
    use crate::inventory::HostVars;
    use crate::inventory::PasswordSource;
    use crate::inventory::Scheme;
    use crate::inventory::TlsTrust;
    use crate::inventory::WinRm;
    use crate::secret::Secret;

    fn host(address: &str) -> Host {
        Host {
            name: Arc::from("pc-1"),
            address: address.to_owned(),
            winrm: WinRm {
                port: 5986,
                scheme: Scheme::Https,
                path: "wsman".to_owned(),
                user: String::new(),
                password: Secret::new(""),
                password_source: PasswordSource::Stated,
                scheme_of_authentication: Authentication::Ntlm,
                trust: TlsTrust::System,
                operation_timeout: None,
                obstacle: None,
            },
            rdp_port: 3389,
            rdp_gateway: None,
            vars: HostVars::default(),
        }
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        assert_eq!(authority(&host("fe80::1")), "[fe80::1]:5986");
        let url = url(&host("fe80::1")).unwrap();
        assert_eq!(url.as_str(), "https://[fe80::1]:5986/wsman");
    }

    #[test]
    fn an_address_that_makes_no_url_is_a_wrong_configuration() {
        assert!(url(&host("not a name")).is_err());
    }
}
