//! What an error code and an extended error code say together, with the readings that are told of them (windows-facts 1.2).

use crate::finding::Cause;

/// An error code with the extended error code beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The error code.
    pub code: u32,
    /// The extended error code.
    pub extended: u32,
    /// What both say together, in whole sentences.
    pub means: &'static str,
    /// What is documented of it, and what is not.
    pub documented: &'static str,
    /// What people say that it means, best supported first.
    pub readings: &'static [Reading],
    /// How to go about it.
    pub ranking: &'static str,
    /// What does harm and is advised all the same.
    pub harmful: &'static [&'static str],
    /// The causes that fit, likeliest first.
    pub causes: &'static [Cause],
}

/// One thing that people say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What they say.
    pub claim: &'static str,
    /// What is to be held of it.
    pub verdict: Verdict,
    /// Why.
    pub because: &'static str,
}

/// What is to be held of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody described a case in detail.
    Reported,
    /// It can be, and has to be measured.
    Plausible,
    /// It is not so.
    Wrong,
}

impl Verdict {
    /// `reported`, `plausible`, `wrong`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Plausible => "plausible",
            Self::Wrong => "wrong",
        }
    }
}

/// The pairs of which more is known than what their two halves say.
static PAIRS: &[Pair] = &[CLOSED_AND_DENIED, ENDED_AND_DENIED];

/// What is known of a pair.
pub fn pair(code: u32, extended: u32) -> Option<&'static Pair> {
    PAIRS
        .iter()
        .find(|pair| pair.code == code && pair.extended == extended)
}

/// Every pair.
pub fn all() -> impl Iterator<Item = &'static Pair> {
    PAIRS.iter()
}

/// Certificate and key first, but every family that a closed connection can come from.
const CLOSED_AND_DENIED: Pair = Pair {
    code: 0x904,
    extended: 7,
    means: "The TCP connection had opened and was then closed, and the client puts it down to the host: \
            \"socket closed\" and \"server denied connection\" in the vendor's own lists. Neither half names a cause.",
    documented: "Each half is in the vendor's lists; no article of the vendor covers the two together. One report from \
                 the field is detailed; most other pages are made up of guesses.",
    readings: &[
        Reading {
            claim: "the listener's certificate is stale or expired, or its private key cannot be read",
            verdict: Verdict::Reported,
            because: "in the one detailed report a renamed machine kept its old self-signed certificate; deleting that \
                      and its key file, mending the rights in MachineKeys and restarting the services cured it",
        },
        Reading {
            claim: "TLS versions, ciphers or FIPS do not go together",
            verdict: Verdict::Plausible,
            because: "a handshake that fails is a connection that closes; the versions can be tried from outside",
        },
        Reading {
            claim: "network level authentication or CredSSP: one side is patched and refuses the other",
            verdict: Verdict::Plausible,
            because: "it mostly shows a message of its own, which then tells it",
        },
        Reading {
            claim: "the password is wrong, also one that a vault or PAM system holds",
            verdict: Verdict::Plausible,
            because: "usually told by 0x807; a broker or a PAM gateway in between may close the connection instead",
        },
        Reading {
            claim: "a lossy VPN, or packets too large for it",
            verdict: Verdict::Plausible,
            because: "it has to be measured: repeated handshakes, and small against large packets",
        },
        Reading {
            claim: "a gateway whose certificate is not trusted, or that answers with bad HTTP",
            verdict: Verdict::Plausible,
            because: "only when a gateway is used at all",
        },
        Reading {
            claim: "the host is out of memory, sessions or licences",
            verdict: Verdict::Plausible,
            because: "a host that denies has a reason of its own; its logs tell it",
        },
        Reading {
            claim: "7 is the Win32 error ERROR_ARENA_TRASHED",
            verdict: Verdict::Wrong,
            because: "a coincidence of numbers: the second number of the message is not a Win32 error",
        },
    ],
    ranking: "The checks of certificate and key come first, because the only detailed report is of that kind; every \
              other family stays a candidate until it is ruled out. What keeps TCP from opening (a closed firewall, \
              Remote Desktop switched off, another port) is told by 0x204 or 0x108 instead.",
    harmful: &[
        "renaming MachineKeys: it takes the private keys of everything else on the host along",
        "switching network level authentication off: it weakens the host and proves little",
        "setting the CredSSP policy to Vulnerable and leaving it so",
    ],
    causes: &[
        Cause::CertExpired,
        Cause::MachineKeys,
        Cause::CertMissing,
        Cause::CertWeak,
        Cause::ListenerBroken,
        Cause::ServiceDown,
        Cause::TlsMismatch,
        Cause::SecurityLayerMismatch,
        Cause::NlaMismatch,
        Cause::CredSspOracle,
        Cause::CredentialsRejected,
        Cause::ClientCredentials,
        Cause::TimeSkew,
        Cause::DomainTrust,
        Cause::DnsName,
        Cause::PathMtu,
        Cause::PathQuality,
        Cause::GatewayCertificate,
        Cause::GatewayHttp,
        Cause::HostResources,
        Cause::SessionLimit,
        Cause::Licensing,
        Cause::RolesServices,
        Cause::PatchLevel,
        Cause::RestrictedAdmin,
        Cause::RdpFile,
        Cause::ClientPolicy,
        Cause::PolicyOwned,
        Cause::UdpTransport,
    ],
};

/// The same denial, said in order.
///
/// Assumption: an ending that the host tells in order comes after negotiation and TLS, as its error info does.
const ENDED_AND_DENIED: Pair = Pair {
    code: 3,
    extended: 7,
    means: "The host ended the connection in order and says that it denied it. An ending that is told comes after \
            negotiation and TLS, so that those have most likely worked.",
    documented: "Each half is in the vendor's lists; no article of the vendor covers the two together.",
    readings: &[
        Reading {
            claim: "the account may not sign in by Remote Desktop, or the host takes no more sessions",
            verdict: Verdict::Plausible,
            because: "a denial that is told in order comes after the handshake, where rights and limits are looked at",
        },
        Reading {
            claim: "the Connection Broker failed to place the session",
            verdict: Verdict::Plausible,
            because: "only when there is a broker; event 1296 on the host tells it",
        },
    ],
    ranking: "Look at what the host logged in the same minute before anything is changed.",
    harmful: &[],
    causes: &[
        Cause::CredentialsRejected,
        Cause::SessionLimit,
        Cause::RolesServices,
        Cause::Licensing,
        Cause::HostResources,
        Cause::PolicyOwned,
        Cause::RestrictedAdmin,
    ],
};
