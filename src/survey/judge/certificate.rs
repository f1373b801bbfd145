//! `cert-expired` and `cert-weak`: the listener's certificate, judged by a clock that was compared with the host's.

use jiff::Timestamp;

use crate::certificate::Certificate;
use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Distrust;
use crate::survey::Survey;
use crate::survey::Trust;
use crate::survey::judge;
use crate::survey::judge::chain;
use crate::survey::judge::chain::Dates;
use crate::survey::judge::names;

/// A certificate with fewer days left is worth a warning.
const SOON: i64 = 14;
/// Bits of an RSA key that is long enough (NIST SP 800-57), and below which Windows itself refuses (KB2661254).
const LONG_ENOUGH: u32 = 2048;
const REFUSED_BELOW: u32 = 1024;

/// Judges the chain that the listener showed.
pub(super) fn judge(survey: &Survey, now: Timestamp, found: &mut Vec<Finding>) {
    let Some(tls) = &survey.tls else {
        return;
    };
    if let Some(why) = &tls.unreadable {
        found.push(
            Finding::new(
                Cause::CertWeak,
                Severity::Error,
                format!("the certificate of the host cannot be read: {why}"),
            )
            .with("error", why.as_str()),
        );
    }
    let Some((leaf, above)) = tls.chain.split_first() else {
        return;
    };
    found.extend(outside_its_dates(leaf, survey, now));
    found.extend(expires_soon(leaf, now));
    found.extend(above.iter().find_map(|one| above_is_out_of_date(one, now)));
    found.extend(former_name(leaf, survey));
    found.extend(other_name(leaf, survey));
    found.extend(weak_signature(leaf));
    found.extend(short_key(leaf));
    found.extend(not_for_servers(leaf));
    found.extend(tls.trust.as_ref().and_then(|trust| distrusted(leaf, trust)));
}

fn about(leaf: &Certificate, finding: Finding) -> Finding {
    finding
        .with("subject", leaf.subject.as_str())
        .with("thumbprint", leaf.thumbprint.as_str())
}

fn outside_its_dates(leaf: &Certificate, survey: &Survey, now: Timestamp) -> Option<Finding> {
    let dates = chain::dates(leaf, now);
    let (subject, skew) = (&leaf.subject, judge::skew(survey));
    let says = match dates {
        Dates::Within => return outside_by_the_hosts_clock(leaf, skew?, now),
        Dates::Past => format!(
            "the certificate `{subject}` expired on {}",
            judge::day(leaf.not_after)
        ),
        Dates::Early => format!(
            "the certificate `{subject}` is not valid before {}",
            judge::day(leaf.not_before)
        ),
    };
    let skew_says = skew.map(|seconds| {
        let agrees = chain::dates(leaf, judge::by_clock_of_host(now, seconds)) != Dates::Within;
        (seconds, agrees)
    });
    let finding = match skew_says {
        None => Finding::new(Cause::CertExpired, Severity::Error, says),
        Some((seconds, true)) => Finding::new(
            Cause::CertExpired,
            Severity::Error,
            format!(
                "{says}, by our clock and by the host's, which is {} ours",
                judge::apart(seconds)
            ),
        ),
        Some((seconds, false)) => Finding::new(
            Cause::CertExpired,
            Severity::Warning,
            format!(
                "{says}, but only by our clock: the host's is {} ours, and by it the certificate is valid",
                judge::apart(seconds)
            ),
        )
        .advise("Find out which clock is right before you touch the certificate; see time-skew."),
    };
    let finding = about(leaf, finding)
        .with("not_before", leaf.not_before)
        .with("not_after", leaf.not_after)
        .with("days", judge::days_until(leaf.not_after, now));
    Some(with_skew(finding, skew))
}

