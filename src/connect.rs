//! The seams through which the runner reaches hosts: from inside ([`Connector`]) and from outside ([`Prover`]), and where
//! connectors get passwords that the inventory does not hold ([`Passwords`]).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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

/// Gets passwords from where inventories say that they are.
#[async_trait]
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The password that a source gives; asked for once, however many hosts have the same source. The error says what to
    /// do and shows nothing of what a program or a file gave.
    async fn password(&self, source: &PasswordSource) -> Result<Secret, CimError>;
}
