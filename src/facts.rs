//! What a host is, gathered once per run and only when a playbook asks (`when: facts.build >= 20348`).
//!
//! Knows classes of CIM and Ansible's names; must not know conditions or templates.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;

pub mod ansible;
pub mod more;
pub mod pending;

pub use crate::facts::ansible::NAMES;
pub use crate::facts::more::More;
pub use crate::facts::pending::PendingReboot;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;

/// Facts about a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facts {
    /// The host's own name: `Win32_OperatingSystem.CSName`.
    pub computer_name: String,
    /// Its name in DNS, without a domain: `Win32_ComputerSystem.DNSHostName`.
    pub host_name: String,
    /// The name with the domain's; only the name when it belongs to none.
    ///
    /// Assumption: the primary DNS suffix of a member is the name of its domain.
    pub fqdn: String,
    /// `Win32_OperatingSystem.Caption`, in the host's language.
    pub caption: String,
    /// `Win32_OperatingSystem.Version`: `10.0.20348`.
    pub version: String,
    /// `Win32_OperatingSystem.BuildNumber`.
    pub build: u32,
    /// `Win32_OperatingSystem.ProductType` 2 or 3.
    pub server: bool,
    /// What it was installed as.
    pub product_type: ProductType,
    /// `Win32_OperatingSystem.OSArchitecture`: `64-bit`, in the host's language.
    pub architecture: String,
    /// `Win32_ComputerSystem.PartOfDomain`.
    pub domain_member: bool,
    /// `Win32_ComputerSystem.Domain`: the domain or the workgroup.
    pub domain: String,
    /// `Win32_ComputerSystem.DomainRole`; `None` when the host does not tell.
    pub domain_role: Option<DomainRole>,
    /// `Win32_ComputerSystem.Manufacturer`.
    pub manufacturer: String,
    /// `Win32_ComputerSystem.Model`.
    pub model: String,
    /// When it was started; `None` when the host does not tell.
    pub last_boot: Option<Timestamp>,
    /// How long it had been up when it was asked, by its own clock.
    pub uptime_seconds: Option<u64>,
    /// What costs further requests; `None` when it was not asked for.
    #[serde(flatten)]
    pub more: Option<More>,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What two objects tell: two requests.
    Core,
    /// Also what stands in the registry and in the network configuration: eleven more.
    Full,
}

/// What a host was installed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// `ProductType` 1.
    Workstation,
    /// `ProductType` 2.
    DomainController,
    /// `ProductType` 3, and whatever else there may be.
    #[default]
    Server,
}

/// What a host is to its domain, in Ansible's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum DomainRole {
    /// 0.
    #[serde(rename = "Stand-alone workstation")]
    StandaloneWorkstation,
    /// 1.
    #[serde(rename = "Member workstation")]
    MemberWorkstation,
    /// 2.
    #[serde(rename = "Stand-alone server")]
    StandaloneServer,
    /// 3.
    #[serde(rename = "Member server")]
    MemberServer,
    /// 4.
    #[serde(rename = "Backup domain controller")]
    BackupController,
    /// 5.
    #[serde(rename = "Primary domain controller")]
    PrimaryController,
}

impl ProductType {
    fn from_number(number: u64) -> Self {
        match number {
            1 => Self::Workstation,
            2 => Self::DomainController,
            _ => Self::Server,
        }
    }
}

impl DomainRole {
    fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::StandaloneWorkstation),
            1 => Some(Self::MemberWorkstation),
            2 => Some(Self::StandaloneServer),
            3 => Some(Self::MemberServer),
            4 => Some(Self::BackupController),
            5 => Some(Self::PrimaryController),
            _ => None,
        }
    }
}

impl Facts {
    /// Asks a host what it is; both questions are put at once.
    pub async fn gather(host: &dyn CimReader) -> Result<Self, CimError> {
        let (system, computer) = futures_util::future::try_join(
            host.only(Namespace::CIMV2, "Win32_OperatingSystem"),
            host.only(Namespace::CIMV2, "Win32_ComputerSystem"),
        )
        .await?;
        Self::read(&system, &computer)
    }

    /// The same, and as much more as is asked for; all questions are put at once.
    pub async fn gather_to(host: &dyn CimReader, depth: Depth) -> Result<Self, CimError> {
        match depth {
            Depth::Core => Self::gather(host).await,
            Depth::Full => {
                // Most hosts are asked for the core alone, and need no room for the answers to the rest.
                let more = Box::pin(More::gather(host));
                let (core, more) = futures_util::future::try_join(Self::gather(host), more).await?;
                Ok(Self {
                    more: Some(more),
                    ..core
                })
            }
        }
    }

    /// How much was asked.
    pub fn depth(&self) -> Depth {
        if self.more.is_some() {
            Depth::Full
        } else {
            Depth::Core
        }
    }

    fn read(system: &Instance, computer: &Instance) -> Result<Self, CimError> {
        let build = system.uint("BuildNumber")?;
        let product_type = ProductType::from_number(system.uint("ProductType")?);
        let computer_name = system.text("CSName")?.to_owned();
        let host_name = optional(computer, "DNSHostName").unwrap_or(computer_name.as_str());
        let domain = computer.text("Domain")?.to_owned();
        let domain_member = computer.bool("PartOfDomain")?;
        let last_boot = moment(system, "LastBootUpTime");
        let told = moment(system, "LocalDateTime");
        let role = computer.get("DomainRole").and_then(Value::as_uint);
        Ok(Self {
            host_name: host_name.to_owned(),
            fqdn: if domain_member {
                format!("{host_name}.{domain}")
            } else {
                host_name.to_owned()
            },
            caption: system.text("Caption")?.to_owned(),
            version: system.text("Version")?.to_owned(),
            build: u32::try_from(build).unwrap_or(u32::MAX),
            server: product_type != ProductType::Workstation,
            product_type,
            architecture: owned(system, "OSArchitecture"),
            domain_member,
            domain,
            domain_role: role.and_then(DomainRole::from_number),
            manufacturer: owned(computer, "Manufacturer"),
            model: owned(computer, "Model"),
            last_boot,
            uptime_seconds: last_boot.zip(told).map(|(boot, now)| seconds(boot, now)),
            more: None,
            computer_name,
        })
    }
}

fn optional<'a>(instance: &'a Instance, name: &str) -> Option<&'a str> {
    let text = instance.get(name).and_then(Value::as_text);
    text.filter(|text| !text.is_empty())
}

fn owned(instance: &Instance, name: &str) -> String {
    optional(instance, name).unwrap_or_default().to_owned()
}

fn moment(instance: &Instance, name: &str) -> Option<Timestamp> {
    match instance.get(name) {
        Some(Value::DateTime(moment)) => Some(*moment),
        _ => None,
    }
}

/// Whole seconds between both; none when the clock says that it was asked before it was started.
fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    let passed: SignedDuration = to.duration_since(from);
    u64::try_from(passed.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
