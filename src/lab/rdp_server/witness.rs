//! What the Remote Desktop port tells of a client's visit, to whoever keeps a log. Knows how visits fail, not what is
//! written about it.

use std::io;

use crate::rdp::nego::FailureCode;

/// Somebody who is told of a visit while it happens.
pub trait Witness: Send + Sync {
    /// Something worth a line in a log has happened.
    fn saw(&self, sight: Sight);
}

/// Something that happened to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Its wish was refused in the negotiation.
    Refused(FailureCode),
    /// The server could not use a certificate when TLS was to begin.
    NoCertificate,
    /// TLS did not come about.
    TlsFailed(TlsFailure),
    /// TLS stands.
    Secured,
    /// Network level authentication refused it.
    SignInRefused {
        /// The account, without its domain.
        user: String,
        /// Its domain; empty when the client named none.
        domain: String,
        /// The outer NTSTATUS, often 0xC000006D.
        status: u32,
        /// The exact reason as NTSTATUS.
        sub_status: u32,
    },
    /// Network level authentication let it through.
    SignedIn {
        /// The account, without its domain.
        user: String,
        /// Its domain; empty when the client named none.
        domain: String,
    },
}

/// How TLS can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFailure {
    /// No version or no cipher suite in common.
    NothingInCommon,
    /// The client sent this alert.
    AlertReceived(u8),
    /// The client went away.
    Gone,
    /// What the client sent was not TLS, or wrong.
    Broken,
}

impl From<&io::Error> for TlsFailure {
    fn from(error: &io::Error) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::PeerIncompatible(_)) => Self::NothingInCommon,
            Some(rustls::Error::AlertReceived(alert)) => Self::AlertReceived(u8::from(*alert)),
            Some(_) => Self::Broken,
            None => Self::Gone,
        }
    }
}

/// Keeps no log.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Witness for Nobody {
    fn saw(&self, _: Sight) {}
}
