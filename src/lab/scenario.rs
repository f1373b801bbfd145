//! Starting states of the lab: named sets of hosts, each with its own trouble.
//!
//! A [`Scenario`] is only a plan; [`Scenario::build`] makes the machines, with dates relative to a given moment.

use jiff::Timestamp;
use thiserror::Error;

use crate::diag;
use crate::lab::machine::Identity;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::os::Build;
use crate::lab::machine::os::Membership;
use crate::lab::machine::power::RebootCourse;
use crate::lab::mishap::Mishap;
use crate::lab::mishap::RdpMishap;

pub mod file;
pub mod kind;

pub use crate::lab::scenario::kind::Kind;

/// The scenario that has a host of almost every kind.
pub const FLEET: &str = "fleet";

const ABOUT_FLEET: &str = "one host of each kind: a healthy one, one for each fault, one owned by policy, one unreachable";

/// A plan for a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name; the name of the source when a text describes it.
    pub name: String,
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
    /// What goes wrong on the way to it, besides what its kind brings; the first that covers a request is met.
    pub mishaps: Vec<Mishap>,
    /// What goes wrong on the way to its Remote Desktop port, besides what its kind brings.
    pub rdp_mishaps: Vec<RdpMishap>,
    /// What it makes of the order to reboot.
    pub reboot: RebootCourse,
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
    /// What goes wrong on the way to its Remote Desktop port.
    pub rdp_mishaps: Vec<RdpMishap>,
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
                numbered(kind.name(), index)
            } else {
                kind.name().to_owned()
            },
            kind,
            index,
            mishaps: Vec::new(),
            rdp_mishaps: Vec::new(),
            reboot: RebootCourse::default(),
        })
        .collect();
    Ok(Scenario {
        name: name.to_owned(),
        about,
        hosts,
    })
}

/// The name of one of many hosts; the index counts from 0.
fn numbered(name: &str, index: usize) -> String {
    format!("{name}-{:04}", index + 1)
}

impl Scenario {
    /// So many hosts, named `NAME-0001` and so on; the plans are gone through again and again.
    #[must_use]
    pub fn repeated(self, hosts: usize) -> Self {
        let plans = self
            .hosts
            .iter()
            .cycle()
            .take(hosts)
            .enumerate()
            .map(|(index, plan)| HostPlan {
                name: numbered(&plan.name, index),
                index,
                ..plan.clone()
            })
            .collect();
        Self {
            hosts: plans,
            ..self
        }
    }

    /// Makes all machines as they are at `now`.
    pub fn build(&self, now: Timestamp) -> Result<Vec<LabHost>, MakingError> {
        self.hosts.iter().map(|host| host.build(now)).collect()
    }
}

impl HostPlan {
    /// Makes the machine as it is at `now`.
    pub fn build(&self, now: Timestamp) -> Result<LabHost, MakingError> {
        let mut mishaps = self.kind.mishaps();
        mishaps.extend(&self.mishaps);
        let mut rdp_mishaps = self.kind.rdp_mishaps();
        rdp_mishaps.extend(&self.rdp_mishaps);
        let mut machine = self.kind.machine(self.index, now)?;
        machine.power.course = self.reboot;
        Ok(LabHost {
            name: self.name.clone(),
            machine,
            mishaps,
            rdp_mishaps,
        })
    }
}

/// The machine that answers in the host's stead, when one is planned to: healthy, but called otherwise.
pub(super) fn impostor(host: &LabHost, now: Timestamp) -> Result<Option<Machine>, MakingError> {
    if !host.rdp_mishaps.contains(&RdpMishap::OtherMachine) {
        return Ok(None);
    }
    let identity = Identity {
        computer_name: "OTHER-0001".to_owned(),
        build: Build::Server2022,
        membership: Membership::Workgroup("WORKGROUP".to_owned()),
    };
    Machine::healthy(identity, now).map(Some)
}
