//! What the management service of a simulated host answers.

use rdpfix::cim::Answer;
use rdpfix::cim::Association;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::Value;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::provider::Reply;
use rdpfix::lab::provider::handle;
use rdpfix::lab::provider::is_write;
use rdpfix::lab::scenario::Kind;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;

use crate::lab::call;
use crate::lab::get;
use crate::lab::machine;
use crate::lab::now;
use crate::lab::returned;
use crate::lab::service_path;
use crate::lab::terminal_path;

const READABLE: [(&str, Namespace); 26] = [
    ("Win32_OperatingSystem", Namespace::CIMV2),
    (
        "Win32_PerfFormattedData_LocalSessionManager_TerminalServices",
        Namespace::CIMV2,
    ),
    ("Win32_NetworkAdapterConfiguration", Namespace::CIMV2),
    ("Win32_ComputerSystem", Namespace::CIMV2),
    ("Win32_LogicalDisk", Namespace::CIMV2),
    ("CIM_DataFile", Namespace::CIMV2),
    ("Win32_LogicalFileSecuritySetting", Namespace::CIMV2),
    ("Win32_Group", Namespace::CIMV2),
    ("Win32_UserAccount", Namespace::CIMV2),
    ("Win32_Service", Namespace::CIMV2),
    ("Win32_DependentService", Namespace::CIMV2),
    ("Win32_TerminalServiceSetting", Namespace::TERMINAL_SERVICES),
    ("Win32_TSGeneralSetting", Namespace::TERMINAL_SERVICES),
    (
        "Win32_TSNetworkAdapterSetting",
        Namespace::TERMINAL_SERVICES,
    ),
    ("Win32_Terminal", Namespace::TERMINAL_SERVICES),
    ("Win32_TerminalService", Namespace::TERMINAL_SERVICES),
    ("MSFT_NetFirewallRule", Namespace::STANDARD_CIMV2),
    ("MSFT_NetProtocolPortFilter", Namespace::STANDARD_CIMV2),
    ("MSFT_NetAddressFilter", Namespace::STANDARD_CIMV2),
    ("MSFT_NetApplicationFilter", Namespace::STANDARD_CIMV2),
    ("MSFT_NetServiceFilter", Namespace::STANDARD_CIMV2),
    ("MSFT_NetFirewallProfile", Namespace::STANDARD_CIMV2),
    ("MSFT_NetConnectionProfile", Namespace::STANDARD_CIMV2),
    ("MSFT_NetIPInterface", Namespace::STANDARD_CIMV2),
    ("MSFT_DNSClientServerAddress", Namespace::STANDARD_CIMV2),
    ("MSFT_NetTCPConnection", Namespace::STANDARD_CIMV2),
];

fn enumerate(machine: &mut Machine, of: Enumeration) -> Result<Vec<Instance>, Fault> {
    let request = Request::Enumerate {
        of,
        max_elements: 32_000,
    };
    match handle(machine, &request, now())? {
        Reply::Instances(instances) => Ok(instances),
        other => panic!("Enumerate was answered by {other:?}"),
    }
}

fn query(machine: &mut Machine, query: Query) -> Result<Vec<Instance>, Fault> {
    enumerate(machine, Enumeration::Query(query))
}

fn wql(machine: &mut Machine, text: &str) -> Result<Vec<Instance>, Fault> {
    let of = Enumeration::Text {
        resource: ObjectPath::class(Namespace::CIMV2, "*"),
        wql: Some(text.to_owned()),
    };
    enumerate(machine, of)
}

fn rule_path(id: &str) -> ObjectPath {
    ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule")
        .key("CreationClassName", format!("MSFT|FW|FirewallRule|{id}"))
        .key("PolicyRuleName", "")
        .key("SystemCreationClassName", "")
        .key("SystemName", "")
}

fn registry_call(
    machine: &mut Machine,
    method: &str,
    arguments: &[(&str, Value)],
) -> (u64, Vec<(String, Value)>) {
    let target = ObjectPath::class(Namespace::CIMV2, "StdRegProv");
    let output = call(machine, target, method, arguments, now()).unwrap();
    let code = output
        .iter()
        .find(|(name, _)| name == "ReturnValue")
        .unwrap()
        .1
        .as_uint()
        .unwrap();
    (code, output)
}

