//! Signs of services: which ones run, which cannot, which ended on their own (windows-facts 7).

use std::collections::BTreeMap;

use super::Answer;
use super::Looked;
use super::Sign;
use super::logs;
use super::part;
use super::told;
use super::unseen;
use crate::cim::LogEvent;
use crate::diagnosis::Case;
use crate::inside::ServiceSeen;
use crate::inside::Unseen;

/// Remote Desktop Services does not run.
pub(in crate::diagnosis) static SERVICE_STOPPED: Sign = Sign::new("service-stopped", |case| {
    let services = services(case)?;
    told(
        stopped(services, "TermService").or_else(|| {
            (!services.contains_key("TermService"))
                .then(|| "the service `TermService` does not exist".to_owned())
        }),
        "`TermService` runs",
    )
});
/// A service without which private keys cannot be used must not start.
pub(in crate::diagnosis) static KEY_SERVICES_OFF: Sign = Sign::new("key-services-off", |case| {
    disabled(case, &["KeyIso", "CryptSvc"], "private keys")
});
/// A service that Remote Desktop needs besides must not start.
pub(in crate::diagnosis) static SIDE_SERVICES_OFF: Sign = Sign::new("side-services-off", |case| {
    disabled(
        case,
        &["SessionEnv", "UmRdpService", "MpsSvc", "BFE"],
        "Remote Desktop",
    )
});
/// Remote Desktop Services ended on its own, or did not start.
pub(in crate::diagnosis) static SERVICE_FAILED: Sign = Sign::new("service-failed", service_failed);
/// The web server of a gateway does not run.
pub(in crate::diagnosis) static WEB_SERVER_STOPPED: Sign =
    Sign::new("web-server-stopped", |case| {
        if !has_gateway(case)? {
            return Ok(Answer::Beside);
        }
        one_stopped(
            case,
            &["W3SVC", "WAS"],
            "the web server of the gateway runs",
        )
    });
/// A service of a role, without which its users are kept out, does not run.
pub(in crate::diagnosis) static ROLE_STOPPED: Sign = Sign::new("role-stopped", |case| {
    one_stopped(
        case,
        &["Tssdis", "TSGateway", "TermServLicensing"],
        "services of Remote Desktop roles run, or their roles are not installed",
    )
});
/// A service of a role, which its administration needs, does not run although it should.
pub(in crate::diagnosis) static ROLE_SIDE_STOPPED: Sign = Sign::new("role-side-stopped", |case| {
    one_stopped(
        case,
        &["RDMS", "TScPubRPC"],
        "services that administer Remote Desktop roles run, or their roles are not installed",
    )
});

type Services = BTreeMap<String, ServiceSeen>;

fn services<'a>(case: &Case<'a>) -> Result<&'a Services, Unseen> {
    part(case, "the services", |inside| &inside.services)
}

/// That a service is there and does not run, in words.
fn stopped(services: &Services, name: &str) -> Option<String> {
    let service = services.get(name)?;
    if service.state.eq_ignore_ascii_case("Running") {
        return None;
    }
    let last = match service.exit_code {
        0 | 1_077 => String::new(),
        code => format!(", it ended with error {code}"),
    };
    Some(format!(
        "`{name}` is {} (start mode {}{last})",
        service.state.to_lowercase(),
        service.start_mode.to_lowercase(),
    ))
}

fn disabled(case: &Case<'_>, names: &[&str], needing: &str) -> Looked {
    let services = services(case)?;
    let off: Vec<String> = names
        .iter()
        .filter(|name| {
            services
                .get(**name)
                .is_some_and(|service| service.start_mode.eq_ignore_ascii_case("Disabled"))
        })
        .map(|name| format!("`{name}`"))
        .collect();
    told(
        (!off.is_empty()).then(|| {
            format!(
                "{} may not start (start mode disabled), and {needing} need it",
                off.join(" and ")
            )
        }),
        format!("{} may start", names.join(", ")),
    )
}

/// A service that somebody wants to run, and that does not.
fn one_stopped(case: &Case<'_>, names: &[&str], otherwise: &str) -> Looked {
    let services = services(case)?;
    let found = names.iter().find_map(|name| {
        let service = services.get(*name)?;
        let manual = service.start_mode.eq_ignore_ascii_case("Manual");
        stopped(services, name).filter(|_| !manual)
    });
    told(found, otherwise)
}

fn has_gateway(case: &Case<'_>) -> Result<bool, Unseen> {
    match part(case, "the gateway role", |inside| &inside.gateway) {
        Ok(role) => Ok(role.is_some()),
        Err(_) if services(case).is_ok_and(|all| !all.contains_key("TSGateway")) => Ok(false),
        Err(unseen) => Err(unseen),
    }
}

/// Events of the Service Control Manager name services as people see them, which is in the host's language, so
/// that only the English name and the short one are known.
fn service_failed(case: &Case<'_>) -> Looked {
    let ids = [
        7_000, 7_001, 7_009, 7_011, 7_022, 7_023, 7_024, 7_031, 7_034,
    ];
    let about = |event: &&LogEvent| {
        event.strings.iter().any(|text| {
            text.eq_ignore_ascii_case("TermService")
                || text.eq_ignore_ascii_case("Remote Desktop Services")
        })
    };
    let found: Vec<&LogEvent> = logs::find(case, logs::SERVICES, &ids)?
        .into_iter()
        .filter(about)
        .collect();
    if found.is_empty() && !services(case)?.contains_key("TermService") {
        return Err(unseen("the services were not seen"));
    }
    told(
        logs::said(&found),
        "the log tells of no failure of Remote Desktop Services",
    )
}
