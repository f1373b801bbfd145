//! `time-skew`, `patch-level`, `credssp-oracle`: what the host tells of itself at the start of the sign-in.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::NtlmView;
use crate::survey::Survey;
use crate::survey::judge;
use crate::survey::judge::builds;

/// The version of CredSSP since which the public key is bound with a nonce, the remedy for CVE-2018-0886
/// ([MS-CSSP] 2.2.1.1, 3.1.5; windows-facts 4.5).
const HARDENED: u32 = 5;

/// Judges the NTLM challenge.
pub(super) fn judge(survey: &Survey, now: Timestamp, found: &mut Vec<Finding>) {
    let Some(ntlm) = &survey.ntlm else {
        return;
    };
    found.extend(judge::skew(survey).map(|seconds| skewed(ntlm, seconds)));
    found.extend(out_of_support(ntlm, now));
    found.extend(unhardened(ntlm));
    found.extend(without_updates(ntlm));
}

/// Whether the domain is another than the computer itself.
fn is_in_domain(ntlm: &NtlmView) -> bool {
    match (&ntlm.domain, &ntlm.computer) {
        (Some(domain), Some(computer)) => !domain.eq_ignore_ascii_case(computer),
        _ => false,
    }
}

fn skewed(ntlm: &NtlmView, seconds: i64) -> Finding {
    let in_domain = is_in_domain(ntlm);
    // Kerberos refuses; without a domain there is no Kerberos.
    let severity = if in_domain {
        Severity::Error
    } else {
        Severity::Warning
    };
    Finding::new(
        Cause::TimeSkew,
        severity,
        format!("the host's clock is {} ours", judge::apart(seconds)),
    )
    .with("skew_seconds", seconds)
    .with("in_domain", in_domain)
}

fn out_of_support(ntlm: &NtlmView, now: Timestamp) -> Option<Finding> {
    let (_, _, number) = ntlm.version?;
    let build = builds::build(number)?;
    let today = now.to_zoned(TimeZone::UTC).date();
    (today > build.until).then(|| {
        Finding::new(
            Cause::PatchLevel,
            Severity::Warning,
            format!(
                "build {number} ({}) gets no updates since {}",
                build.name, build.until
            ),
        )
        .with("build", i64::from(number))
        .with("release", build.name)
        .with("supported_until", build.until.to_string())
    })
}

/// The version of CredSSP tells of missing updates where the build does not: it is the same before and after them.
fn without_updates(ntlm: &NtlmView) -> Option<Finding> {
    let version = ntlm.credssp_version?;
    (version < HARDENED).then(|| {
        let finding = Finding::new(
            Cause::PatchLevel,
            Severity::Warning,
            format!("the host got no updates since spring 2018: it answers with CredSSP version {version}"),
        )
        .with("credssp_version", version);
        match ntlm.version {
            Some((_, _, build)) => finding.with("build", i64::from(build)),
            None => finding,
        }
    })
}

fn unhardened(ntlm: &NtlmView) -> Option<Finding> {
    let version = ntlm.credssp_version?;
    (version < HARDENED).then(|| {
        Finding::new(
            Cause::CredSspOracle,
            Severity::Warning,
            format!(
                "the host answers with CredSSP version {version}, so it lacks the update for CVE-2018-0886: updated clients refuse \
                 to sign in to it"
            ),
        )
        .with("credssp_version", version)
        .advise(
            "Install a current cumulative update on the host; any since May 2018 brings what is missing. Leave the clients' \
             setting as it is.",
        )
    })
}
