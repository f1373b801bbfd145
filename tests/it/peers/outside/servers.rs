//! The servers that are looked at: xrdp and FreeRDP's server in every setting, each with a certificate of some kind.

use std::net::SocketAddr;

use futures_util::future::join_all;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use tempfile::TempDir;

use super::certificates::Kind;
use crate::support::freerdp;
use crate::support::freerdp::Shadow;
use crate::support::screen::Screen;
use crate::support::xrdp::WEAK;
use crate::support::xrdp::Xrdp;
use crate::support::xrdp::put;

/// A server program and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// xrdp with this `security_layer`.
    Xrdp(&'static str),
    /// The same, with all TLS versions on, and its TLS library takes what is weak.
    LenientXrdp(&'static str),
    /// FreeRDP's server.
    Shadow(&'static str),
}

use Program::LenientXrdp;
use Program::Shadow as FreeRdp;
use Program::Xrdp as Plain;

impl Program {
    /// What it is called.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Xrdp(layer) => format!("xrdp `{layer}`"),
            Self::LenientXrdp(layer) => format!("lenient xrdp `{layer}`"),
            Self::Shadow(security) => format!("freerdp-shadow `{security}`"),
        }
    }
}

/// One server and what has to be told about it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) program: Program,
    pub(crate) certificate: Kind,
    /// The answers to all questions, and the names of the protocols that these make offered.
    pub(crate) talk: Talk,
    /// What becomes of each TLS version; empty without TLS.
    pub(crate) versions: &'static str,
    /// All findings with their severities, worst first.
    pub(crate) findings: &'static str,
}

type Talk = (&'static str, &'static str);

/// xrdp answers what it has never heard of with a disconnect in plain MCS, and whatever else it does not do with classic
/// security, where Windows refuses.
const TLS_ONLY: Talk = (
    "rdp:F1 tls:SSL nla:SSL rdstls:F1 hybrid_ex:SSL aad:other",
    "tls",
);
const KEYLESS: Talk = ("rdp:F3 tls:F3 nla:F3 rdstls:F3 hybrid_ex:F3 aad:other", "");
const TLS_OR_CLASSIC: Talk = (
    "rdp:RDP tls:SSL nla:SSL rdstls:RDP hybrid_ex:SSL aad:other",
    "rdp tls",
);
const CLASSIC: Talk = (
    "rdp:RDP tls:RDP nla:RDP rdstls:RDP hybrid_ex:RDP aad:other",
    "rdp",
);
/// FreeRDP's server refuses as Windows does.
const SHADOW_NLA: Talk = (
    "rdp:F5 tls:F5 nla:HYBRID rdstls:F5 hybrid_ex:HYBRID aad:F5",
    "nla",
);
const SHADOW_TLS: Talk = (
    "rdp:F1 tls:SSL nla:SSL rdstls:F1 hybrid_ex:SSL aad:F1",
    "tls",
);
const SHADOW_CLASSIC: Talk = ("rdp:RDP tls:F2 nla:F2 rdstls:F2 hybrid_ex:F2 aad:F2", "rdp");
const SHADOW_ANY: Talk = (
    "rdp:RDP tls:SSL nla:HYBRID rdstls:F2 hybrid_ex:HYBRID aad:F2",
    "rdp tls nla",
);

const NO_TLS: &str = "";
const NEW: &str = "ssl3:40 1.0:70 1.1:70 1.2:on 1.3:on";
const ALL: &str = "ssl3:40 1.0:on 1.1:on 1.2:on 1.3:on";
const BROKEN: &str = "ssl3:other 1.0:other 1.1:other 1.2:other 1.3:other";
const SHADOW_NEW: &str = "ssl3:40 1.0:80 1.1:80 1.2:on 1.3:on";

const CLASSIC_ONLY: &str = "security-layer-mismatch:error";

const fn row(
    program: Program,
    certificate: Kind,
    talk: Talk,
    versions: &'static str,
    findings: &'static str,
) -> Row {
    Row {
        program,
        certificate,
        talk,
        versions,
        findings,
    }
}

