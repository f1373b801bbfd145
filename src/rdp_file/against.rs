//! What of a file cannot work against a host that was probed.

use crate::finding::Severity;
use crate::rdp::nego::FailureCode;
use crate::rdp_file::Objection;
use crate::rdp_file::RdpFile;
use crate::survey::Distrust;
use crate::survey::Reply;
use crate::survey::Survey;
use crate::survey::Tcp;
use crate::survey::Trust;

/// Everything that the host makes of the file, worst first.
pub fn objections(file: &RdpFile, survey: &Survey) -> Vec<Objection> {
    if let Some(missing) = unreachable(file, survey) {
        return vec![missing];
    }
    let mut found: Vec<Objection> = [
        port(file, survey),
        negotiation(file, survey),
        credssp(file, survey),
        entra(file, survey),
        trust(file, survey),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|objection| std::cmp::Reverse(objection.severity));
    found
}

fn about(file: &RdpFile, severity: Severity, name: &str, says: impl Into<String>) -> Objection {
    let line = file.find(name).map(|(line, _)| line);
    Objection::new(severity, line, name, says)
}

/// No RDP answered: nothing else can be said.
fn unreachable(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    if survey.reachable() {
        return None;
    }
    let place = format!("`{}`, port {}", survey.host, survey.port);
    let says = match survey.tcp_outcome() {
        None => format!(
            "`{}` has no address: {}",
            survey.name.asked,
            survey
                .name
                .error
                .as_deref()
                .unwrap_or("the name is not known")
        ),
        Some(Tcp::Refused) => format!("{place} refuses connections"),
        Some(Tcp::Timeout) => format!("{place} does not answer"),
        Some(Tcp::Unreachable) => format!("there is no way to {place}"),
        Some(Tcp::Open) => format!("{place} accepts connections, but does not speak RDP"),
    };
    let objection = about(file, Severity::Error, "full address", says);
    Some(objection.remedy(format!(
        "see what is wrong: `rdpfix diagnose {}`",
        survey.host
    )))
}

/// The file leads to another port than the one that was probed and answered.
fn port(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    let named = file.destination()?.port.unwrap_or(3389);
    (named != survey.port).then(|| {
        let says = format!(
            "leads to port {named}; port {} is the one that was probed",
            survey.port
        );
        about(file, Severity::Warning, "full address", says).remedy(format!(
            "write `full address:s:HOST:{}` if that is where it listens",
            survey.port
        ))
    })
}

/// Classic RDP security was asked for.
fn negotiation(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    if file.number("negotiate security layer") != Some(0) || survey.offers("rdp") {
        return None;
    }
    let says = match survey.reply("rdp") {
        Some(Reply::Refused(code)) => {
            format!("the host refuses classic RDP security with code {code}")
        }
        _ => "the host does not take classic RDP security".to_owned(),
    };
    Some(
        about(file, Severity::Error, "negotiate security layer", says)
            .remedy("set `negotiate security layer:i:1`"),
    )
}

fn credssp(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    const NAME: &str = "enablecredsspsupport";
    let on = file.number(NAME) != Some(0);
    let offered = survey.offers("nla") || survey.offers("hybrid_ex");
    if !on && survey.enforces_nla() {
        let code = FailureCode::HYBRID_REQUIRED;
        let says = format!("the host requires NLA and refuses without it, code {code}");
        return Some(about(file, Severity::Error, NAME, says).remedy(format!("set `{NAME}:i:1`")));
    }
    (on && !offered && file.find(NAME).is_some()).then(|| {
        about(
            file,
            Severity::Info,
            NAME,
            "the host does not offer NLA; the client signs in after the session has begun",
        )
    })
}

fn entra(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    (file.number("enablerdsaadauth") == Some(1) && !survey.offers("aad")).then(|| {
        about(
            file,
            Severity::Warning,
            "enablerdsaadauth",
            "the host does not offer sign-in by Entra ID",
        )
        .remedy("set `enablerdsaadauth:i:0` for hosts that are not joined to Entra ID")
    })
}

/// Level 1 refuses hosts whose certificate is not trusted.
fn trust(file: &RdpFile, survey: &Survey) -> Option<Objection> {
    const NAME: &str = "authentication level";
    let Trust::Untrusted(why) = survey.tls.as_ref()?.trust.as_ref()? else {
        return None;
    };
    let why = match why {
        Distrust::SelfSigned => "signed by itself".to_owned(),
        Distrust::UnknownIssuer => "of an issuer that is not known here".to_owned(),
        Distrust::Dates => "past its date, or not yet valid".to_owned(),
        Distrust::Name => "made out to another name".to_owned(),
        Distrust::Usage => "not made for servers".to_owned(),
        Distrust::Other(reason) => reason.clone(),
    };
    (file.number(NAME) == Some(1)).then(|| {
        about(
            file,
            Severity::Error,
            NAME,
            format!("refuses hosts that are not trusted, and the host's certificate is {why}"),
        )
        .remedy("give the host a certificate that clients trust; level 2 warns instead of refusing")
    })
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::rdp::nego::FailureCode;
    use crate::rdp::nego::Protocols;
    use crate::rdp::nego::ResponseFlags;
    use crate::rdp_file::read::read;
    use crate::survey::ASKED;
    use crate::survey::Asked;
    use crate::survey::Distrust;
    use crate::survey::Reply;
    use crate::survey::Survey;
    use crate::survey::TlsView;
    use crate::survey::Trust;
    use jiff::Timestamp;

    /// A host as Windows is by default: NLA required, a certificate of its own making.
    fn nla_host() -> Survey {
        let mut survey = Survey::begun("ts01", 3389, Timestamp::UNIX_EPOCH);
        for (wanted, _) in ASKED {
            let reply = if wanted.intersects(Protocols::HYBRID) {
                Reply::Selected {
                    protocol: Protocols::HYBRID,
                    flags: ResponseFlags::default(),
                }
            } else {
                Reply::Refused(FailureCode::HYBRID_REQUIRED)
            };
            survey.negotiation.push(Asked { wanted, reply });
        }
        survey.tls = Some(TlsView {
            trust: Some(Trust::Untrusted(Distrust::SelfSigned)),
            ..TlsView::default()
        });
        survey
    }

    fn said(text: &str, survey: &Survey) -> Vec<String> {
        let file = read(text.as_bytes()).unwrap();
        objections(&file, survey)
            .into_iter()
            .map(|one| format!("{} {}", one.severity.word(), one.setting))
            .collect()
    }

    #[test]
    fn an_nla_host_takes_a_plain_file() {
        assert_eq!(said("full address:s:ts01", &nla_host()), [""; 0]);
    }

    #[test]
    fn what_an_nla_host_refuses_is_an_error() {
        for (line, expected) in [
            ("enablecredsspsupport:i:0", "error enablecredsspsupport"),
            (
                "negotiate security layer:i:0",
                "error negotiate security layer",
            ),
            ("authentication level:i:1", "error authentication level"),
            ("enablerdsaadauth:i:1", "warning enablerdsaadauth"),
            ("server port:i:3390", "warning full address"),
        ] {
            let text = format!("full address:s:ts01\n{line}");
            assert_eq!(said(&text, &nla_host()), [expected], "{line}");
        }
    }

    #[test]
    fn a_host_that_does_not_answer_is_one_error() {
        let silent = Survey::begun("ts01", 3389, Timestamp::UNIX_EPOCH);
        assert_eq!(
            said("full address:s:ts01\nenablecredsspsupport:i:0", &silent),
            ["error full address"]
        );
    }
}
