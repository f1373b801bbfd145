//! What a thorough visit from outside saw of a host, as plain data: name, TCP, negotiation, TLS, certificate, NTLM
//! challenge, timings, sign-in, gateway. Nothing here opens a socket; `probe` fills it in.
//!
//! [`judge`] turns a survey into findings; it is pure, takes the time as an argument, and knows the catalogue.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::certificate::Certificate;
use crate::proof::Stage;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::ResponseFlags;

pub mod judge;

/// One visit, all of its parts. A part that was not reached is empty or `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// How the host is called in the inventory or on the command line.
    pub host: String,
    /// The port that was visited.
    pub port: u16,
    /// When the visit began, by our clock.
    pub at: Timestamp,
    /// How long it took as a whole.
    pub took: Duration,
    /// Name lookup.
    pub name: NameLookup,
    /// TCP, one entry for each address that was tried.
    pub tcp: Vec<TcpTry>,
    /// Other ports of the host, looked at only when the port did not open: tells a dead host from a closed port.
    pub other_ports: Vec<(u16, Tcp)>,
    /// RDP negotiation, one entry for each set of protocols, each on its own connection.
    pub negotiation: Vec<Asked>,
    /// TLS inside the negotiation; `None` when no protocol with TLS was selected.
    pub tls: Option<TlsView>,
    /// What the host tells about itself at the start of CredSSP; `None` when NLA is not offered or it told nothing.
    pub ntlm: Option<NtlmView>,
    /// Every sample of every stage, in the order of the stages; more than one with `--repeat`.
    pub stages: Vec<StageSamples>,
    /// A small and a large handshake; `None` when not tried.
    pub sizes: Option<Sizes>,
    /// The sign-in, when one was asked for.
    pub login: Option<Login>,
    /// The gateway, when one was asked for.
    pub gateway: Option<GatewayView>,
    /// The deadline for the host ended the visit during this stage.
    pub out_of_time: Option<Stage>,
}

/// Name lookup, forward and reverse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameLookup {
    /// What was looked up; an address when the user gave one.
    pub asked: String,
    /// Whether what was asked is an address, so that there was nothing to look up.
    pub literal: bool,
    /// Every address that the name has.
    pub addresses: Vec<IpAddr>,
    /// What the resolver said when there was no address.
    pub error: Option<String>,
    /// The names that an address stands for; absent when the resolver knows none or was too slow.
    pub reverse: Vec<(IpAddr, String)>,
}

/// What became of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tcp {
    /// It opened.
    Open,
    /// The host answered that nothing listens, or a firewall rejects.
    Refused,
    /// Nobody answered: packets are dropped, or the host is off.
    Timeout,
    /// No way there: no route, network down.
    Unreachable,
}

impl Tcp {
    /// `open`, `refused`, `timeout`, `unreachable`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpTry {
    /// Where to.
    pub address: SocketAddr,
    /// What became of it.
    pub outcome: Tcp,
    /// How long it took.
    pub took: Duration,
}

/// One negotiation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The protocols that were asked for; [`Protocols::RDP`] is classic security alone.
    pub wanted: Protocols,
    /// What came back.
    pub reply: Reply,
}

/// What came back from a negotiation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// One protocol was selected.
    Selected {
        /// Which one.
        protocol: Protocols,
        /// What the host can do besides.
        flags: ResponseFlags,
    },
    /// A confirm without negotiation data, which means classic RDP security.
    Bare,
    /// The host refused with a code.
    Refused(FailureCode),
    /// The connection was accepted and closed (or reset) without an answer.
    Closed,
    /// The connection was accepted and nothing came within the time.
    Silent,
    /// What came is not RDP: why.
    NotRdp(String),
    /// The connection was not opened this time.
    NotConnected(Tcp),
}

/// The protocols that are asked for one by one, in this order, with their names in output.
pub const ASKED: [(Protocols, &str); 6] = [
    (Protocols::RDP, "rdp"),
    (Protocols::SSL, "tls"),
    (Protocols(0x3), "nla"),
    (Protocols::RDSTLS, "rdstls"),
    (Protocols(0xB), "hybrid_ex"),
    (Protocols::RDSAAD, "aad"),
];

impl Survey {
    /// A visit that has seen nothing yet.
    pub fn begun(host: &str, port: u16, at: Timestamp) -> Self {
        Self {
            host: host.to_owned(),
            port,
            at,
            took: Duration::ZERO,
            name: NameLookup::default(),
            tcp: Vec::new(),
            other_ports: Vec::new(),
            negotiation: Vec::new(),
            tls: None,
            ntlm: None,
            stages: Vec::new(),
            sizes: None,
            login: None,
            gateway: None,
            out_of_time: None,
        }
    }

