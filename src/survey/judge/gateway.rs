//! `gateway-certificate` and `gateway-http`: whether clients get through a Remote Desktop Gateway up to the sign-in.

use jiff::Timestamp;

use crate::code::Table;
use crate::code::named;
use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Distrust;
use crate::survey::GatewayAnswer;
use crate::survey::GatewayView;
use crate::survey::Survey;
use crate::survey::Tcp;
use crate::survey::TlsFailure;
use crate::survey::Trust;
use crate::survey::judge;
use crate::survey::judge::chain;
use crate::survey::judge::chain::Dates;

/// A certificate with fewer days left is worth a warning.
const SOON: i64 = 14;

/// Judges the gateway, when one was asked for.
pub(super) fn judge(survey: &Survey, now: Timestamp, found: &mut Vec<Finding>) {
    let Some(gateway) = &survey.gateway else {
        return;
    };
    if let Some(finding) = unreached(gateway) {
        found.push(finding);
        return;
    }
    found.extend(tls_failed(gateway));
    found.extend(certificate(gateway, now));
    found.extend(answers(gateway));
}

fn about(gateway: &GatewayView, cause: Cause, severity: Severity, says: String) -> Finding {
    Finding::new(cause, severity, says).with("gateway", gateway.address.as_str())
}

fn unreached(gateway: &GatewayView) -> Option<Finding> {
    let tcp = gateway.tcp?;
    let how = match tcp {
        Tcp::Open => return None,
        Tcp::Refused => "refuses connections: nothing listens there",
        Tcp::Timeout => "does not answer",
        Tcp::Unreachable => "cannot be reached from here",
    };
    let says = format!("the gateway `{}` {how}", gateway.address);
    Some(
        about(gateway, Cause::GatewayHttp, Severity::Error, says)
            .with("tcp", tcp.word())
            .advise(
                "Check the name and the port (443 by default), then the firewall before the gateway, then whether W3SVC and \
                 TSGateway run on it (resource `service`).",
            ),
    )
}

fn tls_failed(gateway: &GatewayView) -> Option<Finding> {
    let how = match gateway.tls_failure.as_ref()? {
        TlsFailure::Alert(alert) => {
            format!(
                "ends TLS with alert {}",
                named(Table::TlsAlert, u32::from(*alert))
            )
        }
        TlsFailure::Closed => "closes the connection during TLS".to_owned(),
        TlsFailure::Stalled { received } => format!("stalls in TLS after {received} bytes"),
        TlsFailure::Broken(why) => format!("does not speak TLS: {why}"),
    };
    let says = format!("the gateway `{}` {how}", gateway.address);
    Some(
        about(gateway, Cause::GatewayCertificate, Severity::Error, says).advise(
            "See that a certificate with its private key is selected in the gateway's properties and bound to the site in IIS, \
             and that TLS 1.2 is on.",
        ),
    )
}

/// Clients of a gateway ask nobody: what is not trusted is refused.
fn certificate(gateway: &GatewayView, now: Timestamp) -> Option<Finding> {
    let leaf = gateway.chain.first()?;
    let (subject, address) = (leaf.subject.as_str(), gateway.address.as_str());
    let days = judge::days_until(leaf.not_after, now);
    let (severity, says) = match (chain::dates(leaf, now), &gateway.trust) {
        (Dates::Past, _) => (
            Severity::Error,
            format!(
                "the gateway's certificate `{subject}` expired on {}",
                judge::day(leaf.not_after)
            ),
        ),
        (Dates::Early, _) => (
            Severity::Error,
            format!(
                "the gateway's certificate `{subject}` is not valid before {}",
                judge::day(leaf.not_before)
            ),
        ),
        (Dates::Within, Some(Trust::Untrusted(reason))) => (
            Severity::Error,
            format!(
                "clients refuse the gateway's certificate `{subject}`: {}",
                distrust(reason, address)
            ),
        ),
        (Dates::Within, _) if days < SOON => (
            Severity::Warning,
            format!("the gateway's certificate `{subject}` expires in {days} days"),
        ),
        (Dates::Within, _) => return None,
    };
    Some(
        about(gateway, Cause::GatewayCertificate, severity, says)
            .with("subject", subject)
            .with("thumbprint", leaf.thumbprint.as_str())
            .with("names", leaf.names())
            .with("not_after", leaf.not_after)
            .with("days", days),
    )
}

