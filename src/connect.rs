//! The seams through which the runner reaches hosts: from inside ([`Connector`]) and from outside ([`Prover`]).

use std::sync::Arc;

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
}

/// Visits the Remote Desktop port of a host as a client would.
#[async_trait]
pub trait Prover: Send + Sync {
    /// Never fails: what goes wrong is the verdict.
    async fn prove(&self, host: &Host) -> Proof;
}
