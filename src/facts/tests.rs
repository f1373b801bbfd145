//! Facts from answers written by hand.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;

use super::Depth;
use super::DomainRole;
use super::Facts;
use super::NAMES;
use super::PendingReboot;
use super::ProductType;
use super::ansible::depth_of;
use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::Value;

/// Answers queries for the classes that it holds, and counts what it is asked.
#[derive(Default)]
struct Host {
    objects: Vec<Instance>,
    registry: Vec<(&'static str, RegistryData)>,
    keys: Vec<&'static str>,
    /// Names of values that nobody may read.
    sealed: Vec<&'static str>,
    asked: AtomicUsize,
}

#[async_trait]
impl CimReader for Host {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(match read {
            Read::Query(query) => {
                let found = self.objects.iter();
                Answer::Instances(
                    found
                        .filter(|one| one.class == query.class)
                        .cloned()
                        .collect(),
                )
            }
            Read::Registry(path) if self.sealed.contains(&path.name.as_str()) => {
                return Err(CimError::Denied {
                    operation: path.to_string(),
                });
            }
            Read::Registry(path) => {
                let wanted = path.to_string();
                let found = self.registry.iter();
                Answer::Registry(
                    found
                        .filter(|(end, _)| wanted.ends_with(end))
                        .map(|(_, data)| data.clone())
                        .next(),
                )
            }
            Read::SubKeys(_) => Answer::SubKeys(Some(
                self.keys.iter().map(|key| (*key).to_owned()).collect(),
            )),
            Read::ValueTypes(_) => Answer::ValueTypes(None),
            other => panic!("nobody asks {other}"),
        })
    }
}

fn time(text: &str) -> Value {
    Value::DateTime(text.parse().unwrap())
}

fn system() -> Instance {
    Instance::new(Namespace::CIMV2, "Win32_OperatingSystem")
        .with("CSName", "HOST01")
        .with("Caption", "Microsoft Windows Server 2022 Standard")
        .with("Version", "10.0.20348")
        .with("BuildNumber", "20348")
        .with("ProductType", 2_u32)
        .with("OSArchitecture", "64-bit")
        .with("LastBootUpTime", time("2026-03-01T08:00:00Z"))
        .with("LocalDateTime", time("2026-03-01T09:00:30Z"))
}

fn computer() -> Instance {
    Instance::new(Namespace::CIMV2, "Win32_ComputerSystem")
        .with("DNSHostName", "host01")
        .with("PartOfDomain", true)
        .with("Domain", "corp.example")
        .with("DomainRole", 5_u32)
        .with("Manufacturer", "Maker")
        .with("Model", "Machine")
}

fn controller() -> Host {
    let adapter = Instance::new(Namespace::CIMV2, "Win32_NetworkAdapterConfiguration").with(
        "IPAddress",
        Value::List(vec![Value::text("192.0.2.7"), Value::text("fe80::7")]),
    );
    Host {
        objects: vec![system(), computer(), adapter],
        registry: vec![
            (r"\UBR", RegistryData::Dword(3091)),
            (r"\EditionID", RegistryData::Text("ServerStandard".into())),
            (
                r"\PowerShellVersion",
                RegistryData::Text("5.1.20348.1".into()),
            ),
            (
                r"ActiveComputerName\ComputerName",
                RegistryData::Text("HOST01".into()),
            ),
            (
                r"ComputerName\ComputerName\ComputerName",
                RegistryData::Text("NEWNAME".into()),
            ),
        ],
        keys: vec!["RebootRequired"],
        ..Host::default()
    }
}