/// Valid by our clock, and not by the host's, whose own clients would refuse it.
fn outside_by_the_hosts_clock(leaf: &Certificate, skew: i64, now: Timestamp) -> Option<Finding> {
    let by_host = chain::dates(leaf, judge::by_clock_of_host(now, skew));
    (by_host != Dates::Within).then(|| {
        let finding = Finding::new(
            Cause::CertExpired,
            Severity::Info,
            format!(
                "the certificate `{}` is valid by our clock, and not by the host's, which is {} ours",
                leaf.subject,
                judge::apart(skew)
            ),
        );
        let finding = finding.advise("Mend the clock first; see time-skew.");
        with_skew(about(leaf, finding), Some(skew))
    })
}

fn with_skew(finding: Finding, skew: Option<i64>) -> Finding {
    match skew {
        Some(seconds) => finding.with("skew_seconds", seconds),
        None => finding,
    }
}

fn expires_soon(leaf: &Certificate, now: Timestamp) -> Option<Finding> {
    let days = judge::days_until(leaf.not_after, now);
    (chain::dates(leaf, now) == Dates::Within && days < SOON).then(|| {
        let left = match days {
            0 => "within a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        let finding = Finding::new(
            Cause::CertExpired,
            Severity::Warning,
            format!("the certificate `{}` expires {left}", leaf.subject),
        );
        let advice = if leaf.self_signed {
            "Windows should renew it by itself; that it has not yet may mean that SessionEnv cannot run or the key cannot be \
             written. `rdp_certificate` with `min_days_left: 14` renews it now."
        } else {
            "Renew it at its authority and bind the new one with `rdp_certificate` and `thumbprint`."
        };
        about(leaf, finding.advise(advice))
            .with("not_after", leaf.not_after)
            .with("days", days)
    })
}

fn above_is_out_of_date(one: &Certificate, now: Timestamp) -> Option<Finding> {
    (chain::dates(one, now) != Dates::Within).then(|| {
        let finding = Finding::new(
            Cause::CertExpired,
            Severity::Warning,
            format!(
                "the certificate `{}` in the chain is not valid now; its dates are {} to {}",
                one.subject,
                judge::day(one.not_before),
                judge::day(one.not_after)
            ),
        );
        let finding = finding.advise(
            "Replace the intermediate certificate in the host's store \"Intermediate Certification Authorities\" by the current \
             one of the authority.",
        );
        about(one, finding).with("not_after", one.not_after)
    })
}

/// The certificate bears none of the names that the host gives itself: it was made before the host was renamed.
fn former_name(leaf: &Certificate, survey: &Survey) -> Option<Finding> {
    let ntlm = survey.ntlm.as_ref()?;
    let own = [&ntlm.dns_computer, &ntlm.computer];
    let own: Vec<&String> = own.into_iter().flatten().collect();
    let computer = own.first()?;
    let shown = leaf.names();
    let bears_one = own.iter().any(|own| {
        chain::names(leaf, own) || shown.iter().any(|name| names::same_machine(name, own))
    });
    let asked = survey.name.asked.as_str();
    let bears_asked = !survey.name.literal && !asked.is_empty() && chain::names(leaf, asked);
    (!bears_one && !bears_asked).then(|| {
        let finding = Finding::new(
            Cause::CertWeak,
            Severity::Warning,
            format!(
                "the certificate bears the name `{}`, and the host calls itself `{computer}`",
                leaf.common_name
            ),
        );
        let finding = finding.advise(
            "The host was probably renamed after the certificate was made. `rdp_certificate` with `names_host: true` has a \
             self-signed one made anew; one of an authority has to be issued for the new name.",
        );
        about(leaf, finding)
            .with("names", shown)
            .with("computer", computer.as_str())
    })
}

