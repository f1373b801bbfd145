//! The seams through which the runner reaches hosts: from inside ([`Connector`]) and from outside ([`Prover`]).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::inventory::Host;
use crate::proof::Proof;

/// Opens sessions.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Connects and signs in.
    async fn connect(&self, host: &Host) -> Result<Arc<dyn CimSession>, CimError>;

    /// Says that the host is starting anew and may have refused a password for no other reason: what it refused before is
    /// forgotten. Whoever calls this bounds how often.
    fn is_starting(&self, host: &Host) {
        let _ = host;
    }
}

/// Visits the ports of a host as a client would.
#[async_trait]
pub trait Prover: Send + Sync {
    /// Visits the Remote Desktop port. Never fails: what goes wrong is the verdict.
    async fn prove(&self, host: &Host) -> Proof;

    /// Whether a TCP connection to this port of the host comes about within the time; nothing is said on it.
    async fn answers(&self, host: &Host, port: u16, within: Duration) -> bool;
}
