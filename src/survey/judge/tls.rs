//! `tls-mismatch` and `machine-keys`: whether TLS comes about, with which versions, and how it ends otherwise.

use jiff::Timestamp;

use crate::code::Table;
use crate::code::named;
use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Survey;
use crate::survey::TlsFailure;
use crate::survey::TlsVersion;
use crate::survey::TlsView;
use crate::survey::VersionReply;

/// The alert with which Schannel ends a handshake for which it cannot use its key (RFC 8446 6.2, windows-facts 10).
const INTERNAL_ERROR: u8 = 80;

/// Parts of names of cipher suites that nobody should use any more (RFC 7465, RFC 8429, RFC 9325 4.1).
const BROKEN_CIPHERS: [&str; 5] = ["RC4", "3DES", "_DES_", "NULL", "EXPORT"];

/// Judges TLS inside the negotiation.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    let Some(tls) = &survey.tls else {
        return;
    };
    let accepted = accepted(tls);
    let failed = failure(tls);
    if accepted.is_empty() && tls.picked.is_none() && tls.chain.is_empty() {
        found.extend(failed.and_then(|failure| failed_altogether(tls, failure)));
        return;
    }
    found.extend(only_old(&accepted));
    found.extend(old_too(&accepted));
    found.extend(broken_ciphers(tls));
    let speaks_new = accepted
        .iter()
        .any(|version| *version >= TlsVersion::TLS_1_2);
    if tls.picked.is_none() && speaks_new {
        found.extend(tls.failure.as_ref().and_then(intolerant));
    }
    found.extend(without_certificate(tls));
}

fn accepted(tls: &TlsView) -> Vec<TlsVersion> {
    tls.versions
        .iter()
        .filter(|(_, reply)| matches!(reply, VersionReply::Accepted(_)))
        .map(|(version, _)| *version)
        .collect()
}

fn words(versions: &[TlsVersion]) -> Vec<String> {
    versions
        .iter()
        .map(|version| version.word().to_owned())
        .collect()
}

/// As people call them: `TLS 1.0`, `SSL 3.0`.
fn called(versions: &[TlsVersion]) -> String {
    let names: Vec<String> = versions
        .iter()
        .map(|version| match *version {
            TlsVersion::SSL_3_0 => "SSL 3.0".to_owned(),
            version => format!("TLS {}", version.word()),
        })
        .collect();
    names.join(", ")
}

/// How TLS failed: the handshake that offered everything, else the newest version that was tried.
fn failure(tls: &TlsView) -> Option<&TlsFailure> {
    let refused = tls
        .versions
        .iter()
        .rev()
        .filter_map(|(_, reply)| match reply {
            VersionReply::Refused(failure) => Some(failure),
            VersionReply::Accepted(_) | VersionReply::Untried => None,
        });
    tls.failure.as_ref().into_iter().chain(refused).next()
}

fn failed_altogether(tls: &TlsView, failure: &TlsFailure) -> Option<Finding> {
    let tried: Vec<TlsVersion> = tls
        .versions
        .iter()
        .filter(|(_, reply)| *reply != VersionReply::Untried)
        .map(|(version, _)| *version)
        .collect();
    let finding = match failure {
        TlsFailure::Closed => Finding::new(
            Cause::MachineKeys,
            Severity::Error,
            "the host negotiates TLS and then closes the connection, as it does when it cannot use the key of its certificate",
        )
        .with("tls", "closed"),
        TlsFailure::Alert(INTERNAL_ERROR) => Finding::new(
            Cause::MachineKeys,
            Severity::Error,
            "the host ends TLS with the alert \"internal error\", as it may when it cannot use the key of its certificate",
        )
        .with("alert", i64::from(INTERNAL_ERROR)),
        TlsFailure::Alert(alert) => mismatch(format!(
            "the host ends TLS with alert {}{}",
            named(Table::TlsAlert, u32::from(*alert)),
            alert_says(*alert)
        ))
        .with("alert", i64::from(*alert)),
        TlsFailure::Broken(why) => mismatch(format!("the host selected TLS, but does not speak it: {why}"))
            .with("tls", "broken"),
        // Said by the rules about the path, where it comes from the handshake that offered everything.
        TlsFailure::Stalled { .. } if tls.failure.is_some() => return None,
        TlsFailure::Stalled { received } => Finding::new(
            Cause::PathMtu,
            Severity::Error,
            format!("TLS stalls after {received} bytes: large packets are lost on the way, or the host hangs"),
        )
        .with("received_bytes", i64::try_from(*received).unwrap_or(i64::MAX)),
    };
    Some(if tried.is_empty() {
        finding
    } else {
        finding.with("versions_tried", words(&tried))
    })
}