#[tokio::test]
async fn facts_come_from_two_classes() {
    let host = controller();
    let facts = Facts::gather(&host).await.unwrap();
    let wanted = Facts {
        computer_name: "HOST01".to_owned(),
        host_name: "host01".to_owned(),
        fqdn: "host01.corp.example".to_owned(),
        caption: "Microsoft Windows Server 2022 Standard".to_owned(),
        version: "10.0.20348".to_owned(),
        build: 20348,
        server: true,
        product_type: ProductType::DomainController,
        architecture: "64-bit".to_owned(),
        domain_member: true,
        domain: "corp.example".to_owned(),
        domain_role: Some(DomainRole::PrimaryController),
        manufacturer: "Maker".to_owned(),
        model: "Machine".to_owned(),
        last_boot: Some("2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap()),
        uptime_seconds: Some(3630),
        more: None,
    };
    assert_eq!(facts, wanted);
    assert_eq!(host.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn everything_costs_a_dozen_requests() {
    let host = controller();
    let facts = Facts::gather_to(&host, Depth::Full).await.unwrap();
    assert_eq!(host.asked.load(Ordering::Relaxed), 13);
    let more = facts.more.unwrap();
    assert_eq!(more.ubr, Some(3091));
    assert_eq!(more.edition.as_deref(), Some("ServerStandard"));
    assert_eq!(more.installation_type, None);
    assert_eq!(more.ip_addresses, ["192.0.2.7", "fe80::7"]);
    assert_eq!(more.reboot_pending, Some(true));
    let reasons = [PendingReboot::WindowsUpdate, PendingReboot::ComputerRename];
    assert_eq!(more.reboot_reasons, reasons);
}

#[tokio::test]
async fn a_workstation_is_no_server() {
    let host = Host {
        objects: vec![system().with("ProductType", 1_u32), computer()],
        ..Host::default()
    };
    let facts = Facts::gather(&host).await.unwrap();
    assert!(!facts.server);
    assert_eq!(facts.variables()["ansible_os_product_type"], "workstation");
}

#[tokio::test]
async fn in_a_workgroup_the_name_stands_alone() {
    let computer = computer()
        .with("PartOfDomain", false)
        .with("Domain", "WORKGROUP")
        .with("DomainRole", 2_u32);
    let host = Host {
        objects: vec![system(), computer],
        ..Host::default()
    };
    let variables = Facts::gather(&host).await.unwrap().variables();
    assert_eq!(variables["ansible_fqdn"], "host01");
    assert_eq!(variables["ansible_domain"], "");
    assert_eq!(variables["ansible_windows_domain"], "WORKGROUP");
    let role = &variables["ansible_windows_domain_role"];
    assert_eq!(role, "Stand-alone server");
}

#[tokio::test]
async fn what_a_host_refuses_to_tell_is_absent() {
    let host = Host {
        sealed: vec!["UBR", "PendingFileRenameOperations"],
        ..controller()
    };
    let facts = Facts::gather_to(&host, Depth::Full).await.unwrap();
    let more = facts.more.as_ref().unwrap();
    assert_eq!((more.ubr, more.reboot_pending), (None, None));
    assert!(!facts.variables().contains_key("ansible_reboot_pending"));
}

#[tokio::test]
async fn a_missing_class_is_told_by_name() {
    let host = Host {
        objects: vec![system()],
        ..Host::default()
    };
    let error = Facts::gather(&host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Win32_ComputerSystem.* is not there at all"
    );
}

#[tokio::test]
async fn variables_have_the_names_of_the_table() {
    let mut host = controller();
    let kind = RegistryData::Text("Server".into());
    host.registry.push((r"\InstallationType", kind));
    for depth in [Depth::Core, Depth::Full] {
        let facts = Facts::gather_to(&host, depth).await.unwrap();
        assert_eq!(facts.depth(), depth);
        let named: Vec<&str> = NAMES
            .iter()
            .filter(|(_, needed)| *needed <= depth)
            .map(|(name, _)| *name)
            .collect();
        let variables = facts.variables();
        let known: Vec<&String> = variables.keys().collect();
        assert_eq!(known, named);
        assert_eq!(facts.ansible_facts()["hostname"], "host01");
    }
    let sorted = NAMES.is_sorted_by_key(|(name, _)| *name);
    assert!(sorted);
}

#[tokio::test]
async fn variables_read_as_ansible_writes_them() {
    let facts = Facts::gather_to(&controller(), Depth::Full).await.unwrap();
    let variables = facts.variables();
    for (name, expected) in [
        ("ansible_os_family", json!("Windows")),
        ("ansible_system", json!("Win32NT")),
        ("ansible_kernel", json!("10.0.20348.0")),
        ("ansible_distribution_major_version", json!("10")),
        ("ansible_architecture2", json!("x86_64")),
        ("ansible_lastboot", json!("2026-03-01 08:00:00Z")),
        ("ansible_uptime_seconds", json!(3630)),
        ("ansible_powershell_version", json!(5)),
        ("ansible_all_ipv4_addresses", json!(["192.0.2.7"])),
        ("ansible_all_ipv6_addresses", json!(["fe80::7"])),
        ("ansible_windows_domain_member", json!(true)),
        ("ansible_netbios_name", json!("HOST01")),
    ] {
        assert_eq!(variables[name], expected, "{name}");
    }
}

#[test]
fn attributes_know_what_they_cost() {
    for (attribute, expected) in [
        ("build", Depth::Core),
        ("hostname", Depth::Core),
        ("reboot_pending", Depth::Full),
        ("all_ipv4_addresses", Depth::Full),
        ("ubr", Depth::Full),
        ("nonsense", Depth::Core),
    ] {
        assert_eq!(depth_of(attribute), expected, "{attribute}");
    }
}
