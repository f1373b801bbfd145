//! What a client outside would meet: the verdict of one visit to a host's Remote Desktop port, as plain data.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

/// How far a visit gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking up the name.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// X.224 connection request and RDP negotiation ([MS-RDPBCGR] 2.2.1.1, 2.2.1.2).
    Negotiate,
    /// TLS handshake.
    Tls,
    /// Looking at the certificate.
    Certificate,
}

impl Stage {
    /// The name in output: `resolve`, `connect`, `negotiate`, `tls`, `certificate`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Negotiate => "negotiate",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
        }
    }
}

/// The certificate that the listener showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownCertificate {
    /// Subject as one line: `CN=HOST01`.
    pub subject: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// SHA-1 thumbprint, upper-case hex, as Windows names certificates.
    pub thumbprint: String,
}

/// What a visit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whether a client gets through.
    pub verdict: Verdict,
    /// The protocol that the host selected: `rdp`, `tls`, `nla`.
    pub selected: Option<&'static str>,
    /// The certificate, when TLS got that far.
    pub certificate: Option<ShownCertificate>,
    /// How long each completed stage took.
    pub stages: Vec<(Stage, Duration)>,
}

/// Whether a client gets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A client can connect up to the sign-in.
    Proven,
    /// It cannot.
    Refuted {
        /// Where it ended.
        stage: Stage,
        /// The catalogue's identifier that fits best: `tcp-blocked`, `cert-expired`, …
        id: &'static str,
        /// What was seen, in words.
        reason: String,
    },
}
