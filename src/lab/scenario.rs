//! Starting states of the lab: named sets of hosts, each with its own trouble.
//!
//! A [`Scenario`] is only a plan; [`Scenario::build`] makes the machines, with dates relative to a given moment.

use jiff::Timestamp;
use thiserror::Error;

use crate::diag;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;
use crate::lab::mishap::Mishap;

pub mod kind;

pub use crate::lab::scenario::kind::Kind;

/// The scenario that has a host of almost every kind.
pub const FLEET: &str = "fleet";

const ABOUT_FLEET: &str = "one host of each kind: a healthy one, one for each fault, one owned by policy, one unreachable";

/// A plan for a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    /// The hosts.
    pub hosts: Vec<HostPlan>,
}

/// A plan for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPlan {
    /// Name in the inventory, unique in the scenario.
    pub name: String,
    /// What is the matter with it.
    pub kind: Kind,
    /// Its number in the scenario, from 0; decides about build and membership, so that hosts differ.
    pub index: usize,
}

/// A host that was built.
#[derive(Debug, Clone, PartialEq)]
pub struct LabHost {
    /// Name in the inventory.
    pub name: String,
    /// The host itself.
    pub machine: Machine,
    /// What goes wrong on the way to it.
    pub mishaps: Vec<Mishap>,
}

/// No scenario has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no scenario is named `{name}`{}", suggestion(*.nearest))]
pub struct UnknownScenario {
    /// What was asked for.
    pub name: String,
    /// The name that was probably meant.
    pub nearest: Option<&'static str>,
}

fn suggestion(nearest: Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Names of all scenarios with a sentence about each, the fleet first.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    [(FLEET, ABOUT_FLEET)]
        .into_iter()
        .chain(Kind::ALL.iter().map(|kind| (kind.name(), kind.about())))
}

/// The scenario with this name.
///
/// Without a number of hosts a fleet has one of each kind and any other scenario has one host; with it there are so
/// many, named `NAME-0001` and so on, and a fleet goes through its kinds again and again.
pub fn named(name: &str, hosts: Option<usize>) -> Result<Scenario, UnknownScenario> {
    let unknown = || UnknownScenario {
        name: name.to_owned(),
        nearest: diag::nearest(name, all().map(|(known, _)| known)),
    };
    let (name, about) = all()
        .find(|(known, _)| *known == name)
        .ok_or_else(unknown)?;
    let kinds: Vec<Kind> = match Kind::named(name) {
        Some(kind) => vec![kind],
        None => Kind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.is_in_fleet())
            .collect(),
    };
    let number = hosts.unwrap_or(kinds.len());
    let hosts = kinds
        .into_iter()
        .cycle()
        .take(number)
        .enumerate()
        .map(|(index, kind)| HostPlan {
            name: if hosts.is_some() {
                format!("{}-{:04}", kind.name(), index + 1)
            } else {
                kind.name().to_owned()
            },
            kind,
            index,
        })
        .collect();
    Ok(Scenario { name, about, hosts })
}

impl Scenario {
    /// Makes all machines as they are at `now`.
    pub fn build(&self, now: Timestamp) -> Result<Vec<LabHost>, MakingError> {
        self.hosts.iter().map(|host| host.build(now)).collect()
    }
}

impl HostPlan {
    /// Makes the machine as it is at `now`.
    pub fn build(&self, now: Timestamp) -> Result<LabHost, MakingError> {
        Ok(LabHost {
            name: self.name.clone(),
            machine: self.kind.machine(self.index, now)?,
            mishaps: self.kind.mishaps(),
        })
    }
}
