//! The seams through which the runner reaches hosts: from inside ([`Connector`]) and from outside ([`Prover`]), and where
//! connectors get passwords that the inventory does not hold ([`Passwords`]).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::cim::CimError;
use crate::cim::CimSession;
use crate::inventory::Host;
use crate::inventory::PasswordSource;
use crate::proof::Proof;
use crate::secret::Secret;

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

/// Gets passwords from where inventories say that they are.
#[async_trait]
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The password that a source gives; asked for once, however many hosts have the same source. The error says what to
    /// do and shows nothing of what a program or a file gave.
    async fn password(&self, source: &PasswordSource) -> Result<Secret, CimError>;
}