/// The certificate does not bear the name that was asked for, though it is the host's own.
fn other_name(leaf: &Certificate, survey: &Survey) -> Option<Finding> {
    let asked = survey.name.asked.as_str();
    let loopback = survey
        .name
        .addresses
        .iter()
        .any(std::net::IpAddr::is_loopback);
    if survey.name.literal || asked.is_empty() || loopback || chain::names(leaf, asked) {
        return None;
    }
    let shown = leaf.names();
    // A self-signed certificate bears one form of the name; clients ask about it anyway.
    let severity = if leaf.self_signed && shown.iter().any(|name| names::same_machine(name, asked))
    {
        Severity::Info
    } else {
        Severity::Warning
    };
    let finding = Finding::new(
        Cause::CertWeak,
        severity,
        format!(
            "the certificate does not bear the name `{asked}` that was asked for, but {}",
            quoted(&shown)
        ),
    );
    Some(
        about(leaf, finding)
            .with("asked", asked)
            .with("names", shown)
            .advise(
                "Connect by a name that the certificate bears, or give the listener one that bears the name people type \
                 (`rdp_certificate` with `thumbprint`).",
            ),
    )
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn weak_signature(leaf: &Certificate) -> Option<Finding> {
    let signature = leaf.signature.to_lowercase();
    let severity =
        if signature.contains("md5") || signature.contains("md2") || signature.contains("md4") {
            Severity::Error
        } else if signature.contains("sha1") || signature.ends_with("-sha") {
            Severity::Warning
        } else {
            return None;
        };
    let finding = Finding::new(
        Cause::CertWeak,
        severity,
        format!(
            "the certificate is signed with {}, which is broken",
            leaf.signature
        ),
    );
    Some(
        about(leaf, finding)
            .with("signature", leaf.signature.as_str())
            .advise(
                "Have it made anew with SHA-256: a current Windows does so by itself (`rdp_certificate`), an authority by its \
                 template.",
            ),
    )
}

fn short_key(leaf: &Certificate) -> Option<Finding> {
    if leaf.key_type != "rsa" || leaf.key_bits >= LONG_ENOUGH {
        return None;
    }
    let severity = if leaf.key_bits < REFUSED_BELOW {
        Severity::Error
    } else {
        Severity::Warning
    };
    let finding = Finding::new(
        Cause::CertWeak,
        severity,
        format!(
            "the certificate's RSA key has {} bits; {LONG_ENOUGH} are needed",
            leaf.key_bits
        ),
    );
    Some(
        about(leaf, finding)
            .with("key_bits", leaf.key_bits)
            .advise("Have it made anew: `rdp_certificate` with `min_key_bits: 2048`."),
    )
}

fn not_for_servers(leaf: &Certificate) -> Option<Finding> {
    (!chain::is_for_servers(leaf)).then(|| {
        let finding = Finding::new(
            Cause::CertWeak,
            Severity::Warning,
            "the certificate is neither for server authentication nor for Remote Desktop authentication",
        );
        about(leaf, finding)
            .with("usages", leaf.usages.clone())
            .advise(
                "Issue one with the usage server authentication (1.3.6.1.5.5.7.3.1) or Remote Desktop authentication \
                 (1.3.6.1.4.1.311.54.1.2), and bind it with `rdp_certificate` and `thumbprint`.",
            )
    })
}

/// What the chain as a whole is worth here; names, dates and usages are judged by rules of their own.
fn distrusted(leaf: &Certificate, trust: &Trust) -> Option<Finding> {
    let Trust::Untrusted(reason) = trust else {
        return None;
    };
    let (severity, says, word) = match reason {
        Distrust::SelfSigned => (
            Severity::Info,
            "the certificate is self-signed, as Windows makes it: clients ask once whether to go on".to_owned(),
            "self_signed",
        ),
        Distrust::UnknownIssuer => (
            Severity::Warning,
            format!("the certificate's issuer `{}` is not known here", leaf.issuer),
            "unknown_issuer",
        ),
        Distrust::Other(why) => (
            Severity::Warning,
            format!("the certificate is not trusted here: {why}"),
            "other",
        ),
        Distrust::Dates | Distrust::Name | Distrust::Usage => return None,
    };
    let finding = about(leaf, Finding::new(Cause::CertWeak, severity, says)).with("distrust", word);
    Some(match reason {
        Distrust::SelfSigned => finding.advise(
            "Nothing has to be done. Where clients must not be asked, bind one of your own authority (`rdp_certificate` with \
             `thumbprint`).",
        ),
        _ => finding.advise(
            "If it is your own authority, probe again with `--ca FILE`, and see that the clients have its root. The host must \
             also send the certificates in between.",
        ),
    })
}