#[test]
fn no_read_changes_a_machine() {
    for kind in Kind::ALL {
        let mut host = machine(*kind);
        let before = host.clone();
        for (class, namespace) in READABLE {
            let found = query(&mut host, Query::all(namespace.clone(), class)).unwrap();
            assert!(!found.is_empty(), "{class}");
            for instance in found {
                assert_eq!(instance.class, class);
                assert_eq!(instance.namespace, namespace);
            }
        }
        for (method, name) in [
            ("GetDWORDValue", "PortNumber"),
            ("EnumKey", ""),
            ("EnumValues", ""),
            ("CheckAccess", ""),
        ] {
            let path = r"SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
            let arguments = [
                ("sSubKeyName", Value::text(path)),
                ("sValueName", Value::text(name)),
            ];
            assert_eq!(registry_call(&mut host, method, &arguments).0, 0);
        }
        assert_eq!(host, before);
    }
}

#[test]
fn every_instance_is_found_again_by_its_own_path() {
    let mut host = machine(Kind::Healthy);
    for (class, namespace) in READABLE {
        for instance in query(&mut host, Query::all(namespace, class)).unwrap() {
            let path = rdpfix::lab::provider::path_of(&instance).unwrap();
            assert_eq!(get(&mut host, path, now()), instance);
        }
    }
}

#[test]
fn names_are_asked_in_any_case_and_answered_in_the_true_one() {
    let mut host = machine(Kind::Healthy);
    let path = ObjectPath::class(Namespace::new(r"ROOT\CIMV2"), "win32_SERVICE")
        .key("NAME", "termservice");
    let service = get(&mut host, path, now());
    assert_eq!(service.class, "Win32_Service");
    assert_eq!(service.text("Name"), Ok("TermService"));
}

#[test]
fn wrong_addresses_are_told_apart() {
    let mut host = machine(Kind::Healthy);
    let class = |name: &str| ObjectPath::class(Namespace::CIMV2, name);
    for (path, code) in [
        (class("Win32_Nothing").key("Name", "x"), 2_150_858_752),
        (
            ObjectPath::class(Namespace::new("root/none"), "Win32_Service"),
            2_150_858_752,
        ),
        (service_path("NoSuchService"), 2_150_858_752),
        (class("Win32_Service"), 2_150_858_842),
        (class("Win32_Service").key("Nmae", "x"), 2_150_858_843),
        (service_path("TermService").key("Other", "x"), 2_150_858_843),
        (
            ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule")
                .key("CreationClassName", "MSFT|FW|FirewallRule|x"),
            2_150_858_842,
        ),
    ] {
        let fault = handle(&mut host, &Request::Get(path.clone()), now()).unwrap_err();
        assert_eq!(fault.code, code, "{path}");
    }
    let fault = call(&mut host, service_path("TermService"), "Dance", &[], now()).unwrap_err();
    assert_eq!(fault.code, 2_150_858_753);
}

#[test]
fn singletons_need_no_selectors() {
    let mut host = machine(Kind::Healthy);
    let path = |class: &str| ObjectPath::class(Namespace::CIMV2, class);
    let system = get(&mut host, path("Win32_OperatingSystem"), now());
    assert_eq!(system.text("BuildNumber"), Ok("14393"));
    let computer = get(&mut host, path("Win32_ComputerSystem"), now());
    assert_eq!(computer.text("DNSHostName"), Ok("HEALTHY-0001"));
    assert_eq!(computer.bool("PartOfDomain"), Ok(false));
}

#[test]
fn queries_filter_and_bad_ones_are_refused() {
    let mut host = machine(Kind::Healthy);
    let found = query(
        &mut host,
        Query::equals(Namespace::CIMV2, "Win32_Service", "Name", "TERMSERVICE"),
    );
    assert_eq!(found.unwrap().len(), 1);
    let text = "select Name, State from win32_service where State='Running' and StartMode='Manual'";
    let found = wql(&mut host, text).unwrap();
    assert!(found.len() > 2);
    for fragment in found {
        assert_eq!(fragment.class, "");
        let names: Vec<&String> = fragment.properties.keys().collect();
        assert_eq!(names, ["Name", "State"]);
    }
    for bad in [
        "SELECT * FROM Win32_Nothing",
        "SELECT * FROM Win32_Service WHERE Color='red'",
        "SELECT Color FROM Win32_Service",
        "SELECT * FROM Win32_Service WHERE Name LIKE 'T%'",
        "DELETE FROM Win32_Service",
    ] {
        assert_eq!(
            wql(&mut host, bad).unwrap_err().code,
            2_150_858_778,
            "{bad}"
        );
    }
}