    /// What came back for the protocol of this name in [`ASKED`]; `None` when it was not asked for.
    pub fn reply(&self, name: &str) -> Option<&Reply> {
        let (wanted, _) = ASKED.iter().find(|(_, known)| *known == name)?;
        self.negotiation
            .iter()
            .find(|asked| asked.wanted == *wanted)
            .map(|asked| &asked.reply)
    }

    /// Whether the protocol of this name in [`ASKED`] is offered: that very protocol was selected, not a weaker one.
    pub fn offers(&self, name: &str) -> bool {
        match (self.reply(name), name) {
            (Some(Reply::Bare), "rdp") => true,
            (Some(Reply::Selected { protocol, .. }), "rdp") => *protocol == Protocols::RDP,
            (Some(Reply::Selected { protocol, .. }), "tls") => *protocol == Protocols::SSL,
            (Some(Reply::Selected { protocol, .. }), "nla") => *protocol == Protocols::HYBRID,
            (Some(Reply::Selected { protocol, .. }), "rdstls") => *protocol == Protocols::RDSTLS,
            (Some(Reply::Selected { protocol, .. }), "hybrid_ex") => {
                *protocol == Protocols::HYBRID_EX
            }
            (Some(Reply::Selected { protocol, .. }), "aad") => *protocol == Protocols::RDSAAD,
            _ => false,
        }
    }

    /// Whether NLA is required: it is offered, and asking for less is refused with code 5.
    pub fn enforces_nla(&self) -> bool {
        (self.offers("nla") || self.offers("hybrid_ex"))
            && self.reply("tls") == Some(&Reply::Refused(FailureCode::HYBRID_REQUIRED))
    }

    /// Whether RDP answered at all, be it with a refusal.
    pub fn reachable(&self) -> bool {
        self.negotiation.iter().any(|asked| {
            matches!(
                asked.reply,
                Reply::Selected { .. } | Reply::Bare | Reply::Refused(_)
            )
        })
    }

    /// The best outcome of TCP over all addresses; `None` when no address was tried.
    pub fn tcp_outcome(&self) -> Option<Tcp> {
        let has = |outcome| self.tcp.iter().any(|tried| tried.outcome == outcome);
        [Tcp::Open, Tcp::Refused, Tcp::Timeout, Tcp::Unreachable]
            .into_iter()
            .find(|outcome| has(*outcome))
    }
}

/// A TLS version by its number on the wire: 0x0300 SSL 3.0 to 0x0304 TLS 1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsVersion(pub u16);

impl TlsVersion {
    /// SSL 3.0.
    pub const SSL_3_0: Self = Self(0x0300);
    /// TLS 1.0.
    pub const TLS_1_0: Self = Self(0x0301);
    /// TLS 1.1.
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.2.
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3.
    pub const TLS_1_3: Self = Self(0x0304);

    /// `3.0` is SSL; the others are `1.0` to `1.3`.
    pub fn word(self) -> &'static str {
        match self {
            Self::SSL_3_0 => "ssl3",
            Self::TLS_1_0 => "1.0",
            Self::TLS_1_1 => "1.1",
            Self::TLS_1_2 => "1.2",
            Self::TLS_1_3 => "1.3",
            _ => "unknown",
        }
    }
}

/// TLS as the listener speaks it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsView {
    /// Each version that was tried, oldest first, with what became of it.
    pub versions: Vec<(TlsVersion, VersionReply)>,
    /// What the host picks when offered everything.
    pub picked: Option<(TlsVersion, String)>,
    /// The chain that was shown, leaf first; what cannot be read is left out and told in `unreadable`.
    pub chain: Vec<Certificate>,
    /// Why the leaf cannot be read.
    pub unreadable: Option<String>,
    /// Whether the chain leads to a root that this machine (or `--ca`) trusts, and names the host.
    pub trust: Option<Trust>,
    /// Why the handshake that offered everything failed.
    pub failure: Option<TlsFailure>,
}

/// What became of one TLS version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionReply {
    /// The host speaks it, with this cipher suite.
    Accepted(String),
    /// The host refused it.
    Refused(TlsFailure),
    /// It could not be tried: the connection failed before TLS, or time was up.
    Untried,
}

/// How TLS ended without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFailure {
    /// The host sent a fatal alert with this number (RFC 8446 6.2).
    Alert(u8),
    /// The host closed or reset the connection.
    Closed,
    /// Nothing more came in time; `received` bytes had come.
    Stalled {
        /// How many bytes of the flight had come.
        received: usize,
    },
    /// What came is not TLS, or breaks its rules.
    Broken(String),
}

/// Whether a chain is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// By a root that is known here; names and dates fit too.
    Trusted,
    /// Not, and why.
    Untrusted(Distrust),
}

