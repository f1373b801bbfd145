//! Signs of a Remote Desktop Gateway, seen from outside or as a role of the host (windows-facts 9.4).

use super::Answer;
use super::Looked;
use super::Sign;
use super::certificate::outdated;
use super::logs;
use super::outside;
use super::part;
use super::told;
use crate::diagnosis::Case;
use crate::inside::GatewayRole;
use crate::inside::Unseen;
use crate::survey::Distrust;
use crate::survey::GatewayAnswer;
use crate::survey::GatewayView;
use crate::survey::Tcp;
use crate::survey::TlsFailure;
use crate::survey::Trust;

/// The gateway's certificate, as it is shown, is out of its dates, for another name or not for servers.
pub(in crate::diagnosis) static GATEWAY_SHOWN_BAD: Sign = Sign::new("gateway-shown-bad", |case| {
    let Some(gateway) = view(case) else {
        return Ok(Answer::Beside);
    };
    let outdated = gateway
        .chain
        .first()
        .and_then(|leaf| Some(format!("`{}` {}", leaf.subject, outdated(leaf, case.now)?)));
    let found = outdated.or_else(|| {
        match gateway.trust.as_ref()? {
            Trust::Untrusted(Distrust::Dates) => Some("it is out of its dates"),
            Trust::Untrusted(Distrust::Name) => Some("it does not bear the gateway's name"),
            Trust::Untrusted(Distrust::Usage) => Some("it is not for servers"),
            Trust::Trusted
            | Trust::Untrusted(
                Distrust::SelfSigned | Distrust::UnknownIssuer | Distrust::Other(_),
            ) => None,
        }
        .map(str::to_owned)
    });
    told(
        found.map(|why| {
            format!(
                "the certificate of the gateway {} will not do: {why}",
                gateway.address
            )
        }),
        "the gateway's certificate is within its dates and bears its name",
    )
});
/// The gateway's certificate is not trusted on this machine; what clients trust is their own business.
pub(in crate::diagnosis) static GATEWAY_UNTRUSTED: Sign = Sign::new("gateway-untrusted", |case| {
    let Some(gateway) = view(case) else {
        return Ok(Answer::Beside);
    };
    let found = gateway.trust.as_ref().and_then(|trust| match trust {
        Trust::Untrusted(Distrust::SelfSigned) => Some("it signed itself"),
        Trust::Untrusted(Distrust::UnknownIssuer) => Some("its issuer is not known here"),
        Trust::Untrusted(Distrust::Other(why)) => Some(why.as_str()),
        Trust::Trusted | Trust::Untrusted(Distrust::Dates | Distrust::Name | Distrust::Usage) => {
            None
        }
    });
    told(
        found.map(|why| {
            format!(
                "this machine does not trust the certificate of the gateway {}: {why}; clients that do not either are refused",
                gateway.address
            )
        }),
        "the gateway's certificate is trusted on this machine",
    )
});
/// TLS with the gateway fails.
pub(in crate::diagnosis) static GATEWAY_TLS_FAILS: Sign = Sign::new("gateway-tls-fails", |case| {
    let Some(gateway) = view(case) else {
        return Ok(Answer::Beside);
    };
    let how = gateway.tls_failure.as_ref().map(|failure| match failure {
        TlsFailure::Alert(number) => format!("ends TLS with alert {number}"),
        TlsFailure::Closed => "closes the connection during TLS".to_owned(),
        TlsFailure::Stalled { received } => format!("stalls in TLS after {received} bytes"),
        TlsFailure::Broken(why) => format!("does not speak TLS: {why}"),
    });
    told(
        how.map(|how| format!("the gateway {} {how}", gateway.address)),
        "TLS with the gateway comes about",
    )
});
/// The gateway's port does not open.
pub(in crate::diagnosis) static GATEWAY_SHUT: Sign = Sign::new("gateway-shut", |case| {
    let Some(gateway) = view(case) else {
        return Ok(Answer::Beside);
    };
    let how = match gateway.tcp {
        Some(Tcp::Refused) => Some("refuses connections: nothing listens there"),
        Some(Tcp::Timeout) => Some("does not answer"),
        Some(Tcp::Unreachable) => Some("cannot be reached from here"),
        Some(Tcp::Open) | None => None,
    };
    told(
        how.map(|how| format!("the gateway {} {how}", gateway.address)),
        "the gateway's port opens",
    )
});
/// The certificate that the gateway role is bound to is out of its dates, or gone.
pub(in crate::diagnosis) static GATEWAY_BOUND_BAD: Sign = Sign::new("gateway-bound-bad", |case| {
    let Some(role) = role(case)? else {
        return Ok(Answer::Beside);
    };
    let found = match (&role.certificate, &role.found) {
        (None, _) if role.configured => {
            Some("no certificate is bound to the gateway role".to_owned())
        }
        (None, _) => None,
        (Some(bound), None) => Some(format!(
            "the gateway's certificate `{bound}` is in no store"
        )),
        (Some(_), Some(leaf)) => outdated(leaf, case.now)
            .map(|how| format!("the gateway's certificate `{}` {how}", leaf.subject)),
    };
    told(
        found,
        "the gateway's certificate is in its store and within its dates",
    )
});
/// The log tells that the gateway lacks its certificate.
pub(in crate::diagnosis) static GATEWAY_EVENTS: Sign = Sign::new("gateway-events", |case| {
    if role(case)?.is_none() {
        return Ok(Answer::Beside);
    }
    logs::any(
        case,
        logs::GATEWAY,
        &[102, 103],
        "the log tells of no trouble with the gateway's certificate",
    )
});
/// The gateway does not answer as one.
pub(in crate::diagnosis) static GATEWAY_ANSWERS_OTHERWISE: Sign =
    Sign::new("gateway-answers-otherwise", gateway_answers);
/// The HTTP transport of the role is off.
pub(in crate::diagnosis) static GATEWAY_TRANSPORT_OFF: Sign =
    Sign::new("gateway-transport-off", |case| {
        let Some(role) = role(case)? else {
            return Ok(Answer::Beside);
        };
        told(
            (role.http == Some(false))
                .then(|| "the HTTP transport of the gateway is off".to_owned()),
            "the HTTP transport of the gateway is on",
        )
    });

/// The gateway as it was seen from outside, when one was asked for.
fn view<'a>(case: &Case<'a>) -> Option<&'a GatewayView> {
    outside(case).ok()?.gateway.as_ref()
}

fn role<'a>(case: &Case<'a>) -> Result<Option<&'a GatewayRole>, Unseen> {
    Ok(part(case, "the gateway role", |inside| &inside.gateway)?.as_ref())
}

fn gateway_answers(case: &Case<'_>) -> Looked {
    let Some(gateway) = view(case) else {
        return Ok(Answer::Beside);
    };
    let found = match &gateway.http {
        Some(GatewayAnswer::Healthy { .. }) | None => None,
        Some(GatewayAnswer::Other { status, server }) => {
            let who = server
                .as_ref()
                .map_or_else(String::new, |name| format!(" by `{name}`"));
            Some(format!(
                "the gateway answers with HTTP status {status}{who}, not as a gateway does"
            ))
        }
        Some(GatewayAnswer::Broken(why)) => {
            Some(format!("the gateway does not answer HTTP: {why}"))
        }
    };
    told(found, "the gateway answers as a gateway does")
}
