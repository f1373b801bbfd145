//! The lines of a block: what was seen of a host, a line for each part of a visit that was reached.

use crate::certificate::Certificate;
use crate::code;
use crate::code::Table;
use crate::rdp::nego::FailureCode;
use crate::report::probe::human::short;
use crate::survey::ASKED;
use crate::survey::Asked;
use crate::survey::GatewayAnswer;
use crate::survey::GatewayView;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::NtlmView;
use crate::survey::Reply;
use crate::survey::StageSamples;
use crate::survey::Survey;
use crate::survey::Tcp;
use crate::survey::TlsView;
use crate::survey::Trust;
use crate::survey::VersionReply;

/// A label with what was seen.
type Fact = (&'static str, String);

/// Everything that was seen, in the order of the visit.
pub(super) fn all(survey: &Survey, verbosity: u8) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |label, fact: Option<String>| {
        if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
            facts.push((label, fact));
        }
    };
    add("address", addresses(survey));
    add("protocols", protocols(survey));
    add("tls", survey.tls.as_ref().and_then(tls));
    let leaf = survey.tls.as_ref().and_then(|tls| tls.chain.first());
    let trust = survey.tls.as_ref().and_then(|tls| tls.trust.as_ref());
    add(
        "certificate",
        leaf.map(|leaf| certificate(leaf, trust, survey)),
    );
    if verbosity > 0 {
        add("thumbprint", leaf.map(|leaf| leaf.thumbprint.clone()));
    }
    add("host", survey.ntlm.as_ref().map(host));
    add("login", survey.login.as_ref().map(login));
    add("gateway", survey.gateway.as_ref().map(gateway));
    add("timings", timings(survey));
    facts
}

/// A host that is well, in one line.
pub(super) fn in_short(survey: &Survey) -> String {
    let mut parts = Vec::new();
    if survey.enforces_nla() {
        parts.push("NLA required".to_owned());
    }
    if let Some(tls) = &survey.tls {
        if let Some((version, _)) = &tls.picked {
            parts.push(format!("TLS {}", version.word()));
        }
        if let Some(leaf) = tls.chain.first() {
            let day = leaf.not_after.strftime("%Y-%m-%d");
            parts.push(format!("certificate until {day}"));
        }
    }
    parts.push(short(survey.took));
    parts.join(", ")
}

fn addresses(survey: &Survey) -> Option<String> {
    let tried: Vec<String> = survey
        .tcp
        .iter()
        .map(|tried| match tried.outcome {
            Tcp::Open => tried.address.ip().to_string(),
            other => format!("{} ({})", tried.address.ip(), other.word()),
        })
        .collect();
    let known: Vec<String> = survey
        .name
        .addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    let shown = if tried.is_empty() { known } else { tried };
    let reverse: Vec<&str> = survey
        .name
        .reverse
        .iter()
        .map(|(_, name)| name.as_str())
        .collect();
    let shown = shown.join(", ");
    Some(match (shown.is_empty(), reverse.is_empty()) {
        (true, _) => return None,
        (false, true) => shown,
        (false, false) => format!("{shown}, known as {}", reverse.join(", ")),
    })
}

/// What is taken, what is refused with which code, what came to nothing.
fn protocols(survey: &Survey) -> Option<String> {
    let mut taken = Vec::new();
    let mut refused: Vec<(FailureCode, Vec<&str>)> = Vec::new();
    let mut lost = Vec::new();
    for (_, name) in ASKED {
        match survey.reply(name) {
            None => {}
            Some(_) if survey.offers(name) => taken.push(name),
            Some(Reply::Refused(code)) => match refused.iter_mut().find(|(known, _)| known == code)
            {
                Some((_, names)) => names.push(name),
                None => refused.push((*code, vec![name])),
            },
            Some(Reply::Closed) => lost.push(format!("{name} closed")),
            Some(Reply::Silent) => lost.push(format!("{name} silent")),
            Some(Reply::NotRdp(_)) => lost.push(format!("{name} not RDP")),
            Some(Reply::NotConnected(tcp)) => lost.push(format!("{name} {}", tcp.word())),
            Some(Reply::Selected { .. } | Reply::Bare) => {
                lost.push(format!("{name} answered otherwise"));
            }
        }
    }
    let unconnected = |asked: &Asked| matches!(asked.reply, Reply::NotConnected(_));
    if survey.negotiation.iter().all(unconnected) {
        return None;
    }
    let mut parts = Vec::new();
    if !taken.is_empty() {
        let nla = if survey.enforces_nla() {
            " (NLA required)"
        } else {
            ""
        };
        parts.push(format!("takes {}{nla}", taken.join(", ")));
    }
    parts.extend(
        refused
            .iter()
            .map(|(code, names)| format!("refuses {} with {code}", names.join(", "))),
    );
    parts.extend(lost);
    Some(parts.join("; "))
}

