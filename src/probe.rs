//! Visits a host's Remote Desktop port as a client would, up to the sign-in. Drives `rdp` over TCP and TLS.
//!
//! What was seen is judged by [`verdict`], which knows no sockets. Must not know WinRM or what the host says of itself.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;
use rustls::crypto::CryptoProvider;

use crate::clock::Clock;
use crate::connect::Prover;
use crate::inventory::Host;
use crate::proof::Proof;
use crate::proof::ShownCertificate;
use crate::proof::Stage;
use crate::proof::Verdict;

mod challenge;
mod channel;
mod course;
mod dial;
mod gateway;
mod handshake;
mod login;
mod matrix;
pub mod names;
mod notebook;
pub mod own_address;
pub mod surveyor;
mod timing;
mod tls;
pub mod trust;
pub mod verdict;
mod versions;
mod walk;

use crate::probe::names::Resolver;
use crate::probe::names::SystemResolver;
use crate::probe::verdict::Refusal;

/// Addresses of one name that are tried at once.
const MOST_ADDRESSES: usize = 8;

/// Proves hosts by visiting their Remote Desktop ports; keeps nothing between visits.
pub struct RdpProver {
    clock: Arc<dyn Clock>,
    deadline: Duration,
    provider: Arc<CryptoProvider>,
}

impl RdpProver {
    /// How long a visit may take unless told otherwise.
    pub const DEADLINE: Duration = Duration::from_secs(10);

    /// A prover that gives each host this long, name lookup to certificate.
    pub fn new(clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        Self {
            clock,
            deadline,
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        }
    }
}

#[async_trait]
impl Prover for RdpProver {
    async fn prove(&self, host: &Host) -> Proof {
        let mut visit = Visit::begin(self.clock.instant());
        let ended = tokio::select! {
            biased;
            ended = walk::walk(self, host, &mut visit) => Some(ended),
            () = self.clock.sleep(self.deadline) => None,
        };
        let ended = ended.unwrap_or_else(|| Err(verdict::too_slow(visit.stage, self.deadline)));
        visit.end(ended)
    }

    async fn answers(&self, host: &Host, port: u16, within: Duration) -> bool {
        let knocking = async {
            let name = names::bare(&host.address);
            let found = SystemResolver::default().addresses(name, port).await;
            // All at once: an address that swallows packets must not hide another that answers.
            let tries = stream::iter(found.unwrap_or_default())
                .map(|address| dial::open(self.clock.as_ref(), address, within))
                .buffer_unordered(MOST_ADDRESSES);
            tries.any(async |opened| opened.is_ok()).await
        };
        tokio::select! {
            biased;
            answered = knocking => answered,
            () = self.clock.sleep(within) => false,
        }
    }
}

/// What a visit has seen so far.
struct Visit {
    stage: Stage,
    since: Instant,
    stages: Vec<(Stage, Duration)>,
    selected: Option<&'static str>,
    certificate: Option<ShownCertificate>,
}

impl Visit {
    fn begin(now: Instant) -> Self {
        Self {
            stage: Stage::Resolve,
            since: now,
            stages: Vec::new(),
            selected: None,
            certificate: None,
        }
    }

    /// The present stage is completed.
    fn complete(&mut self, now: Instant) {
        self.stages
            .push((self.stage, now.saturating_duration_since(self.since)));
        self.since = now;
    }

    /// The present stage is completed and this one follows.
    fn go_on(&mut self, next: Stage, now: Instant) {
        self.complete(now);
        self.stage = next;
    }

    fn end(self, ended: Result<(), Refusal>) -> Proof {
        let stage = self.stage;
        Proof {
            verdict: match ended {
                Ok(()) => Verdict::Proven,
                Err(Refusal { id, reason }) => Verdict::Refuted { stage, id, reason },
            },
            selected: self.selected,
            certificate: self.certificate,
            stages: self.stages,
        }
    }
}
