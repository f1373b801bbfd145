//! A thorough visit: asks everything that can be asked from outside, each question on its own short connection, within
//! one deadline. Knows sockets and in which order things happen; what they mean is `survey::judge`'s business.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

use crate::clock::Clock;
use crate::probe::challenge;
use crate::probe::dial;
use crate::probe::gateway;
use crate::probe::login;
use crate::probe::versions;
use crate::rdp::nego::Protocols;
use crate::secret::Secret;
use crate::survey::ASKED;
use crate::survey::Asked;
use crate::survey::Login;
use crate::survey::Reply;
use crate::survey::Survey;
use crate::survey::TlsView;

/// Whom to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How the host is called in output.
    pub host: String,
    /// Name or address to connect to.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// What to do on a visit besides looking.
#[derive(Debug, Clone)]
pub struct SurveyOptions {
    /// How long a host may take as a whole.
    pub deadline: Duration,
    /// How many times the stages are timed; 1 looks once.
    pub repeat: u32,
    /// Sign in with this account.
    pub login: Option<Credentials>,
    /// Look at this gateway too: name, or `name:port`.
    pub gateway: Option<String>,
    /// Roots besides those of the system (`--ca`).
    pub roots: Vec<CertificateDer<'static>>,
}

/// An account to sign in with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `user`, `DOMAIN\user` or `user@domain`.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Visits hosts; keeps nothing between visits.
pub struct Surveyor {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: SurveyOptions,
    pub(super) provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Surveyor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surveyor")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What the parts of a visit share: where the host is, and how long a question may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The name that was asked for; TLS is told it.
    pub(super) name: &'a str,
    /// The address that opened.
    pub(super) address: SocketAddr,
    /// How long one question may take.
    pub(super) longest: Duration,
}

impl Surveyor {
    /// One that visits like this.
    pub fn new(clock: Arc<dyn Clock>, options: SurveyOptions) -> Self {
        Self {
            clock,
            options,
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        }
    }

    /// Visits a host. Never fails: what goes wrong is what was seen.
    pub async fn survey(&self, target: &Target) -> Survey {
        let mut survey = Survey::begun(&target.host, target.port, self.clock.now());
        if let Some(gateway) = &self.options.gateway {
            survey.gateway = gateway::look(self, gateway).await;
        }
        let Ok(mut found) = tokio::net::lookup_host((&*target.address, target.port)).await else {
            return survey;
        };
        let Some(address) = found.next() else {
            return survey;
        };
        let place = Place {
            name: &target.address,
            address,
            longest: self.options.deadline,
        };
        self.ask(place, &mut survey).await;
        survey
    }

    async fn ask(&self, place: Place<'_>, survey: &mut Survey) {
        let clock = self.clock.as_ref();
        for (wanted, _) in ASKED {
            let reply = match dial::open(clock, place.address, place.longest).await {
                Ok(mut stream) => dial::negotiate(clock, &mut stream, wanted, place.longest).await,
                Err(outcome) => Reply::NotConnected(outcome),
            };
            survey.negotiation.push(Asked { wanted, reply });
        }
        let versions = versions::look(self, place, Protocols::HYBRID).await;
        survey.tls = Some(TlsView {
            versions: versions
                .iter()
                .map(|seen| (seen.version, seen.reply.clone()))
                .collect(),
            chain: versions
                .into_iter()
                .map(|seen| seen.chain)
                .find(|chain| !chain.is_empty())
                .unwrap_or_default(),
            ..TlsView::default()
        });
        survey.sizes = versions::sizes(self, place, Protocols::HYBRID).await;
        survey.ntlm = challenge::look(self, place).await;
        if let Some(credentials) = &self.options.login {
            survey.login = Some(Login {
                user: credentials.user.clone(),
                outcome: login::sign_in(self, place, credentials).await,
            });
        }
    }
}