fn tls(view: &TlsView) -> Option<String> {
    let versions: Vec<&str> = view
        .versions
        .iter()
        .filter(|(_, reply)| matches!(reply, VersionReply::Accepted(_)))
        .map(|(version, _)| version.word())
        .collect();
    let mut parts = Vec::new();
    if !versions.is_empty() {
        parts.push(format!("speaks {}", versions.join(", ")));
    }
    if let Some((version, cipher)) = &view.picked {
        parts.push(format!("picks {} {cipher}", version.word()));
    }
    let refused = |(_, reply): &(_, VersionReply)| matches!(reply, VersionReply::Refused(_));
    if parts.is_empty() && (view.failure.is_some() || view.versions.iter().any(refused)) {
        parts.push("does not come about".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn certificate(leaf: &Certificate, trust: Option<&Trust>, survey: &Survey) -> String {
    let days = leaf
        .not_after
        .duration_since(survey.at)
        .as_hours()
        .div_euclid(24);
    let trust = match (leaf.self_signed, trust) {
        (_, Some(Trust::Trusted)) => "trusted".to_owned(),
        (true, _) => "self-signed".to_owned(),
        (false, _) => format!("issued by {}", leaf.issuer),
    };
    format!(
        "{}, {trust}, until {} ({days} days), {} {}, {}",
        leaf.subject,
        leaf.not_after.strftime("%Y-%m-%d"),
        leaf.key_type,
        leaf.key_bits,
        leaf.signature
    )
}

fn host(ntlm: &NtlmView) -> String {
    let mut parts = Vec::new();
    match (&ntlm.computer, &ntlm.domain) {
        (Some(computer), Some(domain)) => parts.push(format!("{computer} in {domain}")),
        (Some(one), None) | (None, Some(one)) => parts.push(one.clone()),
        (None, None) => {}
    }
    parts.extend(ntlm.dns_computer.clone());
    if let Some((_, _, build)) = ntlm.version {
        parts.push(format!("build {build}"));
    }
    match ntlm.skew_seconds {
        Some(0) => parts.push("clock as ours".to_owned()),
        Some(seconds) => parts.push(format!("clock {seconds:+} s")),
        None => {}
    }
    parts.join(", ")
}

fn login(login: &Login) -> String {
    let how = match &login.outcome {
        LoginOutcome::Accepted => "accepted".to_owned(),
        LoginOutcome::Refused(status) => {
            format!("refused with {}", code::named(Table::NtStatus, *status))
        }
        LoginOutcome::Closed => "ended without a reason".to_owned(),
        LoginOutcome::NotAuthorized => "known, but not allowed".to_owned(),
        LoginOutcome::NotOffered => "not tried: the host does not do NLA".to_owned(),
        LoginOutcome::Failed(why) => why.clone(),
    };
    format!("{}: {how}", login.user)
}

fn gateway(gateway: &GatewayView) -> String {
    let mut parts = vec![gateway.address.clone()];
    if let Some(tcp) = gateway.tcp.filter(|tcp| *tcp != Tcp::Open) {
        parts.push(tcp.word().to_owned());
    }
    if let Some(leaf) = gateway.chain.first() {
        let day = leaf.not_after.strftime("%Y-%m-%d");
        parts.push(format!("{} until {day}", leaf.subject));
    }
    let answers = [("HTTP", &gateway.http), ("RPC", &gateway.rpc)];
    parts.extend(answers.into_iter().filter_map(|(name, answer)| {
        Some(match answer.as_ref()? {
            GatewayAnswer::Healthy { schemes } => {
                format!("{name} healthy ({})", schemes.join(", "))
            }
            GatewayAnswer::Other { status, .. } => format!("{name} status {status}"),
            GatewayAnswer::Broken(why) => format!("{name}: {why}"),
        })
    }));
    parts.join(", ")
}

fn timings(survey: &Survey) -> Option<String> {
    if survey.stages.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = survey.stages.iter().filter_map(timing).collect();
    parts.push(format!("in all {}", short(survey.took)));
    Some(parts.join(", "))
}

fn timing(samples: &StageSamples) -> Option<String> {
    let stage = samples.stage.word();
    let visits = samples.took.len() + samples.failures;
    if visits == 0 {
        return None;
    }
    let failed = match samples.failures {
        0 => String::new(),
        1 if visits == 1 => " failed".to_owned(),
        failures => format!(" ({failures} of {visits} failed)"),
    };
    let (Some(median), Some(worst)) = (samples.quantile(0.5), samples.quantile(0.99)) else {
        return Some(format!("{stage}{failed}"));
    };
    Some(if visits == 1 {
        format!("{stage} {}{failed}", short(median))
    } else {
        format!("{stage} p50 {} p99 {}{failed}", short(median), short(worst))
    })
}