#[test]
fn dependents_are_found_by_association() {
    let mut host = machine(Kind::Healthy);
    let mut ask = |role: &str| -> Vec<String> {
        let association = Association {
            of: service_path("TermService"),
            association_class: Some("Win32_DependentService".to_owned()),
            result_class: None,
            role: Some(role.to_owned()),
        };
        enumerate(&mut host, Enumeration::Associated(association))
            .unwrap()
            .iter()
            .map(|instance| instance.text("Name").unwrap().to_owned())
            .collect()
    };
    assert_eq!(ask("Antecedent"), ["UmRdpService"]);
    assert_eq!(ask("Dependent"), ["RpcSs"]);
}

#[test]
fn firewall_rules_have_four_keys_of_which_three_are_empty() {
    let mut host = machine(Kind::FirewallClosed);
    let rules = query(
        &mut host,
        Query::equals(
            Namespace::STANDARD_CIMV2,
            "MSFT_NetFirewallRule",
            "RuleGroup",
            "@FirewallAPI.dll,-28752",
        ),
    );
    assert_eq!(rules.unwrap().len(), 5);
    let path = || rule_path("RemoteDesktop-UserMode-In-TCP");
    assert_eq!(get(&mut host, path(), now()).uint("Enabled"), Ok(2));
    assert_eq!(
        call(&mut host, path(), "Enable", &[], now()),
        Ok(Vec::new())
    );
    assert_eq!(get(&mut host, path(), now()).uint("Enabled"), Ok(1));
    let association = Association {
        of: path(),
        association_class: None,
        result_class: Some("MSFT_NetProtocolPortFilter".to_owned()),
        role: None,
    };
    let filters = enumerate(&mut host, Enumeration::Associated(association)).unwrap();
    assert_eq!(filters.len(), 1);
    assert_eq!(filters[0].list("LocalPort"), [&Value::text("3389")]);
    assert_eq!(filters[0].text("Protocol"), Ok("TCP"));
}

#[test]
fn a_rule_is_made_filtered_and_removed() {
    let mut host = machine(Kind::Healthy);
    let before = host.clone();
    let properties = |pairs: &[(&str, Value)]| -> Vec<(String, Value)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    };
    let create = Request::Create {
        class: ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule"),
        properties: properties(&[
            ("InstanceID", Value::text("rdpfix-3390")),
            ("ElementName", Value::text("Remote Desktop on 3390")),
            ("Direction", Value::Uint(1)),
            ("Action", Value::Uint(2)),
            ("Enabled", Value::Uint(2)),
        ]),
    };
    let made = handle(&mut host, &create, now()).unwrap();
    assert_eq!(made, Reply::Created(rule_path("rdpfix-3390")));
    assert_eq!(
        handle(&mut host, &create, now()).unwrap_err().code,
        2_150_858_803
    );
    let filter = ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetProtocolPortFilter")
        .key("CreationClassName", "MSFT|FW|FirewallRule|rdpfix-3390")
        .key("Name", "")
        .key("SystemCreationClassName", "")
        .key("SystemName", "");
    let put = |port: &str| Request::Put {
        target: filter.clone(),
        properties: properties(&[
            ("Protocol", Value::text("TCP")),
            ("LocalPort", Value::List(vec![Value::text(port)])),
        ]),
    };
    assert!(handle(&mut host, &put("sixty"), now()).is_err());
    handle(&mut host, &put("3390"), now()).unwrap();
    call(&mut host, rule_path("rdpfix-3390"), "Enable", &[], now()).unwrap();
    assert!(host.firewall.admits(&host.registry, 3390));
    assert!(!host.firewall.admits(&host.registry, 3391));
    let delete = Request::Delete(rule_path("rdpfix-3390"));
    assert_eq!(handle(&mut host, &delete, now()), Ok(Reply::Deleted));
    assert_eq!(host, before);
}

