//! `cert-missing`, `nla-mismatch`, `security-layer-mismatch`, `restricted-admin`: what the host takes and refuses before TLS.

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::ResponseFlags;
use crate::survey::ASKED;
use crate::survey::Reply;
use crate::survey::Survey;

/// What any current client offers.
const WITH_TLS: [&str; 3] = ["tls", "nla", "hybrid_ex"];

/// Judges the answers to the negotiations.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    if !survey.reachable() {
        return;
    }
    let before = found.len();
    found.extend(certificate_missing(survey));
    found.extend(without_tls(survey));
    found.extend(refused_with_nla(survey));
    found.extend(client_certificates(survey));
    if found.len() == before {
        found.extend(nothing_taken(survey));
    }
    found.extend(classic_too(survey));
    found.extend(nla(survey));
    found.extend(unasked(survey));
    found.extend(restricted_admin(survey));
}

/// The names of the protocols that were refused with this code.
fn refused_with(survey: &Survey, code: FailureCode) -> Vec<String> {
    ASKED
        .iter()
        .filter(|(_, name)| survey.reply(name) == Some(&Reply::Refused(code)))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

fn takes_tls(survey: &Survey) -> bool {
    WITH_TLS.iter().any(|name| survey.offers(name))
}

fn takes_nla(survey: &Survey) -> bool {
    survey.offers("nla") || survey.offers("hybrid_ex")
}

fn refusal(cause: Cause, code: FailureCode, refused: Vec<String>, says: String) -> Finding {
    let finding = Finding::new(cause, Severity::Error, says).with("code", code.0);
    let finding = match code.name() {
        Some(name) => finding.with("code_name", name),
        None => finding,
    };
    finding.with("refused", refused)
}

fn certificate_missing(survey: &Survey) -> Option<Finding> {
    let code = FailureCode::SSL_CERTIFICATE_MISSING;
    let refused = refused_with(survey, code);
    (!refused.is_empty()).then(|| {
        let says = format!(
            "the host refuses with code {code}: its listener has no certificate that it can use"
        );
        refusal(Cause::CertMissing, code, refused, says)
    })
}

/// Whether all of those with TLS that were asked for came to classic security or to "TLS is not allowed".
fn without_tls(survey: &Survey) -> Option<Finding> {
    let code = FailureCode::SSL_NOT_ALLOWED;
    let refused = refused_with(survey, code);
    let classic = |reply: &Reply| {
        *reply == Reply::Bare
            || matches!(reply, Reply::Selected { protocol, .. } if *protocol == Protocols::RDP)
    };
    let downgraded = WITH_TLS
        .iter()
        .any(|name| survey.reply(name).is_some_and(classic));
    if takes_tls(survey) || (refused.is_empty() && !downgraded) {
        return None;
    }
    let says = if refused.is_empty() {
        "the host takes classic RDP security only, whatever the client asks for".to_owned()
    } else {
        format!("the host refuses TLS with code {code}: it is set to classic RDP security")
    };
    let finding = if refused.is_empty() {
        Finding::new(Cause::SecurityLayerMismatch, Severity::Error, says)
    } else {
        refusal(Cause::SecurityLayerMismatch, code, refused, says)
    };
    Some(finding.with("rdp_offered", survey.offers("rdp")))
}

/// NLA was asked for and the answer is that NLA is required: the host contradicts itself.
fn refused_with_nla(survey: &Survey) -> Option<Finding> {
    let code = FailureCode::HYBRID_REQUIRED;
    let refused: Vec<String> = refused_with(survey, code)
        .into_iter()
        .filter(|name| name == "nla" || name == "hybrid_ex")
        .collect();
    (!refused.is_empty() && !takes_nla(survey)).then(|| {
        let says = format!("the host refuses NLA itself with code {code}, which demands NLA");
        refusal(Cause::NlaMismatch, code, refused, says)
    })
}

fn client_certificates(survey: &Survey) -> Option<Finding> {
    let code = FailureCode::SSL_WITH_USER_AUTHENTICATION_REQUIRED;
    let refused = refused_with(survey, code);
    (!refused.is_empty() && !takes_tls(survey)).then(|| {
        let says =
            format!("the host refuses with code {code}: it demands a certificate of the client");
        refusal(Cause::SecurityLayerMismatch, code, refused, says)
    })
}

/// RDP answers, yet nothing that current clients offer is taken, for no reason that another rule names.
fn nothing_taken(survey: &Survey) -> Option<Finding> {
    let refusals: Vec<String> = WITH_TLS
        .iter()
        .filter_map(|name| match survey.reply(name)? {
            Reply::Refused(code) => Some(format!("{name}: {code}")),
            _ => None,
        })
        .collect();
    let enough = survey.reply("nla").is_some() || survey.reply("hybrid_ex").is_some();
    (enough && !takes_tls(survey) && !refusals.is_empty()).then(|| {
        Finding::new(
            Cause::SecurityLayerMismatch,
            Severity::Error,
            format!(
                "the host takes nothing that clients offer; it refuses {}",
                refusals.join(", ")
            ),
        )
        .with("refused", refusals)
        .with("rdp_offered", survey.offers("rdp"))
    })
}

fn classic_too(survey: &Survey) -> Option<Finding> {
    (survey.offers("rdp") && takes_tls(survey)).then(|| {
        Finding::new(
            Cause::SecurityLayerMismatch,
            Severity::Warning,
            "the host also takes classic RDP security, which proves no host and is open to whoever sits in between",
        )
        .with("rdp_offered", true)
        .advise(
            "Demand TLS: `rdp_listener` with `security_layer: tls`. Clients of the last fifteen years are not affected.",
        )
    })
}

fn nla(survey: &Survey) -> Option<Finding> {
    let takes_less = survey.offers("tls") || survey.offers("rdp");
    if survey.enforces_nla() {
        return Some(
            Finding::new(
                Cause::NlaMismatch,
                Severity::Info,
                "NLA is required, as it should be: clients without it are refused with code 5",
            )
            .with("nla_offered", true)
            .with("nla_enforced", true)
            .advise(
                "Nothing has to be done on the host. A client that cannot connect for this reason needs an update, or a clean \
                 .rdp file: `rdpfix rdp-file check FILE` finds the setting.",
            ),
        );
    }
    if takes_nla(survey) && takes_less {
        return Some(
            Finding::new(
                Cause::NlaMismatch,
                Severity::Warning,
                "NLA is offered but not required: whoever reaches the port gets a session with a sign-in screen",
            )
            .with("nla_offered", true)
            .with("nla_enforced", false)
            .advise("Require it: `rdp_listener` with `nla: required`. Clients that do NLA already notice nothing."),
        );
    }
    let asked = survey.reply("nla").is_some();
    (asked && !takes_nla(survey) && survey.offers("tls")).then(|| {
        Finding::new(
            Cause::NlaMismatch,
            Severity::Warning,
            "the host does TLS but not NLA: clients that demand NLA do not connect, and all others get a session before they sign in",
        )
        .with("nla_offered", false)
        .with("nla_enforced", false)
    })
}

/// The protocols that make up a request, without those that a host may take in their place.
fn within(selected: Protocols, wanted: Protocols) -> bool {
    selected == Protocols::RDP || wanted.contains(selected)
}

fn unasked(survey: &Survey) -> Option<Finding> {
    survey.negotiation.iter().find_map(|asked| {
        let Reply::Selected { protocol, .. } = &asked.reply else {
            return None;
        };
        (!within(*protocol, asked.wanted)).then(|| {
            Finding::new(
                Cause::NlaMismatch,
                Severity::Warning,
                format!(
                    "the host selected protocol {:#x} although {:#x} was asked for; a device in between may answer for it",
                    protocol.0, asked.wanted.0
                ),
            )
            .with("asked", asked.wanted.0)
            .with("selected", protocol.0)
        })
    })
}

/// Only the flag's absence tells: a host that sets it may still refuse by `DisableRestrictedAdmin` (windows-facts 1.4, 4.2).
fn restricted_admin(survey: &Survey) -> Option<Finding> {
    let flags = flags(survey)?;
    let allowed = flags.contains(ResponseFlags::RESTRICTED_ADMIN);
    (!allowed && takes_nla(survey)).then(|| {
        Finding::new(
            Cause::RestrictedAdmin,
            Severity::Info,
            "the host does not do RestrictedAdmin, as is usual: clients that demand it are refused",
        )
        .with("restricted_admin", false)
        .with(
            "remote_guard",
            flags.contains(ResponseFlags::REDIRECTED_AUTHENTICATION),
        )
    })
}

/// The flags of the answer to the strongest request that was taken.
fn flags(survey: &Survey) -> Option<ResponseFlags> {
    ["hybrid_ex", "nla", "tls"]
        .into_iter()
        .find_map(|name| match survey.reply(name)? {
            Reply::Selected { flags, .. } => Some(*flags),
            _ => None,
        })
}