/// All of them.
#[rustfmt::skip]
pub(crate) const SERVERS: &[Row] = &[
    row(Plain("tls"), Kind::Good, TLS_ONLY, NEW, "nla-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::Expired, TLS_ONLY, NEW, "cert-expired:error nla-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::Early, TLS_ONLY, NEW, "cert-expired:error nla-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::Short, TLS_ONLY, BROKEN, "tls-mismatch:error nla-mismatch:warning"),
    row(LenientXrdp("tls"), Kind::Short, TLS_ONLY, ALL, "cert-weak:warning nla-mismatch:warning tls-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::Sha1, TLS_ONLY, NEW, "cert-weak:warning nla-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::Ec, TLS_ONLY, NEW, "nla-mismatch:warning cert-weak:info"),
    row(Plain("tls"), Kind::KeyMissing, KEYLESS, NO_TLS, "cert-missing:error"),
    row(Plain("negotiate"), Kind::Good, TLS_OR_CLASSIC, NEW, "nla-mismatch:warning security-layer-mismatch:warning cert-weak:info"),
    row(Plain("negotiate"), Kind::Expired, TLS_OR_CLASSIC, NEW, "cert-expired:error nla-mismatch:warning security-layer-mismatch:warning cert-weak:info"),
    row(Plain("negotiate"), Kind::Early, TLS_OR_CLASSIC, NEW, "cert-expired:error nla-mismatch:warning security-layer-mismatch:warning cert-weak:info"),
    row(LenientXrdp("negotiate"), Kind::Short, TLS_OR_CLASSIC, ALL, "cert-weak:warning nla-mismatch:warning security-layer-mismatch:warning tls-mismatch:warning cert-weak:info"),
    row(Plain("negotiate"), Kind::Sha1, TLS_OR_CLASSIC, NEW, "cert-weak:warning nla-mismatch:warning security-layer-mismatch:warning cert-weak:info"),
    row(Plain("negotiate"), Kind::Ec, TLS_OR_CLASSIC, NEW, "nla-mismatch:warning security-layer-mismatch:warning cert-weak:info"),
    row(Plain("negotiate"), Kind::KeyMissing, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::Good, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::Expired, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::Early, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(LenientXrdp("rdp"), Kind::Short, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::Sha1, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::Ec, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(Plain("rdp"), Kind::KeyMissing, CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(FreeRdp("nla"), Kind::Good, SHADOW_NLA, SHADOW_NEW, "cert-weak:warning patch-level:warning cert-weak:info nla-mismatch:info restricted-admin:info"),
    row(FreeRdp("tls"), Kind::Expired, SHADOW_TLS, SHADOW_NEW, "cert-expired:error nla-mismatch:warning cert-weak:info"),
    row(FreeRdp("rdp"), Kind::Good, SHADOW_CLASSIC, NO_TLS, CLASSIC_ONLY),
    row(FreeRdp("any"), Kind::Sha1, SHADOW_ANY, SHADOW_NEW, "cert-weak:warning cert-weak:warning nla-mismatch:warning security-layer-mismatch:warning patch-level:warning cert-weak:info restricted-admin:info"),
];

impl Row {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.program.name(), self.certificate.word())
    }

    /// Whether TLS comes about with it, so that a certificate is shown.
    pub(crate) fn shows_certificate(&self) -> bool {
        self.versions.contains(":on")
    }
}

enum Running {
    Xrdp(Xrdp),
    Shadow(Shadow),
}

/// A server that runs.
pub(super) struct Server {
    pub(super) row: &'static Row,
    running: Running,
}

impl Server {
    pub(super) fn address(&self) -> SocketAddr {
        match &self.running {
            Running::Xrdp(xrdp) => xrdp.address,
            Running::Shadow(shadow) => shadow.address,
        }
    }
}

/// All servers, and the screen that some of them share. They end when this is dropped.
pub(super) struct Fleet {
    pub(super) servers: Vec<Server>,
    pub(super) made: Timestamp,
    _screen: Screen,
}

/// Starts them side by side; `None` where a program is missing.
pub(super) async fn start() -> Option<Fleet> {
    let screen = Screen::start().await?;
    let now = SystemClock.now();
    let starting = SERVERS.iter().map(|row| start_one(row, now, &screen));
    let servers: Option<Vec<Server>> = join_all(starting).await.into_iter().collect();
    Some(Fleet {
        servers: servers?,
        made: now,
        _screen: screen,
    })
}

async fn start_one(row: &'static Row, now: Timestamp, screen: &Screen) -> Option<Server> {
    let files = row.certificate.files(now);
    let running = match row.program {
        FreeRdp(security) => {
            let options = options(security);
            let starting = Shadow::start(screen, options, &files.certificate, &files.key);
            Running::Shadow(starting.await?)
        }
        Plain(layer) | LenientXrdp(layer) => {
            let folder = TempDir::new().unwrap();
            put(folder.path(), "host.crt", &files.certificate);
            if row.certificate != Kind::KeyMissing {
                put(folder.path(), "host.key", &files.key);
            }
            let mut versions = "TLSv1.2, TLSv1.3";
            if matches!(row.program, LenientXrdp(_)) {
                put(folder.path(), "openssl.cnf", WEAK);
                versions = "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3";
            }
            Running::Xrdp(Xrdp::speaking(folder, layer, versions).await?)
        }
    };
    Some(Server { row, running })
}

/// How FreeRDP's server is told what to take. Without `+auth` it asks nobody for a password, not even by NLA.
fn options(security: &str) -> &'static [&'static str] {
    match security {
        "nla" => freerdp::NLA_ONLY,
        "tls" => freerdp::TLS_ONLY,
        "rdp" => &["/sec:rdp", "-auth"],
        _ => &["+sec-nla", "+auth"],
    }
}
