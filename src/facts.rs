//! What a host is, gathered once per run and only when a playbook asks (`when: facts.build >= 20348`).
//!
//! Knows two classes of CIM; must not know conditions or templates.

pub mod pending;

pub use crate::facts::pending::PendingReboot;

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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::Facts;
    use crate::cim::Answer;
    use crate::cim::CimError;
    use crate::cim::CimReader;
    use crate::cim::Instance;
    use crate::cim::Namespace;
    use crate::cim::Read;

    /// Answers queries for the classes that it holds.
    struct Host(Vec<Instance>);

    #[async_trait]
    impl CimReader for Host {
        async fn read(&self, read: &Read) -> Result<Answer, CimError> {
            let Read::Query(query) = read else {
                panic!("nobody asks {read}");
            };
            let found = self.0.iter().filter(|one| one.class == query.class);
            Ok(Answer::Instances(found.cloned().collect()))
        }
    }

    fn system() -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_OperatingSystem")
            .with("CSName", "HOST01")
            .with("Caption", "Microsoft Windows Server 2022 Standard")
            .with("Version", "10.0.20348")
            .with("BuildNumber", "20348")
            .with("ProductType", 2_u32)
    }

    fn computer() -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_ComputerSystem")
            .with("PartOfDomain", true)
            .with("Domain", "corp.example")
    }

    #[tokio::test]
    async fn facts_come_from_two_classes() {
        let facts = Facts::gather(&Host(vec![system(), computer()]))
            .await
            .unwrap();
        let wanted = Facts {
            computer_name: "HOST01".to_owned(),
            caption: "Microsoft Windows Server 2022 Standard".to_owned(),
            version: "10.0.20348".to_owned(),
            build: 20348,
            server: true,
            domain_member: true,
            domain: "corp.example".to_owned(),
        };
        assert_eq!(facts, wanted);
    }

    #[tokio::test]
    async fn a_workstation_is_no_server() {
        let system = system().with("ProductType", 1_u32);
        let facts = Facts::gather(&Host(vec![system, computer()]))
            .await
            .unwrap();
        assert!(!facts.server);
    }

    #[tokio::test]
    async fn a_missing_class_is_told_by_name() {
        let error = Facts::gather(&Host(vec![system()])).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Win32_ComputerSystem.* is not there at all"
        );
    }
}
