//! Whom to diagnose: one host of the inventory, or any name or address when there is none.

use std::sync::Arc;

use super::usage;
use crate::cli::args::DiagnoseArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::cli::probe::target;
use crate::inventory::Host;
use crate::probe::surveyor::Target;

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
                target: target::target(name)?,
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
                gateway: host.rdp_gateway.clone(),
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