#[test]
fn put_changes_what_is_writable_and_refuses_the_rest() {
    let mut host = machine(Kind::Healthy);
    let put = |host: &mut Machine, target: ObjectPath, name: &str, value: Value| {
        let request = Request::Put {
            target,
            properties: vec![(name.to_owned(), value)],
        };
        handle(host, &request, now())
    };
    let profile = || {
        ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallProfile")
            .key("InstanceID", "MSFT|FW|FirewallProfile|Private")
    };
    let reply = put(&mut host, profile(), "AllowInboundRules", Value::Uint(0)).unwrap();
    let Reply::Put(Some(after)) = reply else {
        panic!("no instance in {reply:?}");
    };
    assert_eq!(after.uint("AllowInboundRules"), Ok(0));
    assert!(!host.firewall.admits(&host.registry, 3389));
    for (target, name, value, code) in [
        (profile(), "Enabled", Value::Uint(9), 0x8004_1008),
        (profile(), "InstanceID", Value::text("x"), 2_150_858_989),
        (profile(), "Colour", Value::text("x"), 2_150_858_817),
        (
            service_path("TermService"),
            "State",
            Value::text("Stopped"),
            0x8004_1023,
        ),
        (
            terminal_path("Win32_TSGeneralSetting"),
            "SecurityLayer",
            Value::Uint(0),
            0x8004_1023,
        ),
    ] {
        let fault = put(&mut host, target, name, value).unwrap_err();
        assert_eq!(fault.code, code, "{name}");
    }
}

#[test]
fn registry_values_are_typed() {
    let mut host = machine(Kind::Healthy);
    let key = (
        "sSubKeyName",
        Value::text(r"system\currentcontrolset\control\terminal server"),
    );
    let name = |name: &str| ("sValueName", Value::text(name));
    let deny = || [key.clone(), name("FDENYTSCONNECTIONS")];
    let (code, output) = registry_call(&mut host, "GetDWORDValue", &deny());
    assert_eq!(
        (code, &output[0]),
        (0, &("uValue".to_owned(), Value::Uint(0)))
    );
    assert_eq!(
        registry_call(&mut host, "GetStringValue", &deny()).0,
        2_147_749_893
    );
    let missing = [key.clone(), name("Nothing")];
    assert_eq!(registry_call(&mut host, "GetDWORDValue", &missing).0, 1);
    assert_eq!(registry_call(&mut host, "DeleteValue", &missing).0, 2);
    let nowhere = [("sSubKeyName", Value::text(r"SOFTWARE\Nowhere")), name("x")];
    assert_eq!(registry_call(&mut host, "GetDWORDValue", &nowhere).0, 2);
    let into_nowhere = [
        nowhere[0].clone(),
        nowhere[1].clone(),
        ("uValue", Value::Uint(1)),
    ];
    assert_eq!(
        registry_call(&mut host, "SetDWORDValue", &into_nowhere).0,
        2
    );
    assert_eq!(registry_call(&mut host, "EnumKey", &nowhere[..1]).0, 2);
    let full = [("sSubKeyName", Value::text("SOFTWARE"))];
    assert_eq!(registry_call(&mut host, "DeleteKey", &full).0, 5);
}

#[test]
fn a_registry_read_is_a_call_but_no_write() {
    let invoke = |target: ObjectPath, method: &str| Request::Invoke {
        target,
        method: method.to_owned(),
        arguments: Vec::new(),
    };
    let registry = || ObjectPath::class(Namespace::CIMV2, "StdRegProv");
    for method in ["GetDWORDValue", "EnumKey", "EnumValues", "CheckAccess"] {
        assert!(!is_write(&invoke(registry(), method)), "{method}");
    }
    for method in ["SetDWORDValue", "CreateKey", "DeleteKey", "DeleteValue"] {
        assert!(is_write(&invoke(registry(), method)), "{method}");
    }
    assert!(is_write(&invoke(service_path("x"), "StartService")));
    assert!(!is_write(&invoke(service_path("x"), "InterrogateService")));
    assert!(!is_write(&Request::Get(service_path("x"))));
    assert!(is_write(&Request::Delete(rule_path("x"))));
}

