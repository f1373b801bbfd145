//! NTLM sign-in and sealing, client and server side, and CredSSP's client, as values: token in, token out. No sockets.
//!
//! The client is the `sspi` crate, which draws nonces and time by itself. That crate's server side neither checks the
//! response nor names a computer in its challenge, so the server is our own; two implementations also test each other.

use thiserror::Error;

use crate::secret::Secret;

pub mod channel_binding;
pub mod credssp_client;
mod cryptography;
mod message;
pub mod ntlm_client;
pub mod ntlm_server;
mod spnego;

pub use crate::auth::credssp_client::CredSspClient;
pub use crate::auth::ntlm_client::NtlmClient;
pub use crate::auth::ntlm_client::NtlmTarget;
pub use crate::auth::ntlm_server::NtlmServer;

/// How NTLM tokens are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Raw NTLM, as Windows clients that prefer NTLM send it.
    Raw,
    /// Inside SPNEGO.
    Spnego,
}

/// A step of signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthStep {
    /// What to send to the other side; empty when there is nothing.
    pub token: Vec<u8>,
    /// Whether this side is done and may seal.
    pub complete: bool,
}

/// A sealed text with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The signature, 16 bytes.
    pub token: Vec<u8>,
    /// The sealed bytes, as many as the plain ones.
    pub data: Vec<u8>,
}

/// Why signing in or sealing failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The other side's token is not what it should be.
    #[error("the {step} token is not usable: {reason}")]
    BadToken {
        /// Which token.
        step: &'static str,
        /// What the library said.
        reason: String,
    },
    /// User name or password is wrong, on the server's side.
    #[error("the credentials of `{user}` are not accepted")]
    Refused {
        /// The account that was tried.
        user: String,
    },
    /// A message was altered, replayed or lost.
    #[error("the seal of a message is broken: {reason}")]
    BrokenSeal {
        /// What the library said.
        reason: String,
    },
    /// The server's proof is not about the TLS channel that we see, so somebody may sit in between.
    #[error(
        "the host did not prove that the TLS channel ends at itself; no password was handed over"
    )]
    ForeignChannel,
    /// The library refused our own input.
    #[error("the NTLM library failed while {during}: {reason}")]
    Library {
        /// What was being done.
        during: &'static str,
        /// What it said.
        reason: String,
    },
}

/// What a server calls itself in its challenge ([MS-NLMP] 2.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerNames {
    /// NetBIOS name of the computer.
    pub computer: String,
    /// NetBIOS name of the domain; the computer's own in a workgroup.
    pub domain: String,
    /// DNS name of the computer.
    pub dns_computer: String,
    /// DNS name of the domain; the computer's own in a workgroup.
    pub dns_domain: String,
}

impl ServerNames {
    /// Those of a computer that belongs to no domain.
    pub fn in_workgroup(computer: &str) -> Self {
        let name = || computer.to_owned();
        Self {
            computer: name(),
            domain: name(),
            dns_computer: name(),
            dns_domain: name(),
        }
    }

    /// Those of a member of the domain with this DNS name, whose NetBIOS name is the first part of it.
    pub fn in_domain(computer: &str, domain: &str) -> Self {
        let short = domain.split('.').next().unwrap_or_default();
        Self {
            computer: computer.to_owned(),
            domain: short.to_ascii_uppercase(),
            dns_computer: format!("{computer}.{domain}"),
            dns_domain: domain.to_owned(),
        }
    }

    /// Whether the computer belongs to a domain.
    pub fn is_in_domain(&self) -> bool {
        self.computer != self.domain
    }
}

/// An account that a server accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// User name without domain; compared without regard to letter case.
    pub user: String,
    /// Its password.
    pub password: Secret,
}
