//! What can be wrong with a Remote Desktop host, under stable identifiers, and a piece of evidence for it as plain data.
//!
//! [`Cause`] is the catalogue; a [`Finding`] says that something was seen which speaks for a cause. Judges nothing.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

mod catalogue;

/// How bad a finding is for somebody who wants to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nobody is kept from connecting.
    Info,
    /// Works now, or works less safely than it should.
    Warning,
    /// Keeps clients from connecting.
    Error,
}

impl Severity {
    /// `info`, `warning`, `error`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One row of the catalogue: a reason why clients cannot connect. The identifiers are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// `dns-name`
    DnsName,
    /// `tcp-blocked`
    TcpBlocked,
    /// `path-quality`
    PathQuality,
    /// `path-mtu`
    PathMtu,
    /// `udp-transport`
    UdpTransport,
    /// `rdp-disabled`
    RdpDisabled,
    /// `service-down`
    ServiceDown,
    /// `listener-broken`
    ListenerBroken,
    /// `port-mismatch`
    PortMismatch,
    /// `firewall-closed`
    FirewallClosed,
    /// `cert-expired`
    CertExpired,
    /// `cert-missing`
    CertMissing,
    /// `cert-weak`
    CertWeak,
    /// `machine-keys`
    MachineKeys,
    /// `nla-mismatch`
    NlaMismatch,
    /// `security-layer-mismatch`
    SecurityLayerMismatch,
    /// `tls-mismatch`
    TlsMismatch,
    /// `credssp-oracle`
    CredSspOracle,
    /// `patch-level`
    PatchLevel,
    /// `restricted-admin`
    RestrictedAdmin,
    /// `credentials-rejected`
    CredentialsRejected,
    /// `domain-trust`
    DomainTrust,
    /// `time-skew`
    TimeSkew,
    /// `host-resources`
    HostResources,
    /// `session-limit`
    SessionLimit,
    /// `licensing`
    Licensing,
    /// `gateway-certificate`
    GatewayCertificate,
    /// `gateway-http`
    GatewayHttp,
    /// `roles-services`
    RolesServices,
    /// `client-credentials`
    ClientCredentials,
    /// `rdp-file`
    RdpFile,
    /// `client-policy`
    ClientPolicy,
    /// `policy-owned`
    PolicyOwned,
}

/// What the catalogue says about a cause; texts are whole sentences for somebody with a broken host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The cause.
    pub cause: Cause,
    /// The stable identifier: `cert-expired`.
    pub id: &'static str,
    /// A few words: "the listener's certificate is past its date".
    pub title: &'static str,
    /// What it means and how it comes about.
    pub meaning: &'static str,
    /// What to do, least intrusive first; never what the catalogue calls harmful.
    pub advice: &'static str,
    /// Folklore about it and our verdict; empty when there is none.
    pub folklore: &'static str,
    /// How it is seen without signing in to the host; empty when it cannot be.
    pub outside: &'static str,
    /// How it is seen with a way in; empty when it cannot be.
    pub inside: &'static str,
}

impl Cause {
    /// The catalogue, in its order.
    pub fn catalogue() -> &'static [Entry] {
        catalogue::ENTRIES
    }

    /// The row of this cause.
    pub fn entry(self) -> &'static Entry {
        // INVARIANT: a test holds the catalogue to one row for each cause, so the fallback is never taken.
        catalogue::ENTRIES
            .iter()
            .find(|entry| entry.cause == self)
            .unwrap_or(&catalogue::NOBODY)
    }

    /// The stable identifier.
    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// The cause with this identifier.
    pub fn named(id: &str) -> Option<Self> {
        catalogue::ENTRIES
            .iter()
            .find(|entry| entry.id == id)
            .map(|entry| entry.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

/// A value in evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// Words.
    Text(String),
    /// A number; the name of the evidence tells its unit (`days`, `skew_seconds`).
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A moment.
    Time(Timestamp),
    /// Several words.
    Texts(Vec<String>),
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Detail {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Detail {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Vec<String>> for Detail {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Flag(true) => formatter.write_str("yes"),
            Self::Flag(false) => formatter.write_str("no"),
            Self::Time(time) => write!(formatter, "{time:.0}"),
            Self::Texts(texts) => formatter.write_str(&texts.join(", ")),
        }
    }
}

/// Something that was seen and speaks for a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it speaks for.
    pub cause: Cause,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, in one sentence without a full stop: "the certificate `CN=TS01` expired on 2026-11-11".
    pub says: String,
    /// The same as named values, in a fixed order; names are `snake_case`.
    pub evidence: Vec<(&'static str, Detail)>,
    /// What to do in this very case; the catalogue's advice when nothing better is known.
    pub advice: String,
}

impl Finding {
    /// A finding with the catalogue's advice.
    pub fn new(cause: Cause, severity: Severity, says: impl Into<String>) -> Self {
        Self {
            cause,
            severity,
            says: says.into(),
            evidence: Vec::new(),
            advice: cause.entry().advice.to_owned(),
        }
    }

    /// Adds a named value.
    #[must_use]
    pub fn with(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.evidence.push((name, detail.into()));
        self
    }

    /// Advice for this very case.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }
}
