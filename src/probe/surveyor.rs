//! A thorough visit: asks everything that can be asked from outside, each question on its own short connection, within
//! one deadline. Knows sockets and in which order things happen; what they mean is `survey::judge`'s business.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::probe::course::Course;
use crate::probe::gateway;
use crate::probe::names::Resolver;
use crate::probe::names::SystemResolver;
use crate::probe::notebook::Ended;
use crate::probe::notebook::Notebook;
use crate::probe::tls;
use crate::probe::tls::Recorder;
use crate::probe::trust::Roots;
use crate::secret::Secret;
use crate::survey::GatewayView;
use crate::survey::Survey;
use crate::survey::Trust;

/// Whom to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How the host is called in output.
    pub host: String,
    /// Name or address to connect to.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The gateway that clients of this host go through: name, or `name:port`. [`SurveyOptions::gateway`] wins over it.
    pub gateway: Option<String>,
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
    /// Look at this gateway too, whatever the targets say: name, or `name:port`.
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

/// What is seen of a gateway, once somebody has looked.
type Look = Arc<OnceCell<GatewayView>>;

/// Visits hosts. Of a visit nothing is kept but which addresses a password was tried at.
pub struct Surveyor {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: SurveyOptions,
    pub(super) provider: Arc<CryptoProvider>,
    /// What all handshakes share.
    pub(super) tls: Result<Arc<ClientConfig>, rustls::Error>,
    pub(super) resolver: Arc<dyn Resolver>,
    /// Read when the first certificate is seen.
    roots: OnceLock<Roots>,
    /// Many hosts are behind one gateway, so each is looked at once; by name and port.
    gateways: Mutex<HashMap<(String, u16), Look>>,
    signed_in: Mutex<HashSet<SocketAddr>>,
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
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self {
            clock,
            options,
            tls: tls::config(&provider, &Recorder::new(&provider)),
            provider,
            resolver: Arc::new(SystemResolver::default()),
            roots: OnceLock::new(),
            gateways: Mutex::default(),
            signed_in: Mutex::default(),
        }
    }

    /// The same, but asks somebody else for names and addresses.
    #[must_use]
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, ..self }
    }

    /// Visits a host. Never fails: what goes wrong is what was seen. Takes no longer than the deadline, and what was
    /// seen until then is kept.
    pub async fn survey(&self, target: &Target) -> Survey {
        let begun = self.clock.instant();
        let notebook = Notebook::new(Survey::begun(&target.host, target.port, self.clock.now()));
        let course = Course {
            surveyor: self,
            target,
            notebook: &notebook,
            ends: begun.checked_add(self.options.deadline).unwrap_or(begun),
        };
        let visit = async {
            tokio::join!(
                Box::pin(course.run()),
                Box::pin(self.gateway(target, &notebook))
            );
        };
        let ended = tokio::select! {
            biased;
            () = visit => Ended::Completed,
            () = self.clock.sleep(self.options.deadline) => Ended::OutOfTime,
        };
        let took = self.clock.instant().saturating_duration_since(begun);
        notebook.close(ended, took)
    }

    async fn gateway(&self, target: &Target, notebook: &Notebook) {
        let named = self.options.gateway.as_ref().or(target.gateway.as_ref());
        if let Some(name) = named {
            let seen = self.shared(name);
            let seen = seen.get_or_init(|| gateway::look(self, name)).await.clone();
            notebook.note(|survey| survey.gateway = Some(seen));
        }
    }

    /// The place for what is seen of a gateway, the same one however the gateway is written.
    fn shared(&self, gateway: &str) -> Look {
        let (name, port) = gateway::parted(gateway);
        let mut gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gateways.entry((name.to_lowercase(), port)).or_default())
    }

    /// Whether a chain, leaf first, is trusted for a host of this name; `None` without a chain.
    pub(super) fn trust(&self, chain: &[CertificateDer<'_>], name: &str) -> Option<Trust> {
        let roots = self.roots.get_or_init(|| {
            let mut roots = Roots::of_system();
            for root in &self.options.roots {
                roots.add(root.clone());
            }
            roots
        });
        roots.judge(&self.provider, chain, name, self.clock.now())
    }

    /// Whether the account was not tried at this address yet; asking is taken for trying. Hosts may have several names,
    /// and accounts are locked after a few wrong passwords.
    pub(super) fn may_sign_in(&self, address: SocketAddr) -> bool {
        let mut tried = self
            .signed_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tried.insert(address)
    }
}