#[tokio::test]
async fn a_machine_in_memory_is_a_session() {
    let session = InMemory::new(machine(Kind::Healthy), now());
    let reader: &dyn CimReader = &session;
    let key = RegistryKey::local_machine(r"SOFTWARE\rdpfix\Test");
    let samples = [
        ("text", RegistryData::Text("a b".to_owned())),
        ("empty", RegistryData::Text(String::new())),
        ("expand", RegistryData::ExpandText("%windir%".to_owned())),
        ("binary", RegistryData::Binary(vec![222])),
        ("nothing", RegistryData::Binary(Vec::new())),
        ("dword", RegistryData::Dword(u32::MAX)),
        ("qword", RegistryData::Qword(u64::MAX)),
        (
            "multi",
            RegistryData::MultiText(vec!["a".to_owned(), "b".to_owned()]),
        ),
    ];
    for (name, data) in &samples {
        let set = Call::SetRegistry {
            key: key.clone(),
            name: (*name).to_owned(),
            data: data.clone(),
        };
        session.invoke(&set).await.unwrap();
        let read = reader.registry(key.value(name, data.kind())).await;
        assert_eq!(read, Ok(Some(data.clone())), "{name}");
    }
    let types = reader.value_types(key.clone()).await.unwrap().unwrap();
    assert_eq!(types.len(), samples.len());
    assert!(types.contains(&("qword".to_owned(), Some(RegistryKind::Qword))));
    let wrong = reader
        .registry(key.value("text", RegistryKind::Dword))
        .await;
    assert!(matches!(wrong, Err(CimError::RegistryType { .. })));
    for (name, data) in samples {
        let path = key.value(name, data.kind());
        session
            .invoke(&Call::DeleteRegistryValue(path.clone()))
            .await
            .unwrap();
        session
            .invoke(&Call::DeleteRegistryValue(path.clone()))
            .await
            .unwrap();
        assert_eq!(reader.registry(path).await, Ok(None));
    }
    session
        .invoke(&Call::DeleteRegistryKey(key.clone()))
        .await
        .unwrap();
    session
        .invoke(&Call::DeleteRegistryKey(key.clone()))
        .await
        .unwrap();
    assert_eq!(reader.sub_keys(key).await, Ok(None));
}

#[tokio::test]
async fn a_session_in_memory_judges_return_values_and_counts_writes() {
    let session = InMemory::new(machine(Kind::Healthy), now());
    let start = |accepts: &'static [u32]| Call::Method {
        target: service_path("TermService"),
        method: "StartService",
        arguments: Vec::new(),
        accepts,
    };
    let refused = session.invoke(&start(&[])).await;
    assert!(matches!(refused, Err(CimError::Returned { code: 10, .. })));
    session.invoke(&start(&[10])).await.unwrap();
    let enable = Call::Method {
        target: rule_path("WINRM-HTTP-In-TCP"),
        method: "Enable",
        arguments: Vec::new(),
        accepts: &[],
    };
    session.invoke(&enable).await.unwrap();
    assert_eq!(session.writes(), 3);
    let missing = session.read(&Read::Get(service_path("Nothing"))).await;
    assert_eq!(missing, Ok(Answer::Instance(None)));
    assert_eq!(session.writes(), 3);
    let denied = InMemory::new(machine(Kind::AccessDenied), now());
    let answer = denied.read(&Read::Get(service_path("TermService"))).await;
    assert!(matches!(answer, Err(CimError::Denied { .. })));
}

#[tokio::test]
async fn time_passes_in_memory_with_each_request() {
    let session = InMemory::new(machine(Kind::Healthy), now());
    let stop = Call::Method {
        target: service_path("SessionEnv"),
        method: "StopService",
        arguments: Vec::new(),
        accepts: &[],
    };
    session.invoke(&stop).await.unwrap();
    let reader: &dyn CimReader = &session;
    let service = reader
        .get(service_path("SessionEnv"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(service.text("State"), Ok("Stopped"));
    assert_eq!(service.uint("ProcessId"), Ok(0));
}

#[test]
fn a_static_class_takes_no_selectors() {
    let mut host = machine(Kind::Healthy);
    let target = ObjectPath::class(Namespace::new("root/default"), "StdRegProv");
    let key = [("sSubKeyName", Value::text("SOFTWARE"))];
    assert_eq!(
        returned(&mut host, target.clone(), "EnumKey", &key, now()),
        0
    );
    let fault = call(&mut host, target.key("Name", "x"), "EnumKey", &key, now()).unwrap_err();
    assert_eq!(fault.code, 2_150_858_843);
}
