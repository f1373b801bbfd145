//! What a host is, gathered once per run and only when a playbook asks (`when: facts.build >= 20348`).
//!
//! Knows two classes of CIM; must not know conditions or templates.

use serde::Serialize;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;

/// Facts about a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facts {
    /// The host's own name: `Win32_OperatingSystem.CSName`.
    pub computer_name: String,
    /// `Win32_OperatingSystem.Caption`, in the host's language.
    pub caption: String,
    /// `Win32_OperatingSystem.Version`: `10.0.20348`.
    pub version: String,
    /// `Win32_OperatingSystem.BuildNumber`.
    pub build: u32,
    /// `Win32_OperatingSystem.ProductType` 2 or 3.
    pub server: bool,
    /// `Win32_ComputerSystem.PartOfDomain`.
    pub domain_member: bool,
    /// `Win32_ComputerSystem.Domain`: the domain or the workgroup.
    pub domain: String,
}

/// `Win32_OperatingSystem.ProductType` of a workstation; 2 is a domain controller, 3 any other server.
const WORKSTATION: u64 = 1;

impl Facts {
    /// Asks a host what it is; both questions are put at once.
    pub async fn gather(host: &dyn CimReader) -> Result<Self, CimError> {
        let (system, computer) = futures_util::future::try_join(
            one(host, "Win32_OperatingSystem"),
            one(host, "Win32_ComputerSystem"),
        )
        .await?;
        let build = system.uint("BuildNumber")?;
        Ok(Self {
            computer_name: system.text("CSName")?.to_owned(),
            caption: system.text("Caption")?.to_owned(),
            version: system.text("Version")?.to_owned(),
            build: u32::try_from(build).unwrap_or(u32::MAX),
            server: system.uint("ProductType")? != WORKSTATION,
            domain_member: computer.bool("PartOfDomain")?,
            domain: computer.text("Domain")?.to_owned(),
        })
    }
}

async fn one(host: &dyn CimReader, class: &str) -> Result<Instance, CimError> {
    let found = host.query(Query::all(Namespace::CIMV2, class)).await?;
    found.into_iter().next().ok_or_else(|| CimError::Property {
        class: class.to_owned(),
        property: "*".to_owned(),
        wanted: "there at all",
    })
}
