//! What was not seen of a host as a whole, and how to let it be seen.

use std::fmt;

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

/// Something that was not seen of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What: "the firewall rules", "the log `Security`", "the host from inside".
    pub what: String,
    /// Why; empty when nobody tried.
    pub why: String,
    /// How to let it be seen; empty when nothing helps.
    pub remedy: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        for (mark, text) in [(": ", &self.why), ("; ", &self.remedy)] {
            if !text.is_empty() {
                write!(formatter, "{mark}{text}")?;
            }
        }
        Ok(())
    }
}

impl Missing {
    fn new(what: impl Into<String>, unseen: &Unseen) -> Self {
        Self {
            what: what.into(),
            why: unseen.why.clone(),
            remedy: unseen.remedy.clone(),
        }
    }
}

/// Everything that was not seen, by views and parts; each with how to let it be seen.
pub fn not_seen(case: &Case<'_>) -> Vec<Missing> {
    let mut all = Vec::new();
    if case.survey.is_none() {
        all.push(Missing {
            what: "the host from outside".to_owned(),
            why: String::new(),
            remedy: String::new(),
        });
    }
    match case.inside {
        Err(unseen) => all.push(Missing::new("the host from inside", unseen)),
        Ok(inside) => all.extend(parts(inside)),
    }
    all
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

fn parts(inside: &Inside) -> Vec<Missing> {
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
        Some(Missing::new(format!("the log `{name}`"), unseen))
    });
    parts
        .into_iter()
        .filter_map(|(name, unseen)| Some(Missing::new(name, unseen?)))
        .chain(logs)
        .collect()
}
