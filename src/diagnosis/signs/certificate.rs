//! Signs of the listener's certificate: dates, names, strength, and whether there is one (windows-facts 2).

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Answer;
use super::Looked;
use super::Sign;
use super::inside;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::certificate::Certificate;
use crate::diagnosis::Case;
use crate::inside::Certificates;
use crate::inside::Unseen;
use crate::rdp::nego::FailureCode;
use crate::survey::Distrust;
use crate::survey::Reply;
use crate::survey::TlsFailure;
use crate::survey::Trust;

/// The certificate that is shown is out of its dates, by our clock.
pub(in crate::diagnosis) static SHOWN_OUTDATED: Sign = Sign::new("shown-outdated", |case| {
    let shown = shown(case)?;
    told(
        outdated(shown, case.now)
            .map(|how| format!("the certificate `{}` that is shown {how}", shown.subject)),
        format!(
            "the certificate that is shown is valid until {}",
            day(shown.not_after)
        ),
    )
});
/// The certificate that the settings amount to is out of its dates, by our clock.
pub(in crate::diagnosis) static STORED_OUTDATED: Sign = Sign::new("stored-outdated", |case| {
    let Some(stored) = certificates(case)?.in_use() else {
        return Ok(Answer::Beside);
    };
    told(
        outdated(stored, case.now).map(|how| {
            format!(
                "the certificate `{}` in the host's store {how}",
                stored.subject
            )
        }),
        format!(
            "the certificate in the host's store is valid until {}",
            day(stored.not_after)
        ),
    )
});
/// The certificate is valid for a few days only, and no host renews it by itself.
pub(in crate::diagnosis) static ENDS_SOON: Sign = Sign::new("ends-soon", |case| {
    let leaf = leaf(case)?;
    let left = case.now.duration_until(leaf.not_after);
    let soon = left.is_positive() && left < SignedDuration::from_hours(24 * 7);
    told(
        soon.then(|| {
            format!(
                "the certificate `{}` ends on {}",
                leaf.subject,
                day(leaf.not_after)
            )
        }),
        "the certificate is valid for more than a week",
    )
});
/// The host's wrong clock decides whether the certificate looks valid.
pub(in crate::diagnosis) static CLOCK_DECIDES_DATES: Sign =
    Sign::new("clock-decides-dates", clock_decides_dates);
/// The host refuses TLS for want of a certificate.
pub(in crate::diagnosis) static CERTIFICATE_LACKING: Sign = Sign::new(
    "certificate-lacking",
    |case| {
        let survey = outside(case)?;
        if survey.negotiation.is_empty() {
            return Err(unseen("no negotiation was tried from outside"));
        }
        let refused = survey
            .negotiation
            .iter()
            .any(|asked| asked.reply == Reply::Refused(FailureCode::SSL_CERTIFICATE_MISSING));
        told(
            refused.then(|| {
                "the host refuses TLS with code 3: it has no certificate that its listener can use".to_owned()
            }),
            "the host does not say that it lacks a certificate",
        )
    },
);
/// What the settings name is in no store, or they name nothing.
pub(in crate::diagnosis) static CERTIFICATE_GONE: Sign = Sign::new("certificate-gone", |case| {
    let certificates = certificates(case)?;
    let found = match (
        certificates.in_use(),
        &certificates.bound,
        &certificates.self_signed,
    ) {
        (Some(_), _, _) => None,
        (None, Some(bound), _) => Some(format!(
            "the certificate `{bound}` that is bound to the listener is in no store"
        )),
        (None, None, Some(pointed)) => Some(format!(
            "`SelfSignedCertificate` points to `{pointed}`, which is not in the store"
        )),
        (None, None, None) => Some("the listener has no certificate".to_owned()),
    };
    told(found, "the listener's certificate is in its store")
});
/// No certificate is shown although TLS was begun.
pub(in crate::diagnosis) static NONE_SHOWN: Sign = Sign::new("none-shown", |case| {
    let survey = outside(case)?;
    let Some(tls) = &survey.tls else {
        return Err(unseen("TLS was not reached from outside"));
    };
    // An old version that is refused says nothing about the certificate.
    let ended = matches!(tls.failure, Some(TlsFailure::Alert(_) | TlsFailure::Closed));
    if !ended && tls.chain.is_empty() {
        return Err(unseen(
            "the listener's certificate was not shown from outside",
        ));
    }
    told(
        tls.chain
            .is_empty()
            .then(|| "TLS was begun and no certificate was shown".to_owned()),
        "the listener shows a certificate",
    )
});
/// The certificate bears another name than the host.
pub(in crate::diagnosis) static NAME_OTHER: Sign = Sign::new("name-other", name_other);
/// The key is short, or the signature is of a broken kind.
pub(in crate::diagnosis) static CERTIFICATE_FEEBLE: Sign =
    Sign::new("certificate-feeble", certificate_feeble);
