//! Signs of TLS: which versions and cipher suites the host accepts, by its answers and by its settings (windows-facts 5).

use super::Answer;
use super::Looked;
use super::Sign;
use super::certificate;
use super::inside;
use super::logs;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;
use crate::survey::TlsFailure;
use crate::survey::TlsVersion;
use crate::survey::TlsView;
use crate::survey::VersionReply;

/// The host accepts no TLS version that current clients speak.
pub(in crate::diagnosis) static NO_CURRENT_TLS: Sign = Sign::new("no-current-tls", no_current_tls);
/// The host ended TLS with an alert about versions or ciphers.
pub(in crate::diagnosis) static TLS_ALERT: Sign = Sign::new("tls-alert", tls_alert);
/// The settings switch off every version that current clients speak.
pub(in crate::diagnosis) static VERSIONS_OFF: Sign =
    Sign::new("versions-off", |case| versions(case, Newer::Counts));
/// The settings switch TLS 1.2 off, and TLS 1.3 is left.
pub(in crate::diagnosis) static OLDER_OFF: Sign = Sign::new("older-off", |case| {
    if VERSIONS_OFF.is_there(case) {
        return Ok(Answer::Beside);
    }
    versions(case, Newer::Ignored)
});
/// Policy allows only cipher suites that do not go with the certificate's key.
pub(in crate::diagnosis) static CIPHERS_UNFIT: Sign = Sign::new("ciphers-unfit", ciphers_unfit);
/// The log tells of failed TLS handshakes.
pub(in crate::diagnosis) static TLS_EVENTS: Sign = Sign::new("tls-events", |case| {
    logs::any_before_us(
        case,
        logs::SCHANNEL,
        &[36_871, 36_874, 36_888],
        "the log tells of no failed TLS handshake",
    )
});

/// Alerts that speak of versions or ciphers (RFC 8446 6.2): handshake failure, protocol version, insufficient
/// security, inappropriate fallback.
const ALERTS: [u8; 4] = [40, 70, 71, 86];
/// The first build whose servers speak TLS 1.3 by default (windows-facts 5).
const FIRST_WITH_TLS_1_3: u32 = 20_348;

/// How versions of TLS were refused.
pub(super) fn refusals(tls: &TlsView) -> impl Iterator<Item = &TlsFailure> {
    tls.versions.iter().filter_map(|(_, reply)| match reply {
        VersionReply::Refused(failure) => Some(failure),
        VersionReply::Accepted(_) | VersionReply::Untried => None,
    })
}

fn no_current_tls(case: &Case<'_>) -> Looked {
    let Some(tls) = &outside(case)?.tls else {
        return Err(unseen("TLS was not reached from outside"));
    };
    let accepted: Vec<TlsVersion> = tls
        .versions
        .iter()
        .filter(|(_, reply)| matches!(reply, VersionReply::Accepted(_)))
        .map(|(version, _)| *version)
        .collect();
    if accepted
        .iter()
        .any(|version| *version >= TlsVersion::TLS_1_2)
    {
        return told(None, "the host accepts TLS 1.2 or 1.3");
    }
    let Some(best) = accepted.iter().max() else {
        return Ok(Answer::Beside);
    };
    told(
        Some(format!(
            "the host accepts TLS {} at most, current clients need 1.2 or 1.3",
            best.word()
        )),
        "",
    )
}

fn tls_alert(case: &Case<'_>) -> Looked {
    let Some(tls) = &outside(case)?.tls else {
        return Err(unseen("TLS was not reached from outside"));
    };
    let accepted = tls
        .versions
        .iter()
        .any(|(_, reply)| matches!(reply, VersionReply::Accepted(_)));
    let alert = tls
        .failure
        .iter()
        .chain(refusals(tls))
        .find_map(|failure| match failure {
            TlsFailure::Alert(number) if ALERTS.contains(number) => Some(*number),
            TlsFailure::Alert(_)
            | TlsFailure::Closed
            | TlsFailure::Stalled { .. }
            | TlsFailure::Broken(_) => None,
        });
    told(
        alert
            .filter(|_| !accepted)
            .map(|number| format!("the host refuses every TLS version, with alert {number}")),
        "TLS comes about, or ends for another reason",
    )
}

/// Whether TLS 1.3 helps when TLS 1.2 is off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newer {
    Counts,
    Ignored,
}

fn versions(case: &Case<'_>, newer: Newer) -> Looked {
    let settings = part(case, "the TLS settings", |inside| &inside.tls)?;
    let is_on = |name: &str, default: bool| {
        settings
            .server_versions
            .get(name)
            .copied()
            .unwrap_or(default)
    };
    let build = inside(case)?
        .system
        .as_ref()
        .map_or(0, |system| system.build);
    let older = is_on("TLS 1.2", true);
    let left = newer == Newer::Counts && is_on("TLS 1.3", build >= FIRST_WITH_TLS_1_3);
    let off: Vec<&str> = settings
        .server_versions
        .iter()
        .filter(|(_, on)| !**on)
        .map(|(name, _)| name.as_str())
        .collect();
    told(
        (!older && !left).then(|| format!("switched off for servers: {}", off.join(", "))),
        "TLS 1.2 or 1.3 is switched on for servers",
    )
}

/// A suite of TLS 1.3 names no kind of key; the others do.
fn ciphers_unfit(case: &Case<'_>) -> Looked {
    let settings = part(case, "the TLS settings", |inside| &inside.tls)?;
    let Some(allowed) = &settings.cipher_policy else {
        return told(None, "no policy narrows the cipher suites");
    };
    let certificates = part(case, "the certificates", |inside| &inside.certificates)?;
    let kind = certificates
        .in_use()
        .or(certificate::shown(case).ok())
        .map_or("rsa", |leaf| leaf.key_type.as_str());
    let word = if kind == "ec" { "_ECDSA_" } else { "_RSA_" };
    let fits = allowed
        .iter()
        .any(|suite| suite.to_uppercase().contains(word));
    told(
        (!fits).then(|| {
            format!(
                "policy allows {} cipher suites, none of which goes with the certificate's key ({kind})",
                allowed.len()
            )
        }),
        "policy allows cipher suites that go with the certificate's key",
    )
}