fn distrust(reason: &Distrust, address: &str) -> String {
    match reason {
        Distrust::SelfSigned => "it is self-signed".to_owned(),
        Distrust::UnknownIssuer => "its issuer is not known here".to_owned(),
        Distrust::Dates => "a certificate in its chain is not valid now".to_owned(),
        Distrust::Name => format!("it does not bear the name in `{address}`"),
        Distrust::Usage => "it is not for servers".to_owned(),
        Distrust::Other(why) => why.clone(),
    }
}

fn is_healthy(answer: Option<&GatewayAnswer>) -> bool {
    matches!(answer, Some(GatewayAnswer::Healthy { .. }))
}

fn answers(gateway: &GatewayView) -> Option<Finding> {
    let http = gateway.http.as_ref()?;
    let (says, status) = match http {
        GatewayAnswer::Healthy { schemes } => return unsuitable(gateway, schemes),
        GatewayAnswer::Other { status, server } => (
            format!(
                "the gateway `{}` answers with status {status}{} where a healthy one answers with 401",
                gateway.address,
                match server {
                    Some(server) => format!(" by `{server}`"),
                    None => String::new(),
                }
            ),
            Some(*status),
        ),
        GatewayAnswer::Broken(why) => (
            format!(
                "the gateway `{}` gives no whole HTTP answer: {why}",
                gateway.address
            ),
            None,
        ),
    };
    let by_rpc = is_healthy(gateway.rpc.as_ref());
    let severity = if by_rpc {
        Severity::Warning
    } else {
        Severity::Error
    };
    let says = if by_rpc {
        format!("{says}; the older RPC transport works")
    } else {
        says
    };
    let finding = about(gateway, Cause::GatewayHttp, severity, says).with("rpc_healthy", by_rpc);
    Some(match status {
        Some(status) => finding
            .with("status", i64::from(status))
            .advise(remedy(status)),
        None => finding,
    })
}

/// Readings of a status (windows-facts 9.4; those of 405 and 503 are inferred there).
fn remedy(status: u16) -> &'static str {
    match status {
        503 => {
            "The application pool or TSGateway is down: on the gateway start TSGateway and W3SVC (resource `service`), and look \
             why the pool stopped (event log of WAS)."
        }
        200..=399 => {
            "Another web site answers in the gateway's place: check the name and the port, and that the gateway's site is the one \
             that is bound to it."
        }
        403..=405 | 410 => {
            "The site is there, but not the gateway: the HTTP transport is off, the virtual directory is gone, or a proxy in \
             between does not let the method RDG_OUT_DATA pass. Ask from inside the proxy and compare."
        }
        502 | 504 => {
            "A proxy answers in the gateway's place and does not reach it: look at the proxy's own log."
        }
        _ => Cause::GatewayHttp.entry().advice,
    }
}

/// 401, but with no scheme that Remote Desktop clients use.
fn unsuitable(gateway: &GatewayView, schemes: &[String]) -> Option<Finding> {
    let usable = schemes.iter().any(|scheme| {
        ["negotiate", "ntlm", "kerberos"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    });
    (!usable && !schemes.is_empty()).then(|| {
        let says = format!(
            "the gateway `{}` offers {} to sign in, and clients want Negotiate or NTLM",
            gateway.address,
            schemes.join(", ")
        );
        about(gateway, Cause::GatewayHttp, Severity::Error, says)
            .with("schemes", schemes.to_vec())
            .advise("Enable Windows authentication with Negotiate and NTLM on the gateway's site in IIS.")
    })
}