/// The certificate is not for servers.
pub(in crate::diagnosis) static USAGE_WRONG: Sign = Sign::new("usage-wrong", |case| {
    let leaf = leaf(case)?;
    let serves = leaf.usages.is_empty()
        || leaf
            .usages
            .iter()
            .any(|usage| SERVERS.contains(&usage.as_str()));
    told(
        (!serves).then(|| format!("the certificate `{}` is not for servers", leaf.subject)),
        "the certificate is for servers",
    )
});
/// The certificate of an authority is not trusted here.
pub(in crate::diagnosis) static CHAIN_UNTRUSTED: Sign = Sign::new("chain-untrusted", |case| {
    let Some(trust) = outside(case)?
        .tls
        .as_ref()
        .and_then(|tls| tls.trust.as_ref())
    else {
        return Err(unseen("the certificate's chain was not seen from outside"));
    };
    let found = match trust {
        Trust::Untrusted(Distrust::UnknownIssuer) => {
            Some("its issuer is not trusted here".to_owned())
        }
        Trust::Untrusted(Distrust::Other(why)) => Some(why.clone()),
        Trust::Trusted
        | Trust::Untrusted(
            Distrust::SelfSigned | Distrust::Dates | Distrust::Name | Distrust::Usage,
        ) => None,
    };
    told(
        found.map(|why| format!("the certificate is not trusted: {why}")),
        "the certificate is trusted, or the host signed it itself",
    )
});

/// Usages of which one must be there, unless none is stated (windows-facts 2.4): server authentication, Remote
/// Desktop authentication, any.
const SERVERS: [&str; 3] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.54.1.2", "2.5.29.37.0"];

/// Bits of an RSA key below which clients are right to complain.
const SHORT: u32 = 2_048;

fn certificates<'a>(case: &Case<'a>) -> Result<&'a Certificates, Unseen> {
    part(case, "the certificates", |inside| &inside.certificates)
}

/// The certificate that the listener shows.
pub(super) fn shown<'a>(case: &Case<'a>) -> Result<&'a Certificate, Unseen> {
    outside(case)?
        .tls
        .as_ref()
        .and_then(|tls| tls.chain.first())
        .ok_or_else(|| unseen("the listener's certificate was not shown from outside"))
}

/// The certificate that is shown, else the one of the settings.
fn leaf<'a>(case: &Case<'a>) -> Result<&'a Certificate, Unseen> {
    shown(case).or_else(|missing| {
        certificates(case)
            .ok()
            .and_then(Certificates::in_use)
            .ok_or(missing)
    })
}

/// `2026-11-11`, in UTC.
pub(in crate::diagnosis) fn day(moment: Timestamp) -> String {
    moment
        .to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}