/// What an alert says about versions and ciphers (RFC 8446 6.2); empty when it is about something else.
fn alert_says(alert: u8) -> &'static str {
    match alert {
        40 => {
            ": it has no cipher suite in common with clients, as with a wrong list of suites or FIPS mode"
        }
        70 => ": it has no TLS version in common with clients",
        71 => ": what clients offer is too weak for it",
        _ => "",
    }
}

fn mismatch(says: String) -> Finding {
    Finding::new(Cause::TlsMismatch, Severity::Error, says)
}

fn only_old(accepted: &[TlsVersion]) -> Option<Finding> {
    let newest = accepted.iter().max()?;
    (*newest < TlsVersion::TLS_1_2).then(|| {
        mismatch(format!(
            "the host speaks {} only; current clients want TLS 1.2 or newer",
            called(accepted)
        ))
        .with("versions", words(accepted))
    })
}

fn old_too(accepted: &[TlsVersion]) -> Option<Finding> {
    let newest = accepted.iter().max()?;
    let old: Vec<TlsVersion> = accepted
        .iter()
        .copied()
        .filter(|version| *version < TlsVersion::TLS_1_2)
        .collect();
    (*newest >= TlsVersion::TLS_1_2 && !old.is_empty()).then(|| {
        Finding::new(
            Cause::TlsMismatch,
            Severity::Warning,
            format!("the host still speaks {}", called(&old)),
        )
        .with("versions", words(&old))
        .advise(
            "Switch the old versions off once no old client is left: `registry_value` with `Enabled` 0 below \
             HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0\\Server and TLS 1.1\\Server, \
             then restart TermService, which ends its sessions. Other services of the host share this setting.",
        )
    })
}

fn broken_ciphers(tls: &TlsView) -> Option<Finding> {
    let accepted = tls.versions.iter().filter_map(|(_, reply)| match reply {
        VersionReply::Accepted(cipher) => Some(cipher),
        VersionReply::Refused(_) | VersionReply::Untried => None,
    });
    let picked = tls.picked.as_ref().map(|(_, cipher)| cipher);
    let mut broken: Vec<String> = accepted
        .chain(picked)
        .filter(|cipher| BROKEN_CIPHERS.iter().any(|part| cipher.contains(part)))
        .cloned()
        .collect();
    broken.sort();
    broken.dedup();
    (!broken.is_empty()).then(|| {
        Finding::new(
            Cause::TlsMismatch,
            Severity::Warning,
            format!("the host picks a broken cipher suite: {}", broken.join(", ")),
        )
        .with("ciphers", broken)
        .advise(
            "Give the host a current list by the policy \"SSL Cipher Suite Order\", with suites that fit the key of its \
             certificate, and restart it.",
        )
    })
}

/// Single versions work, all of them offered together do not: so do current clients, and they fail.
fn intolerant(failure: &TlsFailure) -> Option<Finding> {
    let how = match failure {
        TlsFailure::Alert(alert) => {
            format!(
                "ends with alert {}",
                named(Table::TlsAlert, u32::from(*alert))
            )
        }
        TlsFailure::Closed => "is closed".to_owned(),
        TlsFailure::Broken(why) => format!("breaks: {why}"),
        // A matter of the path.
        TlsFailure::Stalled { .. } => return None,
    };
    Some(
        mismatch(format!(
            "a handshake for one version of TLS passes, and one that offers all of them {how}; a device in between may cause it"
        ))
        .with("tls", "intolerant"),
    )
}

/// TLS came about without a certificate.
fn without_certificate(tls: &TlsView) -> Option<Finding> {
    (tls.picked.is_some() && tls.chain.is_empty() && tls.unreadable.is_none()).then(|| {
        Finding::new(
            Cause::CertMissing,
            Severity::Error,
            "the host shows no certificate in TLS",
        )
    })
}
