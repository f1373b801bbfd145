//! Signs of the agreement on security: NLA, the security layer, CredSSP, RestrictedAdmin (windows-facts 1.4, 4.1, 4.2, 4.5).

use super::Answer;
use super::Looked;
use super::Sign;
use super::listener::by;
use super::listener::settings;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::survey::Reply;
use crate::survey::Survey;

/// NLA is not required, by the settings.
pub(in crate::diagnosis) static NLA_OFF: Sign = Sign::new("nla-off", |case| {
    let nla = settings(case)?.user_authentication;
    told(
        (nla.value == 0)
            .then(|| format!("NLA is not required (`UserAuthentication` is 0{})", by(nla))),
        "NLA is required by the settings",
    )
});
/// The host accepts less than NLA.
pub(in crate::diagnosis) static NLA_NOT_ENFORCED: Sign = Sign::new("nla-not-enforced", |case| {
    let survey = answering(case)?;
    told(
        survey.offers("tls").then(|| {
            "the host accepts connections by TLS alone, without signing in first".to_owned()
        }),
        "the host accepts nothing less than NLA",
    )
});
/// The host does not do NLA, but TLS.
pub(in crate::diagnosis) static NLA_NOT_OFFERED: Sign = Sign::new("nla-not-offered", |case| {
    let survey = answering(case)?;
    if !survey.offers("tls") {
        return Ok(Answer::Beside);
    }
    told(
        (!survey.offers("nla") && !survey.offers("hybrid_ex")).then(|| {
            "the host does not offer NLA, so clients that insist on it cannot connect".to_owned()
        }),
        "the host offers NLA",
    )
});
/// The settings ask for classic RDP security.
pub(in crate::diagnosis) static LAYER_CLASSIC: Sign = Sign::new("layer-classic", |case| {
    let layer = settings(case)?.security_layer;
    told(
        (layer.value == 0).then(|| {
            format!(
                "the settings ask for classic RDP security, not TLS (`SecurityLayer` is 0{})",
                by(layer)
            )
        }),
        "the settings allow TLS",
    )
});
/// The host speaks classic RDP security only.
pub(in crate::diagnosis) static CLASSIC_ONLY: Sign = Sign::new("classic-only", |case| {
    let survey = answering(case)?;
    let refuses = |name: &str| {
        matches!(
            survey.reply(name),
            Some(
                Reply::Bare
                    | Reply::Refused(FailureCode::SSL_NOT_ALLOWED)
                    | Reply::Selected {
                        protocol: Protocols::RDP,
                        ..
                    }
            )
        )
    };
    told(
        (refuses("tls") && refuses("nla")).then(|| {
            "the host refuses TLS and NLA and offers classic RDP security only".to_owned()
        }),
        "the host offers TLS or NLA",
    )
});
/// The host does not negotiate.
pub(in crate::diagnosis) static NEGOTIATION_OFF: Sign = Sign::new("negotiation-off", |case| {
    let allowed = settings(case)?.allow_negotiation;
    told(
        (allowed.value == 0).then(|| {
            "the host does not negotiate the security protocol (`fAllowSecProtocolNegotiation` is 0)".to_owned()
        }),
        "the host negotiates the security protocol",
    )
});
/// TLS is demanded beside the low encryption level, which contradicts it.
pub(in crate::diagnosis) static LEVEL_CONTRADICTS: Sign = Sign::new("level-contradicts", |case| {
    let settings = settings(case)?;
    told(
        (settings.security_layer.value == 2 && settings.min_encryption.value == 1).then(|| {
            "`SecurityLayer` 2 (TLS) and `MinEncryptionLevel` 1 (low) contradict each other"
                .to_owned()
        }),
        "security layer and encryption level fit",
    )
});
/// Classic RDP security is accepted besides TLS.
pub(in crate::diagnosis) static CLASSIC_TOO: Sign = Sign::new("classic-too", |case| {
    let survey = answering(case)?;
    if !survey.offers("tls") && !survey.offers("nla") {
        return Ok(Answer::Beside);
    }
    told(
        survey.offers("rdp").then(|| {
            "the host accepts classic RDP security too, which proves nobody's identity".to_owned()
        }),
        "the host refuses classic RDP security",
    )
});
/// The oracle is open.
pub(in crate::diagnosis) static ORACLE_OPEN: Sign = Sign::new("oracle-open", |case| {
    let seen = part(case, "the settings of CredSSP", |inside| &inside.credssp)?;
    told(
        (seen.oracle == Some(2)).then(|| {
            "CredSSP is open to the oracle attack (`AllowEncryptionOracle` is 2, vulnerable)"
                .to_owned()
        }),
        "CredSSP is not open to the oracle attack",
    )
});
/// A policy of the machine demands RestrictedAdmin or Remote Credential Guard, and it does not allow either itself.
pub(in crate::diagnosis) static RESTRICTED_DEMANDED: Sign =
    Sign::new("restricted-demanded", restricted_demanded);

/// The view from outside, when something answered negotiations.
fn answering<'a>(case: &Case<'a>) -> Result<&'a Survey, crate::inside::Unseen> {
    let survey = outside(case)?;
    if survey.reachable() {
        Ok(survey)
    } else {
        Err(unseen("no negotiation was answered from outside"))
    }
}

fn restricted_demanded(case: &Case<'_>) -> Looked {
    let client = part(case, "the settings of the machine as a client", |inside| {
        &inside.client
    })?;
    let refused = settings(case)?.disable_restricted_admin != Some(0);
    let what = match client.restricted_type {
        None => {
            return told(
                None,
                "no policy demands RestrictedAdmin or Remote Credential Guard",
            );
        }
        Some(1) => "RestrictedAdmin",
        Some(2) => "Remote Credential Guard",
        Some(_) => "RestrictedAdmin or Remote Credential Guard",
    };
    told(
        refused.then(|| {
            format!(
                "policy tells clients to demand {what}, and hosts like this one refuse it (`DisableRestrictedAdmin` is not 0)"
            )
        }),
        format!("policy tells clients to demand {what}, which this host allows"),
    )
}