/// How a certificate is out of its dates, to follow its name.
pub(in crate::diagnosis) fn outdated(certificate: &Certificate, now: Timestamp) -> Option<String> {
    if certificate.not_after < now {
        Some(format!("expired on {}", day(certificate.not_after)))
    } else if certificate.not_before > now {
        Some(format!(
            "is not valid before {}",
            day(certificate.not_before)
        ))
    } else {
        None
    }
}

fn clock_decides_dates(case: &Case<'_>) -> Looked {
    let leaf = leaf(case)?;
    let clock = match (&inside(case), outside(case)) {
        (Ok(inside), _) if inside.system.is_ok() => {
            inside.system.as_ref().ok().map(|system| system.local_time)
        }
        (_, Ok(survey)) => survey.ntlm.as_ref().and_then(|ntlm| ntlm.time),
        _ => None,
    };
    let Some(clock) = clock else {
        return Err(unseen("the host's clock was not seen"));
    };
    let found = match (outdated(leaf, case.now), outdated(leaf, clock)) {
        (None, Some(how)) => Some(format!(
            "by the host's clock, which shows {}, its certificate {how}, by ours it is valid",
            day(clock)
        )),
        (Some(how), None) => Some(format!(
            "its certificate {how}, but by the host's clock, which shows {}, it is still valid, so the host does not renew it",
            day(clock)
        )),
        (None, None) | (Some(_), Some(_)) => None,
    };
    told(
        found,
        "the certificate's dates look the same by the host's clock and by ours",
    )
}

/// Names by which the host may be called, in lower case.
fn host_names(case: &Case<'_>) -> Vec<String> {
    let system = inside(case)
        .ok()
        .and_then(|inside| inside.system.as_ref().ok());
    let inside = system
        .into_iter()
        .flat_map(|system| [Some(&system.computer), Some(&system.dns_name)]);
    let ntlm = outside(case).ok().and_then(|survey| survey.ntlm.as_ref());
    let outside = ntlm
        .into_iter()
        .flat_map(|ntlm| [ntlm.computer.as_ref(), ntlm.dns_computer.as_ref()]);
    let mut names: Vec<String> = inside
        .chain(outside)
        .flatten()
        .map(|name| name.to_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a name of a certificate, or one with a star for its first label, covers a host's name; the host's short
/// name is covered by its long one too.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, of)| of == domain),
        None => name == host || name.split('.').next() == Some(host),
    }
}

fn name_other(case: &Case<'_>) -> Looked {
    let leaf = leaf(case)?;
    let hosts = host_names(case);
    if hosts.is_empty() {
        return Err(unseen("the host did not tell its name"));
    }
    let named = leaf
        .dns_names
        .iter()
        .chain([&leaf.common_name])
        .map(|name| name.to_lowercase())
        .any(|name| hosts.iter().any(|host| covers(&name, host)));
    told(
        (!named).then(|| {
            format!(
                "the certificate names `{}`, the host calls itself `{}`",
                leaf.common_name,
                hosts.join("`, `")
            )
        }),
        "the certificate names the host",
    )
}

fn certificate_feeble(case: &Case<'_>) -> Looked {
    let leaf = leaf(case)?;
    let signature = leaf.signature.to_lowercase();
    let broken = ["sha1", "md5"]
        .iter()
        .find(|kind| signature.contains(*kind));
    let found = if leaf.key_type == "rsa" && leaf.key_bits < SHORT {
        Some(format!(
            "the certificate's key has only {} bits",
            leaf.key_bits
        ))
    } else {
        broken.map(|_| format!("the certificate is signed with `{}`", leaf.signature))
    };
    told(
        found,
        "key and signature of the certificate are strong enough",
    )
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_certificate_with_the_long_name_covers_the_short_one() {
        assert!(covers("ts01.corp.example", "ts01"));
        assert!(covers("ts01", "ts01"));
        assert!(covers("*.corp.example", "ts01.corp.example"));
        assert!(!covers("*.corp.example", "ts01"));
        assert!(!covers("ts02.corp.example", "ts01"));
    }
}
