//! Signs of name and reachability: who answers, and whether anybody does.

use std::net::IpAddr;

use super::Answer;
use super::Looked;
use super::Sign;
use super::firewall::Gate;
use super::firewall::gate;
use super::inside;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;
use crate::inside::Unseen;
use crate::survey::Survey;
use crate::survey::Tcp;

/// The name has no address.
pub(in crate::diagnosis) static NAME_UNKNOWN: Sign = Sign::new("name-unknown", name_unknown);
/// Another machine than the one that is managed answers.
pub(in crate::diagnosis) static OTHER_MACHINE: Sign = Sign::new("other-machine", other_machine);
/// The listener shows a certificate that the host does not have.
pub(in crate::diagnosis) static FOREIGN_CERTIFICATE: Sign =
    Sign::new("foreign-certificate", foreign_certificate);
/// The machine that answers bears another name than the one that was asked for.
pub(in crate::diagnosis) static ANOTHER_NAME: Sign = Sign::new("another-name", another_name);
/// TCP is refused.
pub(in crate::diagnosis) static PORT_REFUSED: Sign = Sign::new("port-refused", port_refused);
/// Nobody answers, or there is no way.
pub(in crate::diagnosis) static PORT_SILENT: Sign = Sign::new("port-silent", port_silent);
/// The port does not open, for whatever reason.
pub(in crate::diagnosis) static PORT_SHUT: Sign = Sign::new("port-shut", port_shut);
/// Other ports do not answer either.
pub(in crate::diagnosis) static HOST_SILENT: Sign = Sign::new("host-silent", host_silent);
/// The host listens and lets in, and still nobody gets through.
pub(in crate::diagnosis) static HOST_IS_READY: Sign = Sign::new("host-is-ready", host_is_ready);

fn name_unknown(case: &Case<'_>) -> Looked {
    let name = &outside(case)?.name;
    if name.literal || name.asked.is_empty() {
        return Ok(Answer::Beside);
    }
    let Some(error) = name.error.as_ref().filter(|_| name.addresses.is_empty()) else {
        return told(None, format!("`{}` has an address", name.asked));
    };
    told(
        Some(format!("`{}` cannot be resolved: {error}", name.asked)),
        "",
    )
}

fn other_machine(case: &Case<'_>) -> Looked {
    let system = part(case, "name and clock of the system", |inside| {
        &inside.system
    })?;
    let survey = outside(case)?;
    let Some(answering) = survey.ntlm.as_ref().and_then(|ntlm| ntlm.computer.as_ref()) else {
        return Err(unseen("what answers from outside did not tell its name"));
    };
    told(
        (!answering.eq_ignore_ascii_case(&system.computer)).then(|| {
            format!(
                "the host calls itself `{}`, but `{answering}` answers on its Remote Desktop address",
                system.computer
            )
        }),
        format!("the machine that answers calls itself `{answering}`, as the host does"),
    )
}

fn foreign_certificate(case: &Case<'_>) -> Looked {
    let Some(shown) = outside(case)?
        .tls
        .as_ref()
        .and_then(|tls| tls.chain.first())
    else {
        return Err(unseen("no certificate was shown"));
    };
    let certificates = part(case, "the certificates", |inside| &inside.certificates)?;
    let known = certificates
        .remote_desktop
        .iter()
        .chain(&certificates.personal)
        .any(|one| one.thumbprint.eq_ignore_ascii_case(&shown.thumbprint));
    told(
        (!known).then(|| {
            format!(
                "the certificate `{}` that is shown outside is in no store of the host",
                shown.subject
            )
        }),
        "the certificate that is shown outside is in the host's stores",
    )
}

fn another_name(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let name = &survey.name;
    if name.literal || name.asked.is_empty() || name.addresses.iter().all(IpAddr::is_loopback) {
        return Ok(Answer::Beside);
    }
    let Some(ntlm) = &survey.ntlm else {
        return Err(unseen("what answers from outside did not tell its name"));
    };
    let label = |text: &str| text.split('.').next().unwrap_or(text).to_lowercase();
    let own: Vec<String> = [&ntlm.computer, &ntlm.dns_computer]
        .into_iter()
        .flatten()
        .map(|text| label(text))
        .collect();
    let Some(first) = own.first() else {
        return Err(unseen("what answers from outside did not tell its name"));
    };
    told(
        (!own.contains(&label(&name.asked))).then(|| {
            format!(
                "`{}` was asked for, and the machine that answers calls itself `{first}`",
                name.asked
            )
        }),
        "the machine that answers bears the name that was asked for",
    )
}

/// What became of TCP, or why nothing did.
pub(super) fn tcp(survey: &Survey) -> Result<Tcp, Unseen> {
    survey
        .tcp_outcome()
        .ok_or_else(|| unseen("no address was tried from outside"))
}

/// Where it was tried: `10.0.0.5:3389`.
fn place(survey: &Survey) -> String {
    survey.tcp.first().map_or_else(
        || format!("port {}", survey.port),
        |tried| tried.address.to_string(),
    )
}

fn port_refused(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let outcome = tcp(survey)?;
    told(
        (outcome == Tcp::Refused).then(|| {
            format!(
                "{} refused the connection: nothing listens there, or a firewall rejects it",
                place(survey)
            )
        }),
        format!("{} did not refuse the connection", place(survey)),
    )
}

fn port_silent(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let found = match tcp(survey)? {
        Tcp::Timeout => Some(format!(
            "{} did not answer: packets are dropped, or the host is off",
            place(survey)
        )),
        Tcp::Unreachable => Some(format!("there is no way to {}", place(survey))),
        Tcp::Open | Tcp::Refused => None,
    };
    told(found, format!("{} answered", place(survey)))
}

fn port_shut(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let outcome = tcp(survey)?;
    told(
        (outcome != Tcp::Open).then(|| format!("{} does not open", place(survey))),
        format!("{} opens", place(survey)),
    )
}

fn host_silent(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    if tcp(survey)? == Tcp::Open || survey.other_ports.is_empty() {
        return Ok(Answer::Beside);
    }
    let answering: Vec<String> = survey
        .other_ports
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Tcp::Open | Tcp::Refused))
        .map(|(port, outcome)| format!("{port} ({})", outcome.word()))
        .collect();
    let tried: Vec<String> = survey
        .other_ports
        .iter()
        .map(|(port, _)| port.to_string())
        .collect();
    told(
        answering.is_empty().then(|| {
            format!(
                "no other port of the host answers either ({})",
                tried.join(", ")
            )
        }),
        format!("other ports of the host answer: {}", answering.join(", ")),
    )
}

/// The host listens, nothing of its own refuses, and its firewall lets in.
fn host_is_ready(case: &Case<'_>) -> Looked {
    if tcp(outside(case)?)? == Tcp::Open {
        return Ok(Answer::Beside);
    }
    inside(case)?;
    let settings = part(case, "the settings of Remote Desktop", |inside| {
        &inside.settings
    })?;
    let owners = part(case, "the listening sockets", |inside| &inside.port_owners)?;
    let firewall = part(case, "the firewall rules", |inside| &inside.firewall)?;
    let listens = settings.deny_connections.value == 0
        && owners
            .iter()
            .any(|owner| owner.is_term_service && u32::from(owner.port) == settings.port.value);
    let open = matches!(gate(firewall, settings.port.value), Gate::Open(_));
    told(
        (listens && open).then(|| {
            format!(
                "the host listens on port {} and its firewall lets it in, so something on the way drops or rejects",
                settings.port.value
            )
        }),
        "the host itself does not listen or does not let in",
    )
}
