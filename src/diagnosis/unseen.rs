//! What was not seen of a host as a whole, and how to let it be seen.

use crate::diagnosis::Case;
use crate::inside::Inside;
use crate::inside::Unseen;

/// One line: why, then how to let it be seen.
pub(super) fn line(unseen: &Unseen) -> String {
    if unseen.remedy.is_empty() {
        unseen.why.clone()
    } else {
        format!("{}; {}", unseen.why, unseen.remedy)
    }
}

/// Everything that was not seen, by views and parts; each with how to let it be seen.
pub fn not_seen(case: &Case<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if case.survey.is_none() {
        lines.push("nobody looked from outside".to_owned());
    }
    match case.inside {
        Err(unseen) => lines.push(format!(
            "the host was not seen from inside: {}",
            line(unseen)
        )),
        Ok(inside) => lines.extend(parts(inside)),
    }
    lines
}

/// Whether the view from inside shows anything at all: an account without rights signs in and sees nothing.
pub fn is_seen_inside(case: &Case<'_>) -> bool {
    let nothing = |inside: &Inside| {
        inside.system.is_err()
            && inside.settings.is_err()
            && inside.services.is_err()
            && inside.certificates.is_err()
            && inside.firewall.is_err()
    };
    case.inside.is_ok_and(|inside| !nothing(inside))
}

fn parts(inside: &Inside) -> Vec<String> {
    let parts = [
        ("the system", inside.system.as_ref().err()),
        ("the services", inside.services.as_ref().err()),
        (
            "the settings of Remote Desktop",
            inside.settings.as_ref().err(),
        ),
        ("the certificates", inside.certificates.as_ref().err()),
        (
            "the file of the private key",
            inside.key_file.as_ref().err(),
        ),
        ("the firewall rules", inside.firewall.as_ref().err()),
        ("the listening sockets", inside.port_owners.as_ref().err()),
        ("the TLS settings", inside.tls.as_ref().err()),
        ("the settings of CredSSP", inside.credssp.as_ref().err()),
        ("the accounts", inside.rights.as_ref().err()),
        ("licensing", inside.licensing.as_ref().err()),
        ("the gateway role", inside.gateway.as_ref().err()),
        ("the DNS servers", inside.dns_servers.as_ref().err()),
        ("the MTU values", inside.mtu.as_ref().err()),
        (
            "the host's own pings to us",
            inside.path_back.as_ref().err(),
        ),
        (
            "the settings of the machine as a client",
            inside.client.as_ref().err(),
        ),
        ("the source of time", inside.time_source.as_ref().err()),
    ];
    let logs = inside.events.iter().filter_map(|(name, log)| {
        let unseen = log.as_ref().err()?;
        Some(format!("the log `{name}`: {}", line(unseen)))
    });
    parts
        .into_iter()
        .filter_map(|(name, unseen)| Some(format!("{name}: {}", line(unseen?))))
        .chain(logs)
        .collect()
}