/// Why a chain is not trusted; the first that applies, the most telling first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// The leaf signed itself and is not among the roots.
    SelfSigned,
    /// The issuer is not known here.
    UnknownIssuer,
    /// The leaf or a certificate above it is past its date, or not yet valid.
    Dates,
    /// The certificate does not bear the name that was asked for.
    Name,
    /// Its usage does not allow servers.
    Usage,
    /// Anything else, in words.
    Other(String),
}

/// What a host tells at the start of NTLM ([MS-NLMP] 2.2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NtlmView {
    /// NetBIOS name of the computer.
    pub computer: Option<String>,
    /// NetBIOS name of the domain; the computer's own in a workgroup.
    pub domain: Option<String>,
    /// DNS name of the computer.
    pub dns_computer: Option<String>,
    /// DNS name of the domain.
    pub dns_domain: Option<String>,
    /// Major and minor version and build.
    pub version: Option<(u8, u8, u16)>,
    /// The host's clock.
    pub time: Option<Timestamp>,
    /// Host minus us, in seconds; positive when the host is ahead.
    pub skew_seconds: Option<i64>,
    /// The version of CredSSP that it answers with.
    pub credssp_version: Option<u32>,
}

/// Every sample of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSamples {
    /// Which stage.
    pub stage: Stage,
    /// How long it took each time that it was completed, in the order of the visits.
    pub took: Vec<Duration>,
    /// How many times it was begun and not completed.
    pub failures: usize,
}

impl StageSamples {
    /// The sample below which this share of all samples lies (0.5 is the median), by nearest rank; `None` without samples.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        let below = (1..=sorted.len())
            .take_while(|rank| {
                f64::from(u32::try_from(*rank).unwrap_or(u32::MAX)) < share * f64::from(count)
            })
            .count();
        sorted
            .get(below.min(sorted.len().saturating_sub(1)))
            .copied()
    }
}

/// Whether packets of all sizes get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The handshake with a ClientHello that fits any packet was answered.
    pub small: SizeReply,
    /// The handshake with a ClientHello beyond one packet of 1,500 bytes was answered.
    pub large: SizeReply,
    /// Bytes of the large ClientHello as sent.
    pub large_bytes: usize,
}

/// What became of a handshake of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeReply {
    /// The host's whole first flight came.
    Whole,
    /// It began and stalled after so many bytes.
    Stalled(usize),
    /// Nothing came.
    Nothing,
    /// The host ended it (alert, close): the size is not the reason.
    Ended,
}

/// A sign-in by CredSSP up to acceptance; no desktop session was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account as it was given.
    pub user: String,
    /// How it ended.
    pub outcome: LoginOutcome,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The host accepted the account.
    Accepted,
    /// The host refused with this NTSTATUS.
    Refused(u32),
    /// The host ended the exchange without a reason.
    Closed,
    /// The account is known, but is not allowed to use Remote Desktop (early user authorization, [MS-RDPBCGR] 5.4.2.2).
    NotAuthorized,
    /// The host does not do NLA, so that nothing can be tried without opening a session.
    NotOffered,
    /// It could not be carried out: why.
    Failed(String),
}

/// What a Remote Desktop Gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayView {
    /// `host:port` of the gateway.
    pub address: String,
    /// TCP.
    pub tcp: Option<Tcp>,
    /// Its certificate chain, leaf first.
    pub chain: Vec<Certificate>,
    /// Whether the chain is trusted for the gateway's name.
    pub trust: Option<Trust>,
    /// Why TLS failed.
    pub tls_failure: Option<TlsFailure>,
    /// The answer to `RDG_OUT_DATA /remoteDesktopGateway/`.
    pub http: Option<GatewayAnswer>,
    /// The answer to `RPC_OUT_DATA /rpc/rpcproxy.dll?localhost:3388`.
    pub rpc: Option<GatewayAnswer>,
}

/// One answer of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayAnswer {
    /// 401 with Negotiate or NTLM, as a healthy gateway answers those who did not sign in.
    Healthy {
        /// The schemes that it offers.
        schemes: Vec<String>,
    },
    /// Another HTTP status; `server` is what the answer calls itself.
    Other {
        /// The status.
        status: u16,
        /// The `Server` header.
        server: Option<String>,
    },
    /// Not HTTP, or closed before an answer: why.
    Broken(String),
}

#[cfg(test)]
mod tests {
    use super::StageSamples;
    use crate::proof::Stage;
    use std::time::Duration;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let ms = Duration::from_millis;
        let samples = StageSamples {
            stage: Stage::Tls,
            took: vec![ms(4), ms(1), ms(3), ms(2)],
            failures: 0,
        };
        assert_eq!(samples.quantile(0.5), Some(ms(2)));
        assert_eq!(samples.quantile(0.99), Some(ms(4)));
        let none = StageSamples {
            took: Vec::new(),
            ..samples
        };
        assert_eq!(none.quantile(0.5), None);
    }
}
