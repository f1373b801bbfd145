//! Whom to diagnose: one host of the inventory, or any name or address when there is none.

use std::net::IpAddr;
use std::sync::Arc;

use super::usage;
use crate::cli::args::DiagnoseArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::inventory::Host;
use crate::probe::surveyor::Target;

/// The port of Remote Desktop unless told otherwise.
const PORT: u16 = 3389;

/// A host to be diagnosed.
#[derive(Debug)]
pub(super) struct Subject {
    /// Where to look from outside.
    pub(super) target: Target,
    /// The way in, when an inventory gives one.
    pub(super) host: Option<Arc<Host>>,
}

impl Subject {
    pub(super) fn find(
        arguments: &DiagnoseArguments,
        fleet: Option<&Fleet>,
    ) -> anyhow::Result<Self> {
        let name = arguments.host.as_str();
        let Some(fleet) = fleet else {
            return Ok(Self {
                target: typed(name)?,
                host: None,
            });
        };
        let host = listed(fleet, name)?;
        if let Some(limit) = &arguments.fleet.limit
            && !fleet.select(limit)?.iter().any(|one| one.name == host.name)
        {
            let message = format!(
                "`{}` is not among the hosts of `--limit {limit}`",
                host.name
            );
            return Err(Refusal::new(ExitStatus::NoHosts, message).into());
        }
        Ok(Self {
            target: Target {
                host: host.name.to_string(),
                address: host.address.clone(),
                port: host.rdp_port,
            },
            host: Some(host),
        })
    }
}

/// The host of this name; a pattern will do when it names one host.
fn listed(fleet: &Fleet, name: &str) -> anyhow::Result<Arc<Host>> {
    if let Some(host) = fleet.hosts().iter().find(|host| &*host.name == name) {
        return Ok(Arc::clone(host));
    }
    let mut hosts = fleet.select(name)?.into_iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Ok(host),
        (None, _) => Err(Refusal::new(
            ExitStatus::NoHosts,
            format!("`{name}` names no host of the inventory"),
        )
        .into()),
        (Some(_), Some(_)) => Err(usage(format!("`{name}` names several hosts"))
            .hint("`diagnose` looks at one host at a time")
            .into()),
    }
}

/// `host`, `host:port`, `[::1]:port`, `::1`.
fn typed(text: &str) -> anyhow::Result<Target> {
    let wrong = || {
        usage(format!(
            "`{text}` is not a host, with `:PORT` when that is not {PORT}"
        ))
    };
    let port_of = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0);
    let (address, port) = if text.parse::<IpAddr>().is_ok() {
        (text, Some(PORT))
    } else if let Some(rest) = text.strip_prefix('[') {
        match rest.split_once(']') {
            Some((address, "")) => (address, Some(PORT)),
            Some((address, behind)) => (address, behind.strip_prefix(':').and_then(port_of)),
            None => return Err(wrong().into()),
        }
    } else {
        match text.split_once(':') {
            Some((address, port)) => (address, port_of(port)),
            None => (text, Some(PORT)),
        }
    };
    match port {
        Some(port) if !address.is_empty() => Ok(Target {
            host: address.to_owned(),
            address: address.to_owned(),
            port,
        }),
        Some(_) | None => Err(wrong().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_host_is_typed_with_or_without_its_port() {
        for (text, address, port) in [
            ("ts01", "ts01", 3389),
            ("ts01.corp.example:3390", "ts01.corp.example", 3390),
            ("10.0.0.5", "10.0.0.5", 3389),
            ("::1", "::1", 3389),
            ("[::1]", "::1", 3389),
            ("[::1]:3390", "::1", 3390),
        ] {
            let target = typed(text).unwrap();
            assert_eq!(
                (target.address.as_str(), target.port),
                (address, port),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            ":3389",
            "ts01:",
            "ts01:0",
            "ts01:99999",
            "[::1",
            "[::1]x",
        ] {
            assert!(typed(text).is_err(), "{text}");
        }
    }
}
